/** Topics of one run of the lean job: made before it, deleted after it, so that runs do not fill the disk. */
import kafkajs from 'kafkajs';
import type { Broker } from '../../../pipeline/broker/port.ts';
import { checkpointTopicName, topicSpecs } from '../../../topics/catalogue.ts';
import { checkpointName } from '../../../topics/checkpoint.ts';
import { NAMING } from '../../support/codec.ts';
import { leanCatalogue } from './lean-sub-topology.ts';

export interface RunTopics {
  readonly input: string;
  readonly deviation: string;
  readonly anomaly: string;
}

/** Of a run of this name. */
export function runTopics(name: string, input: string): RunTopics {
  return { input, deviation: `${name}.deviation`, anomaly: `${name}.anomaly` };
}

/** Creates the outputs and the checkpoints of a run; the input is there. */
export async function createRunTopics(
  broker: Broker,
  name: string,
  topics: RunTopics,
  partitions: number,
): Promise<void> {
  const mine = new Set([topics.deviation, topics.anomaly, 'netsigma.dead-letter']);
  const specs = topicSpecs(leanCatalogue(topics), NAMING, partitions);
  const checkpoint = specs.find(({ topic }) => topic === checkpointName('entity'))!;
  await broker.createTopics([
    ...specs.filter(({ topic }) => mine.has(topic)),
    { ...checkpoint, topic: checkpointTopicName(name, NAMING) },
  ]);
}

export async function deleteRunTopics(address: string, name: string, topics: RunTopics): Promise<void> {
  await deleteTopics(address, [topics.deviation, topics.anomaly, checkpointTopicName(name, NAMING)]);
}

export async function deleteTopics(address: string, topics: readonly string[]): Promise<void> {
  const { NOTHING } = kafkajs.logLevel;
  const admin = new kafkajs.Kafka({ brokers: [address], clientId: 'bench', logLevel: NOTHING }).admin();
  await admin.connect();
  try {
    await admin.deleteTopics({ topics: [...topics] });
  } finally {
    await admin.disconnect();
  }
}
