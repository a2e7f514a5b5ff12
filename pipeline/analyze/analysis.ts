/** Samples of any series, in any order of series, through the stages: what was found, and what each series looked like. */
import { BUCKET_BYTES } from './envelope.ts';
import { FoundAnomalies } from './found-anomalies.ts';
import {
  LimitReached,
  type Problem,
  type SampleSink,
  type SeriesIntake,
  type SeriesName,
} from './input/sample.ts';
import { NumericRun } from './numeric-run.ts';
import {
  runKey,
  seriesKey,
  type AnalysisSettings,
  type SeriesRun,
  type SeriesRunOptions,
} from './series-run.ts';
import type { SeriesSummary } from './series-summary.ts';
import { StatusRun } from './status-run.ts';

export interface AnalysisOptions extends AnalysisSettings {
  readonly limits: AnalysisLimits;
}

export interface AnalysisLimits {
  readonly series: number;
  /** Anomalies that are kept. */
  readonly anomalies: number;
}

/** Problems that are kept to be shown; all are counted. */
const SHOWN_PROBLEMS = 10;
/** Each has stages of its own, of a hundred KB: series of further units are judged without them. */
const MOST_RUNS = 200;
/** What a drawing of one series can show to who looks closely, and what the drawings of all may take. */
const BUCKETS = 16_384;
const DRAWING_BYTES = 1 << 27;

interface KnownSeries {
  readonly intake: SeriesIntake;
  readonly summary: SeriesSummary;
}

export class Analysis implements SampleSink {
  readonly anomalies: FoundAnomalies;
  readonly problems: Problem[] = [];
  problemCount = 0;
  readonly #options: AnalysisOptions;
  readonly #runs = new Map<string, SeriesRun>();
  readonly #series = new Map<string, KnownSeries>();
  #buckets = BUCKETS;

  constructor(options: AnalysisOptions) {
    this.#options = options;
    this.anomalies = new FoundAnomalies(options.limits.anomalies);
  }

  series(name: SeriesName): SeriesIntake {
    const { entity, instance, metric } = name;
    const key = seriesKey(name);
    const known = this.#series.get(key);
    if (known !== undefined) return known.intake;
    const { limits } = this.#options;
    if (this.#series.size >= limits.series)
      throw new LimitReached(
        `more than ${limits.series} series, such as "${[entity, instance, metric].join(' ').slice(0, 80)}": raise --max-series if they are meant, or leave out the column that makes them so many with --ignore COLUMN`,
      );
    const added = this.#runOf(name).add(name, this.#buckets);
    this.#series.set(key, added);
    while (this.#buckets > 2 && this.#series.size * this.#buckets * BUCKET_BYTES > DRAWING_BYTES) {
      this.#buckets = Math.ceil(this.#buckets / 2);
      for (const { summary } of this.#series.values()) summary.envelope.shrink(this.#buckets);
    }
    return added.intake;
  }

  problem(problem: Problem): void {
    this.problemCount += 1;
    if (this.problems.length < SHOWN_PROBLEMS) this.problems.push(problem);
  }

  /** No more samples come. */
  finish(): void {
    const endMs = this.summaries().reduce((end, { toMs }) => (toMs > end ? toMs : end), 0);
    for (const run of this.#runs.values()) run.finish(endMs);
    this.anomalies.end();
  }

  /** In the order of their first values. */
  summaries(): SeriesSummary[] {
    return [...this.#series.values()].map(({ summary }) => summary);
  }

  #runOf(named: SeriesName): SeriesRun {
    const isUsual = this.#runs.size < MOST_RUNS || this.#runs.has(runKey(named));
    const name = isUsual ? named : { ...named, unit: null };
    const key = runKey(name);
    const known = this.#runs.get(key);
    if (known !== undefined) return known;
    const options: SeriesRunOptions = {
      settings: this.#options,
      onAnomaly: (series, record) => this.anomalies.add(series, record),
    };
    const run = name.kind === 'status' ? new StatusRun(options) : new NumericRun(name, options);
    this.#runs.set(key, run);
    return run;
  }
}
