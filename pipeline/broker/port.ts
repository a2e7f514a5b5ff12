/**
 * What the pipeline needs of a broker and no more, in Kafka's words and kafkajs's shape. `kafka/` and `memory/`
 * pass one contract suite. All offsets are plain numbers (2^53 records a partition are out of reach).
 */
import type { Component } from '../model/component.ts';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** A record on its way in. The producer names the partition itself (see `partitioner.ts`). */
export interface ProducerRecord extends TopicPartition {
  readonly key: Buffer | null;
  /** null is a tombstone. */
  readonly value: Buffer | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A record as it lies in the log. `appendedAtMs` is the broker's time (LogAppendTime on every topic). */
export interface BrokerRecord extends ProducerRecord {
  readonly offset: number;
  readonly appendedAtMs: number;
}

/** Consecutive committed records of one partition; may be empty (only control or aborted records were there). */
export interface RecordBatch extends TopicPartition {
  readonly records: readonly BrokerRecord[];
  /** Offset of the next fetch: past control and aborted records, so it may exceed the last record's offset + 1. */
  readonly nextOffset: number;
}

export interface CommittedOffset extends TopicPartition {
  /** Offset of the next record to read. */
  readonly offset: number;
  /** At most 4096 UTF-16 units (Kafka's limit). */
  readonly metadata: string;
}

export interface TopicSpec {
  readonly topic: string;
  readonly partitions: number;
  readonly cleanup: 'delete' | 'compact';
  /** Infinity: never by age. */
  readonly retentionMs: number;
  readonly maxRecordBytes: number;
}

/** What `createTopics` would do about one topic. */
export type TopicChange =
  | { readonly kind: 'create'; readonly spec: TopicSpec }
  | {
      readonly kind: 'configure';
      readonly topic: string;
      readonly setting: string;
      readonly from: string;
      readonly to: string;
    }
  /** It cannot be brought to the specification. */
  | {
      readonly kind: 'refuse';
      readonly topic: string;
      /** What the topic has, without its name: "3 partitions, wanted are 12". */
      readonly problem: string;
      /** The way out. */
      readonly advice: string;
    };

/** Plain idempotent producer: resolves when every record is in the log. */
export interface Producer extends Component {
  /**
   * Appends in order per partition. Waits while a partition is full (backpressure).
   * @throws RetryableError when the broker is away; PermanentError for an unknown partition or an oversized record.
   */
  send(records: readonly ProducerRecord[]): Promise<void>;
}

/** One transactional id; one transaction at a time. After any error, drop it and make a new one. */
export interface TransactionalProducer extends Component {
  /** `start` fences every earlier owner of the id and settles what it left pending. */
  begin(): Promise<Transaction>;
}

/** Where a run of sent records went: `count` consecutive offsets from `baseOffset` on. */
export interface AppendedRange extends TopicPartition {
  readonly baseOffset: number;
  readonly count: number;
}

export interface Transaction {
  /** Where the records went, in the order of each partition. */
  send(records: readonly ProducerRecord[]): Promise<readonly AppendedRange[]>;
  sendOffsets(group: string, offsets: readonly CommittedOffset[]): Promise<void>;
  /** All of it becomes visible at once, or (on an error) the outcome is unknown. */
  commit(): Promise<void>;
  abort(): Promise<void>;
}

export interface ConsumerHandlers {
  /**
   * Partitions given to this member, that it did not have before. They are paused: seek and resume each when its
   * state is ready, which may be long after the promise resolved. Called before any of their records are fetched.
   * A partition that stays with this member through a rebalance goes on where it stood, and is not named again. A
   * member that was out of its group in between (cut off for longer than a session) loses all of them first, also
   * those that it gets back: others may have had them.
   */
  assigned(partitions: readonly TopicPartition[]): Promise<void>;
  /** Partitions taken away: whatever was not committed belongs to another member now. */
  revoked(partitions: readonly TopicPartition[]): Promise<void>;
  /** One batch of one partition; the next of that partition comes after the promise resolves. */
  batch(batch: RecordBatch): Promise<void>;
  /** The consumer cannot go on (a handler threw, the group refused it): it has stopped. */
  failed(error: unknown): void;
}

/**
 * Where a partition stands for this consumer: caught up when position >= lastStableOffset. The position moves past
 * records no earlier than `batch` is called with them, and past control or aborted ones as they are skipped.
 */
export interface FetchState {
  readonly position: number;
  readonly lastStableOffset: number;
}

/** Member of a consumer group, reading committed records only. Offsets are committed by transactions or not at all. */
export interface Consumer extends Component {
  pause(partition: TopicPartition): void;
  resume(partition: TopicPartition): void;
  /** The next batch starts here; what was fetched before is dropped. */
  seek(partition: TopicPartition, offset: number): void;
  /** undefined while the partition is not assigned, or was not fetched since it was assigned or resumed. */
  fetchState(partition: TopicPartition): FetchState | undefined;
  /**
   * Asks the group's coordinator whether this member has the partition: a member that was away (stopped, cut off)
   * may believe so and be wrong, and must not fence the rightful owner. false when it cannot be asked.
   */
  owns(partition: TopicPartition): Promise<boolean>;
}

export interface ConsumerOptions {
  readonly group: string;
  readonly topics: readonly string[];
  readonly handlers: ConsumerHandlers;
  /** Largest batch in bytes, about. */
  readonly maxBatchBytes?: number;
}

export interface Broker extends Component {
  /** Stable identity of the log: offsets mean something only beside it. */
  readonly clusterId: string;
  /** Kafka-only behaviours that this broker has; the contract suite skips the others by name. */
  readonly capabilities: ReadonlySet<'rebalance' | 'process-fencing' | 'restart'>;
  /** What has to be done so that these topics are as specified; empty when nothing. */
  planTopics(topics: readonly TopicSpec[]): Promise<readonly TopicChange[]>;
  /**
   * Creates topics that are missing and widens the settings of others. Topics that are there keep their records.
   * @throws ConfigError when one exists with another partition count; nothing is changed then.
   */
  createTopics(topics: readonly TopicSpec[]): Promise<void>;
  /** Drops a partition's records below an offset: they are not needed any more. */
  deleteRecords(partition: TopicPartition, before: number): Promise<void>;
  producer(): Producer;
  transactionalProducer(transactionalId: string): TransactionalProducer;
  consumer(options: ConsumerOptions): Consumer;
  /** Committed offsets of a group; partitions without one are left out. */
  committedOffsets(group: string, topics: readonly string[]): Promise<readonly CommittedOffset[]>;
  /** Earliest kept offset and the offset after the last stable record, per partition. */
  offsets(topic: string): Promise<readonly { partition: number; earliest: number; lastStable: number }[]>;
  /**
   * Committed records of [from, to), without a group. Ends at `to`, also when that lies behind a control record.
   * @throws PermanentError when `from` is below the earliest kept offset.
   */
  readRange(partition: TopicPartition, from: number, to: number): AsyncIterable<RecordBatch>;
}
