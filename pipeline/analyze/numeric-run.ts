/** Numeric series of one kind and unit, which go through the same stages whatever they are called. */
import { METRIC, named, namedRecord } from './common-metric.ts';
import { countedUnit, counterStage, type CounterStage } from './counter-stage.ts';
import { CounterSeries } from './counter-series.ts';
import { GaugeSeries } from './gauge-series.ts';
import type { SeriesIntake, SeriesName } from './input/sample.ts';
import { MetricAnalysis, type SeriesPlace } from './metric-analysis.ts';
import { seriesKey, type AnalysisSettings, type SeriesRun, type SeriesRunOptions } from './series-run.ts';
import { SeriesSummary } from './series-summary.ts';

export class NumericRun implements SeriesRun {
  readonly #settings: AnalysisSettings;
  readonly #analysis: MetricAnalysis;
  readonly #counter: CounterStage | undefined;
  readonly #unit: string | null;
  readonly #series = new Map<string, { readonly place: SeriesPlace; readonly summary: SeriesSummary }>();

  /** The name is that of the first of its series. */
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
        onAnomaly(summary, namedRecord(record, summary));
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
    });
    this.#series.set(key, { place, summary });
    return { intake: this.#intake(place, summary), summary };
  }

  finish(endMs: number): void {
    for (const { place } of this.#series.values()) this.#analysis.finish(place, endMs);
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
