/**
 * Puts a golden input on a real Kafka, through kafkajs alone: its input topics take the append times that the records
 * carry (CreateTime), as no topic of the product does. Outputs and checkpoints are as in production.
 */
import kafkajs from 'kafkajs';
import type { Broker } from '../../pipeline/broker/port.ts';
import { catalogue, topicName, topicSpecs, type Naming, type TopicName } from '../../topics/catalogue.ts';
import { until } from '../support/until.ts';
import type { GoldenRecord } from './golden-input.ts';
import { placed } from './golden-run.ts';

const INPUTS: readonly TopicName[] = [
  'raw.interface',
  'inventory.device',
  'control.site',
  'control.rule',
  'control.tick',
];
const BATCH = 250;

/** Creates all topics of the catalogue, the inputs with their own time from the start, and writes the input. */
export async function writeToKafka(
  address: string,
  broker: Broker,
  input: readonly GoldenRecord[],
  partitions: number,
  naming: Naming,
): Promise<void> {
  const client = new kafkajs.Kafka({
    brokers: [address],
    clientId: 'golden',
    logLevel: kafkajs.logLevel.NOTHING,
  });
  const inputs = INPUTS.map((topic) => topicName(catalogue[topic], naming));
  const admin = client.admin();
  await admin.connect();
  // A setting that is changed later holds some time after the answer: the first records would miss it.
  await admin.createTopics({
    waitForLeaders: false,
    topics: inputs.map((topic) => ({
      topic,
      numPartitions: partitions,
      configEntries: [
        { name: 'retention.ms', value: '-1' },
        { name: 'message.timestamp.type', value: 'CreateTime' },
      ],
    })),
  });
  await admin.disconnect();
  await broker.createTopics(
    topicSpecs(catalogue, naming, partitions).filter(({ topic }) => !inputs.includes(topic)),
  );
  for (const topic of inputs) {
    const isThere = async () => (await broker.offsets(topic).catch(() => [])).length === partitions;
    await until(isThere, `the leaders of ${topic}`);
  }

  const producer = client.producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const records = placed(input, partitions, naming);
  for (let at = 0; at < records.length; at += BATCH) {
    const byTopic = new Map<string, kafkajs.Message[]>();
    for (const { record, appendedAtMs } of records.slice(at, at + BATCH)) {
      const { topic, partition, key, value } = record;
      const messages = byTopic.get(topic) ?? [];
      messages.push({ key, value, partition, timestamp: String(appendedAtMs) });
      byTopic.set(topic, messages);
    }
    await producer.sendBatch({
      topicMessages: Array.from(byTopic, ([topic, messages]) => ({ topic, messages })),
    });
  }
  await producer.disconnect();
}
