/** The topics that are compared, read from Kafka and decoded. */
import kafkajs from 'kafkajs';
import type {
  AnomalyRecord,
  BaselineRecord,
  DeadLetterRecord,
  DeviationRecord,
  DeviceRecord,
  Located,
  MetricRecord,
  RawRecord,
  Row,
  Topics,
} from './records.ts';
import { TopicLogs } from './topic-log.ts';
import { registrySchemas, WireDecoder } from './wire.ts';

export interface TopicsOptions {
  /** host:port, several with commas. */
  readonly kafka: string;
  /** URL of the Confluent-compatible API. */
  readonly registry: string;
  /** Before every topic's name. */
  readonly prefix: string;
}

export async function readTopics({ kafka, registry, prefix }: TopicsOptions): Promise<Topics> {
  const client = new kafkajs.Kafka({
    clientId: 'netsigma-verify',
    brokers: kafka.split(','),
    logLevel: kafkajs.logLevel.ERROR,
    retry: { retries: 10 },
  });
  const logs = await TopicLogs.connect(client);
  const decoder = new WireDecoder(registrySchemas(registry));
  const read = <T>(name: string) => readTopic<T>(logs, decoder, `${prefix}${name}`);
  try {
    // What is derived first: whatever comes into the raw topic meanwhile is not missed.
    return {
      deviations: await read<DeviationRecord>('insight.deviation'),
      anomalies: await read<AnomalyRecord>('insight.anomaly'),
      baselines: await read<BaselineRecord>('insight.baseline'),
      metrics: await read<MetricRecord>('metric.interface'),
      deadLetters: await read<DeadLetterRecord>('netsigma.dead-letter'),
      collections: await read<Row>('ops.collection'),
      raw: await read<RawRecord>('raw.interface'),
      inventory: await read<DeviceRecord>('inventory.device'),
    };
  } finally {
    await logs.close();
  }
}

async function readTopic<T>(logs: TopicLogs, decoder: WireDecoder, topic: string): Promise<Located<T>[]> {
  if (!(await logs.exists(topic))) return [];
  const records: Located<T>[] = [];
  for await (const { key, value, ...where } of logs.read(topic)) {
    records.push({ ...where, key: key?.toString() ?? null, ...(await decoded<T>(decoder, value)) });
  }
  return records;
}

async function decoded<T>(
  decoder: WireDecoder,
  value: Buffer | null,
): Promise<Pick<Located<T>, 'value' | 'undecodable'>> {
  if (value === null) return { value: null };
  try {
    return { value: (await decoder.decode(value)) as T };
  } catch (error) {
    return { value: null, undecodable: (error as Error).message };
  }
}
