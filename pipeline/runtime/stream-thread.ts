/**
 * Runs a sub-topology (Kafka Streams: StreamThread): one member of its group, one task a partition that it owns.
 *
 *   assigned -> start a task -> running --commit failed--> abandon, ask the group --still ours--> start a task
 *                  |  broker away: again after a while                            --not ours--> wait for the group
 *   revoked  -> abandon (its new owner has fenced it, or will)          stop -> commit, checkpoint, leave the group
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Broker, Consumer, TopicPartition } from '../broker/port.ts';
import type { Codec } from '../codec/port.ts';
import type { Clock, Component, Log } from '../model/component.ts';
import { RetryableError } from '../model/errors.ts';
import { checkpointTopicName, topicName, type Catalogue, type Naming } from '../../topics/catalogue.ts';
import { CheckpointSchedule } from './checkpoint/checkpoint-schedule.ts';
import type { ProcessObserver } from './observer.ts';
import type { SubTopology } from './sub-topology.ts';
import type { TaskStatus } from './task-status.ts';
import { Task, type TaskSettings } from './task.ts';

export type { TaskStatus } from './task-status.ts';

export interface CheckpointSettings {
  /** Time between two checkpoints of a task; what was folded since the last is folded again after a crash. */
  readonly intervalMs: number;
  /** Begin with an empty state where the checkpoint is lost, instead of refusing. */
  readonly startAnew: boolean;
}

export interface StreamThreadDeps {
  readonly broker: Broker;
  readonly codec: Codec;
  readonly catalogue: Catalogue;
  readonly naming: Naming;
  readonly subTopology: SubTopology;
  readonly settings: TaskSettings;
  /** undefined: state dies with its task, as a broker in memory does. */
  readonly checkpoints: CheckpointSettings | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly observer: ProcessObserver;
  /** The component cannot go on; the process should stop. */
  readonly failed: (error: unknown) => void;
}

export interface StreamThread extends Component {
  readonly subTopology: string;
  readonly group: string;
  readonly tasks: ReadonlyMap<number, Task>;
  status(): TaskStatus[];
  /** Every task is folded and committed to the end of its inputs, or the thread has failed and will do no more. */
  readonly idle: boolean;
}

/** How long until the group is asked again whether a partition is still ours. */
const ASK_AGAIN_MS = 100;

export function streamThread(deps: StreamThreadDeps): StreamThread {
  return new GroupMember(deps);
}

class GroupMember implements StreamThread {
  readonly name: string;
  readonly subTopology: string;
  readonly group: string;
  readonly tasks = new Map<number, Task>();
  readonly #deps: StreamThreadDeps;
  readonly #topics: readonly string[];
  readonly #schedule: CheckpointSchedule;
  /** Partitions that the group gave to us; another object each time. */
  readonly #owned = new Map<number, object>();
  /** Partitions of which we do not know whether they are still ours. */
  readonly #waiting = new Set<number>();
  #consumer: Consumer | undefined;
  /** Of every topic: known from the start on. */
  #partitions = 0;
  #hasFailed = false;
  #isStopping = false;

  constructor(deps: StreamThreadDeps) {
    const { subTopology, naming, catalogue, checkpoints, clock } = deps;
    this.name = `stream-${subTopology.name}`;
    this.subTopology = subTopology.name;
    this.group = `${naming.prefix}netsigma-${subTopology.name}`;
    this.#deps = deps;
    this.#topics = subTopology.inputs.map((topic) => topicName(catalogue[topic], naming));
    this.#schedule = new CheckpointSchedule(checkpoints?.intervalMs ?? Infinity, clock);
  }

  get idle(): boolean {
    return this.#hasFailed || (this.tasks.size > 0 && [...this.tasks.values()].every((task) => task.idle));
  }

