/**
 * Rows in PostgreSQL's binary COPY format, in one growing buffer (PostgreSQL manual, COPY, "Binary Format"):
 * a row is an int16 field count and, per field, an int32 length (-1 = NULL) and the type's binary form.
 *
 * A value that its type cannot hold is an outcome: the method returns the fault and has written nothing.
 */
import { ipBytes } from './ip-bytes.ts';

export const VALUE_FAULTS = [
  'null_in_required',
  'not_finite',
  'out_of_range',
  'nul_byte',
  'inet_syntax',
  'uuid_syntax',
  'wrong_type',
] as const;
export type ValueFault = (typeof VALUE_FAULTS)[number];

/** Sent before and after the rows. */
export const COPY_HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
export const COPY_TRAILER = Buffer.from([0xff, 0xff]);

const INITIAL_BYTES = 1 << 16;
/** Larger buffers are given back when they are emptied. */
const KEPT_BYTES = 1 << 23;
/** A short text of ASCII is written by hand: for it, the call into Buffer costs more than the bytes. */
const SHORT_TEXT = 48;

const TWO_32 = 4294967296;
/** 2000-01-01T00:00:00Z in milliseconds: PostgreSQL counts from there. */
const POSTGRES_EPOCH_MS = 946_684_800_000;
const DAY_MS = 86_400_000;
/** Microseconds stay exact within 2^53: the years 1714 to 2285. */
const MAX_MICROS = Number.MAX_SAFE_INTEGER;

/** Valid JSON and no jsonb (22P05); after an even number of backslashes it is text about it. */
const ESCAPED_NUL = /(?<!\\)(?:\\\\)*\\u0000/;

const HEX = new Int8Array(128).fill(-1);
for (let value = 0; value < 16; value += 1) {
  const digit = value.toString(16);
  HEX[digit.charCodeAt(0)] = value;
  HEX[digit.toUpperCase().charCodeAt(0)] = value;
}

export class CopyBuffer {
  bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  length = 0;
  #view = new DataView(this.bytes.buffer);

  clear(): void {
    this.length = 0;
    if (this.bytes.length > KEPT_BYTES) this.#replace(Buffer.allocUnsafeSlow(INITIAL_BYTES));
  }

  /** The field count that begins a row, and the length of an array's dimension. */
  int16(value: number): void {
    this.#reserve(2);
    this.#view.setInt16(this.length, value);
    this.length += 2;
  }

  null(): ValueFault | undefined {
    this.#int32(-1);
    return undefined;
  }

  int2(value: number): ValueFault | undefined {
    if ((value << 16) >> 16 !== value) return 'out_of_range';
    this.#int32(2);
    this.int16(value);
    return undefined;
  }

  int4(value: number): ValueFault | undefined {
    if ((value | 0) !== value) return 'out_of_range';
    this.#reserve(8);
    this.#view.setInt32(this.length, 4);
    this.#view.setInt32(this.length + 4, value);
    this.length += 8;
    return undefined;
  }

  /** An unsigned 64-bit integer as its halves: 2^63 and above do not fit a bigint. */
  uint64(hi: number, lo: number): ValueFault | undefined {
    if (hi > 0x7fffffff) return 'out_of_range';
    this.#int64(hi, lo);
    return undefined;
  }

  int8(value: number | bigint): ValueFault | undefined {
    if (typeof value === 'bigint') {
      if (BigInt.asIntN(64, value) !== value) return 'out_of_range';
      this.#reserve(12);
      this.#view.setInt32(this.length, 8);
      this.#view.setBigInt64(this.length + 4, value);
      this.length += 12;
      return undefined;
    }
    if (!Number.isSafeInteger(value)) return 'out_of_range';
    this.#int64(Math.floor(value / TWO_32), value >>> 0);
    return undefined;
  }

  float4(value: number): ValueFault | undefined {
    if (!Number.isFinite(value)) return 'not_finite';
    if (!Number.isFinite(Math.fround(value))) return 'out_of_range';
    this.#reserve(8);
    this.#view.setInt32(this.length, 4);
    this.#view.setFloat32(this.length + 4, value);
    this.length += 8;
    return undefined;
  }

  float8(value: number): ValueFault | undefined {
    if (!Number.isFinite(value)) return 'not_finite';
    this.#reserve(12);
    this.#view.setInt32(this.length, 8);
    this.#view.setFloat64(this.length + 4, value);
    this.length += 12;
    return undefined;
  }

  boolean(value: boolean): ValueFault | undefined {
    this.#int32(1);
    this.#byte(value ? 1 : 0);
    return undefined;
  }

  /** Milliseconds since 1970, to the microsecond. */
  timestamptz(ms: number): ValueFault | undefined {
    const micros = Math.round((ms - POSTGRES_EPOCH_MS) * 1000);
    if (!(Math.abs(micros) <= MAX_MICROS)) return 'out_of_range';
    this.#int64(Math.floor(micros / TWO_32), micros >>> 0);
    return undefined;
  }

  /** The UTC day of milliseconds since 1970. */
  date(ms: number): ValueFault | undefined {
    const day = Math.floor((ms - POSTGRES_EPOCH_MS) / DAY_MS);
    // PostgreSQL's dates begin at 4713 BC.
    if (!(day >= -2_451_545 && day <= 0x7ffffffe)) return 'out_of_range';
    return this.int4(day);
  }

