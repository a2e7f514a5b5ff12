/**
 * Where records are written: one after the other into slabs, each frame a part of its slab, so that nothing is copied
 * once it is written. A slab lives as long as one of its frames does: frames are of one batch and go together.
 */
import { HEADER_BYTES, writeHeader } from '../wire-format.ts';
import type { TextColumn } from '../../model/reading.ts';

const SLAB_BYTES = 256 * 1024;
const MAX_VARINT_BYTES = 10;
/** UTF-8 bytes of a UTF-16 unit, at most. */
const BYTES_A_UNIT = 3;
const TWO_32 = 4294967296;

export class FrameSink {
  bytes = Buffer.allocUnsafeSlow(SLAB_BYTES);
  view = new DataView(this.bytes.buffer);
  /** The next byte. Who writes to `bytes` itself has made room before. */
  pos = 0;
  #start = 0;
  #free = 0;

  /** Begins a frame; one that was not finished is forgotten. */
  begin(schemaId: number): void {
    this.#start = this.#free;
    this.pos = this.#free;
    this.room(HEADER_BYTES);
    writeHeader(this.bytes, this.pos, schemaId);
    this.pos += HEADER_BYTES;
  }

  /** The frame: not to be written to. */
  finish(): Buffer {
    this.#free = this.pos;
    return this.bytes.subarray(this.#start, this.pos);
  }

  /** A copy of the frame, whose place is used again: for records that are kept, and would keep a slab each. */
  copied(): Buffer {
    return Buffer.from(this.bytes.subarray(this.#start, this.pos));
  }

  /** Makes room for `size` bytes more; `bytes`, `view` and `pos` may be others afterwards. */
  room(size: number): void {
    if (this.pos + size <= this.bytes.length) return;
    const written = this.pos - this.#start;
    const slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, 2 * (written + size)));
    this.bytes.copy(slab, 0, this.#start, this.pos);
    this.bytes = slab;
    this.view = new DataView(slab.buffer);
    this.#start = 0;
    this.#free = 0;
    this.pos = written;
  }

  byte(value: number): void {
    this.room(1);
    this.bytes[this.pos++] = value;
  }

  /** A 32-bit integer. */
  int(value: number): void {
    this.room(MAX_VARINT_BYTES);
    this.pos = writeVarint32(this.bytes, this.pos, (value << 1) ^ (value >> 31));
  }

  /** @throws RangeError for what is no integer within 2^53: a double beyond is not exact. */
  long(value: number): void {
    this.room(MAX_VARINT_BYTES);
    this.pos = writeLongNumber(this.bytes, this.pos, value);
  }

  /** A long, which fits in 64 bits with its sign. */
  bigLong(value: bigint): void {
    this.room(MAX_VARINT_BYTES);
    const lo = Number(BigInt.asUintN(32, value));
    this.pos = writeLong(this.bytes, this.pos, Number(BigInt.asIntN(32, value >> 32n)), lo | 0);
  }

  /** Avro as it is. */
  encoded(bytes: Buffer): void {
    this.room(bytes.length);
    this.pos += bytes.copy(this.bytes, this.pos);
  }

  float(value: number): void {
    this.room(4);
    this.view.setFloat32(this.pos, value, true);
    this.pos += 4;
  }

  double(value: number): void {
    this.room(8);
    this.view.setFloat64(this.pos, value, true);
    this.pos += 8;
  }

  /** A string with its length. A lone surrogate becomes U+FFFD. */
  text(text: string): void {
    const units = text.length;
    this.room(BYTES_A_UNIT * units + MAX_VARINT_BYTES);
    const before = this.pos;
    this.int(units);
    const { bytes, pos } = this;
    for (let at = 0; at < units; at += 1) {
      const unit = text.charCodeAt(at);
      if (unit > 127) {
        this.pos = before;
        return this.#utf8(text);
      }
      bytes[pos + at] = unit;
    }
    this.pos = pos + units;
  }

  /** A row's text with its length, and room for `spare` bytes behind it. The text is known. */
  cell(column: TextColumn, row: number, spare: number): void {
    const start = column.starts[row]!;
    if (start < 0) this.text(column.get(row)!);
    else this.#range(column.source, start, column.ends[row]!);
    this.room(spare);
  }

  /** Text of a record as it stands there. */
  #range(source: Buffer, start: number, end: number): void {
    this.room(end - start + MAX_VARINT_BYTES);
    const before = this.pos;
    this.int(end - start);
    const { bytes } = this;
    let to = this.pos;
    let all = 0;
    for (let at = start; at < end; at += 1) {
      const byte = source[at]!;
      bytes[to++] = byte;
      all |= byte;
    }
    this.pos = to;
    if (all < 128) return;
    // What is no UTF-8 must not go on as such: through a string it becomes U+FFFD.
    this.pos = before;
    this.#utf8(source.toString('utf8', start, end));
  }

  #utf8(text: string): void {
    const length = Buffer.byteLength(text);
    this.room(length + MAX_VARINT_BYTES);
    this.int(length);
    this.pos += this.bytes.write(text, this.pos, 'utf8');
  }
}

/** A zigzagged 32-bit integer. @returns the position behind it. */
export function writeVarint32(bytes: Buffer, pos: number, zigzag: number): number {
  let at = pos;
  let left = zigzag;
  while ((left & ~127) !== 0) {
    bytes[at++] = (left & 127) | 128;
    left >>>= 7;
  }
  bytes[at++] = left;
  return at;
}

/** A long of these halves of its two's complement. @returns the position behind it. */
export function writeLong(bytes: Buffer, pos: number, hi: number, lo: number): number {
  const sign = (hi | 0) >> 31;
  const low = (lo << 1) ^ sign;
  const high = ((hi << 1) | (lo >>> 31)) ^ sign;
  if (high === 0) return writeVarint32(bytes, pos, low);
  let at = pos;
  bytes[at++] = (low & 127) | 128;
  bytes[at++] = ((low >>> 7) & 127) | 128;
  bytes[at++] = ((low >>> 14) & 127) | 128;
  bytes[at++] = ((low >>> 21) & 127) | 128;
  // Bits 28-31 of the low half, then the high one.
  const middle = (low >>> 28) | ((high & 7) << 4);
  const left = high >>> 3;
  if (left === 0) {
    bytes[at++] = middle;
    return at;
  }
  bytes[at++] = middle | 128;
  return writeVarint32(bytes, at, left);
}

/** A double as a long. @returns the position behind it. @throws RangeError for what is no integer within 2^53. */
export function writeLongNumber(bytes: Buffer, pos: number, value: number): number {
  const short = value | 0;
  if (short === value) {
    if (short < 0x4000_0000 && short >= -0x4000_0000)
      return writeVarint32(bytes, pos, (short << 1) ^ (short >> 31));
    return writeLong(bytes, pos, short >> 31, short);
  }
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no integer within 2^53`);
  return writeLong(bytes, pos, Math.floor(value / TWO_32), value);
}
