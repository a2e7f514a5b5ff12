/** Records to framed Avro: objects as the catalogue's rows type them. */
import { avroType } from '../avro-type.ts';
import type { AvroSchema, RecordEncoder } from '../port.ts';
import { FrameSink } from './frame-sink.ts';
import { valueOf } from './object-writer.ts';

/**
 * Longs are bigint, timestamps numbers; a field that the object lacks has the schema's default.
 * `encode` throws RangeError, or avsc's Error, for a value that the schema does not allow.
 */
export function objectEncoder<T>(schema: AvroSchema, schemaId: () => number): RecordEncoder<T> {
  const write = valueOf(avroType(schema, 'bigint'));
  let sink: FrameSink | undefined;
  return {
    encode(record) {
      // Most processes never encode most topics.
      sink ??= new FrameSink();
      sink.begin(schemaId());
      write(sink, record);
      return sink.copied();
    },
  };
}
