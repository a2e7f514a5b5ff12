/** All statuses of a recording through the same stages: each metric has states of its own. */
import type { AnomalyRecord } from '../../topics/anomaly.ts';
import { METRIC, namedRecord } from './common-metric.ts';
import type { SeriesIntake, SeriesName } from './input/sample.ts';
import { MetricAnalysis, type Judged, type MetricSettings, type SeriesPlace } from './metric-analysis.ts';
import { seriesKey, type SeriesRun, type SeriesRunOptions } from './series-run.ts';
import { SeriesSummary } from './series-summary.ts';
import { StatusSeries } from './status-series.ts';
import { StatusWords } from './status-words.ts';

interface KnownSeries {
  readonly place: SeriesPlace;
  readonly summary: SeriesSummary;
  readonly words: StatusWords;
}

export class StatusRun implements SeriesRun {
  readonly #settings: MetricSettings;
  readonly #analysis: MetricAnalysis;
  readonly #series = new Map<string, KnownSeries>();
  /** By metric. */
  readonly #words = new Map<string, StatusWords>();
  /** Of the series that is judged. */
  #speaking = new StatusWords();
  readonly #drawn: Judged;

  constructor({ settings, onAnomaly }: SeriesRunOptions) {
    this.#settings = settings;
    this.#analysis = new MetricAnalysis({
      status: { name: METRIC, wordOf: (number) => this.#speaking.wordOf(number) },
      settings,
      onAnomaly: (record) => {
        const { summary, words } = this.#series.get(record.entity)!;
        onAnomaly(summary, inTheFilesNumbers(namedRecord(record, summary), words));
      },
    });
    this.#drawn = { ...this.#analysis.judged };
  }

  add(name: SeriesName, buckets: number): { intake: SeriesIntake; summary: SeriesSummary } {
    const { entity, instance, metric } = name;
    const key = seriesKey(name);
    let words = this.#words.get(metric);
    if (words === undefined) this.#words.set(metric, (words = new StatusWords()));
    const place = this.#analysis.newSeries(key, instance === '' ? entity : instance);
    const summary = new SeriesSummary(name, buckets, {
      stateNames: words.names,
    });
    const series = { place, summary, words };
    this.#series.set(key, series);
    const intake = new StatusSeries(this.#analysis, place, summary, {
      words,
      judging: () => void (this.#speaking = words),
      judged: () => this.#draw(series),
      unjudged: (timeMs, value) => {
        Object.assign(this.#drawn, { timeMs, value, score: Number.NaN, confidence: Number.NaN });
        summary.draw(this.#drawn, 0);
      },
    });
    return { intake, summary };
  }

  finish(endMs: number): void {
    for (const { place } of this.#series.values()) this.#analysis.finish(place, endMs);
  }

  #draw({ summary, words }: KnownSeries): void {
    Object.assign(this.#drawn, this.#analysis.judged);
    this.#drawn.value = words.valueOf(this.#drawn.value);
    summary.draw(this.#drawn, this.#settings.detect.minConfidence);
  }
}

function inTheFilesNumbers(record: AnomalyRecord, words: StatusWords): AnomalyRecord {
  const { metric_value: value, baseline_mean: left } = record;
  return {
    ...record,
    metric_value: words.valueOf(value),
    baseline_mean: left === null ? null : words.valueOf(left),
  };
}
