/** A topic from its beginning to its end as of now, read committed, by raw fetches: no group is left behind. */
import { zstdDecompressSync } from 'node:zlib';
import kafkajs, { type Admin, type Kafka, type PartitionAssigner } from 'kafkajs';

export interface LogRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly appendedAtMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** What kafkajs hands to partition assigners: it has no public name for it. */
interface Cluster {
  addTargetTopic(topic: string): Promise<void>;
  findTopicPartitionMetadata(topic: string): { partitionId: number; leader: number }[];
  findBroker(options: { nodeId: number }): Promise<FetchingBroker>;
}

interface FetchingBroker {
  fetch(request: {
    isolationLevel: number;
    maxWaitTime: number;
    minBytes: number;
    maxBytes: number;
    topics: { topic: string; partitions: { partition: number; fetchOffset: string; maxBytes: number }[] }[];
  }): Promise<{ responses: { partitions: FetchedPartition[] }[] }>;
}

interface FetchedPartition {
  readonly abortedTransactions?: readonly { readonly producerId: string; readonly firstOffset: string }[];
  readonly messages: readonly FetchedMessage[];
}

interface FetchedMessage {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly isControlRecord: boolean;
  readonly batchContext: {
    readonly producerId: string;
    readonly inTransaction: boolean;
    readonly firstOffset: string;
    readonly lastOffsetDelta: number;
  };
}

const READ_COMMITTED = 1;
const FETCH_BYTES = 4 << 20;
/** Fetches in a row that bring nothing before the end: something is wrong with the log. */
const IDLE_FETCHES = 50;

kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => ({
  compress: () => Promise.reject(new Error('the verifier only reads')),
  decompress: (bytes: Buffer) => Promise.resolve(zstdDecompressSync(bytes)),
});

export class TopicLogs {
  readonly #admin: Admin;
  readonly #cluster: Cluster;
  readonly #disconnect: () => Promise<void>;

  private constructor(admin: Admin, cluster: Cluster, disconnect: () => Promise<void>) {
    this.#admin = admin;
    this.#cluster = cluster;
    this.#disconnect = disconnect;
  }

  static async connect(kafka: Kafka): Promise<TopicLogs> {
    let cluster: Cluster | undefined;
    const assigner: PartitionAssigner = ((options: { cluster: Cluster }) => {
      cluster = options.cluster;
      return {
        name: 'unused',
        version: 0,
        protocol: () => ({ name: 'unused', metadata: Buffer.alloc(0) }),
        assign: () => Promise.resolve([]),
      };
    }) as unknown as PartitionAssigner;
    const consumer = kafka.consumer({ groupId: 'unused', partitionAssigners: [assigner] });
    const admin = kafka.admin();
    await consumer.connect();
    await admin.connect();
    return new TopicLogs(admin, cluster!, async () => {
      await consumer.disconnect();
      await admin.disconnect();
    });
  }

  async close(): Promise<void> {
    await this.#disconnect();
  }

  async exists(topic: string): Promise<boolean> {
    return (await this.#admin.listTopics()).includes(topic);
  }

  /** In log order, partition by partition. */
  async *read(topic: string): AsyncGenerator<LogRecord> {
    const ends = await this.#admin.fetchTopicOffsets(topic);
    await this.#cluster.addTargetTopic(topic);
    for (const { partition, low, high } of ends.sort((a, b) => a.partition - b.partition)) {
      yield* this.#readPartition(topic, partition, BigInt(low), BigInt(high));
    }
  }

  /** By partition: behind the last record that a reader gets; the low watermark where there is none. */
  async lastOffsets(topic: string): Promise<Map<number, bigint>> {
    const behind = new Map<number, bigint>();
    await this.#cluster.addTargetTopic(topic);
    for (const { partition, low, high } of await this.#admin.fetchTopicOffsets(topic)) {
      const [first, end] = [BigInt(low), BigInt(high)];
      let last = first - 1n;
      // Markers of transactions may be the last thing in the log: look back far enough.
      for (let back = 64n; last < first && back / 2n < end - first; back *= 2n) {
        const from = end - back > first ? end - back : first;
        for await (const { offset } of this.#readPartition(topic, partition, from, end)) last = offset;
      }
      behind.set(partition, last + 1n);
    }
    return behind;
  }

  async *#readPartition(
    topic: string,
    partition: number,
    low: bigint,
    end: bigint,
  ): AsyncGenerator<LogRecord> {
    let next = low;
    let idle = 0;
    while (next < end) {
      const before = next;
      const { messages, abortedTransactions = [] } = await this.#fetch(topic, partition, next);
      const aborted = new AbortedRanges(abortedTransactions);
      for (const message of messages) {
        const offset = BigInt(message.offset);
        const isAborted = aborted.covers(message, offset);
        const { firstOffset, lastOffsetDelta } = message.batchContext;
        const behind = BigInt(firstOffset) + BigInt(lastOffsetDelta) + 1n;
        if (offset >= before && offset < end && !isAborted && !message.isControlRecord) {
          const { key, value, timestamp } = message;
          yield { topic, partition, offset, appendedAtMs: Number(timestamp), key, value };
        }
        // Also over offsets that compaction took away.
        if (behind > next) next = behind;
      }
      idle = next === before ? idle + 1 : 0;
      if (idle > IDLE_FETCHES) {
        throw new Error(
          `${topic}/${partition} gives nothing at offset ${next}, ${end - next} before its end: ` +
            'a transaction that is still open, or a log that was cut meanwhile',
        );
      }
    }
  }

  async #fetch(topic: string, partition: number, offset: bigint): Promise<FetchedPartition> {
    const { leader } = this.#cluster
      .findTopicPartitionMetadata(topic)
      .find(({ partitionId }) => partitionId === partition)!;
    const broker = await this.#cluster.findBroker({ nodeId: leader });
    const { responses } = await broker.fetch({
      isolationLevel: READ_COMMITTED,
      maxWaitTime: 200,
      minBytes: 1,
      maxBytes: FETCH_BYTES,
      topics: [{ topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes: FETCH_BYTES }] }],
    });
    return responses[0]!.partitions[0]!;
  }
}

/** From a transaction's first offset to its marker, per producer. */
class AbortedRanges {
  readonly #coming: { readonly producerId: string; readonly firstOffset: bigint }[];
  readonly #open = new Set<string>();

  constructor(transactions: readonly { readonly producerId: string; readonly firstOffset: string }[]) {
    this.#coming = transactions
      .map(({ producerId, firstOffset }) => ({ producerId, firstOffset: BigInt(firstOffset) }))
      .sort((a, b) => Number(a.firstOffset - b.firstOffset));
  }

  covers(
    { batchContext: { producerId, inTransaction }, isControlRecord }: FetchedMessage,
    offset: bigint,
  ): boolean {
    while (this.#coming.length > 0 && this.#coming[0]!.firstOffset <= offset) {
      this.#open.add(this.#coming.shift()!.producerId);
    }
    if (isControlRecord) {
      this.#open.delete(producerId);
      return false;
    }
    return inTransaction && this.#open.has(producerId);
  }
}
