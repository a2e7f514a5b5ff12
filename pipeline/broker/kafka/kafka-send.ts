/** One call of kafkajs for planned batches, and where they went. */
import type { ProducerBatch, RecordMetadata } from 'kafkajs';
import { PermanentError } from '../../model/errors.ts';
import type { AppendedRange } from '../port.ts';
import { kafkajs } from './patches.ts';
import { messagesByPartition } from './produce-patch.ts';
import type { PlannedBatch } from './send-plan.ts';

export type Compression = 'none' | 'gzip' | 'zstd';

export interface SendOptions {
  readonly compression: Compression;
  /** Requests are encoded here, and not by kafkajs. */
  readonly fastProduce: boolean;
}

const TYPES = {
  none: kafkajs.CompressionTypes.None,
  gzip: kafkajs.CompressionTypes.GZIP,
  zstd: kafkajs.CompressionTypes.ZSTD,
} as const;

const ACKS_ALL = -1;

/** Records name their partitions. Never called: kafkajs's own would warn of itself at each start. */
export function noPartitioner(): () => never {
  return () => {
    throw new PermanentError('a record without a partition was sent');
  };
}

/**
 * Sends at most one batch a partition.
 * @throws PermanentError when kafkajs has sent a batch twice or not at all: it may, when leaders move during a call.
 */
export async function sendBatches(
  sendBatch: (batch: ProducerBatch) => Promise<RecordMetadata[]>,
  batches: readonly PlannedBatch[],
  { compression, fastProduce }: SendOptions,
): Promise<AppendedRange[]> {
  const topics = [...new Set(batches.map(({ topic }) => topic))];
  const answers = await sendBatch({
    acks: ACKS_ALL,
    compression: TYPES[compression],
    topicMessages: topics.map((topic) => ({
      topic,
      messages: messagesByPartition(
        Object.fromEntries(
          batches.flatMap((batch) => (batch.topic === topic ? [[batch.partition, batch.messages]] : [])),
        ),
        fastProduce,
      ),
    })),
  });
  return batches.map(({ topic, partition, messages }) => {
    const found = answers.filter((each) => each.topicName === topic && each.partition === partition);
    const [answer] = found;
    if (answer === undefined || found.length > 1) {
      throw new PermanentError(
        `${found.length} of 1 batches were stored in ${topic}[${partition}] while its leader moved: abort`,
      );
    }
    return { topic, partition, baseOffset: Number(answer.baseOffset), count: messages.length };
  });
}
