/** A started codec on an embedded registry, and readings filled with arbitrary values. */
import { avroCodec } from '../../pipeline/codec/avro-codec.ts';
import { embeddedRegistry } from '../../pipeline/codec/embedded-registry.ts';
import type { Codec, SchemaRegistry } from '../../pipeline/codec/port.ts';
import { catalogue, type Catalogue } from '../../topics/catalogue.ts';

export const NAMING = { prefix: '', generation: '' } as const;

export async function startedCodec(
  from: Catalogue = catalogue,
  registry: SchemaRegistry = embeddedRegistry(),
): Promise<Codec> {
  const codec = avroCodec({ catalogue: from, naming: NAMING, registry });
  await codec.start();
  return codec;
}
