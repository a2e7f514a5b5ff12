/** One call of kafkajs for planned batches, and where they went. */
import type { ProducerBatch, RecordMetadata } from 'kafkajs';
import { PermanentError } from '../../model/errors.ts';
import type { AppendedRange } from '../port.ts';
import { kafkajs } from './patches.ts';
import type { PlannedBatch } from './send-plan.ts';

export type Compression = 'none' | 'gzip' | 'zstd';

const TYPES = {
  none: kafkajs.CompressionTypes.None,
  gzip: kafkajs.CompressionTypes.GZIP,
  zstd: kafkajs.CompressionTypes.ZSTD,
} as const;

const ACKS_ALL = -1;

/**
 * Sends at most one batch a partition.
 * @throws PermanentError when kafkajs has sent a batch twice or not at all: it may, when leaders move during a call.
 */
export async function sendBatches(
  sendBatch: (batch: ProducerBatch) => Promise<RecordMetadata[]>,
  batches: readonly PlannedBatch[],
  compression: Compression,
): Promise<AppendedRange[]> {
  const topics = [...new Set(batches.map(({ topic }) => topic))];
  const answers = await sendBatch({
    acks: ACKS_ALL,
    compression: TYPES[compression],
    topicMessages: topics.map((topic) => ({
      topic,
      messages: batches.flatMap((batch) => (batch.topic === topic ? batch.messages : [])),
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
