/**
 * One task: the work of one partition of one sub-topology. It queues what the consumer hands over, folds it one
 * record at a time in append-time order, and commits outputs and next offsets in one transaction.
 *
 *   batch -> head queues -> fold order -> processor.fold -> buffer -> transaction (every commitIntervalMs or commitBytes)
 */
import { setTimeout as wait } from 'node:timers/promises';
import type {
  Broker,
  BrokerRecord,
  Consumer,
  ProducerRecord,
  RecordBatch,
  TransactionalProducer,
} from '../broker/port.ts';
import type { Clock } from '../model/component.ts';
import { TICK_MS, type TopicName } from '../../topics/catalogue.ts';
import type { DeadLetterRecord } from '../../topics/ops.ts';
import type { RecordEncoder } from '../codec/port.ts';
import { FoldOrder } from './fold-order.ts';
import type { ProcessObserver } from './observer.ts';
import type { Processor, ProcessorOutput, SubTopology } from './sub-topology.ts';
import { taskOutput } from './task-output.ts';

export interface TaskSettings {
  readonly commitIntervalMs: number;
  /** A buffer that reaches this is committed at once; folding waits at twice of it. */
  readonly commitBytes: number;
}

export interface TaskDeps {
  readonly broker: Broker;
  readonly consumer: () => Consumer;
  readonly group: string;
  readonly partition: number;
  readonly subTopology: SubTopology;
  readonly physicalName: (topic: TopicName) => string;
  readonly deadLetters: RecordEncoder<DeadLetterRecord>;
  readonly settings: TaskSettings;
  readonly clock: Clock;
  readonly observer: ProcessObserver;
  readonly failed: (error: unknown) => void;
}

/** Records a topic may have queued before its partition pauses, and at which it resumes. */
const QUEUE_HIGH = 1_000;
const QUEUE_LOW = 250;
/** How long `stop` waits for its last commit. */
const STOP_COMMIT_MS = 10_000;
/** How soon a head is looked at again while another input is not known to be at its end. */
const WAIT_MS = 20;
/** Folding gives the event loop back after this long: sockets and timers live beside it. */
const SLICE_MS = 10;

interface OutputBuffer {
  records: ProducerRecord[];
  bytes: number;
  folded: number;
}

export class Task {
  readonly #deps: TaskDeps;
  readonly #processor: Processor;
  readonly #topics: ReadonlyMap<string, TopicName>;
  readonly #order: FoldOrder;
  readonly #paused = new Set<string>();
  /** Next offset to read, per physical topic: what the next commit says. */
  readonly #positions = new Map<string, number>();
  readonly #output: ProcessorOutput;
  #producer: TransactionalProducer | undefined;
  #buffer: OutputBuffer = { records: [], bytes: 0, folded: 0 };
  #committing: Promise<void> | undefined;
  #commitTimer: NodeJS.Timeout | undefined;
  #waitTimer: NodeJS.Timeout | undefined;
  #pumping = false;
  #stopped = false;
  /** What is buffered may be wrong or out of order: nothing is committed any more. */
  #failed = false;
  #lastTickMs = Number.NaN;

