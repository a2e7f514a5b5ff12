/**
 * Consumer of the Kafka broker: a member of its group (`group-member.ts`) with a fetch loop of its own
 * (`fetch-loop.ts`), one batch in a handler and one fetch ahead a partition.
 *
 * Within a generation the partitions are this member's. A handler that still runs for a partition which was taken away
 * goes on to its end, and nothing follows it; what it then commits, a fence at the new owner refuses.
 */
import type { Log } from '../../model/component.ts';
import { PermanentError, RetryableError } from '../../model/errors.ts';
import { within } from '../../model/within.ts';
import type { Consumer, ConsumerOptions, FetchState, RecordBatch, TopicPartition } from '../port.ts';
import { AssignedPartition } from './assigned-partition.ts';
import type { NewClient } from './client.ts';
import { translated } from './faults.ts';
import { FetchLoop } from './fetch-loop.ts';
import { GroupMember } from './group-member.ts';
import type { LogClient } from './log-client.ts';

const DEFAULT_MAX_BATCH_BYTES = 1 << 20;
const PLACE_RETRY_MS = 500;
/** How long stopping waits for fetches that are under way. */
const FETCH_MS = 1_000;

export interface KafkaConsumerDeps {
  readonly newClient: NewClient;
  readonly logClient: LogClient;
  readonly log: Log;
  readonly sessionTimeoutMs: number;
}

export class GroupConsumer implements Consumer {
  readonly name: string;
  readonly #options: ConsumerOptions;
  readonly #deps: KafkaConsumerDeps;
  readonly #partitions = new Map<string, AssignedPartition>();
  readonly #member: GroupMember;
  readonly #fetches: FetchLoop;
  /** Handler calls that have not ended. */
  readonly #running = new Set<Promise<void>>();
  /** `assigned` and `revoked`, one after the other. */
  #changes: Promise<void> = Promise.resolve();
  #state: 'new' | 'joining' | 'running' | 'stopped' = 'new';
  /** In a generation: between two of them nothing is fetched or handled. */
  #isMember = false;
  #isPlacing = false;
  #refusal: Error | undefined;
  #started: Promise<void> | undefined;
  #left: Promise<void> | undefined;

