/** Samples of any series, in any order of series, through the stages: what was found, and what each series looked like. */
import type { AnomalyRecord } from '../../topics/anomaly.ts';
import { Envelope } from './envelope.ts';
import type { Problem, Sample, SampleSink } from './input/sample.ts';
import { MetricAnalysis, type AnalysisSettings, type SeriesPlace } from './metric-analysis.ts';

/** One series and what became of it. */
export interface SeriesSummary {
  readonly entity: string;
  readonly instance: string;
  readonly metric: string;
  readonly unit: string | null;
  readonly envelope: Envelope;
  values: number;
  fromMs: number;
  toMs: number;
  /** Values that were not newer than the one before. */
  late: number;
  /** Last revision of each, in the order of their opening. */
  readonly anomalies: Map<string, AnomalyRecord>;
}

interface Followed {
  readonly analysis: MetricAnalysis;
  readonly place: SeriesPlace;
  readonly summary: SeriesSummary;
}

/** Of a series' drawing: columns of a terminal, and what a plot can show. */
const BUCKETS = 600;
/** Problems that are kept to be shown; all are counted. */
const SHOWN_PROBLEMS = 5;

export class Analysis implements SampleSink {
  readonly problems: Problem[] = [];
  problemCount = 0;
  values = 0;
  readonly #settings: AnalysisSettings;
  readonly #onAnomaly: (record: AnomalyRecord) => void;
  readonly #metrics = new Map<string, MetricAnalysis>();
  readonly #series = new Map<string, Followed>();
  #current: SeriesSummary | undefined;

  /** `onAnomaly` gets every revision as it comes. */
  constructor(settings: AnalysisSettings, onAnomaly: (record: AnomalyRecord) => void = () => undefined) {
    this.#settings = settings;
    this.#onAnomaly = onAnomaly;
  }

  sample(sample: Sample): void {
    const { place, analysis, summary } = this.#follow(sample);
    if (sample.timeMs <= place.lastMs) {
      summary.late += 1;
      return;
    }
    if (summary.values === 0) summary.fromMs = sample.timeMs;
    summary.values += 1;
    summary.toMs = sample.timeMs;
    this.values += 1;
    this.#current = summary;
    analysis.take(place, sample.timeMs, sample.value);
    summary.envelope.add(analysis.judged);
  }

  problem(problem: Problem): void {
    this.problemCount += 1;
    if (this.problems.length < SHOWN_PROBLEMS) this.problems.push(problem);
  }

  /** In the order of their first values. */
  *series(): IterableIterator<SeriesSummary> {
    for (const { summary } of this.#series.values()) yield summary;
  }

  #follow({ entity, instance, metric, unit }: Sample): Followed {
    const key = `${metric}\0${entity}\0${instance}`;
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    let analysis = this.#metrics.get(metric);
    if (analysis === undefined) {
      analysis = new MetricAnalysis({
        metric: { name: metric, unit, quantum: 0 },
        settings: this.#settings,
        onAnomaly: (record) => {
          this.#current!.anomalies.set(record.anomaly_id, record);
          this.#onAnomaly(record);
        },
      });
      this.#metrics.set(metric, analysis);
    }
    const followed: Followed = {
      analysis,
      place: analysis.newSeries(entity, instance),
      summary: {
        entity,
        instance,
        metric,
        unit,
        envelope: new Envelope(BUCKETS),
        values: 0,
        fromMs: Number.NaN,
        toMs: Number.NaN,
        late: 0,
        anomalies: new Map(),
      },
    };
    this.#series.set(key, followed);
    return followed;
  }
}
