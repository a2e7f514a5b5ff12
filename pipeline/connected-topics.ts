/** The topics that the configuration names, for as long as one command needs them. */
import type { Broker } from './broker/port.ts';
import { avroCodec } from './codec/avro-codec.ts';
import type { Codec, SchemaRegistry } from './codec/port.ts';
import type { Config } from './config.ts';
import type { Log } from './model/component.ts';
import { lifecycle } from './runtime/lifecycle.ts';
import type { Catalogue, Naming } from '../topics/catalogue.ts';

export interface TopicsDeps {
  readonly config: Pick<Config, 'broker'>;
  readonly catalogue: Catalogue;
  readonly log: Log;
  /** Inert. */
  readonly open: () => { readonly broker: Broker; readonly registry: SchemaRegistry };
}

/** Between connecting and disconnecting. */
export interface ConnectedTopics {
  readonly broker: Broker;
  readonly codec: Codec;
  readonly catalogue: Catalogue;
  readonly naming: Naming;
  readonly partitions: number;
  readonly log: Log;
}

/** Connects, does the work and disconnects. @throws RetryableError when the broker or the registry is away. */
export async function withTopics<T>(
  { config, catalogue, log, open }: TopicsDeps,
  use: (topics: ConnectedTopics) => Promise<T>,
): Promise<T> {
  const { prefix, partitions } = config.broker;
  const { broker, registry } = open();
  const naming = { prefix, generation: '' };
  const codec = avroCodec({ catalogue, naming, registry });
  const running = lifecycle([broker, registry, codec], log);
  try {
    await running.start();
    return await use({ broker, codec, catalogue, naming, partitions, log });
  } finally {
    await running.stop();
  }
}