  async start(): Promise<void> {
    this.#partitions = (await this.#deps.broker.offsets(this.#topics[0]!)).length;
    this.#consumer = this.#deps.broker.consumer({
      group: this.group,
      topics: this.#topics,
      handlers: {
        assigned: async (partitions) => this.#assigned(partitions),
        revoked: (partitions) => this.#revoked(partitions),
        batch: async (batch) => this.tasks.get(batch.partition)?.batch(batch),
        failed: (error) => this.#fail(error),
      },
    });
    await this.#consumer.start();
  }

  /** Tasks first: a member that has left may be fenced at any moment. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#owned.clear();
    try {
      await settleAll([...this.tasks.values()].map((task) => task.stop()));
    } finally {
      await this.#consumer?.stop();
    }
  }

  status(): TaskStatus[] {
    return [...this.tasks.values()].map((task) => {
      const status = task.status();
      return this.#waiting.has(status.partition) ? { ...status, state: 'waiting' } : status;
    });
  }

  #assigned(partitions: readonly TopicPartition[]): void {
    // A rebalance while the tasks stop: the consumer is about to leave, and nobody would stop new ones.
    if (this.#isStopping) return;
    const numbers = new Set(partitions.map(({ partition }) => partition));
    this.#deps.log.info({ group: this.group, partitions: [...numbers] }, 'partitions assigned');
    for (const partition of numbers) {
      const ownership = {};
      this.#owned.set(partition, ownership);
      void this.#run(partition, ownership);
    }
  }

  async #revoked(partitions: readonly TopicPartition[]): Promise<void> {
    const numbers = [...new Set(partitions.map(({ partition }) => partition))];
    this.#deps.log.info({ group: this.group, partitions: numbers }, 'partitions revoked');
    const lost = numbers.flatMap((partition) => this.tasks.get(partition) ?? []);
    for (const partition of numbers) {
      this.#owned.delete(partition);
      this.tasks.delete(partition);
    }
    await settleAll(lost.map((task) => task.abandon()));
  }

  /** Starts a task, again and again while the broker is away, until it runs or the partition is lost. */
  async #run(partition: number, ownership: object): Promise<void> {
    const isOurs = () => this.#owned.get(partition) === ownership;
    while (isOurs()) {
      const task: Task = this.#newTask(
        partition,
        (error) => void this.#recover(task, partition, ownership, error),
      );
      this.tasks.set(partition, task);
      try {
        await task.start();
        return;
      } catch (error) {
        await task.abandon().catch(() => undefined);
        if (!isOurs()) return;
        if (!(error instanceof RetryableError)) {
          this.#fail(error);
          return;
        }
        this.#deps.log.warn(
          { group: this.group, partition, err: error },
          'task could not start, trying again',
        );
        await wait(error.retryAfterMs);
        await this.#untilOurs(partition, isOurs);
      }
    }
  }

  /** A commit failed, so nobody knows whether it happened: the next task of the partition finds out. */
  async #recover(task: Task, partition: number, ownership: object, error: unknown): Promise<void> {
    const isOurs = () => this.#owned.get(partition) === ownership;
    if (!isOurs()) return;
    this.#deps.log.warn(
      { group: this.group, partition, err: error },
      'a commit failed: the task is dropped, and begins anew from its last transaction',
    );
    this.#deps.observer.taskRestarted();
    task.pause();
    await task.abandon().catch(() => undefined);
    await this.#untilOurs(partition, isOurs);
    await this.#run(partition, ownership);
  }

  /** Who fences without asking may throw out the rightful owner. */
  async #untilOurs(partition: number, isOurs: () => boolean): Promise<void> {
    this.#waiting.add(partition);
    while (isOurs() && !(await this.#consumer!.owns({ topic: this.#topics[0]!, partition }))) {
      await wait(ASK_AGAIN_MS);
    }
    this.#waiting.delete(partition);
  }

  #newTask(partition: number, commitFailed: (error: unknown) => void): Task {
    const { broker, codec, catalogue, naming, subTopology, settings, checkpoints, clock, log, observer } =
      this.#deps;
    return new Task({
      broker,
      consumer: () => this.#consumer!,
      group: this.group,
      partition,
      partitions: this.#partitions,
      subTopology,
      physicalName: (topic) => topicName(catalogue[topic], naming),
      maxRecordBytes: (topic) => catalogue[topic].maxRecordBytes,
      deadLetters: codec.recordEncoder('netsigma.dead-letter'),
      settings,
      checkpoints: checkpoints && {
        topic: checkpointTopicName(subTopology.name, naming),
        startAnew: checkpoints.startAnew,
        schedule: this.#schedule,
      },
      clock,
      log,
      observer,
      // Without checkpoints the state is gone with the task: nothing can begin anew.
      failed: (error, during) =>
        during === 'commit' && checkpoints !== undefined ? commitFailed(error) : this.#fail(error),
    });
  }

  #fail(error: unknown): void {
    this.#hasFailed = true;
    this.#deps.log.error({ err: error, group: this.group }, 'sub-topology failed');
    this.#deps.failed(error);
  }
}

/** Waits for all, whatever the others do. @throws AggregateError of those that failed. */
async function settleAll(work: readonly Promise<void>[]): Promise<void> {
  const errors = (await Promise.allSettled(work)).flatMap((outcome): unknown[] =>
    outcome.status === 'rejected' ? [outcome.reason] : [],
  );
  if (errors.length > 0) throw new AggregateError(errors, `${errors.length} tasks could not stop`);
}