  constructor(options: ConsumerOptions, deps: KafkaConsumerDeps) {
    this.name = `kafka consumer ${options.group}`;
    this.#options = options;
    this.#deps = deps;
    const { group, topics, maxBatchBytes = DEFAULT_MAX_BATCH_BYTES } = options;
    this.#member = new GroupMember({
      ...deps,
      group,
      topics: [...new Set(topics)],
      owned: () => [...new Set([...this.#partitions.values()].map(({ partition }) => partition))],
      joined: (partitions, stayed) => this.#join(partitions, stayed, maxBatchBytes),
      away: () => (this.#isMember = false),
      refused: (error) => this.#refuse(error),
    });
    this.#fetches = new FetchLoop({
      cluster: this.#member.cluster,
      maxBatchBytes,
      partitions: () => (this.#isMember && this.#state !== 'stopped' ? this.#partitions.values() : []),
      arrived: (partition) => this.#deliver(partition),
      outOfRange: (partition, offset) => void this.#failOutOfRange(partition, offset),
      failed: (error) => this.#fail(error),
    });
  }

  /**
   * Joins the group; `assigned` is called soon after.
   * @throws PermanentError for an unknown topic; ConfigError when the group refuses this member as it is.
   */
  async start(): Promise<void> {
    if (this.#state !== 'new')
      throw new PermanentError(`${this.name} was started before: make a new consumer`);
    this.#state = 'joining';
    this.#started = this.#start();
    await this.#started;
  }

  async #start(): Promise<void> {
    try {
      await Promise.all(this.#options.topics.map((topic) => this.#deps.logClient.topics.partitions(topic)));
      await this.#member.start();
      if (this.#refusal !== undefined) throw this.#refusal;
      if (this.#state === 'joining') this.#state = 'running';
    } catch (error) {
      this.#state = 'stopped';
      await this.#member.stop();
      throw translated(error, { what: `${this.name} cannot join its group` });
    }
  }

  /**
   * Leaves the group at once when no handler runs any more; so a handler must not await it. What a handler throws
   * from here on is logged: there is no `failed` for a consumer that was told to stop.
   */
  async stop(): Promise<void> {
    if (this.#state === 'new') this.#state = 'stopped';
    else await this.#leave();
  }

  pause(partition: TopicPartition): void {
    this.#find(partition)?.pause();
  }

  resume(partition: TopicPartition): void {
    const found = this.#find(partition);
    if (found === undefined) return;
    found.resume();
    this.#proceed(found);
  }

  seek(partition: TopicPartition, offset: number): void {
    const found = this.#find(partition);
    if (found === undefined) return;
    found.seek(offset);
    this.#proceed(found);
  }

  fetchState(partition: TopicPartition): FetchState | undefined {
    return this.#find(partition)?.state;
  }

  async owns(partition: TopicPartition): Promise<boolean> {
    return this.#find(partition) !== undefined && this.#member.owns(partition);
  }

  /** undefined for a partition that is not assigned (any more): late calls for those are harmless. */
  #find(partition: TopicPartition): AssignedPartition | undefined {
    return this.#state === 'stopped' ? undefined : this.#partitions.get(keyOf(partition));
  }

  #join(assignment: readonly TopicPartition[], stayed: boolean, maxBatchBytes: number): void {
    const now = new Set(stayed ? assignment.map(keyOf) : []);
    const lost = [...this.#partitions.values()].filter((partition) => !now.has(keyOf(partition)));
    for (const partition of lost) this.#partitions.delete(keyOf(partition));
    const fresh = assignment.filter((partition) => !this.#partitions.has(keyOf(partition)));
    for (const partition of fresh) {
      this.#partitions.set(keyOf(partition), new AssignedPartition(partition, maxBatchBytes));
    }
    this.#isMember = true;
    const { handlers } = this.#options;
    if (lost.length > 0) this.#change(() => handlers.revoked(lost.map(nameOf)));
    if (fresh.length > 0) this.#change(() => handlers.assigned(fresh.map(nameOf)));
    for (const partition of this.#partitions.values()) this.#proceed(partition);
  }

  /** Never within `start()`: its caller has not got the consumer in hand yet. */
  #change(handler: () => Promise<void>): void {
    this.#changes = this.#changes.then(async () => {
      await this.#started?.catch(() => undefined);
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#state === 'stopped') return;
      try {
        await handler();
      } catch (error) {
        this.#fail(error);
      }
    });
    this.#track(this.#changes);
  }

  /** Something about the partition has changed: hand over what is there, fetch what is wanted. */
  #proceed(partition: AssignedPartition): void {
    if (partition.isUnplaced) void this.#place();
    else setImmediate(() => this.#deliver(partition));
    this.#fetches.wake();
  }

  #deliver(partition: AssignedPartition): void {
    if (!this.#isMember || this.#find(partition) !== partition) return;
    const batch = partition.take();
    if (batch !== undefined) this.#track(this.#handle(partition, batch));
    // Fetched ahead while the handler runs.
    if (partition.isWanted) this.#fetches.wake();
  }

  async #handle(partition: AssignedPartition, batch: RecordBatch): Promise<void> {
    partition.busy = true;
    try {
      await this.#options.handlers.batch(batch);
    } catch (error) {
      this.#fail(error);
    }
    partition.busy = false;
    setImmediate(() => this.#deliver(partition));
  }

  /** Partitions resumed without a seek start at the group's committed offset, else at the earliest kept one. */
  async #place(): Promise<void> {
    if (this.#isPlacing) return;
    this.#isPlacing = true;
    const unplaced = () => [...this.#partitions.values()].filter(({ isUnplaced }) => isUnplaced);
    const { group, topics } = this.#options;
    const { logClient } = this.#deps;
    try {
      const committed = await logClient.committedOffsets(group, topics);
      const starts = new Map(committed.map((each) => [keyOf(each), each.offset]));
      for (const topic of new Set(unplaced().map((partition) => partition.topic))) {
        for (const { partition, earliest } of await logClient.ends(topic)) {
          const key = keyOf({ topic, partition });
          if (!starts.has(key)) starts.set(key, earliest);
        }
      }
      for (const partition of unplaced()) {
        const start = starts.get(keyOf(partition));
        if (start !== undefined) partition.seek(start);
      }
    } catch (error) {
      if (!(error instanceof RetryableError)) this.#fail(error);
      else await new Promise((resolve) => setTimeout(resolve, PLACE_RETRY_MS));
    }
    this.#isPlacing = false;
    if (this.#state !== 'stopped' && unplaced().length > 0) void this.#place();
    else this.#fetches.wake();
  }

  async #failOutOfRange(partition: AssignedPartition, offset: number): Promise<void> {
    partition.pause();
    const { topic, partition: number } = partition;
    let kept = '';
    try {
      const ends = await this.#deps.logClient.ends(topic);
      const { earliest, lastStable } = ends.find((each) => each.partition === number)!;
      kept = `: kept are offsets ${earliest} to ${lastStable} (exclusive)`;
    } catch (error) {
      this.#deps.log.debug({ err: error, topic }, 'the kept offsets cannot be read');
    }
    this.#fail(
      new PermanentError(
        `offset ${offset} of ${topic}[${number}] is out of range${kept}; start anew from a checkpoint, or tell ` +
          'the group where to begin',
      ),
    );
  }

  #refuse(error: unknown): void {
    const fault = translated(error, { what: `${this.name} is out of its group` });
    if (this.#state === 'joining') this.#refusal = fault;
    else this.#fail(fault);
  }

  #track(call: Promise<void>): void {
    this.#running.add(call);
    void call.finally(() => this.#running.delete(call));
  }

  /** Tells at once, without waiting for the handlers of other partitions: they may be waiting for this one. */
  #fail(error: unknown): void {
    const { group, handlers } = this.#options;
    if (this.#state === 'stopped') {
      this.#deps.log.warn({ group, err: error }, 'a handler failed while its consumer was stopping');
      return;
    }
    void this.#leave();
    handlers.failed(error);
  }

  #leave(): Promise<void> {
    this.#state = 'stopped';
    this.#left ??= this.#leaveWhenIdle();
    return this.#left;
  }

  async #leaveWhenIdle(): Promise<void> {
    await this.#started?.catch(() => undefined);
    await within(FETCH_MS, this.#fetches.stop());
    while (this.#running.size > 0) await Promise.all(this.#running);
    if (await this.#member.stop()) return;
    const { group } = this.#options;
    this.#deps.log.warn({ group }, 'left the group without a word: it waits for the session’s end');
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

function nameOf({ topic, partition }: TopicPartition): TopicPartition {
  return { topic, partition };
}