  constructor(deps: TaskDeps) {
    this.#deps = deps;
    this.#processor = deps.subTopology.newProcessor();
    this.#topics = new Map(deps.subTopology.inputs.map((topic) => [deps.physicalName(topic), topic]));
    this.#order = new FoldOrder([...this.#topics.keys()], (topic) =>
      deps.consumer().fetchState({ topic, partition: deps.partition }),
    );
    this.#output = taskOutput(deps, (record) => {
      this.#buffer.records.push(record);
      this.#buffer.bytes += (record.value?.length ?? 0) + (record.key?.length ?? 0);
    });
  }

  get processor(): Processor {
    return this.#processor;
  }

  /** Everything fetched is folded and committed, and nothing more is to be fetched. */
  get idle(): boolean {
    return this.#order.idle && this.#buffer.folded === 0 && this.#committing === undefined;
  }

  /** Fences earlier owners, reads the committed offsets, seeks and resumes the inputs. */
  async start(): Promise<void> {
    const { broker, group, partition, subTopology, consumer } = this.#deps;
    this.#producer = broker.transactionalProducer(`${group}-${partition}`);
    await this.#producer.start();
    const topics = [...this.#topics.keys()];
    const committed = await broker.committedOffsets(group, topics);
    for (const topic of topics) {
      const mine = committed.find((offset) => offset.topic === topic && offset.partition === partition);
      const from =
        mine?.offset ?? (await broker.offsets(topic)).find((log) => log.partition === partition)?.earliest;
      if (from === undefined)
        throw new TypeError(`topic ${topic} has no partition ${partition} for ${subTopology.name}`);
      consumer().seek({ topic, partition }, from);
      consumer().resume({ topic, partition });
    }
  }

  /** Commits what is folded and lets go. What is queued but not folded stays in the log. Safe twice. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#commitTimer);
    clearTimeout(this.#waitTimer);
    // A topic without room (its reader is stuck) must not hold up the end: what is not committed stays in the log.
    const last = this.#lastCommit();
    await Promise.race([last, wait(STOP_COMMIT_MS, undefined, { ref: false })]);
    // Beyond the limit its failure is what stopping the producer does to it.
    last.catch(() => undefined);
    await this.#producer?.stop();
  }

  async #lastCommit(): Promise<void> {
    while (this.#committing !== undefined) await this.#committing;
    await this.#commit();
  }

  async batch({ topic, records }: RecordBatch): Promise<void> {
    if (this.#stopped) return;
    const name = this.#topics.get(topic)!;
    this.#order.announce(topic);
    await this.#processor.prepare(
      name,
      records.map(({ value }) => value),
    );
    this.#order.push(topic, records);
    if (this.#order.queued(topic) >= QUEUE_HIGH && !this.#paused.has(topic)) {
      this.#paused.add(topic);
      this.#deps.consumer().pause({ topic, partition: this.#deps.partition });
    }
    this.pump();
  }

  /** Folds what is due, in slices. Called whenever something may have become due. */
  pump(): void {
    if (this.#pumping || this.#stopped) return;
    this.#pumping = true;
    setImmediate(() => {
      this.#pumping = false;
      try {
        this.#foldSlice();
      } catch (error) {
        this.#fail(error);
      }
    });
  }

  #foldSlice(): void {
    const { clock, settings } = this.#deps;
    const until = clock() + SLICE_MS;
    let left = 64;
    while (!this.#stopped && this.#buffer.bytes < 2 * settings.commitBytes) {
      const record = this.#order.take();
      if (record === undefined) {
        // Control records may end the wait without a batch: nobody else would wake us.
        if (this.#order.waiting) this.#waitTimer ??= setTimeout(() => this.#wake(), WAIT_MS);
        break;
      }
      this.#fold(record);
      left -= 1;
      if (left === 0) {
        if (clock() >= until) {
          this.pump();
          break;
        }
        left = 64;
      }
    }
    this.#resumeDrained();
    if (this.#buffer.bytes >= settings.commitBytes) this.#commitSoon(0);
    else if (this.#buffer.folded > 0) this.#commitSoon(settings.commitIntervalMs);
  }

  #wake(): void {
    this.#waitTimer = undefined;
    this.pump();
  }

  #fold(record: BrokerRecord): void {
    this.#punctuate(record.appendedAtMs);
    const topic = this.#topics.get(record.topic)!;
    const { length } = this.#buffer.records;
    const { bytes } = this.#buffer;
    try {
      this.#processor.fold(topic, record, this.#output);
    } catch (error) {
      // What it sent before it threw belongs to a record that is not folded.
      this.#buffer.records.length = length;
      this.#buffer.bytes = bytes;
      throw error;
    }
    this.#positions.set(record.topic, record.offset + 1);
    this.#buffer.folded += 1;
    this.#deps.observer.folded(topic);
  }

  /** Every boundary that the append time of the next record crosses, in order. */
  #punctuate(appendedAtMs: number): void {
    const boundary = Math.floor(appendedAtMs / TICK_MS) * TICK_MS;
    if (Number.isNaN(this.#lastTickMs)) this.#lastTickMs = boundary;
    for (let tick = this.#lastTickMs + TICK_MS; tick <= boundary; tick += TICK_MS) {
      this.#processor.punctuate(tick, this.#output);
      this.#lastTickMs = tick;
    }
  }

  #resumeDrained(): void {
    for (const topic of this.#paused) {
      if (this.#order.queued(topic) <= QUEUE_LOW) {
        this.#paused.delete(topic);
        this.#deps.consumer().resume({ topic, partition: this.#deps.partition });
      }
    }
  }

  #commitSoon(afterMs: number): void {
    if (this.#committing !== undefined || this.#stopped) return;
    if (afterMs > 0) {
      this.#commitTimer ??= setTimeout(() => this.#commitSoon(0), afterMs);
      return;
    }
    clearTimeout(this.#commitTimer);
    this.#commitTimer = undefined;
    this.#committing = this.#commit()
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#committing = undefined;
        // What was folded meanwhile, or waited for room in the buffer.
        this.pump();
      });
  }

  /** One transaction: outputs and next offsets. A task with nothing new does not commit. */
  async #commit(): Promise<void> {
    if (this.#failed || this.#buffer.folded === 0 || this.#producer === undefined) return;
    const { group, partition, observer } = this.#deps;
    const { records } = this.#buffer;
    this.#buffer = { records: [], bytes: 0, folded: 0 };
    const offsets = [...this.#positions].map(([topic, offset]) => ({
      topic,
      partition,
      offset,
      metadata: '',
    }));
    const startedMs = performance.now();
    const transaction = await this.#producer.begin();
    await transaction.send(records);
    await transaction.sendOffsets(group, offsets);
    await transaction.commit();
    observer.committed(performance.now() - startedMs, records);
  }

  #fail(error: unknown): void {
    this.#stopped = true;
    this.#failed = true;
    clearTimeout(this.#commitTimer);
    this.#deps.failed(error);
  }
}
