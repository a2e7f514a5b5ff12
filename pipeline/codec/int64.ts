/**
 * Avro longs that stay exact. avsc reads longs as doubles and its BigInt hook allocates a Buffer a value; these
 * two types read and write the zigzag varint itself: as a pair of 32-bit halves (readings) or as a bigint (records).
 */
import avro from 'avsc';

/** A signed 64-bit integer as two unsigned halves of its two's complement. */
export class Int64 {
  hi: number;
  lo: number;

  constructor(hi: number, lo: number) {
    this.hi = hi;
    this.lo = lo;
  }

  /** @throws RangeError for what is no integer within 2^53: a double beyond is not exact, and from 2^63 on it wraps. */
  static fromNumber(value: number): Int64 {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no integer within 2^53`);
    return new Int64(Math.floor(value / 4294967296) >>> 0, value >>> 0);
  }

  /** Exact within 2^53, rounded beyond. */
  toNumber(): number {
    return (this.hi | 0) * 4294967296 + this.lo;
  }
}

/** avsc's cursor over the bytes being read or written. */
interface Tap {
  buf: Buffer;
  pos: number;
}

interface LongMethods<T> {
  isValid(value: unknown): boolean;
  compare(a: T, b: T): number;
  read(tap: Tap): T;
  write(tap: Tap, value: T): void;
  fromNumber(value: number): T;
  toNumber(value: T): number;
}

/** A varint of 64 bits has at most 10 bytes. */
const MAX_VARINT_BYTES = 10;

let hi = 0;
let lo = 0;

/** Longs as Int64, for the typed columns of readings. */
export const halvesLong = longType<Int64>({
  isValid: (value) => value instanceof Int64,
  compare: (a, b) => (a.hi | 0) - (b.hi | 0) || a.lo - b.lo,
  read(tap) {
    readVarint(tap);
    return new Int64(hi, lo);
  },
  write: (tap, value) => writeVarint(tap, value.hi, value.lo),
  fromNumber: (value) => Int64.fromNumber(value),
  toNumber: (value) => value.toNumber(),
});

const words = new BigInt64Array(1);
const halves = new Uint32Array(words.buffer);

/** Longs as bigint, for records. */
export const bigintLong = longType<bigint>({
  isValid: (value) => typeof value === 'bigint' && BigInt.asIntN(64, value) === value,
  compare: (a, b) => (a < b ? -1 : a > b ? 1 : 0),
  read(tap) {
    readVarint(tap);
    halves[0] = lo;
    halves[1] = hi;
    return words[0]!;
  },
  write(tap, value) {
    words[0] = value;
    if (words[0] !== value)
      throw new RangeError(`${value} is no long: it needs more than 64 bits with its sign`);
    writeVarint(tap, halves[1]!, halves[0]!);
  },
  fromNumber: BigInt,
  toNumber: Number,
});

function longType<T>(methods: LongMethods<T>): avro.Type {
  const { isValid, compare, read, write, fromNumber, toNumber } = methods;
  const unused = (): never => {
    throw new TypeError('longs are read and written by _read and _write');
  };
  const base = avro.types.LongType.__with({
    isValid,
    compare,
    fromJSON: fromNumber,
    toJSON: toNumber,
    fromBuffer: unused,
    toBuffer: unused,
  });
  // avsc freezes the type and has no other door to the cursor: own properties before its prototype's.
  return Object.create(base, { _read: { value: read }, _write: { value: write } }) as avro.Type;
}

/** Zigzag varint at the cursor into `hi`, `lo`. Past the end it yields garbage; the caller checks the cursor. */
function readVarint(tap: Tap): void {
  const { buf } = tap;
  let { pos } = tap;
  let low = 0; // bits 0-27
  let middle = 0; // bits 28-55
  let high = 0; // bits 56-63
  const end = pos + MAX_VARINT_BYTES;
  let byte: number;
  let shift = 0;
  do {
    byte = buf[pos] ?? 0;
    pos += 1;
    if (shift < 28) low |= (byte & 127) << shift;
    else if (shift < 56) middle |= (byte & 127) << (shift - 28);
    else high |= (byte & 127) << (shift - 56);
    shift += 7;
  } while (byte >= 128 && pos < end);
  if (byte >= 128) throw new RangeError(`varint at byte ${tap.pos} is longer than ${MAX_VARINT_BYTES} bytes`);
  tap.pos = pos;
  const zigzagLow = (low | (middle << 28)) >>> 0;
  const zigzagHigh = ((middle >>> 4) | (high << 24)) >>> 0;
  const sign = -(zigzagLow & 1);
  lo = (((zigzagLow >>> 1) | (zigzagHigh << 31)) ^ sign) >>> 0;
  hi = ((zigzagHigh >>> 1) ^ sign) >>> 0;
}

function writeVarint(tap: Tap, high: number, low: number): void {
  const sign = (high | 0) >> 31;
  let zigzagLow = ((low << 1) ^ sign) >>> 0;
  let zigzagHigh = (((high << 1) | (low >>> 31)) ^ sign) >>> 0;
  const { buf } = tap;
  let { pos } = tap;
  while (zigzagHigh !== 0 || zigzagLow > 127) {
    buf[pos] = (zigzagLow & 127) | 128;
    pos += 1;
    zigzagLow = ((zigzagLow >>> 7) | (zigzagHigh << 25)) >>> 0;
    zigzagHigh >>>= 7;
  }
  buf[pos] = zigzagLow;
  tap.pos = pos + 1;
}
