/** Where a record's varints are, and what no writer would write there: counts, lengths, branches and numbers alike. */
import avro from 'avsc';
import { halvesLong } from '../../../pipeline/codec/int64.ts';
import type { AvroSchema } from '../../../pipeline/codec/port.ts';

/** Bytes start..end-1. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

/** Where the varints of a record that `schema` wrote are, in order; the record begins at `from`. */
export function varintsOf(schema: AvroSchema, record: Buffer, from: number): Place[] {
  const type = avro.Type.forSchema(schema as unknown as avro.Schema, {
    typeHook: (node: unknown): avro.Type | undefined => (node === 'long' ? anyLong : undefined),
  }) as unknown as { _read(tap: NotingTap): void };
  const tap = new NotingTap(record, from);
  type._read(tap);
  if (tap.pos !== record.length) throw new RangeError(`the record ends at ${tap.pos} of ${record.length}`);
  return tap.varints;
}

/** Other bytes in the place of these, which are a varint. */
export function strangeForms(bytes: Buffer): Buffer[] {
  const bits = bytes.reduceRight((left, byte) => (left << 7n) | BigInt(byte & 127), 0n);
  const value = signed(bits);
  return [
    ...[4, 5, 6, 10, 11, 12, 150].map((size) => sevenBits(bits, size)),
    sevenBits(bits | BEYOND_64, 10),
    sevenBits(2n ** 70n - 1n),
    ...VALUES.map((other) => varint(other)),
    // Where it is a count: a block that says its size in bytes, wrongly.
    ...[0n, 1n, -5n, 2n ** 40n, 2n ** 63n, 2n ** 1100n].map((size) =>
      Buffer.concat([varint(-value), varint(size)]),
    ),
    Buffer.concat([varint(-value), varint(0n, 20)]),
  ];
}

/** All bits of a varint's tenth byte that a long does not have. */
export const BEYOND_64 = 0x3fn << 64n;

/** Around the ends of what ints, doubles and longs hold, and what none of them does. */
const VALUES = [-1n, -2n, 1n, 2n, 3n, 10n ** 6n, -(10n ** 6n)].concat(
  [31n, 32n, 53n, 63n, 64n, 1100n]
    .flatMap((bits) => [2n ** bits, 2n ** bits - 1n])
    .flatMap((value) => [value, -value - 1n]),
);

/** A value of any size in at least so many bytes. */
export function varint(value: bigint, bytes = 1): Buffer {
  return sevenBits(zigzag(value), bytes);
}

export function zigzag(value: bigint): bigint {
  return value >= 0n ? 2n * value : -2n * value - 1n;
}

/** Seven bits a byte, the low ones first, in at least so many bytes. */
export function sevenBits(bits: bigint, bytes = 1): Buffer {
  const out: number[] = [];
  for (let left = bits; left > 0n || out.length < bytes; left >>= 7n) out.push(Number(left & 127n) | 128);
  out.push(out.pop()! & 127);
  return Buffer.from(out);
}

function signed(bits: bigint): bigint {
  return (bits >> 1n) ^ -(bits & 1n);
}

/** Takes longs beyond what avsc's own type does. */
const anyLong = Object.create(halvesLong, {
  _read: { value: (tap: NotingTap) => tap.readLong() },
}) as avro.Type;

/** Stands in for the cursor that avsc's types read from. */
class NotingTap {
  readonly varints: Place[] = [];
  readonly buf: Buffer;
  pos: number;

  constructor(buf: Buffer, pos: number) {
    this.buf = buf;
    this.pos = pos;
  }

  readLong(): number {
    const start = this.pos;
    let bits = 0n;
    let byte = 128;
    for (let shift = 0n; byte >= 128; shift += 7n) {
      byte = this.buf[this.pos++]!;
      bits |= BigInt(byte & 127) << shift;
    }
    this.varints.push({ start, end: this.pos });
    return Number(signed(bits));
  }

  readInt(): number {
    return this.readLong();
  }

  skipLong(): void {
    this.readLong();
  }

  readString(): void {
    this.readBytes();
  }

  readBytes(): void {
    this.readFixed(this.readLong());
  }

  readFixed(size: number): void {
    this.pos += size;
  }

  readBoolean(): void {
    this.pos += 1;
  }

  readFloat(): void {
    this.pos += 4;
  }

  readDouble(): void {
    this.pos += 8;
  }
}
