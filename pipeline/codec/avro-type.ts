/** avsc types for our schemas: exact longs, ints of 32 bits, no count or length believed that the bytes left cannot hold. */
import avro from 'avsc';
import type { AvroSchema } from './port.ts';
import { bigintLong, halvesLong } from './int64.ts';

export type LongsAs = 'halves' | 'bigint';

interface Tap {
  readonly buf: Buffer;
  pos: number;
  /** Ours: items that arrays and maps have claimed so far. */
  items?: number;
  readInt(): number;
  readLong(): number;
  skipLong(): void;
}

interface Readable {
  _read(tap: Tap): unknown;
}

/**
 * Calls `read` for each item of an array or a map. Block counts are untrusted: avsc would allocate, or loop for, whatever
 * a corrupt count says. No item of a schema worth having is shorter than a byte: where a writer's are, blocks within
 * blocks could still claim the square of the record's bytes, so all counts of a record together are bounded too.
 */
function readItems(tap: Tap, kind: string, read: () => void): void {
  for (let count = tap.readLong(); count !== 0; count = tap.readLong()) {
    if (count < 0) {
      count = -count;
      tap.skipLong();
    }
    tap.items = (tap.items ?? 0) + count;
    // NaN, out of a varint of 148 bytes or more, is not within either.
    if (!(count <= tap.buf.length - tap.pos && tap.items <= tap.buf.length)) {
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
    readItems(tap, 'map', () => entries.push([readText(tap), values._read(tap)]));
    return Object.fromEntries(entries);
  }
}

/**
 * Moves behind a string or bytes. @returns where it begins. A length that cannot be is a truncated record. avsc takes one
 * that is NaN: from then on every `bytes` that the process reads is empty, as its pool of buffers stands at NaN.
 */
function readRange(tap: Tap): number {
  const length = tap.readLong();
  const start = tap.pos;
  if (length >= 0 && length <= tap.buf.length - start) tap.pos += length;
  else tap.pos = tap.buf.length + 1;
  return start;
}

function readText(tap: Tap): string {
  const start = readRange(tap);
  return tap.pos > tap.buf.length ? '' : tap.buf.toString('utf8', start, tap.pos);
}

const boundedString = bounded(avro.types.StringType, { _read: readText, _skip: readRange });

const boundedBytes = bounded(avro.types.BytesType, {
  _read(tap) {
    const start = readRange(tap);
    return Buffer.from(tap.buf.subarray(start, tap.pos));
  },
  _skip: readRange,
});

/** avsc takes an int of any size, and refuses it only when it is written again. */
const boundedInt = bounded(avro.types.IntType, {
  _read(tap) {
    const value = tap.readInt();
    if (value !== (value | 0)) throw new RangeError(`${value} is no int: it needs more than 32 bits`);
    return value;
  },
});

/** avsc's type with other methods before its own. */
function bounded(base: unknown, methods: Readonly<Record<string, (tap: Tap) => unknown>>): avro.Type {
  const type = new (base as new () => avro.Type)();
  return Object.assign(Object.create(type) as avro.Type, methods);
}

const BOUNDED_ITEMS: Readonly<Record<string, unknown>> = { array: BoundedArrayType, map: BoundedMapType };

/** The avsc type of a schema. Timestamps are numbers (milliseconds), other longs as told. */
export function avroType(schema: AvroSchema, longs: LongsAs): avro.Type {
  const long = longs === 'halves' ? halvesLong : bigintLong;
  return avro.Type.forSchema(schema as unknown as avro.Schema, {
    // undefined = avsc's own type; its declaration does not know that
    typeHook: (node: unknown, options: unknown): avro.Type | undefined => {
      if (node === 'long') return long;
      const name = typeof node === 'object' && node !== null && 'type' in node ? node.type : node;
      if (name === 'int') return boundedInt;
      if (name === 'string') return boundedString;
      if (name === 'bytes') return boundedBytes;
      const items = BOUNDED_ITEMS[String(name)] as
        (new (node: unknown, options: unknown) => avro.Type) | undefined;
      return items === undefined ? undefined : new items(node, options);
    },
  });
}
