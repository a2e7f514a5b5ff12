/** Framed Avro to avsc's objects, whatever version of the schema wrote it. */
import type avro from 'avsc';
import { avroType, type LongsAs } from './avro-type.ts';
import type { AvroSchema, DecodeFailure, SchemaRegistry } from './port.ts';
import { HEADER_BYTES } from './wire-format.ts';
import { decodeFailure, verdictOf, WriterSchemas } from './writer-schemas.ts';

/** avsc declares the value as any. */
interface Decoded {
  readonly value: unknown;
  readonly offset: number;
}

export interface ObjectReader {
  prepare(values: Iterable<Buffer | null>): Promise<void>;
  /** The value as avsc's object, or why not. Never throws, never reads out of bounds. */
  decode(value: Buffer): { readonly kind: 'value'; readonly value: unknown } | DecodeFailure;
}

export function objectReader(registry: SchemaRegistry, schema: AvroSchema, longs: LongsAs): ObjectReader {
  const reader = avroType(schema, longs);
  const readerText = JSON.stringify(schema);
  const writers = new WriterSchemas<avro.Resolver | undefined>(registry, (writer) =>
    JSON.stringify(writer) === readerText ? undefined : reader.createResolver(avroType(writer, longs)),
  );
  return {
    prepare: (values) => writers.prepare(values),

    decode(value) {
      const writer = writers.of(value);
      if (writer.kind === 'deadLetter') return writer;
      try {
        const outcome: Decoded = reader.decode(value, HEADER_BYTES, writer.reader);
        const failure = verdictOf(value, outcome.offset);
        return failure ?? { kind: 'value', value: outcome.value };
      } catch (error) {
        return decodeFailure('invalid', error);
      }
    },
  };
}
