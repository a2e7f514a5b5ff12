/**
 * Values of one status: words or small numbers. They are read, counted and drawn; no deviation judges them, because the
 * distance between two states means nothing. What judges transitions and dwell times has its place here.
 */
import type { SeriesIntake } from './input/sample.ts';
import type { Judged } from './metric-analysis.ts';
import type { SeriesSummary } from './series-summary.ts';

/** What is no status has ever more of them. */
const MOST_STATES = 256;

/** Numbers that stand for the words of one metric: the same word is the same number in all of its series. */
export class StatusWords {
  readonly #codes = new Map<string, number>();

  /** Undefined when there are too many words. */
  codeOf(word: string): number | undefined {
    const plain = word.trim().toLowerCase();
    const known = this.#codes.get(plain);
    if (known !== undefined || this.#codes.size >= MOST_STATES) return known;
    // A copy: a piece of a line would hold the whole chunk of the file in memory.
    this.#codes.set(Buffer.from(plain).toString(), this.#codes.size);
    return this.#codes.size - 1;
  }
}

export class StatusSeries implements SeriesIntake {
  readonly kind = 'status';
  speedBps = Number.NaN;
  readonly #words: StatusWords;
  readonly #summary: SeriesSummary;
  readonly #judged: Judged = {
    timeMs: 0,
    value: 0,
    expected: Number.NaN,
    scale: Number.NaN,
    score: Number.NaN,
    opened: 0,
    confidence: Number.NaN,
  };

  constructor(words: StatusWords, summary: SeriesSummary) {
    this.#words = words;
    this.#summary = summary;
  }

  take(timeMs: number, value: number, cell: string): string | undefined {
    const state = Number.isNaN(value) ? this.#words.codeOf(cell) : value;
    if (state === undefined) return `is one word too many for a status: it had ${MOST_STATES} others before`;
    const sinceMs = timeMs - this.#summary.toMs;
    if (!this.#summary.count(timeMs)) return undefined;
    if (sinceMs > 0) this.#summary.interval.add(sinceMs);
    this.#judged.timeMs = timeMs;
    this.#judged.value = state;
    this.#summary.draw(this.#judged, 0);
    return undefined;
  }
}
