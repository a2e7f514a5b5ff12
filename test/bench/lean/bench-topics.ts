/** Topics of one run of the lean job: made before it, deleted after it, so that runs do not fill the disk. */
import kafkajs from 'kafkajs';
import type { Broker, ProducerRecord } from '../../../pipeline/broker/port.ts';
import { partitionFor } from '../../../pipeline/broker/partitioner.ts';
import { checkpointTopicName, topicSpecs } from '../../../topics/catalogue.ts';
import { checkpointName } from '../../../topics/checkpoint.ts';
import { NAMING } from '../../support/codec.ts';
import { leanCatalogue } from './lean-sub-topology.ts';
import { Network, pollEncoder } from './polls.ts';

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

export interface LoadOptions {
  readonly devices: number;
  readonly polls: number;
  readonly fromMs: number;
  readonly seconds: number;
  readonly partitions: number;
}

/** Fills an input where the peer's own loader cannot. */
export async function loadInput(broker: Broker, topic: string, options: LoadOptions): Promise<void> {
  const { devices, polls, fromMs, seconds, partitions } = options;
  const network = new Network({ seed: 42, devices, rowsPerDevice: 48 });
  const encode = await pollEncoder();
  await broker.createTopics([
    { topic, partitions, cleanup: 'delete', retentionMs: Infinity, maxRecordBytes: 1_000_000 },
  ]);
  const producer = broker.producer();
  await producer.start();
  for (let step = 0; step < polls; step += 1) {
    const records = network.entities.map((entity, device): ProducerRecord => {
      const key = Buffer.from(entity);
      const observedAtMs = fromMs + step * seconds * 1000 + (device % 1000);
      const value = encode(network.poll(device, step, observedAtMs, seconds));
      return { topic, partition: partitionFor(key, partitions), key, value };
    });
    for (let at = 0; at < records.length; at += 500) await producer.send(records.slice(at, at + 500));
  }
  await producer.stop();
}
