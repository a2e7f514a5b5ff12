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

/** What a bucket holds, one after the other in one array. */
const COUNT = 0;
const LEAST = 1;
const LARGEST = 2;
const SUM = 3;
const JUDGED = 4;
const EXPECTED = 5;
const SCALE = 6;
const FIELDS = 7;
export const BUCKET_BYTES = FIELDS * Float64Array.BYTES_PER_ELEMENT;
/** Room to begin with: most series of a large file are short. */
const FIRST_BUCKETS = 8;
/** Values whose least distance is the first width: one gap at the beginning must not decide it. */
const FIRST_VALUES = 8;

export class Envelope {
  #most: number;
  #fromMs = Number.NaN;
  #widthMs = 0;
  #cells = new Float64Array(0);
  #used = 0;
  /** The first values, until there are enough of them. */
  #early: Judged[] | undefined = [];

  /** `most`: buckets, an even number. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Times rise. `judged` may be used again. */
  add(judged: Judged): void {
    if (this.#early === undefined) this.#put(judged);
    else if (this.#early.push({ ...judged }) === FIRST_VALUES) this.#begin();
  }

  #begin(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    this.#fromMs = early[0]?.timeMs ?? Number.NaN;
    this.#widthMs = Math.min(...early.slice(1).map(({ timeMs }, at) => timeMs - early[at]!.timeMs), Infinity);
    for (const judged of early) this.#put(judged);
  }

  #put({ timeMs, value, expected, scale }: Judged): void {
    let bucket = this.#bucketOf(timeMs);
    while (bucket >= this.#most) {
      this.#halve();
      bucket = this.#bucketOf(timeMs);
    }
    if (bucket >= this.#used) this.#use(bucket + 1);
    const cells = this.#cells;
    const at = bucket * FIELDS;
    cells[at + COUNT]! += 1;
    cells[at + SUM]! += value;
    if (value < cells[at + LEAST]!) cells[at + LEAST] = value;
    if (value > cells[at + LARGEST]!) cells[at + LARGEST] = value;
    if (Number.isNaN(expected)) return;
    cells[at + JUDGED]! += 1;
    cells[at + EXPECTED]! += expected;
    cells[at + SCALE]! += scale;
  }

  /** From now on no more than `most` buckets, an even number. */
  shrink(most: number): void {
    if (this.#early !== undefined) {
      this.#most = most;
      return;
    }
    while (this.#used > most) this.#halve();
    this.#most = most;
    if (this.#cells.length > most * FIELDS) this.#cells = this.#cells.slice(0, most * FIELDS);
  }

  /** Those with values, in order. */
  buckets(): Bucket[] {
    if (this.#early !== undefined) this.#begin();
    const found: Bucket[] = [];
    const cells = this.#cells;
    for (let bucket = 0; bucket < this.#used; bucket += 1) {
      const at = bucket * FIELDS;
      const count = cells[at + COUNT]!;
      if (count === 0) continue;
      const judged = cells[at + JUDGED]!;
      found.push({
        fromMs: bucket === 0 ? this.#fromMs : this.#fromMs + bucket * this.#widthMs,
        count,
        least: cells[at + LEAST]!,
        largest: cells[at + LARGEST]!,
        mean: cells[at + SUM]! / count,
        expected: judged === 0 ? Number.NaN : cells[at + EXPECTED]! / judged,
        scale: judged === 0 ? Number.NaN : cells[at + SCALE]! / judged,
      });
    }
    return found;
  }

  #bucketOf(timeMs: number): number {
    return Math.floor((timeMs - this.#fromMs) / this.#widthMs);
  }

  /** Makes buckets up to `count`. */
  #use(count: number): void {
    if (count * FIELDS > this.#cells.length) {
      const grown = Math.min(this.#most, Math.max(FIRST_BUCKETS, 2 * this.#used, count));
      const cells = new Float64Array(grown * FIELDS);
      cells.set(this.#cells.subarray(0, this.#used * FIELDS));
      this.#cells = cells;
    }
    for (let bucket = this.#used; bucket < count; bucket += 1) this.#empty(bucket);
    this.#used = count;
  }

  #empty(bucket: number): void {
    const at = bucket * FIELDS;
    this.#cells.fill(0, at, at + FIELDS);
    this.#cells[at + LEAST] = Infinity;
    this.#cells[at + LARGEST] = -Infinity;
  }

  #halve(): void {
    this.#widthMs *= 2;
    const cells = this.#cells;
    const half = Math.ceil(this.#used / 2);
    for (let into = 0; into < half; into += 1) {
      const [to, a, b] = [into * FIELDS, 2 * into * FIELDS, (2 * into + 1) * FIELDS];
      const hasSecond = 2 * into + 1 < this.#used;
      for (const field of [COUNT, SUM, JUDGED, EXPECTED, SCALE])
        cells[to + field] = cells[a + field]! + (hasSecond ? cells[b + field]! : 0);
      cells[to + LEAST] = Math.min(cells[a + LEAST]!, hasSecond ? cells[b + LEAST]! : Infinity);
      cells[to + LARGEST] = Math.max(cells[a + LARGEST]!, hasSecond ? cells[b + LARGEST]! : -Infinity);
    }
    this.#used = half;
  }
}
