/** Framed Avro straight into the columns of a Reading: no object a row, no string, no bigint. */
import { avroType } from '../avro-type.ts';
import type { AvroSchema, ReadingDecoder, SchemaRegistry } from '../port.ts';
import { HEADER_BYTES } from '../wire-format.ts';
import { decodeFailure, verdictOf, WriterSchemas } from '../writer-schemas.ts';
import { Cursor } from './cursor.ts';
import type { Places } from './places.ts';
import { recordReader } from './record-reader.ts';
import { recordType } from './type-shapes.ts';

/** Reads what any version of the schema wrote. @throws TypeError when `schema` is no record. */
export function readingDecoder(registry: SchemaRegistry, schema: AvroSchema, places: Places): ReadingDecoder {
  const reader = recordType(avroType(schema, 'halves'));
  const writers = new WriterSchemas(registry, (writer) =>
    recordReader(reader, recordType(avroType(writer, 'halves')), places),
  );
  const cursor = new Cursor();
  return {
    prepare: (values) => writers.prepare(values),

    decode(value, into) {
      const writer = writers.of(value);
      if (writer.kind === 'deadLetter') return writer;
      try {
        const read = writer.reader(into);
        cursor.open(value, HEADER_BYTES);
        read(cursor);
      } catch (error) {
        return decodeFailure('invalid', error);
      }
      return verdictOf(value, cursor.truncated ? -1 : cursor.pos);
    },
  };
}
