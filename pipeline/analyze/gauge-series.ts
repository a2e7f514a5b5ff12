/** Values of one gauge on their way to the stages. */
import type { SeriesIntake } from './input/sample.ts';
import type { MetricAnalysis, SeriesPlace } from './metric-analysis.ts';
import type { SeriesSummary } from './series-summary.ts';

export class GaugeSeries implements SeriesIntake {
  readonly kind = 'gauge';
  speedBps = Number.NaN;
  readonly #analysis: MetricAnalysis;
  readonly #place: SeriesPlace;
  readonly #summary: SeriesSummary;
  readonly #judged: () => void;

  /** `judged`: called when the stages have judged a value. */
  constructor(analysis: MetricAnalysis, place: SeriesPlace, summary: SeriesSummary, judged: () => void) {
    this.#analysis = analysis;
    this.#place = place;
    this.#summary = summary;
    this.#judged = judged;
  }

  take(timeMs: number, value: number): undefined {
    if (!this.#summary.count(timeMs)) return;
    this.#analysis.take(this.#place, timeMs, value);
    this.#judged();
  }
}
