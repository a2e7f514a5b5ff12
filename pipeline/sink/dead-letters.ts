/** The sink's dead letters: into their topic before the transaction commits that goes on without them. */
import type { Broker, BrokerRecord, Producer } from '../broker/port.ts';
import { partitionFor } from '../broker/partitioner.ts';
import { deadLetterRecord } from '../codec/dead-letter.ts';
import type { Codec } from '../codec/port.ts';
import type { Clock } from '../model/component.ts';
import { topicName, type Catalogue, type Naming } from '../../topics/catalogue.ts';
import type { Rejected } from './flush.ts';

export interface DeadLetters {
  start(): Promise<void>;
  /** Resolves when they are in the log. @throws RetryableError when the broker is away. */
  send(rejected: readonly Rejected[]): Promise<void>;
  stop(): Promise<void>;
}

export function deadLetters(deps: {
  broker: Broker;
  codec: Codec;
  catalogue: Catalogue;
  naming: Naming;
  clock: Clock;
}): DeadLetters {
  const { broker, codec, catalogue, naming, clock } = deps;
  const topic = topicName(catalogue['netsigma.dead-letter'], naming);
  const encoder = codec.recordEncoder('netsigma.dead-letter');
  const producer: Producer = broker.producer();
  let partitions = 1;

  return {
    async start() {
      await producer.start();
      partitions = (await broker.offsets(topic)).length;
    },

    async send(rejected) {
      const failedAtMs = clock();
      // Of several rows of one record the first carries its bytes: five hundred bad rows must not become five hundred
      // copies of a megabyte. The others name the same topic, partition and offset.
      const carried = new Set<BrokerRecord>();
      await producer.send(
        rejected.map(({ record, row, reason, detail }) => {
          const key = Buffer.from(record.topic);
          const failed = carried.has(record) ? { ...record, value: null } : record;
          carried.add(record);
          const letter = deadLetterRecord(failed, { reason, detail, failedIn: 'sink', failedAtMs, row });
          return { topic, partition: partitionFor(key, partitions), key, value: encoder.encode(letter) };
        }),
      );
    },

    stop: () => producer.stop(),
  };
}