  text(value: string): ValueFault | undefined {
    const start = this.length;
    this.#reserve(4 + value.length * 3);
    if (value.length <= SHORT_TEXT && this.#ascii(value, start + 4)) {
      this.#view.setInt32(start, value.length);
      this.length = start + 4 + value.length;
      return undefined;
    }
    if (value.includes('\0')) return 'nul_byte';
    const written = this.bytes.write(value, start + 4, 'utf8');
    this.#view.setInt32(start, written);
    this.length = start + 4 + written;
    return undefined;
  }

  /** A version number, then the text of a JSON value. */
  jsonb(json: string): ValueFault | undefined {
    if (ESCAPED_NUL.test(json)) return 'nul_byte';
    const start = this.length;
    this.#reserve(5);
    this.length = start + 1;
    const fault = this.text(json);
    if (fault !== undefined) {
      this.length = start;
      return fault;
    }
    this.#view.setInt32(start, this.length - start - 4);
    this.bytes[start + 4] = 1;
    return undefined;
  }

  uuid(value: string): ValueFault | undefined {
    if (value.length !== 36) return 'uuid_syntax';
    this.#reserve(20);
    const { bytes } = this;
    let at = this.length + 4;
    for (let i = 0; i < 36; i += 2) {
      if (i === 8 || i === 13 || i === 18 || i === 23) {
        if (value.charCodeAt(i) !== 45) return 'uuid_syntax';
        i += 1;
      }
      const high = HEX[value.charCodeAt(i)] ?? -1;
      const low = HEX[value.charCodeAt(i + 1)] ?? -1;
      if (high < 0 || low < 0) return 'uuid_syntax';
      bytes[at] = high * 16 + low;
      at += 1;
    }
    this.#view.setInt32(this.length, 16);
    this.length = at;
    return undefined;
  }

  /** An address of version 4 or 6, without mask and zone index. */
  inet(value: string): ValueFault | undefined {
    const address = ipBytes(value);
    if (address === undefined) return 'inet_syntax';
    const size = address.length;
    this.#int32(4 + size);
    // family (2, or 3 for version 6), bits of the mask, is_cidr, bytes of the address
    for (const byte of [size === 4 ? 2 : 3, size * 8, 0, size, ...address]) this.#byte(byte);
    return undefined;
  }

  /** numeric(precision, scale), rounded to the scale as PostgreSQL would: digits of base 10,000. */
  numeric(value: number, precision: number, scale: number): ValueFault | undefined {
    if (!Number.isFinite(value)) return 'not_finite';
    const [whole, fraction = ''] = Math.abs(value).toFixed(scale).split('.');
    if (whole === undefined || !/^\d+$/.test(whole)) return 'out_of_range';
    if (whole.replace(/^0+/, '').length > precision - scale) return 'out_of_range';
    const left = whole.padStart(Math.ceil(whole.length / 4) * 4, '0');
    const right = fraction.padEnd(Math.ceil(fraction.length / 4) * 4, '0');
    const digits = (left + right).match(/\d{4}/g)!.map(Number);
    const negative = value < 0 && digits.some((digit) => digit !== 0);
    this.#int32(8 + digits.length * 2);
    this.int16(digits.length);
    this.int16(left.length / 4 - 1); // weight of the first digit
    this.int16(negative ? 0x4000 : 0);
    this.int16(scale);
    for (const digit of digits) this.int16(digit);
    return undefined;
  }

  /** A one-dimensional array without nulls. `element` writes one element as a field. */
  array<T>(
    values: readonly T[],
    elementOid: number,
    element: (value: T) => ValueFault | undefined,
  ): ValueFault | undefined {
    const start = this.length;
    this.#int32(0);
    const dimensions = values.length === 0 ? [0, 0, elementOid] : [1, 0, elementOid, values.length, 1];
    for (const word of dimensions) this.#int32(word);
    for (const value of values) {
      const fault = element(value);
      if (fault !== undefined) {
        this.length = start;
        return fault;
      }
    }
    this.#view.setInt32(start, this.length - start - 4);
    return undefined;
  }

  /** Appends what another buffer holds. */
  append(from: CopyBuffer): void {
    this.#reserve(from.length);
    this.bytes.set(from.bytes.subarray(0, from.length), this.length);
    this.length += from.length;
  }

  #int32(value: number): void {
    this.#reserve(4);
    this.#view.setInt32(this.length, value);
    this.length += 4;
  }

  #byte(value: number): void {
    this.#reserve(1);
    this.bytes[this.length] = value;
    this.length += 1;
  }

  #int64(hi: number, lo: number): void {
    this.#reserve(12);
    this.#view.setInt32(this.length, 8);
    this.#view.setInt32(this.length + 4, hi);
    this.#view.setInt32(this.length + 8, lo);
    this.length += 12;
  }

  /** false at the first character that is not 1-127. */
  #ascii(value: string, start: number): boolean {
    const { bytes } = this;
    for (let i = 0; i < value.length; i += 1) {
      const code = value.charCodeAt(i);
      if (code === 0 || code > 127) return false;
      bytes[start + i] = code;
    }
    return true;
  }

  #reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.length + more));
    grown.set(this.bytes.subarray(0, this.length));
    this.#replace(grown);
  }

  #replace(bytes: Buffer<ArrayBuffer>): void {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}
