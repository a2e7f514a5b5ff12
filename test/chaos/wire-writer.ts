/** Records into Kafka as any foreign producer would write them: schemas registered by HTTP, framed by hand. */
import { readFileSync } from 'node:fs';
import type avro from 'avsc';
import { avroType } from '../verify/wire.ts';

/** The committed schema of a topic. */
export function schemaOf(topic: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../schemas/${topic}.avsc`, import.meta.url), 'utf8'));
}

export class WireWriter {
  readonly #type: avro.Type;
  readonly #frame: Buffer;

  private constructor(type: avro.Type, frame: Buffer) {
    this.#type = type;
    this.#frame = frame;
  }

  /** Registers the topic's schema under `<prefix><topic>-value`. */
  static async register(registry: string, topic: string, prefix: string): Promise<WireWriter> {
    const schema = schemaOf(topic);
    const response = await fetch(
      `${registry}/subjects/${encodeURIComponent(`${prefix}${topic}-value`)}/versions`,
      {
        method: 'POST',
        headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
        body: JSON.stringify({ schema: JSON.stringify(schema), schemaType: 'AVRO' }),
      },
    );
    if (!response.ok)
      throw new Error(`${registry} refuses ${topic}: ${response.status} ${await response.text()}`);
    const { id } = (await response.json()) as { id: number };
    const frame = Buffer.alloc(5);
    frame.writeUInt32BE(id, 1);
    return new WireWriter(avroType(schema), frame);
  }

  encode(record: unknown): Buffer {
    return this.frame(this.#type.toBuffer(record));
  }

  frame(body: Buffer): Buffer {
    return Buffer.concat([this.#frame, body]);
  }
}
