/**
 * Values of one status on their way to the stages: words or numbers. The distance between two states means nothing, so
 * they are judged by what goes over into what, how often, and how long each lasts.
 */
import type { SeriesIntake } from './input/sample.ts';
import type { MetricAnalysis, SeriesPlace } from './metric-analysis.ts';
import type { SeriesSummary } from './series-summary.ts';
import type { StatusWords } from './status-words.ts';

export interface StatusSeriesOptions {
  readonly words: StatusWords;
  /** Called when the stages are about to judge a value of the series. */
  readonly judging: () => void;
  /** And when they have. */
  readonly judged: () => void;
  /** A number that is one too many to be a state. */
  readonly unjudged: (timeMs: number, value: number) => void;
}

export class StatusSeries implements SeriesIntake {
  readonly kind = 'status';
  speedBps = Number.NaN;
  readonly #analysis: MetricAnalysis;
  readonly #place: SeriesPlace;
  readonly #summary: SeriesSummary;
  readonly #options: StatusSeriesOptions;

  constructor(
    analysis: MetricAnalysis,
    place: SeriesPlace,
    summary: SeriesSummary,
    options: StatusSeriesOptions,
  ) {
    this.#analysis = analysis;
    this.#place = place;
    this.#summary = summary;
    this.#options = options;
  }

  take(timeMs: number, value: number, cell: string): string | undefined {
    const { words, judging, judged, unjudged } = this.#options;
    const isWord = Number.isNaN(value);
    const state = isWord ? words.ofWord(cell) : words.ofNumber(value);
    if (state === undefined && isWord)
      return `is one word too many for a status: it had ${words.size} other states before`;
    if (!this.#summary.count(timeMs)) return undefined;
    if (state === undefined) {
      unjudged(timeMs, value);
      return undefined;
    }
    judging();
    this.#analysis.take(this.#place, timeMs, state);
    judged();
    return undefined;
  }
}
