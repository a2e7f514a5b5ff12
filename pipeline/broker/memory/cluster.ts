/** What the parts of a memory broker share: topics, groups, the clock, and whether it runs. */
import { ConfigError, PermanentError, RetryableError } from '../../model/errors.ts';
import type { Clock, Log } from '../../model/component.ts';
import type { ProducerRecord, TopicChange, TopicPartition, TopicSpec } from '../port.ts';
import { refusals } from '../refusals.ts';
import type { Group } from './group.ts';
import { Partition } from './partition.ts';
import { payloadBytes } from './record-size.ts';

export interface ClusterOptions {
  readonly clock: Clock;
  readonly maxPartitionBytes: number;
  readonly keepCommittedBytes: number;
  readonly log?: Log;
}

export interface Topic {
  readonly spec: TopicSpec;
  readonly partitions: readonly Partition[];
}

export class Cluster {
  readonly topics = new Map<string, Topic>();
  readonly log: Log | undefined;
  readonly #groups = new Map<string, Group>();
  readonly #options: ClusterOptions;
  readonly #droppedUnread = new Set<string>();
  #state: 'new' | 'running' | 'stopped' = 'new';

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.log = options.log;
  }

  start(): void {
    if (this.#state === 'stopped') {
      throw new PermanentError('the memory broker was stopped and its log is gone: make a new one');
    }
    this.#state = 'running';
  }

  /** Rejects waiting senders, ends every consumer, and frees the log. */
  async stop(): Promise<void> {
    this.#state = 'stopped';
    const error = this.#awayError();
    for (const { partitions } of this.topics.values())
      for (const partition of partitions) partition.close(error);
    const members = [...this.#groups.values()].flatMap(({ member }) => member ?? []);
    await Promise.all(members.map((member) => member.stop()));
    this.topics.clear();
    this.#groups.clear();
  }

  /** @throws RetryableError unless the broker is running. */
  assertRunning(): void {
    if (this.#state !== 'running') throw this.#awayError();
  }

  /** Settings of a topic that is there stay as they are: nothing but its partition count matters here. */
  planTopics(specs: readonly TopicSpec[]): TopicChange[] {
    this.assertRunning();
    return specs.flatMap((spec): TopicChange[] => {
      const { topic } = spec;
      const there = this.topics.get(topic)?.partitions.length;
      if (there === undefined) return [{ kind: 'create', spec }];
      if (there === spec.partitions) return [];
      const problem = `${there} partitions, wanted are ${spec.partitions}`;
      const advice = 'the count is fixed once a topic exists, so configure the old count or another prefix';
      return [{ kind: 'refuse', topic, problem, advice }];
    });
  }

  /** @throws ConfigError when one exists with another partition count. */
  createTopics(specs: readonly TopicSpec[]): void {
    const changes = this.planTopics(specs);
    const problems = refusals(changes);
    if (problems.length > 0) throw new ConfigError(problems.join('; '));
    for (const change of changes) if (change.kind === 'create') this.#createTopic(change.spec);
  }

  /** @throws PermanentError when there is no such topic. */
  topic(name: string): Topic {
    const topic = this.topics.get(name);
    if (topic === undefined) throw new PermanentError(`there is no topic ${name}: create it first`);
    return topic;
  }

  /** @throws PermanentError when there is no such topic or partition. */
  partition({ topic, partition }: TopicPartition): Partition {
    const { partitions } = this.topic(topic);
    const found = partitions[partition];
    if (found === undefined) {
      throw new PermanentError(
        `topic ${topic} has no partition ${partition}: it has partitions 0 to ${partitions.length - 1}`,
      );
    }
    return found;
  }

  group(name: string): Group {
    let group = this.#groups.get(name);
    if (group === undefined) this.#groups.set(name, (group = { name, member: undefined, commits: false }));
    return group;
  }

  /**
   * The records by partition, in order.
   * @throws PermanentError, before anything is appended, when one of them cannot be.
   */
  accept(records: readonly ProducerRecord[]): Map<Partition, ProducerRecord[]> {
    this.assertRunning();
    const batches = new Map<Partition, ProducerRecord[]>();
    for (const record of records) {
      const partition = this.partition(record);
      assertAcceptable(record, partition.spec);
      const batch = batches.get(partition);
      if (batch === undefined) batches.set(partition, [record]);
      else batch.push(record);
    }
    return batches;
  }

  #createTopic(spec: TopicSpec): void {
    const options = {
      clock: this.#options.clock,
      maxBytes: this.#options.maxPartitionBytes,
      keepCommittedBytes: this.#options.keepCommittedBytes,
      onUnreadDropped: (topic: string) => this.#logUnreadDropped(topic),
    };
    const partitions = Array.from({ length: spec.partitions }, (_, i) => new Partition(spec, i, options));
    this.topics.set(spec.topic, { spec, partitions });
  }

  #logUnreadDropped(topic: string): void {
    if (this.#droppedUnread.has(topic)) return;
    this.#droppedUnread.add(topic);
    this.log?.info(
      { topic, maxPartitionBytes: this.#options.maxPartitionBytes },
      'no group reads this topic: its oldest records are dropped beyond the size limit',
    );
  }

  #awayError(): RetryableError {
    return new RetryableError(
      this.#state === 'new' ? 'the memory broker is not started yet' : 'the memory broker is stopped',
    );
  }
}

function assertAcceptable(record: ProducerRecord, spec: TopicSpec): void {
  const bytes = payloadBytes(record);
  if (bytes > spec.maxRecordBytes) {
    throw new PermanentError(
      `a record of ${bytes} bytes is larger than topic ${spec.topic} takes (${spec.maxRecordBytes} bytes): ` +
        'split it or raise the limit in the catalogue',
    );
  }
  if (record.key === null && spec.cleanup === 'compact') {
    throw new PermanentError(`topic ${spec.topic} is compacted: each record needs a key`);
  }
}
