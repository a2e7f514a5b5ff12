/**
 * The broker in memory: Kafka's semantics for one process, for the demo, tests and benches. Topics live as long as
 * the broker; what is kept and when senders wait is in `partition.ts`. It lacks what needs several processes.
 */
import { randomUUID } from 'node:crypto';
import { PermanentError } from '../../model/errors.ts';
import type { Clock, Log } from '../../model/component.ts';
import type {
  Broker,
  CommittedOffset,
  ConsumerOptions,
  RecordBatch,
  TopicPartition,
  TopicSpec,
} from '../port.ts';
import { Cluster } from './cluster.ts';
import { MemoryConsumer } from './consumer.ts';
import { MemoryProducer } from './producer.ts';
import { storedBytes } from './record-size.ts';
import { MemoryTransactionalProducer, type TransactionalIds } from './transactional-producer.ts';

/** 12 partitions of 8 topics stay below 400 MB when every reader lags. */
const DEFAULT_MAX_PARTITION_BYTES = 4 << 20;

const RANGE_BATCH_BYTES = 1 << 20;

export interface MemoryBrokerOptions {
  /** Gives the append times. */
  readonly clock: Clock;
  readonly log?: Log;
  /** Stable bytes a partition keeps before it drops what nobody needs, or lets senders wait. 4 MiB unless told. */
  readonly maxPartitionBytes?: number;
  /** Bytes of a partition that stay although every group has committed them, so that people can look. 0 unless told. */
  readonly keepCommittedBytes?: number;
  /** Unique unless told: offsets of another run mean nothing here. */
  readonly clusterId?: string;
}

/** What a topic holds now. */
export interface TopicStats {
  readonly topic: string;
  readonly records: number;
  readonly bytes: number;
  readonly partitions: readonly {
    readonly partition: number;
    readonly records: number;
    readonly bytes: number;
    readonly earliest: number;
    readonly lastStable: number;
  }[];
}

export interface MemoryBroker extends Broker {
  stats(): readonly TopicStats[];
}

/** An inert broker without topics; every call before `start` or after `stop` is a RetryableError. */
export function memoryBroker(options: MemoryBrokerOptions): MemoryBroker {
  const { clock, log, maxPartitionBytes = DEFAULT_MAX_PARTITION_BYTES, keepCommittedBytes = 0 } = options;
  const cluster = new Cluster({
    clock,
    maxPartitionBytes,
    keepCommittedBytes,
    ...(log === undefined ? undefined : { log }),
  });
  const owners: TransactionalIds = new Map();
  return {
    name: 'memory broker',
    clusterId: options.clusterId ?? `memory-${randomUUID()}`,
    capabilities: new Set(),
    start: async () => cluster.start(),
    stop: () => cluster.stop(),
    async createTopics(topics: readonly TopicSpec[]): Promise<void> {
      cluster.assertRunning();
      cluster.createTopics(topics);
    },
    planTopics: async (topics) => cluster.planTopics(topics),
    async deleteRecords(partition, before) {
      cluster.assertRunning();
      cluster.partition(partition).deleteBelow(before);
    },
    producer: () => new MemoryProducer(cluster),
    transactionalProducer: (id: string) => new MemoryTransactionalProducer(id, cluster, owners),
    consumer: (consumerOptions: ConsumerOptions) => new MemoryConsumer(cluster, consumerOptions),
    committedOffsets: async (group, topics) => committedOffsets(cluster, group, topics),
    async offsets(topic: string) {
      cluster.assertRunning();
      return cluster.topic(topic).partitions.map(({ log: { partition, earliest, lastStable } }) => ({
        partition,
        earliest,
        lastStable,
      }));
    },
    readRange: (partition, from, to) => readRange(cluster, partition, from, to),
    stats: () => stats(cluster),
  };
}

function committedOffsets(
  cluster: Cluster,
  groupName: string,
  topics: readonly string[],
): readonly CommittedOffset[] {
  cluster.assertRunning();
  const group = cluster.group(groupName);
  return topics
    .flatMap((topic) => cluster.topic(topic).partitions)
    .flatMap(({ committed }) => committed.get(group) ?? []);
}

/** The range is taken out at the first `next()`: what is trimmed or compacted meanwhile is still read. */
async function* readRange(
  cluster: Cluster,
  { topic, partition }: TopicPartition,
  from: number,
  to: number,
): AsyncGenerator<RecordBatch, void, undefined> {
  cluster.assertRunning();
  const { earliest, lastStable } = cluster.partition({ topic, partition }).log;
  if (from < earliest || from > to || to > lastStable) {
    throw new PermanentError(
      `cannot read offsets ${from} to ${to} of ${topic}[${partition}]: only ${earliest} to ${lastStable} are ` +
        'kept and stable; what is missing cannot be read again',
    );
  }
  const { records } = cluster.partition({ topic, partition }).log.read(from, to, Infinity);
  for (let start = 0, nextOffset = from; nextOffset < to;) {
    let end = start;
    for (let bytes = 0; end < records.length && bytes < RANGE_BATCH_BYTES; end += 1) {
      bytes += storedBytes(records[end]!);
    }
    nextOffset = records[end]?.offset ?? to;
    yield { topic, partition, records: records.slice(start, end), nextOffset };
    start = end;
  }
}

function stats(cluster: Cluster): readonly TopicStats[] {
  return [...cluster.topics].map(([topic, { partitions }]) => {
    const each = partitions.map(({ log: { partition, count, bytes, earliest, lastStable } }) => ({
      partition,
      records: count,
      bytes,
      earliest,
      lastStable,
    }));
    return {
      topic,
      records: each.reduce((sum, { records }) => sum + records, 0),
      bytes: each.reduce((sum, { bytes }) => sum + bytes, 0),
      partitions: each,
    };
  });
}
