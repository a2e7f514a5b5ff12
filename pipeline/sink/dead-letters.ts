/** The sink's dead letters: into their topic before the transaction commits that goes on without them. */
import type { Broker, Producer } from '../broker/port.ts';
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
  const encoder = codec.recordEncoder<DeadLetterRecord>('netsigma.dead-letter');
  const producer: Producer = broker.producer();
  let partitions = 1;

  return {
    async start() {
      await producer.start();
      partitions = (await broker.offsets(topic)).length;
    },

    async send(rejected) {
      const failedAtMs = clock();
      await producer.send(
        rejected.map((letter) => {
          const key = Buffer.from(letter.record.topic);
          const value = encoder.encode(deadLetter(letter, failedAtMs));
          return { topic, partition: partitionFor(key, partitions), key, value };
        }),
      );
    },

    stop: () => producer.stop(),
  };
}

function deadLetter({ record, row, reason, detail }: Rejected, failedAtMs: number): DeadLetterRecord {
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
    value,
    failed_at: failedAtMs,
  };
}
