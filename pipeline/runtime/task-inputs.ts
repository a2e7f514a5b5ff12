/** The inputs of one task: batches go in as the consumer brings them, records come out in fold order. */
import type { BrokerRecord, Consumer, RecordBatch } from '../broker/port.ts';
import type { TopicName } from '../../topics/catalogue.ts';
import { FoldOrder } from './fold-order.ts';

/** Records and bytes that a topic may have queued before its partition pauses, and at which it resumes. */
const QUEUE_HIGH = 1_000;
const QUEUE_HIGH_BYTES = 4 << 20;
const QUEUE_LOW = 250;
const QUEUE_LOW_BYTES = 1 << 20;

export interface TaskInputsDeps {
  readonly consumer: () => Consumer;
  readonly partition: number;
  /** By topic, as the broker names it. */
  readonly topics: ReadonlyMap<TopicName, string>;
}

export class TaskInputs {
  readonly #deps: TaskInputsDeps;
  readonly #names: ReadonlyMap<string, TopicName>;
  readonly #order: FoldOrder;
  readonly #paused = new Set<string>();

  constructor(deps: TaskInputsDeps) {
    this.#deps = deps;
    this.#names = new Map(Array.from(deps.topics, ([name, topic]) => [topic, name]));
    this.#order = new FoldOrder([...this.#names.keys()], (topic) =>
      deps.consumer().fetchState({ topic, partition: deps.partition }),
    );
  }

  /** Fetching begins at these offsets; topics in `preload` come first, up to the offsets there. */
  begin(positions: ReadonlyMap<TopicName, number>, preload: ReadonlyMap<TopicName, number>): void {
    const { consumer, partition, topics } = this.#deps;
    for (const [name, topic] of topics) {
      const from = positions.get(name)!;
      if (from < (preload.get(name) ?? 0)) this.#order.preload(topic, preload.get(name)!);
      consumer().seek({ topic, partition }, from);
      consumer().resume({ topic, partition });
    }
  }

  /** The topic of the catalogue that a topic of the broker is. */
  nameOf(topic: string): TopicName {
    return this.#names.get(topic)!;
  }

  /** A batch of the topic is being prepared: until `push` more of it may come. */
  announce(topic: string): void {
    this.#order.announce(topic);
  }

  push({ topic, records }: RecordBatch): void {
    const { consumer, partition } = this.#deps;
    this.#order.push(topic, records);
    const isFull =
      this.#order.queued(topic) >= QUEUE_HIGH || this.#order.queuedBytes(topic) >= QUEUE_HIGH_BYTES;
    if (isFull && !this.#paused.has(topic)) {
      this.#paused.add(topic);
      consumer().pause({ topic, partition });
    }
  }

  take(): BrokerRecord | undefined {
    return this.#order.take();
  }

  /** Nothing more is fetched. */
  pause(): void {
    const { consumer, partition, topics } = this.#deps;
    for (const topic of topics.values()) consumer().pause({ topic, partition });
  }

  resumeDrained(): void {
    const { consumer, partition } = this.#deps;
    for (const topic of this.#paused) {
      if (this.#order.queued(topic) <= QUEUE_LOW && this.#order.queuedBytes(topic) <= QUEUE_LOW_BYTES) {
        this.#paused.delete(topic);
        consumer().resume({ topic, partition });
      }
    }
  }

  /** Records that have been written and not been taken; undefined before the first fetch of each. */
  get lag(): number | undefined {
    const { consumer, partition, topics } = this.#deps;
    let lag = 0;
    for (const topic of topics.values()) {
      const state = consumer().fetchState({ topic, partition });
      if (state === undefined) return undefined;
      lag += Math.max(0, state.lastStableOffset - state.position) + this.#order.queued(topic);
    }
    return lag;
  }

  get waiting(): boolean {
    return this.#order.waiting;
  }

  get idle(): boolean {
    return this.#order.idle;
  }
}
