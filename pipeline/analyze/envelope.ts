/**
 * A series as it is drawn, in bounded space: buckets of equal time, each with the least and the largest value and what
 * was expected. When time runs past the last bucket, two become one.
 */
import type { Judged } from './metric-analysis.ts';

export interface Bucket {
  readonly fromMs: number;
  readonly count: number;
  readonly least: number;
  readonly largest: number;
  readonly mean: number;
  /** Means of what was expected and of one sigma; NaN where nothing was. */
  readonly expected: number;
  readonly scale: number;
}

export class Envelope {
  readonly #buckets: number;
  #fromMs = Number.NaN;
  #widthMs = 0;
  readonly #count: Float64Array;
  readonly #least: Float64Array;
  readonly #largest: Float64Array;
  readonly #sum: Float64Array;
  readonly #judged: Float64Array;
  readonly #expected: Float64Array;
  readonly #scale: Float64Array;

  /** `buckets` is even. */
  constructor(buckets: number) {
    this.#buckets = buckets;
    const column = (): Float64Array => new Float64Array(buckets);
    this.#count = column();
    this.#least = column().fill(Infinity);
    this.#largest = column().fill(-Infinity);
    this.#sum = column();
    this.#judged = column();
    this.#expected = column();
    this.#scale = column();
  }

  /** Times rise. */
  add({ timeMs, value, expected, scale }: Judged): void {
    if (Number.isNaN(this.#fromMs)) this.#fromMs = timeMs;
    // The second value's distance is the first guess of a width.
    if (this.#widthMs === 0 && timeMs > this.#fromMs) this.#widthMs = timeMs - this.#fromMs;
    let bucket = this.#bucketOf(timeMs);
    while (bucket >= this.#buckets) {
      this.#halve();
      bucket = this.#bucketOf(timeMs);
    }
    this.#count[bucket]! += 1;
    this.#sum[bucket]! += value;
    this.#least[bucket] = Math.min(this.#least[bucket]!, value);
    this.#largest[bucket] = Math.max(this.#largest[bucket]!, value);
    if (Number.isNaN(expected)) return;
    this.#judged[bucket]! += 1;
    this.#expected[bucket]! += expected;
    this.#scale[bucket]! += scale;
  }

  /** Those with values, in order. */
  buckets(): Bucket[] {
    const found: Bucket[] = [];
    for (let bucket = 0; bucket < this.#buckets; bucket += 1) {
      const count = this.#count[bucket]!;
      if (count === 0) continue;
      const judged = this.#judged[bucket]!;
      found.push({
        fromMs: this.#fromMs + bucket * this.#widthMs,
        count,
        least: this.#least[bucket]!,
        largest: this.#largest[bucket]!,
        mean: this.#sum[bucket]! / count,
        expected: judged === 0 ? Number.NaN : this.#expected[bucket]! / judged,
        scale: judged === 0 ? Number.NaN : this.#scale[bucket]! / judged,
      });
    }
    return found;
  }

  #bucketOf(timeMs: number): number {
    return this.#widthMs === 0 ? 0 : Math.floor((timeMs - this.#fromMs) / this.#widthMs);
  }

  #halve(): void {
    this.#widthMs *= 2;
    const half = this.#buckets / 2;
    for (let into = 0; into < this.#buckets; into += 1) {
      const [a, b] = [2 * into, 2 * into + 1];
      const isUsed = into < half;
      for (const column of [this.#count, this.#sum, this.#judged, this.#expected, this.#scale])
        column[into] = isUsed ? column[a]! + column[b]! : 0;
      this.#least[into] = isUsed ? Math.min(this.#least[a]!, this.#least[b]!) : Infinity;
      this.#largest[into] = isUsed ? Math.max(this.#largest[a]!, this.#largest[b]!) : -Infinity;
    }
  }
}
