/** Series of one kind and unit, which go through the same stages whatever they are called. */
import type { AnomalyRecord } from '../../topics/anomaly.ts';
import { countedUnit, counterStage, type CounterStage } from './counter-stage.ts';
import { CounterSeries } from './counter-series.ts';
import { GaugeSeries } from './gauge-series.ts';
import type { SeriesIntake, SeriesName } from './input/sample.ts';
import { SeriesSummary } from './series-summary.ts';
import { MetricAnalysis, type MetricSettings, type SeriesPlace } from './metric-analysis.ts';
import type { RateSettings } from '../stages/rate/rate-settings.ts';
import { StatusSeries, StatusWords } from './status-series.ts';

export interface SeriesRun {
  add(name: SeriesName, buckets: number): { readonly intake: SeriesIntake; readonly summary: SeriesSummary };
  /** Ends what was open on series that fell silent before `endMs`. */
  finish(endMs: number): void;
}

export interface AnalysisSettings extends MetricSettings {
  readonly rate: RateSettings;
}

export interface SeriesRunOptions {
  readonly settings: AnalysisSettings;
  readonly onAnomaly: (series: SeriesSummary, record: AnomalyRecord) => void;
}

/**
 * What the stages call every metric: a file may have thousands, and stages of its own cost each a hundred KB. No stage
 * has a column of its own that is called so, whatever a file calls its metrics.
 */
const METRIC = '\u0001';

/** What the stages said of METRIC, of the metric that it was. */
function named(text: string, metric: string): string {
  return text.replaceAll(METRIC, () => metric);
}

/** Series with the same one go through the same run. */
export function runKey({ kind, unit, metric, hasDecimals }: SeriesName): string {
  switch (kind) {
    case 'gauge':
      return `gauge ${unit}`;
    case 'counter':
      return `counter ${countedUnit(metric, unit)} ${hasDecimals}`;
    case 'status':
      // The same word is the same number in all series of the metric.
      return `status ${metric}`;
  }
}

/** `name`: of the first of its series. */
export function seriesRun(name: SeriesName, options: SeriesRunOptions): SeriesRun {
  return name.kind === 'status' ? statusRun() : new JudgedRun(name, options);
}

/** What tells one series from all others. */
export function seriesKey({ kind, metric, entity, instance }: SeriesName): string {
  return `${kind}\0${metric}\0${entity}\0${instance}`;
}

function statusRun(): SeriesRun {
  const words = new StatusWords();
  return {
    add(name, buckets) {
      const summary = new SeriesSummary(name, buckets);
      return { intake: new StatusSeries(words, summary), summary };
    },
    finish: () => undefined,
  };
}

class JudgedRun implements SeriesRun {
  readonly #settings: AnalysisSettings;
  readonly #analysis: MetricAnalysis;
  readonly #counter: CounterStage | undefined;
  readonly #unit: string | null;
  readonly #series = new Map<string, { readonly place: SeriesPlace; readonly summary: SeriesSummary }>();

  constructor({ kind, metric, unit, hasDecimals }: SeriesName, { settings, onAnomaly }: SeriesRunOptions) {
    this.#settings = settings;
    this.#counter =
      kind === 'counter'
        ? counterStage(METRIC, countedUnit(metric, unit), hasDecimals, settings.rate)
        : undefined;
    const judged = this.#counter?.metric ?? { name: METRIC, unit, quantum: 0 };
    this.#unit = judged.unit;
    this.#analysis = new MetricAnalysis({
      metric: judged,
      settings,
      ...(this.#counter !== undefined && { before: this.#counter.stage }),
      onAnomaly: (record) => {
        const { summary } = this.#series.get(record.entity)!;
        const { entity, instance, metric: called } = summary;
        onAnomaly(summary, {
          ...record,
          entity,
          interface_name: instance,
          metric_name: named(record.metric_name, called),
          description: named(record.description, called),
        });
      },
    });
  }

  add(name: SeriesName, buckets: number): { intake: SeriesIntake; summary: SeriesSummary } {
    const { entity, instance, metric } = name;
    const key = seriesKey(name);
    const place = this.#analysis.newSeries(key, instance === '' ? entity : instance);
    const summary = new SeriesSummary(name, buckets, {
      judgedAs: {
        metric: named(this.#counter?.metric.name ?? METRIC, metric),
        unit: this.#unit,
      },
      interval: place.interval,
    });
    this.#series.set(key, { place, summary });
    return { intake: this.#intake(place, summary), summary };
  }

  finish(endMs: number): void {
    for (const { place } of this.#series.values())
      if (endMs > place.lastMs + this.#analysis.silenceMs(place)) this.#analysis.endSilent(place);
  }

  #intake(place: SeriesPlace, summary: SeriesSummary): SeriesIntake {
    const analysis = this.#analysis;
    const counter = this.#counter;
    const { minConfidence } = this.#settings.detect;
    const judged = (): void => summary.draw(analysis.judged, minConfidence);
    if (counter === undefined) return new GaugeSeries(analysis, place, summary, judged);
    const { reading } = analysis;
    const columns = {
      wide: reading.counter(counter.wide),
      narrow: reading.counter(counter.narrow),
      speedMbps: reading.number('speed_override_mbps'),
    };
    return new CounterSeries(analysis, place, summary, { stage: counter, columns, judged });
  }
}
