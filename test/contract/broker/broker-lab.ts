/** What the broker contract works with: the broker under test, fresh names, recording consumers, tidying up. */
import { randomUUID } from 'node:crypto';
import type { Component } from '../../../pipeline/model/component.ts';
import type {
  Broker,
  BrokerRecord,
  Consumer,
  ConsumerHandlers,
  ConsumerOptions,
  Producer,
  ProducerRecord,
  RecordBatch,
  TopicPartition,
  TopicSpec,
  Transaction,
  TransactionalProducer,
} from '../../../pipeline/broker/port.ts';
import { until } from '../../support/until.ts';

export interface BrokerUnderTest {
  readonly broker: Broker;
  stop(): Promise<void>;
}

/** A broker with a server of its own, which ends hard and starts again. */
export interface RestartableBroker extends BrokerUnderTest {
  restart(): Promise<void>;
}

export type MakeBroker = () => Promise<BrokerUnderTest>;

/** A consumer that remembers what it was given. */
export interface Recording {
  readonly consumer: Consumer;
  readonly group: string;
  readonly assigned: TopicPartition[];
  /** What it has now: assigned and not revoked since. */
  held(): TopicPartition[];
  readonly batches: RecordBatch[];
  readonly failures: unknown[];
  /** Values seen so far, of one partition or of all. */
  values(partition?: number): string[];
}

export interface RecordingOptions extends Partial<Pick<ConsumerOptions, 'group' | 'maxBatchBytes'>> {
  readonly broker?: Broker;
  /** Where each partition starts when it is assigned; `paused` leaves that to the test. */
  readonly from?: 'beginning' | 'committed' | 'paused';
  /** Called after the batch was remembered; may well come before `record` has returned the recording. */
  readonly onBatch?: (batch: RecordBatch, recording: Recording) => Promise<void> | void;
}

export class BrokerLab {
  #underTest: BrokerUnderTest | undefined;
  readonly #components: Component[] = [];

  get underTest(): BrokerUnderTest {
    if (this.#underTest === undefined) throw new Error('the broker under test was not made');
    return this.#underTest;
  }

  get broker(): Broker {
    return this.underTest.broker;
  }

  async open(make: MakeBroker): Promise<void> {
    this.#underTest = await make();
  }

  /** Stops what the test has started, the newest first. */
  async tidy(): Promise<void> {
    for (const component of this.#components.splice(0).reverse()) await component.stop();
  }

  async close(): Promise<void> {
    await this.#underTest?.stop();
  }

  async topic(spec: Partial<TopicSpec> = {}): Promise<string> {
    const topic = unique('topic');
    await this.broker.createTopics([topicSpec(topic, spec)]);
    return topic;
  }

  async producer(): Promise<Producer> {
    return this.started(this.broker.producer());
  }

  async transactional(id = unique('tx'), broker = this.broker): Promise<TransactionalProducer> {
    return this.started(broker.transactionalProducer(id));
  }

  /** Starts the component and stops it after the test. */
  async started<C extends Component>(component: C): Promise<C> {
    this.#components.push(component);
    await component.start();
    return component;
  }

  /** Sends values to one partition through a producer of its own. */
  async send(topic: string, values: readonly string[], partition = 0): Promise<void> {
    const producer = await this.producer();
    await producer.send(values.map((value) => record(topic, value, { partition })));
  }

  /** Runs `work` in a transaction of a producer of its own and commits it. */
  async transact(work: (transaction: Transaction) => Promise<unknown>): Promise<void> {
    const transaction = await (await this.transactional()).begin();
    await work(transaction);
    await transaction.commit();
  }

  /** Starts a recording consumer and waits until it was assigned its partitions. */
  async record(topics: readonly string[], options: RecordingOptions = {}): Promise<Recording> {
    const { broker = this.broker, group = unique('group'), from = 'beginning', onBatch } = options;
    const assigned: TopicPartition[] = [];
    const held = new Map<string, TopicPartition>();
    const batches: RecordBatch[] = [];
    const failures: unknown[] = [];
    const handlers: ConsumerHandlers = {
      async assigned(partitions) {
        assigned.push(...partitions);
        for (const each of partitions) held.set(`${each.topic}/${each.partition}`, each);
        if (from === 'paused') return;
        for (const partition of partitions) {
          if (from === 'beginning') consumer.seek(partition, 0);
          consumer.resume(partition);
        }
      },
      async revoked(partitions) {
        for (const each of partitions) held.delete(`${each.topic}/${each.partition}`);
      },
      async batch(batch) {
        batches.push(batch);
        await onBatch?.(batch, recording);
      },
      failed: (error) => failures.push(error),
    };
    const { maxBatchBytes } = options;
    const consumer = broker.consumer({
      group,
      topics,
      handlers,
      ...(maxBatchBytes === undefined ? undefined : { maxBatchBytes }),
    });
    const recording: Recording = {
      consumer,
      group,
      assigned,
      held: () => [...held.values()],
      batches,
      failures,
      values: (partition) =>
        batches
          .filter((batch) => partition === undefined || batch.partition === partition)
          .flatMap(({ records }) => texts(records)),
    };
    await this.started(consumer);
    await until(() => assigned.length > 0, `partitions of ${topics.join(', ')} to be assigned`);
    return recording;
  }

  async lastStable(topic: string, partition = 0): Promise<number> {
    const offsets = await this.broker.offsets(topic);
    return offsets.find((each) => each.partition === partition)?.lastStable ?? Number.NaN;
  }

  /** Everything stable in a partition. */
  async readAll(topic: string, partition = 0): Promise<BrokerRecord[]> {
    const offsets = await this.broker.offsets(topic);
    const { earliest, lastStable } = offsets.find((each) => each.partition === partition)!;
    return this.readRange(topic, earliest, lastStable, partition);
  }

  async readRange(topic: string, from: number, to: number, partition = 0): Promise<BrokerRecord[]> {
    const found: BrokerRecord[] = [];
    for await (const { records } of this.broker.readRange({ topic, partition }, from, to))
      found.push(...records);
    return found;
  }

  /** Waits until the stable records of a partition have these values: markers may follow the commit's answer. */
  async untilStable(topic: string, values: readonly string[], partition = 0): Promise<void> {
    let seen: string[] = [];
    try {
      await until(
        async () => {
          seen = texts(await this.readAll(topic, partition));
          return seen.length === values.length && seen.every((value, i) => value === values[i]);
        },
        `${topic}[${partition}] to hold ${JSON.stringify(values)}`,
      );
    } catch (cause) {
      throw new Error(`${topic}[${partition}] holds ${JSON.stringify(seen)}`, { cause });
    }
  }
}

/** A name that no other test and no earlier run has used. */
export function unique(what: string): string {
  return `${what}-${randomUUID()}`;
}

export function topicSpec(topic: string, spec: Partial<TopicSpec> = {}): TopicSpec {
  return {
    topic,
    partitions: 1,
    cleanup: 'delete',
    retentionMs: 3_600_000,
    maxRecordBytes: 100_000,
    ...spec,
  };
}

export function record(
  topic: string,
  value: string | null,
  { partition = 0, key = 'key' }: { partition?: number; key?: string | null } = {},
): ProducerRecord {
  return {
    topic,
    partition,
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
  };
}

export function texts(records: readonly BrokerRecord[]): string[] {
  return records.map(({ value }) => value?.toString() ?? '(tombstone)');
}
