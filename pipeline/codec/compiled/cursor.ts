/**
 * Where a reader stands in a record. Reading past the end yields zeros and moves on, so a reader need not look after
 * each value: a cursor behind `end` says that the record is truncated, and what was read is garbage.
 *
 * Verdicts on corrupt bytes are avsc's: varints of counts, indexes and lengths are as long as they like (a record's end
 * ends them), longs have 10 bytes, ints 32 bits.
 */
import { TextCache } from './text-cache.ts';

/** A varint of 64 bits has at most 10 bytes. */
const MAX_LONG_BYTES = 10;
/** What avsc takes for a timestamp. */
const MAX_TIMESTAMP = 9007199254740990;

export class Cursor {
  buf: Buffer = Buffer.alloc(0);
  pos = 0;
  end = 0;
  /** The last long, as signed halves: they stay small integers of the engine. */
  hi = 0;
  lo = 0;
  /** What arrays and maps have claimed so far. */
  #items = 0;
  #cache: TextCache | undefined;
  readonly #hi = new Uint32Array(1);
  readonly #lo = new Uint32Array(1);

  open(buf: Buffer, pos: number): void {
    this.buf = buf;
    this.pos = pos;
    this.end = buf.length;
    this.#items = 0;
  }

  get truncated(): boolean {
    return !(this.pos <= this.end);
  }

  /** A count, an index, a length, or a long that becomes a double: rounded beyond 2^52, NaN or infinite for nonsense. */
  number(): number {
    const { buf } = this;
    let byte = buf[this.pos++] ?? 0;
    let low = byte & 127;
    for (let shift = 7; byte >= 128 && shift < 28; shift += 7) {
      byte = buf[this.pos++] ?? 0;
      low |= (byte & 127) << shift;
    }
    if (byte < 128) return (low >> 1) ^ -(low & 1);
    let value = low;
    for (let factor = 2 ** 28; byte >= 128; factor *= 128) {
      byte = buf[this.pos++] ?? 0;
      value += (byte & 127) * factor;
    }
    return (value % 2 === 0 || Number.isNaN(value % 2) ? value : -(value + 1)) / 2;
  }

  /** @throws RangeError for what an int cannot hold. */
  int(): number {
    const value = this.number();
    if (value !== (value | 0)) throw new RangeError(`${value} is no int: it needs more than 32 bits`);
    return value;
  }

  /** @throws RangeError beyond 2^53. */
  timestamp(): number {
    const value = this.number();
    if (!(Math.abs(value) <= MAX_TIMESTAMP))
      throw new RangeError(`${value} is no timestamp: it is beyond 2^53`);
    return value;
  }

