/** Values of one gauge on their way to the stages. */
import type { SeriesIntake } from './input/sample.ts';
import type { StageChain, SeriesPlace } from './stage-chain.ts';
import type { SeriesSummary } from './series-summary.ts';

export class GaugeSeries implements SeriesIntake {
  readonly kind = 'gauge';
  speedBps = Number.NaN;
  readonly #chain: StageChain;
  readonly #place: SeriesPlace;
  readonly #summary: SeriesSummary;
  readonly #judged: () => void;

  /** `judged`: called when the stages have judged a value. */
  constructor(chain: StageChain, place: SeriesPlace, summary: SeriesSummary, judged: () => void) {
    this.#chain = chain;
    this.#place = place;
    this.#summary = summary;
    this.#judged = judged;
  }

  take(timeMs: number, value: number): undefined {
    if (!this.#summary.count(timeMs)) return;
    this.#chain.take(this.#place, timeMs, value);
    this.#judged();
  }
}
