/**
 * Consumer of the memory broker: the only member of its group, so it is assigned every partition of its topics.
 * It fetches nothing ahead: a batch is read from the log when its handler is called, one a partition at a time,
 * in a turn of the event loop that an append asked for; an idle consumer has no timer.
 *
 * As with kafkajs, the handler is not called where only aborted or control records were: the position moves.
 * A position counts a batch from the moment that its handler is called.
 */
import { PermanentError } from '../../model/errors.ts';
import type { Consumer, ConsumerOptions, FetchState, RecordBatch, TopicPartition } from '../port.ts';
import type { Cluster } from './cluster.ts';
import { Cursor } from './cursor.ts';
import type { Group } from './group.ts';

const DEFAULT_MAX_BATCH_BYTES = 1 << 20;

export class MemoryConsumer implements Consumer {
  readonly name: string;
  readonly #cluster: Cluster;
  readonly #options: ConsumerOptions;
  readonly #maxBatchBytes: number;
  /** By topic, then partition. */
  readonly #cursors = new Map<string, readonly Cursor[]>();
  /** Handler calls that have not ended. */
  readonly #running = new Set<Promise<void>>();
  #state: 'new' | 'running' | 'stopped' = 'new';
  #left: Promise<void> | undefined;

  constructor(cluster: Cluster, options: ConsumerOptions) {
    this.name = `memory consumer ${options.group}`;
    this.#cluster = cluster;
    this.#options = options;
    this.#maxBatchBytes = options.maxBatchBytes ?? DEFAULT_MAX_BATCH_BYTES;
  }

  /**
   * Joins the group; `assigned` is called soon after.
   * @throws PermanentError for an unknown topic, or when the group has a member.
   */
  async start(): Promise<void> {
    this.#cluster.assertRunning();
    if (this.#state !== 'new')
      throw new PermanentError(`${this.name} was started before: make a new consumer`);
    const topics = [...new Set(this.#options.topics)].map((topic) => this.#cluster.topic(topic));
    const group = this.#cluster.group(this.#options.group);
    if (group.member !== undefined) {
      throw new PermanentError(
        `group ${group.name} has a member already, and on the memory broker a group has one at a time: ` +
          'stop that consumer first, or subscribe it to all topics',
      );
    }
    group.member = this;
    this.#state = 'running';
    for (const { spec, partitions } of topics) {
      const cursors = partitions.map(
        (partition) => new Cursor(partition, partition.startOf(group), (cursor) => this.#schedule(cursor)),
      );
      for (const cursor of cursors) cursor.partition.readers.set(group, cursor);
      this.#cursors.set(spec.topic, cursors);
    }
    this.#track(this.#assign());
  }

  /**
   * Resolves when no handler runs any more; so a handler must not await it. What a handler throws from here on is
   * logged: there is no `failed` for a consumer that was told to stop.
   */
  async stop(): Promise<void> {
    if (this.#state === 'new') this.#state = 'stopped';
    else await this.#leave();
  }

  pause(partition: TopicPartition): void {
    const cursor = this.#cursor(partition);
    if (cursor !== undefined) cursor.paused = true;
  }

  resume(partition: TopicPartition): void {
    const cursor = this.#cursor(partition);
    if (cursor === undefined) return;
    cursor.paused = false;
    this.#schedule(cursor);
  }

  seek(partition: TopicPartition, offset: number): void {
    const cursor = this.#cursor(partition);
    if (cursor === undefined) return;
    cursor.seek(offset);
    // The group may need less now; wakes this cursor, too.
    cursor.partition.settle();
  }

  fetchState(partition: TopicPartition): FetchState | undefined {
    const cursor = this.#cursor(partition);
    if (!cursor?.fetched) return undefined;
    return { position: cursor.position, lastStableOffset: cursor.partition.log.lastStable };
  }

  /** The only member has everything, for as long as it is one. */
  async owns(partition: TopicPartition): Promise<boolean> {
    return this.#cursor(partition) !== undefined;
  }

  /** undefined for a partition that is not assigned (any more): late calls for those are harmless. */
  #cursor({ topic, partition }: TopicPartition): Cursor | undefined {
    return this.#state === 'running' ? this.#cursors.get(topic)?.[partition] : undefined;
  }

  #isReady(cursor: Cursor): boolean {
    return this.#state === 'running' && !cursor.paused && !cursor.busy;
  }

  #schedule(cursor: Cursor): void {
    if (cursor.scheduled || !this.#isReady(cursor)) return;
    cursor.scheduled = true;
    setImmediate(() => {
      cursor.scheduled = false;
      if (this.#isReady(cursor)) this.#deliver(cursor);
    });
  }

  #deliver(cursor: Cursor): void {
    let batch: RecordBatch | undefined;
    try {
      batch = cursor.take(this.#maxBatchBytes);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (batch !== undefined) this.#track(this.#handle(cursor, batch));
  }

  async #handle(cursor: Cursor, batch: RecordBatch): Promise<void> {
    try {
      await this.#options.handlers.batch(batch);
    } catch (error) {
      this.#fail(error);
    }
    cursor.done();
    // The group may need less now, which is what a sender or a tombstone waits for; wakes this cursor, too.
    cursor.partition.settle();
  }

  /** Never within `start()`: its caller has not got the consumer in hand yet. */
  async #assign(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#state !== 'running') return;
    const partitions = [...this.#cursors.values()].flat().map(({ partition: { log } }) => ({
      topic: log.topic,
      partition: log.partition,
    }));
    try {
      await this.#options.handlers.assigned(partitions);
    } catch (error) {
      this.#fail(error);
    }
  }

  #track(call: Promise<void>): void {
    this.#running.add(call);
    void call.finally(() => this.#running.delete(call));
  }

  /** Tells at once, without waiting for the handlers of other partitions: they may be waiting for this one. */
  #fail(error: unknown): void {
    const { group, handlers } = this.#options;
    if (this.#state === 'stopped') {
      this.#cluster.log?.warn({ group, err: error }, 'a handler failed while its consumer was stopping');
      return;
    }
    void this.#leave();
    handlers.failed(error);
  }

  /** Ends fetching now; the group is free once the last handler has ended. */
  #leave(): Promise<void> {
    this.#state = 'stopped';
    this.#left ??= this.#leaveWhenIdle(this.#cluster.group(this.#options.group));
    return this.#left;
  }

  async #leaveWhenIdle(group: Group): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
    group.member = undefined;
    for (const { partition } of [...this.#cursors.values()].flat()) {
      partition.readers.delete(group);
      partition.settle();
    }
  }
}
