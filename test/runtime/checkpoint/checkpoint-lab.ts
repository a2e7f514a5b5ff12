/** A sub-topology that counts records by key, on a broker in memory: every count that it sends tells its whole past. */
import { memoryBroker } from '../../../pipeline/broker/memory/memory-broker.ts';
import type { Broker, BrokerRecord, CommittedOffset } from '../../../pipeline/broker/port.ts';
import type { Codec } from '../../../pipeline/codec/port.ts';
import type { ProcessObserver } from '../../../pipeline/runtime/observer.ts';
import { streamThread, type StreamThread } from '../../../pipeline/runtime/stream-thread.ts';
import type { Processor, SubTopology } from '../../../pipeline/runtime/sub-topology.ts';
import { catalogue, type TopicName } from '../../../topics/catalogue.ts';
import { checkpointName } from '../../../topics/checkpoint.ts';
import { NAMING, startedCodec } from '../../support/codec.ts';
import { silentLog } from '../../support/log.ts';
import { silentObserver } from '../../support/silent-observer.ts';
import { snapshotOf } from '../../support/snapshot-of.ts';
import { until } from '../../support/until.ts';

export const CHECKPOINTS = checkpointName('count');
const INPUTS = ['raw.interface', 'inventory.device', 'control.tick'] as const;

export interface CountOptions {
  readonly foldVersion?: string;
  readonly inputs?: readonly TopicName[];
  /** Called before a batch of the topic can be folded. */
  readonly prepare?: (topic: TopicName) => Promise<void>;
  /** What is sent for a key, instead of its count; nothing for ''. */
  readonly output?: (key: string) => string | undefined;
  /** Its outputs have a course; they do unless told. */
  readonly reconciled?: boolean;
  /** Of the snapshot, besides the counts. */
  readonly stateBytes?: number;
}

function counting({
  foldVersion = 'one',
  inputs = INPUTS,
  prepare,
  output,
  reconciled = true,
  stateBytes = 0,
}: CountOptions): SubTopology {
  const processor = (): Processor => {
    let counts: Record<string, number> = {};
    let ticks = 0;
    return {
      async prepare(topic) {
        // Values are plain text here.
        await prepare?.(topic);
      },
      advance: (_topic, { appendedAtMs }) => appendedAtMs,
      fold(topic, record: BrokerRecord, out) {
        const key = record.key?.toString() ?? topic;
        counts[key] = (counts[key] ?? 0) + 1;
        const text = `${key}=${counts[key]} of ${Object.values(counts).reduce((a, b) => a + b, 0)} ticks ${ticks}`;
        const sent = output?.(key) ?? text;
        if (sent !== '') out.send('metric.interface', record.key, Buffer.from(sent));
      },
      punctuate: () => void (ticks += 1),
      async reconcile(sent, refolded, out) {
        const text = (values: readonly Buffer[]) => values.map(String).join(', ');
        out.send('metric.interface', null, Buffer.from(`sent [${text(sent)}] refolded [${text(refolded)}]`));
        return 1;
      },
      snapshot: () =>
        snapshotOf([
          {
            name: 'counts',
            slots: 0,
            bytes: Buffer.from(JSON.stringify({ counts, ticks, rest: ' '.repeat(stateBytes) })),
          },
        ]),
      load: () => ({
        load({ bytes }) {
          ({ counts, ticks } = JSON.parse(Buffer.from(bytes).toString()) as {
            counts: Record<string, number>;
            ticks: number;
          });
          return true;
        },
      }),
      state: { entities: 0, rows: 0, bytesByStage: () => new Map() },
    };
  };
  const preloaded = inputs.filter((topic) => topic === 'inventory.device');
  return {
    name: 'count',
    inputs,
    preloaded,
    foldVersion,
    ...(reconciled && { reconciled: 'metric.interface' as const }),
    newProcessor: processor,
  };
}

export interface StartOptions extends CountOptions {
  readonly checkpointIntervalMs?: number;
  readonly startAnew?: boolean;
  readonly broker?: Broker;
  readonly observer?: Partial<ProcessObserver>;
}

export interface RunningThread {
  readonly thread: StreamThread;
  readonly failures: unknown[];
  /** Everything that was sent has been folded and committed. */
  settled(): Promise<void>;
}

