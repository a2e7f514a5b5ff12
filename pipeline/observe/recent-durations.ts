/** The last durations of something, for a status that says what is usual and what is rare. */

/** Enough for a 99th percentile that means something, few enough to sort whenever somebody looks. */
const KEPT = 512;

export class RecentDurations {
  readonly #values: number[] = [];
  #next = 0;

  add(durationMs: number): void {
    this.#values[this.#next % KEPT] = durationMs;
    this.#next += 1;
  }

  /** null before the first. */
  get last(): number | null {
    return this.#values[(this.#next - 1) % KEPT] ?? null;
  }

  /** Of those that are kept; null before the first. */
  quantile(share: number): number | null {
    const sorted = this.#values.toSorted((a, b) => a - b);
    return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
  }
}
