/** Confluent's wire format and Avro, by plain avsc: a zero byte, the schema's id, the body. Longs become bigint. */
import avro from 'avsc';

type Schema = avro.Schema;

/** Values that would silently be rounded as doubles. */
const exactLong = avro.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(value);
    return bytes;
  },
  fromJSON: BigInt,
  toJSON: String,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
});

/** Timestamps are a long of milliseconds and stay numbers. */
export function avroType(schema: unknown): avro.Type {
  return avro.Type.forSchema(schema as Schema, {
    typeHook(of) {
      const isLong = of === 'long' || (typeof of === 'object' && 'type' in of && of.type === 'long');
      return isLong && !(typeof of === 'object' && 'logicalType' in of) ? exactLong : undefined;
    },
  });
}

/** The writer's schema by its id. */
export type SchemaById = (id: number) => Promise<unknown>;

/** Schemas of a registry with Confluent's API. */
export function registrySchemas(url: string): SchemaById {
  return async (id) => {
    const response = await fetch(`${url}/schemas/ids/${id}`, { signal: AbortSignal.timeout(10_000) });
    if (!response.ok) throw new Error(`${url}/schemas/ids/${id} answers ${response.status}`);
    const { schema } = (await response.json()) as { schema: string };
    return JSON.parse(schema) as unknown;
  };
}

export class WireDecoder {
  readonly #schemas: SchemaById;
  readonly #types = new Map<number, Promise<avro.Type>>();

  constructor(schemas: SchemaById) {
    this.#schemas = schemas;
  }

  /** @throws Error for bytes that are no framed Avro. */
  async decode(bytes: Buffer): Promise<unknown> {
    if (bytes.length < 5 || bytes[0] !== 0) throw new Error('not framed');
    const id = bytes.readUInt32BE(1);
    let type = this.#types.get(id);
    if (type === undefined) {
      type = this.#schemas(id).then(avroType);
      this.#types.set(id, type);
    }
    // fromBuffer refuses what is left over.
    return (await type).fromBuffer(bytes.subarray(5)) as unknown;
  }
}
