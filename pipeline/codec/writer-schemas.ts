/** Writer schemas by id, resolved against one reader schema; decoding is synchronous once an id is known. */
import type avro from 'avsc';
import { avroType, type LongsAs } from './avro-type.ts';
import type { AvroSchema, DecodeFailure, SchemaRegistry } from './port.ts';
import { HEADER_BYTES, schemaIdOf } from './wire-format.ts';

/** How to read one writer's bytes, or why they cannot be read. */
type WriterSchema =
  | { readonly kind: 'readable'; readonly resolver: avro.Resolver | undefined }
  | { readonly kind: 'unreadable'; readonly failure: DecodeFailure };

/** avsc declares the value as any. */
interface Decoded {
  readonly value: unknown;
  readonly offset: number;
}

export class WriterSchemas {
  readonly #registry: SchemaRegistry;
  readonly #reader: avro.Type;
  readonly #readerText: string;
  readonly #longs: LongsAs;
  readonly #byId = new Map<number, WriterSchema>();

  constructor(registry: SchemaRegistry, readerSchema: AvroSchema, longs: LongsAs) {
    this.#registry = registry;
    this.#reader = avroType(readerSchema, longs);
    this.#readerText = JSON.stringify(readerSchema);
    this.#longs = longs;
  }

  /** Fetches the schemas of these values' ids that are not known yet. @throws RetryableError without a registry. */
  async prepare(values: Iterable<Buffer | null>): Promise<void> {
    for (const value of values) {
      const id = value === null ? undefined : schemaIdOf(value);
      if (id !== undefined && !this.#byId.has(id)) {
        const schema = await this.#registry.schema(id);
        // An unknown id is asked for again next time: it may be registered by then.
        if (schema !== undefined) this.#byId.set(id, this.#resolve(id, schema));
      }
    }
  }

  /** The value as avsc's object, or why not. Never throws, never reads out of bounds. */
  decode(value: Buffer): { readonly kind: 'value'; readonly value: unknown } | DecodeFailure {
    const id = schemaIdOf(value);
    if (id === undefined)
      return failure('not_framed', `${value.length} bytes without magic byte and schema id`);
    const writer = this.#byId.get(id);
    if (writer === undefined) return failure('unknown_schema', `schema id ${id} is not in the registry`);
    if (writer.kind === 'unreadable') return writer.failure;
    try {
      const outcome: Decoded = this.#reader.decode(value, HEADER_BYTES, writer.resolver);
      const { value: decoded, offset } = outcome;
      if (offset < 0) return failure('truncated', `${value.length} bytes end inside the record`);
      if (offset < value.length)
        return failure('trailing_bytes', `record ends at byte ${offset} of ${value.length}`);
      return { kind: 'value', value: decoded };
    } catch (error) {
      return failure('invalid', messageOf(error));
    }
  }

  #resolve(id: number, schema: AvroSchema): WriterSchema {
    if (JSON.stringify(schema) === this.#readerText) return { kind: 'readable', resolver: undefined };
    try {
      return { kind: 'readable', resolver: this.#reader.createResolver(avroType(schema, this.#longs)) };
    } catch (error) {
      return {
        kind: 'unreadable',
        failure: failure('incompatible_schema', `schema id ${id}: ${messageOf(error).slice(0, 300)}`),
      };
    }
  }
}

function failure(reason: DecodeFailure['reason'], detail: string): DecodeFailure {
  return { kind: 'deadLetter', reason, detail };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
