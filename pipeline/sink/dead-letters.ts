/** The sink's dead letters: into their topic before the transaction commits that goes on without them. */
import type { Broker, BrokerRecord, Producer } from '../broker/port.ts';
import { partitionFor } from '../broker/partitioner.ts';
import type { Codec } from '../codec/port.ts';
import type { Clock } from '../model/component.ts';
import { deadLetterId } from '../model/entity.ts';
import { topicName, type Catalogue, type Naming } from '../../topics/catalogue.ts';
import type { DeadLetterRecord } from '../../topics/ops.ts';
import type { Rejected } from './flush.ts';

/** For the id of a whole record: rows count from 0. */
const WHOLE_RECORD = -1;

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
      const carried = new Set<BrokerRecord>();
      await producer.send(
        rejected.map((letter) => {
          const key = Buffer.from(letter.record.topic);
          const value = encoder.encode(deadLetter(letter, failedAtMs, !carried.has(letter.record)));
          carried.add(letter.record);
          return { topic, partition: partitionFor(key, partitions), key, value };
        }),
      );
    },

    stop: () => producer.stop(),
  };
}

/**
 * Of several rows of one record the first carries its bytes: five hundred bad rows must not become five hundred
 * copies of a megabyte. The others name the same topic, partition and offset.
 */
function deadLetter(
  { record, row, reason, detail }: Rejected,
  failedAtMs: number,
  withValue: boolean,
): DeadLetterRecord {
  const { topic, partition, offset, key, value } = record;
  return {
    id: deadLetterId(topic, partition, offset, row ?? WHOLE_RECORD),
    reason,
    detail,
    failed_in: 'sink',
    topic,
    partition,
    offset: BigInt(offset),
    row: row ?? null,
    key,
    value: withValue ? value : null,
    failed_at: failedAtMs,
  };
}
