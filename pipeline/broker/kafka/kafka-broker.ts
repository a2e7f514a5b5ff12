/** The broker port on a real Kafka (2.3 or later) through kafkajs. All that knows kafkajs is in this folder. */
import type { Admin } from 'kafkajs';
import { PermanentError, RetryableError } from '../../model/errors.ts';
import { within } from '../../model/within.ts';
import type { Broker, ConsumerOptions, TopicSpec } from '../port.ts';
import { kafkaClients, PROBING, type ClientOptions, type NewClient } from './client.ts';
import { ConnectionNews } from './connection-news.ts';
import { GroupConsumer } from './consumer.ts';
import { translated } from './faults.ts';
import type { Compression } from './kafka-send.ts';
import { LogClient } from './log-client.ts';
import { IdempotentProducer } from './producer.ts';
import { readRange } from './read-range.ts';
import { applyTopics, planTopics } from './topic-admin.ts';
import { FencingProducer } from './transactional-producer.ts';

export interface KafkaBrokerOptions extends ClientOptions {
  /**
   * How long a member may be silent before its partitions go to others: the time of a takeover. 6 s unless told,
   * which is the least that a cluster allows by default (`group.min.session.timeout.ms`).
   */
  readonly sessionTimeoutMs?: number;
  /** Of topics that are created; -1 (unless told): what the cluster does by default. */
  readonly replicationFactor?: number;
  /** Of what is sent; none unless told. */
  readonly compression?: Compression;
  /** Produce requests are encoded here; unless told. Else by kafkajs, with the same bytes. */
  readonly fastProduce?: boolean;
}

const DEFAULT_SESSION_TIMEOUT_MS = 6000;
/** How long disconnecting waits for answers. */
const STOP_MS = 1_000;

/** An inert broker: `start` connects, and fails early where nobody answers. */
export function kafkaBroker(options: KafkaBrokerOptions): Broker {
  const { brokers, sessionTimeoutMs = DEFAULT_SESSION_TIMEOUT_MS, replicationFactor = -1 } = options;
  const { compression = 'none', fastProduce = true } = options;
  const news = new ConnectionNews(options.log);
  const newClient = kafkaClients(options, news);
  const own = newClient();
  const admin = own.kafka.admin();
  const log = new LogClient(own.kafka, admin);
  const producers = { newClient, topics: log.topics, sending: { compression, fastProduce } };
  const consumers = { newClient, logClient: log, log: options.log, sessionTimeoutMs };
  let clusterId: string | undefined;

  let isRunning = false;

  const assertRunning = (): void => {
    if (!isRunning) throw new RetryableError('the kafka broker is not running: start it first');
  };

  const administer = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw translated(error, { what, brokers });
    }
  };

  return {
    name: 'kafka broker',
    get clusterId() {
      if (clusterId === undefined)
        throw new PermanentError('the kafka broker is not started: call start() first');
      return clusterId;
    },
    capabilities: new Set(['rebalance', 'process-fencing', 'restart'] as const),
    async start() {
      news.begin();
      await administer('cannot start', async () => {
        await probe(newClient);
        await admin.connect();
        ({ clusterId } = await admin.describeCluster());
        await log.connect();
      });
      isRunning = true;
      options.log.info({ brokers, clusterId }, 'connected to Kafka');
    },
    async stop() {
      isRunning = false;
      news.end();
      await within(STOP_MS, Promise.allSettled([admin.disconnect(), log.disconnect()]));
      own.close();
    },
    async planTopics(topics) {
      assertRunning();
      return administer('cannot look at the topics', () => planTopics(admin, topics));
    },
    async createTopics(topics) {
      assertRunning();
      await administer('cannot create topics', () => createTopics(admin, topics, replicationFactor));
      log.topics.forget();
    },
    async deleteRecords(partition, before) {
      assertRunning();
      await log.deleteBelow(partition, before);
    },
    producer: () => new IdempotentProducer(producers),
    transactionalProducer: (id: string) => new FencingProducer(id, producers),
    consumer: (consumer: ConsumerOptions) => new GroupConsumer(consumer, consumers),
    async committedOffsets(group, topics) {
      assertRunning();
      return log.committedOffsets(group, topics);
    },
    async offsets(topic) {
      assertRunning();
      return log.ends(topic);
    },
    async *readRange(partition, from, to) {
      assertRunning();
      yield* readRange(log, partition, from, to);
    },
  };
}

/** One answer with little patience: a wrong address, password or certificate shows here. */
async function probe(newClient: NewClient): Promise<void> {
  const { kafka, close } = newClient(PROBING);
  const admin = kafka.admin();
  try {
    await admin.connect();
    // kafkajs takes a port that accepts it and never answers for connected.
    await admin.describeCluster();
  } finally {
    await within(STOP_MS, admin.disconnect());
    close();
  }
}

async function createTopics(
  admin: Admin,
  topics: readonly TopicSpec[],
  replicationFactor: number,
): Promise<void> {
  await applyTopics(admin, await planTopics(admin, topics), { replicationFactor });
}
