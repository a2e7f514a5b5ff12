/** One metric of one kind: its analysis, and the series that go through it. */
import type { AnomalyRecord } from '../../topics/anomaly.ts';
import { counterStage, type CounterStage } from './counter-stage.ts';
import { CounterSeries } from './counter-series.ts';
import { GaugeSeries } from './gauge-series.ts';
import type { SeriesIntake, SeriesName } from './input/sample.ts';
import { MetricAnalysis, type AnalysisSettings, type SeriesPlace } from './metric-analysis.ts';
import { SeriesSummary } from './series-summary.ts';
import { StatusSeries, StatusWords } from './status-series.ts';

export interface MetricRun {
  add(name: SeriesName, buckets: number): { readonly intake: SeriesIntake; readonly summary: SeriesSummary };
  /** Ends what was open on series that fell silent before `endMs`. */
  finish(endMs: number): void;
}

export interface MetricRunOptions {
  /** The first of its series. */
  readonly name: SeriesName;
  readonly settings: AnalysisSettings;
  /** Whether the stages have a column of this name for something else. */
  readonly isTaken: (column: string) => boolean;
  readonly onAnomaly: (series: SeriesSummary, record: AnomalyRecord) => void;
}

export function metricRun(options: MetricRunOptions): MetricRun {
  return options.name.kind === 'status' ? statusRun() : new JudgedRun(options);
}

function statusRun(): MetricRun {
  const words = new StatusWords();
  return {
    add(name, buckets) {
      const summary = new SeriesSummary(name, undefined, buckets);
      return { intake: new StatusSeries(words, summary), summary };
    },
    finish: () => undefined,
  };
}

interface JudgedSeries {
  readonly place: SeriesPlace;
  readonly summary: SeriesSummary;
}

class JudgedRun implements MetricRun {
  readonly #settings: AnalysisSettings;
  readonly #analysis: MetricAnalysis;
  readonly #counter: CounterStage | undefined;
  readonly #judgedAs: { readonly metric: string; readonly unit: string | null };
  readonly #series = new Map<string, JudgedSeries>();

  constructor({ name, settings, isTaken, onAnomaly }: MetricRunOptions) {
    const { metric, unit, kind, hasDecimals } = name;
    this.#settings = settings;
    this.#counter = kind === 'counter' ? counterStage(metric, unit, hasDecimals, settings.rate) : undefined;
    const column = isTaken(metric) ? `${metric} value` : metric;
    const judged = this.#counter?.metric ?? { name: column, unit, quantum: 0 };
    this.#judgedAs = { metric: this.#counter?.metric.name ?? metric, unit: judged.unit };
    this.#analysis = new MetricAnalysis({
      metric: judged,
      settings,
      ...(this.#counter !== undefined && { before: this.#counter.stage }),
      onAnomaly: (record) => {
        const { summary } = this.#series.get(record.entity)!;
        const { entity, instance } = summary;
        onAnomaly(summary, {
          ...record,
          entity,
          interface_name: instance,
          metric_name: this.#judgedAs.metric,
        });
      },
    });
  }

  add(name: SeriesName, buckets: number): { intake: SeriesIntake; summary: SeriesSummary } {
    const { entity, instance } = name;
    const key = seriesKey(entity, instance);
    const summary = new SeriesSummary(name, this.#judgedAs, buckets);
    const place = this.#analysis.newSeries(key, instance === '' ? entity : instance);
    this.#series.set(key, { place, summary });
    const { minConfidence } = this.#settings.detect;
    const judged = (): void => summary.draw(this.#analysis.judged, minConfidence);
    return { intake: this.#intake(place, summary, judged), summary };
  }

  finish(endMs: number): void {
    for (const { place, summary } of this.#series.values()) {
      const isSilent = endMs > place.lastMs + this.#analysis.silenceMs(place);
      if (isSilent && summary.hasOpen) this.#analysis.endSilent(place);
    }
  }

  #intake(place: SeriesPlace, summary: SeriesSummary, judged: () => void): SeriesIntake {
    const analysis = this.#analysis;
    const counter = this.#counter;
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

/** What tells series of one metric apart. */
export function seriesKey(entity: string, instance: string): string {
  return `${entity}\0${instance}`;
}