  /** Into `hi` and `lo`. @throws RangeError for a varint of more than 10 bytes. */
  long(): void {
    this.pos = readLong(this.buf, this.pos, this.#hi, this.#lo, 0);
    this.hi = this.#hi[0]! | 0;
    this.lo = this.#lo[0]! | 0;
  }

  /** What `hi` and `lo` are as a double, NaN where it is not exact. */
  longAsNumber(): number {
    const value = this.hi * 4294967296 + (this.lo >>> 0);
    return Number.isSafeInteger(value) ? value : Number.NaN;
  }

  float(): number {
    const { buf, pos } = this;
    this.pos += 4;
    return this.pos > this.end ? 0 : buf.readFloatLE(pos);
  }

  double(): number {
    const { buf, pos } = this;
    this.pos += 8;
    return this.pos > this.end ? 0 : buf.readDoubleLE(pos);
  }

  boolean(): boolean {
    return (this.buf[this.pos++] ?? 0) !== 0;
  }

  /** Moves behind a string or bytes. @returns where it begins. A length that cannot be is a truncated record. */
  range(): number {
    const length = this.number();
    const start = this.pos;
    if (length >= 0 && length <= this.end - start) this.pos += length;
    else this.pos = this.end + 1;
    return start;
  }

  /** A string that other records are likely to have as well. */
  text(): string {
    const start = this.range();
    if (this.truncated) return '';
    this.#cache ??= new TextCache();
    return this.#cache.text(this.buf, start, this.pos);
  }

  /** A string that is another in each record. */
  freshText(): string {
    const start = this.range();
    return this.truncated ? '' : this.buf.toString('utf8', start, this.pos);
  }

  /** Of the whole buffer. */
  view(): DataView {
    return new DataView(this.buf.buffer, this.buf.byteOffset, this.buf.length);
  }

  skipVarint(): void {
    while ((this.buf[this.pos++] ?? 0) >= 128);
  }

  /**
   * Calls `read` with the number of items of each block of an array: no more than there are bytes left, and in all of the
   * record no more than it has bytes.
   * @throws RangeError for a count that is larger, or NaN.
   */
  blocks(read: (items: number) => void): void {
    for (let count = this.number(); count !== 0; count = this.number()) {
      if (count < 0) {
        count = -count;
        this.skipVarint();
      }
      this.#items += count;
      // No item of our schemas is shorter than a byte.
      if (!(count <= this.end - this.pos && this.#items <= this.end)) {
        throw new RangeError(`array of ${count} items in ${this.end - this.pos} bytes`);
      }
      read(count);
      if (this.truncated) return;
    }
  }
}

/**
 * The zigzag varint at `pos` as halves of its two's complement into `hi[row]`, `lo[row]`.
 * @returns the position behind it. @throws RangeError for more than 10 bytes.
 */
export function readLong(buf: Buffer, pos: number, hi: Uint32Array, lo: Uint32Array, row: number): number {
  let at = pos;
  let byte = buf[at++] ?? 0;
  let low = byte & 127; // bits 0-27
  let middle = 0; // bits 28-55
  let high = 0; // bits 56-63
  more: if (byte >= 128) {
    byte = buf[at++] ?? 0;
    low |= (byte & 127) << 7;
    if (byte < 128) break more;
    byte = buf[at++] ?? 0;
    low |= (byte & 127) << 14;
    if (byte < 128) break more;
    byte = buf[at++] ?? 0;
    low |= (byte & 127) << 21;
    if (byte < 128) break more;
    byte = buf[at++] ?? 0;
    middle = byte & 127;
    if (byte < 128) break more;
    byte = buf[at++] ?? 0;
    middle |= (byte & 127) << 7;
    if (byte < 128) break more;
    byte = buf[at++] ?? 0;
    middle |= (byte & 127) << 14;
    if (byte < 128) break more;
    byte = buf[at++] ?? 0;
    middle |= (byte & 127) << 21;
    if (byte < 128) break more;
    byte = buf[at++] ?? 0;
    high = byte & 127;
    if (byte < 128) break more;
    byte = buf[at++] ?? 0;
    high |= (byte & 127) << 7;
    if (byte >= 128) throw new RangeError(`varint at byte ${pos} is longer than ${MAX_LONG_BYTES} bytes`);
  }
  const zigzagLow = low | (middle << 28);
  const zigzagHigh = (middle >>> 4) | (high << 24);
  const sign = -(zigzagLow & 1);
  lo[row] = ((zigzagLow >>> 1) | (zigzagHigh << 31)) ^ sign;
  hi[row] = (zigzagHigh >>> 1) ^ sign;
  return at;
}

/**
 * The zigzag varint at `pos` into `values[row]`, where it has 4 bytes at most.
 * @returns the position behind it; -1 for a longer one, which is the cursor's.
 */
export function readShortInt(buf: Buffer, pos: number, values: Float64Array, row: number): number {
  let at = pos;
  let byte = buf[at++] ?? 0;
  let value = byte & 127;
  if (byte >= 128) {
    byte = buf[at++] ?? 0;
    value |= (byte & 127) << 7;
    if (byte >= 128) {
      byte = buf[at++] ?? 0;
      value |= (byte & 127) << 14;
      if (byte >= 128) {
        byte = buf[at++] ?? 0;
        value |= (byte & 127) << 21;
        if (byte >= 128) return -1;
      }
    }
  }
  values[row] = (value >>> 1) ^ -(value & 1);
  return at;
}
