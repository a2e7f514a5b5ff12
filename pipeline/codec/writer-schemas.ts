/** Writer schemas by id, made into readers once: decoding is synchronous as soon as an id is known. */
import type { AvroSchema, DecodeFailure, SchemaRegistry } from './port.ts';
import { schemaIdOf } from './wire-format.ts';

type Readable<R> = { readonly kind: 'readable'; readonly reader: R };

export class WriterSchemas<R> {
  readonly #registry: SchemaRegistry;
  readonly #readerOf: (writer: AvroSchema) => R;
  readonly #byId = new Map<number, Readable<R> | DecodeFailure>();

  /** `readerOf` makes a reader of what this schema wrote, or throws why it cannot. */
  constructor(registry: SchemaRegistry, readerOf: (writer: AvroSchema) => R) {
    this.#registry = registry;
    this.#readerOf = readerOf;
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

  /** The reader of the value's body, or why there is none. */
  of(value: Buffer): Readable<R> | DecodeFailure {
    const id = schemaIdOf(value);
    if (id === undefined)
      return decodeFailure('not_framed', `${value.length} bytes without magic byte and schema id`);
    return this.#byId.get(id) ?? decodeFailure('unknown_schema', `schema id ${id} is not in the registry`);
  }

  #resolve(id: number, schema: AvroSchema): Readable<R> | DecodeFailure {
    try {
      return { kind: 'readable', reader: this.#readerOf(schema) };
    } catch (error) {
      return decodeFailure('incompatible_schema', `schema id ${id}: ${messageOf(error).slice(0, 300)}`);
    }
  }
}

/** What `end` says of a value whose body was read up to there; -1 = the body goes on behind the value. */
export function verdictOf(value: Buffer, end: number): DecodeFailure | undefined {
  if (end < 0) return decodeFailure('truncated', `${value.length} bytes end inside the record`);
  if (end < value.length)
    return decodeFailure('trailing_bytes', `record ends at byte ${end} of ${value.length}`);
  return undefined;
}

/** @param why the detail, or the error that tells it. */
export function decodeFailure(reason: DecodeFailure['reason'], why: unknown): DecodeFailure {
  return { kind: 'deadLetter', reason, detail: messageOf(why) };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
