/** avsc types for our schemas: exact longs, ints of 32 bits, and no count believed that is larger than the bytes left. */
import avro from 'avsc';
import type { AvroSchema } from './port.ts';
import { bigintLong, halvesLong } from './int64.ts';

export type LongsAs = 'halves' | 'bigint';

interface Tap {
  readonly buf: Buffer;
  pos: number;
  readInt(): number;
  readLong(): number;
  readString(): string;
  skipLong(): void;
}

interface Readable {
  _read(tap: Tap): unknown;
}

/**
 * Calls `read` for each item of an array or a map. Block counts are untrusted: avsc would allocate, or loop for, whatever
 * a corrupt count says. No item of a schema worth having is shorter than a byte.
 */
function readItems(tap: Tap, kind: string, read: () => void): void {
  for (let count = tap.readLong(); count !== 0; count = tap.readLong()) {
    if (count < 0) {
      count = -count;
      tap.skipLong();
    }
    if (count > tap.buf.length - tap.pos) {
      throw new RangeError(`${kind} of ${count} items in ${tap.buf.length - tap.pos} bytes`);
    }
    for (; count > 0; count -= 1) read();
  }
}

class BoundedArrayType extends avro.types.ArrayType {
  /** When a reader leaves the field out. */
  _skip(tap: Tap): void {
    this._read(tap);
  }

  _read(tap: Tap): unknown[] {
    const items = (this as unknown as { itemsType: Readable }).itemsType;
    const values: unknown[] = [];
    readItems(tap, 'array', () => values.push(items._read(tap)));
    return values;
  }
}

class BoundedMapType extends avro.types.MapType {
  _skip(tap: Tap): void {
    this._read(tap);
  }

  _read(tap: Tap): Record<string, unknown> {
    const values = (this as unknown as { valuesType: Readable }).valuesType;
    const entries: [string, unknown][] = [];
    readItems(tap, 'map', () => entries.push([tap.readString(), values._read(tap)]));
    return Object.fromEntries(entries);
  }
}

/** avsc takes an int of any size, and refuses it only when it is written again. */
const boundedInt = Object.create(new (avro.types.IntType as unknown as new () => avro.Type)(), {
  _read: {
    value: (tap: Tap) => {
      const value = tap.readInt();
      if (value !== (value | 0)) throw new RangeError(`${value} is no int: it needs more than 32 bits`);
      return value;
    },
  },
}) as avro.Type;

const BOUNDED: Readonly<Record<string, unknown>> = { array: BoundedArrayType, map: BoundedMapType };

/** The avsc type of a schema. Timestamps are numbers (milliseconds), other longs as told. */
export function avroType(schema: AvroSchema, longs: LongsAs): avro.Type {
  const long = longs === 'halves' ? halvesLong : bigintLong;
  return avro.Type.forSchema(schema as unknown as avro.Schema, {
    // undefined = avsc's own type; its declaration does not know that
    typeHook: (node: unknown, options: unknown): avro.Type | undefined => {
      if (node === 'long') return long;
      if (node === 'int') return boundedInt;
      if (typeof node !== 'object' || node === null || !('type' in node)) return undefined;
      const bounded = BOUNDED[String(node.type)] as
        (new (node: unknown, options: unknown) => avro.Type) | undefined;
      return bounded === undefined ? undefined : new bounded(node, options);
    },
  });
}
