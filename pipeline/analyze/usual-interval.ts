/**
 * How often a series has values, over all of it: the median of its intervals, from a histogram in bounded space, and the
 * longest of them.
 */
interface Bin {
  count: number;
  sumMs: number;
}

/** Intervals that differ by less than so much of their size share a bin: some hundred bins from a ms to a year. */
const WIDTH = 0.05;
const PER_BIN = 1 / Math.log1p(WIDTH);

export class UsualInterval {
  /** NaN before there were two values. */
  longestMs = Number.NaN;
  /** When the longest one began. */
  longestFromMs = Number.NaN;
  readonly #bins = new Map<number, Bin>();
  #count = 0;
  /** Most intervals are like the one before. */
  #lastMs = Number.NaN;
  #last: Bin = { count: 0, sumMs: 0 };

  /** `ms`: more than 0. */
  add(fromMs: number, ms: number): void {
    if (!(ms <= this.longestMs)) {
      this.longestMs = ms;
      this.longestFromMs = fromMs;
    }
    if (ms !== this.#lastMs) {
      this.#lastMs = ms;
      this.#last = this.#binOf(ms);
    }
    this.#last.count += 1;
    this.#last.sumMs += ms;
    this.#count += 1;
  }

  /** The mean of the bin that the median lies in; NaN before there were two values. */
  get ms(): number {
    let before = 0;
    for (const [, { count, sumMs }] of [...this.#bins].sort(([a], [b]) => a - b)) {
      before += count;
      if (2 * before >= this.#count) return sumMs / count;
    }
    return Number.NaN;
  }

  #binOf(ms: number): Bin {
    const at = Math.round(Math.log(ms) * PER_BIN);
    let bin = this.#bins.get(at);
    if (bin === undefined) this.#bins.set(at, (bin = { count: 0, sumMs: 0 }));
    return bin;
  }
}