export class CheckpointLab {
  nowMs = 1_000_000;
  readonly broker: Broker = memoryBroker({ clock: () => this.nowMs });
  #codec: Codec | undefined;
  readonly #running: StreamThread[] = [];

  async open(): Promise<void> {
    await this.broker.start();
    this.#codec = await startedCodec();
    await this.broker.createTopics(
      [...INPUTS, 'metric.interface', 'netsigma.dead-letter', CHECKPOINTS].map((topic) => ({
        topic,
        partitions: 1,
        cleanup: 'delete',
        retentionMs: Infinity,
        maxRecordBytes: 1_000_000,
      })),
    );
  }

  async close(): Promise<void> {
    for (const thread of this.#running.splice(0)) await thread.stop();
    await this.broker.stop();
  }

  async start(options: StartOptions = {}): Promise<RunningThread> {
    const failures: unknown[] = [];
    const { checkpointIntervalMs = 1e9, startAnew = false, broker = this.broker, observer } = options;
    const thread = streamThread({
      broker,
      codec: this.#codec!,
      catalogue,
      naming: NAMING,
      subTopology: counting(options),
      settings: { commitIntervalMs: 1, commitBytes: 100_000 },
      checkpoints: { intervalMs: checkpointIntervalMs, startAnew },
      clock: () => this.nowMs,
      log: silentLog,
      observer: { ...silentObserver, ...observer },
      failed: (error) => failures.push(error),
    });
    this.#running.push(thread);
    await thread.start();
    return {
      thread,
      failures,
      settled: () => until(() => thread.idle || failures.length > 0, 'everything to be committed'),
    };
  }

  /** As a process that is killed: nothing of it is committed any more, and the group is free. */
  async kill({ thread }: RunningThread): Promise<void> {
    this.#running.splice(this.#running.indexOf(thread), 1);
    await Promise.all([...thread.tasks.values()].map((task) => task.abandon()));
    await thread.stop();
  }

  /** Folds the keys, and is killed with what it has committed. */
  async killedAfter(keys: readonly string[]): Promise<RunningThread> {
    await this.append('raw.interface', keys);
    const first = await this.start();
    await first.settled();
    await this.kill(first);
    return first;
  }

  async append(topic: TopicName, keys: readonly string[], value: string | null = 'x'): Promise<void> {
    const producer = this.broker.producer();
    await producer.start();
    await producer.send(
      keys.map((key) => ({
        topic,
        partition: 0,
        key: Buffer.from(key),
        value: value === null ? null : Buffer.from(value),
      })),
    );
    await producer.stop();
  }

  async records(topic: string): Promise<BrokerRecord[]> {
    const { earliest, lastStable } = (await this.broker.offsets(topic))[0]!;
    const found: BrokerRecord[] = [];
    for await (const batch of this.broker.readRange({ topic, partition: 0 }, earliest, lastStable))
      found.push(...batch.records);
    return found;
  }

  async outputs(): Promise<string[]> {
    return (await this.records('metric.interface')).map(({ value }) => value!.toString());
  }

  /** Keys of the checkpoint partition's records, chunks without their ids. */
  async checkpointKeys(): Promise<string[]> {
    const records = await this.records(CHECKPOINTS);
    return records.map(({ key }) => key!.toString().replace(/^chunk\/[^/]*/, 'chunk'));
  }

  /** Commits for the group what an operator, or the broker's clean-up, would leave. */
  async commitOffsets(group: string, change: (offset: CommittedOffset) => CommittedOffset): Promise<void> {
    const offsets = await this.broker.committedOffsets(group, [...INPUTS]);
    const producer = this.broker.transactionalProducer('operator');
    await producer.start();
    const transaction = await producer.begin();
    await transaction.sendOffsets(group, offsets.map(change));
    await transaction.commit();
    await producer.stop();
  }

  /** The same broker, with some of its answers changed. */
  changed(answers: Partial<Broker>): Broker {
    return new Proxy(this.broker, {
      get: (target, property) => {
        const value: unknown = Reflect.get(answers, property) ?? Reflect.get(target, property, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  }
}
