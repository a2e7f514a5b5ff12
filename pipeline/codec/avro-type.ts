/** avsc types for our schemas: exact longs, and arrays that believe no count larger than the bytes left. */
import avro from 'avsc';
import type { AvroSchema } from './port.ts';
import { bigintLong, halvesLong } from './int64.ts';

export type LongsAs = 'halves' | 'bigint';

interface Tap {
  readonly buf: Buffer;
  pos: number;
  readLong(): number;
  skipLong(): void;
}

/** An array's block counts are untrusted: avsc would allocate whatever a corrupt count says. */
class BoundedArrayType extends avro.types.ArrayType {
  /** When a reader leaves the field out. */
  _skip(tap: Tap): void {
    this._read(tap);
  }

  _read(tap: Tap): unknown[] {
    const items = (this as unknown as { itemsType: { _read(tap: Tap): unknown } }).itemsType;
    const values: unknown[] = [];
    for (let count = tap.readLong(); count !== 0; count = tap.readLong()) {
      if (count < 0) {
        count = -count;
        tap.skipLong();
      }
      // No item of our schemas is shorter than a byte.
      if (count > tap.buf.length - tap.pos) {
        throw new RangeError(`array of ${count} items in ${tap.buf.length - tap.pos} bytes`);
      }
      for (; count > 0; count -= 1) values.push(items._read(tap));
    }
    return values;
  }
}

/** The avsc type of a schema. Timestamps are numbers (milliseconds), other longs as told. */
export function avroType(schema: AvroSchema, longs: LongsAs): avro.Type {
  const long = longs === 'halves' ? halvesLong : bigintLong;
  return avro.Type.forSchema(schema as unknown as avro.Schema, {
    // undefined = avsc's own type; its declaration does not know that
    typeHook: (node: unknown, options: unknown): avro.Type | undefined => {
      if (node === 'long') return long;
      if (typeof node === 'object' && node !== null && 'type' in node && node.type === 'array') {
        return new (BoundedArrayType as unknown as new (node: unknown, options: unknown) => avro.Type)(
          node,
          options,
        );
      }
      return undefined;
    },
  });
}
