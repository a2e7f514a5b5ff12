/**
 * One task: the work of one partition of one sub-topology. It queues what the consumer hands over, folds it one
 * record at a time in append-time order, and commits outputs, journal and next offsets in one transaction.
 *
 *   new --start--> restoring --> running --stop--> stopped      start: fence, read offsets, restore, seek, resume
 *                      |            |                           stop: commit, checkpoint, let go
 *                      +-- error ---+--> failed                 a task that failed is dropped; another takes over
 *
 *   batch -> inputs -> fold order -> folding -> buffer -> transaction (every commitIntervalMs or commitBytes)
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Broker, BrokerRecord, Consumer, RecordBatch } from '../broker/port.ts';
import type { Clock, Log } from '../model/component.ts';
import { RetryableError } from '../model/errors.ts';
import { within } from '../model/within.ts';
import type { RecordEncoder } from '../codec/port.ts';
import type { TopicName } from '../../topics/catalogue.ts';
import type { DeadLetterRecord } from '../../topics/ops.ts';
import type { CheckpointSchedule } from './checkpoint/checkpoint-schedule.ts';
import { Folding } from './folding.ts';
import type { ProcessObserver } from './observer.ts';
import type { Processor, ProcessorOutput, SubTopology } from './sub-topology.ts';
import { TaskCommits } from './task-commits.ts';
import { TaskInputs } from './task-inputs.ts';
import { finishInTime } from './task-finish.ts';
import { taskOutput, type FoldedRecord } from './task-output.ts';
import { progressOf } from './task-progress.ts';
import { beginTask, type RestoreProgress } from './task-start.ts';
import type { TaskStatus } from './task-status.ts';
import { TaskTransactions } from './task-transactions.ts';

export interface TaskSettings {
  readonly commitIntervalMs: number;
  /** A buffer that reaches this is committed at once; folding waits at twice of it. */
  readonly commitBytes: number;
}

export interface TaskCheckpoints {
  readonly topic: string;
  /** An empty state where the checkpoint is lost, instead of a refusal. */
  readonly startAnew: boolean;
  readonly schedule: CheckpointSchedule;
}

export interface TaskDeps {
  readonly broker: Broker;
  readonly consumer: () => Consumer;
  readonly group: string;
  readonly partition: number;
  /** Of every topic. */
  readonly partitions: number;
  readonly subTopology: SubTopology;
  readonly physicalName: (topic: TopicName) => string;
  /** Of key and value, in a topic. */
  readonly maxRecordBytes: (topic: TopicName) => number;
  readonly deadLetters: RecordEncoder<DeadLetterRecord>;
  readonly settings: TaskSettings;
  /** undefined: the state dies with the task (a broker in memory dies with it). */
  readonly checkpoints: TaskCheckpoints | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly observer: ProcessObserver;
  /** `commit`: the outcome is unknown, a new task must find it out. `fold`: the same records would fail again. */
  readonly failed: (error: unknown, during: 'commit' | 'fold') => void;
}

/** How long the end waits for a start under way: Kafka may be away, and the start is harmless by then. */
const START_MS = 2_000;
/** How soon a head is looked at again while another input is not known to be at its end. */
const WAIT_MS = 20;
/** Folding gives the event loop back after this long: sockets and timers live beside it. */
const SLICE_MS = 10;

export class Task {
  readonly #deps: TaskDeps;
  readonly #folding: Folding;
  readonly #inputs: TaskInputs;
  readonly #transactions: TaskTransactions;
  readonly #commits: TaskCommits;
  readonly #output: ProcessorOutput;
  readonly #ended = new AbortController();
  #state: 'new' | 'restoring' | 'running' | 'stopping' | 'stopped' | 'failed' = 'new';
  #starting: Promise<void> | undefined;
  #restore: RestoreProgress | null = null;
  #waitTimer: NodeJS.Timeout | undefined;
  #pumping = false;
  #lastAppendMs = Number.NaN;
  /** What is being folded. */
  #current: FoldedRecord | undefined;

  constructor(deps: TaskDeps) {
    const { partition, subTopology, physicalName, checkpoints } = deps;
    const inputs = new Map(subTopology.inputs.map((topic) => [topic, physicalName(topic)]));
    this.#deps = deps;
    this.#folding = new Folding(subTopology.newProcessor);
    this.#inputs = new TaskInputs({ consumer: deps.consumer, partition, topics: inputs });
    this.#transactions = new TaskTransactions({
      ...deps,
      inputs,
      checkpointTopic: checkpoints?.topic,
      reconciledTopic: subTopology.reconciled && physicalName(subTopology.reconciled),
    });
    this.#commits = new TaskCommits({
      ...deps,
      foldVersion: subTopology.foldVersion,
      folding: this.#folding,
      transactions: this.#transactions,
      schedule: checkpoints?.schedule,
      progress: subTopology.downstream && progressOf(subTopology.downstream, deps),
      failed: (error) => this.#fail(error, 'commit'),
      done: () => this.pump(),
    });
    this.#output = taskOutput(deps, {
      push: (record) => this.#commits.push(record),
      folding: () => this.#current,
    });
  }

  get processor(): Processor {
    return this.#folding.processor;
  }

  /** Everything fetched is folded and committed, and nothing more is to be fetched. */
  get idle(): boolean {
    return this.#state === 'running' && this.#inputs.idle && this.#commits.isIdle;
  }

  /**
   * Fences earlier owners, restores, and begins to fetch.
   * @throws RetryableError while the broker is away or somebody else fenced this task; PermanentError when its state
   * is lost.
   */
  start(): Promise<void> {
    this.#state = 'restoring';
    this.#starting = this.#start();
    return this.#starting;
  }

  async #start(): Promise<void> {
    const { checkpoints, partition } = this.#deps;
    const begun = await beginTask({
      ...this.#deps,
      folding: this.#folding,
      transactions: this.#transactions,
      output: this.#output,
      signal: this.#ended.signal,
      progress: (done, total) => (this.#restore = { done, total }),
    });
    if (this.#ended.signal.aborted) return;
    this.#commits.begin(begun.positions, begun.live);
    this.#restore = null;
    checkpoints?.schedule.restored(partition, begun.freshness, begun.checkpointedAtMs);
    this.#state = 'running';
    this.#inputs.begin(begun.positions, this.#folding.preload);
    // What was reconciled waits to be committed.
    this.pump();
  }

  /** Commits what is folded, checkpoints, and lets go. What is queued but not folded stays in the log. Safe twice. */
  async stop(): Promise<void> {
    const wasRunning = this.#state === 'running';
    if (wasRunning) this.#state = 'stopping';
    else this.#end('stopped');
    await this.#untilStarted();
    if (wasRunning) await finishInTime(this.#commits, this.#deps);
    this.#end('stopped');
    await this.#transactions.stop();
  }

  /** Nothing more is fetched for it. */
  pause(): void {
    this.#inputs.pause();
  }

  /** Lets go at once: the partition belongs to another member, or the outcome of a commit is unknown. */
  async abandon(): Promise<void> {
    this.#end('failed');
    await this.#untilStarted();
    await this.#transactions.stop();
  }

  async batch(batch: RecordBatch): Promise<void> {
    if (this.#state !== 'running') return;
    this.#inputs.announce(batch.topic);
    const values = batch.records.map(({ value }) => value);
    await this.#patiently(() => this.processor.prepare(this.#inputs.nameOf(batch.topic), values));
    // The partition may be the next task's by now: nothing of its fetching is this one's any more.
    if (this.#ended.signal.aborted) return;
    this.#inputs.push(batch);
    this.pump();
  }

  /** A registry that is away holds this partition up, and ends nothing. */
  async #patiently(work: () => Promise<void>): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      try {
        await work();
        return;
      } catch (error) {
        if (!(error instanceof RetryableError)) throw error;
        const { log, group, partition } = this.#deps;
        log.warn({ group, partition, err: error }, 'schemas cannot be had: the task waits for them');
        await wait(error.retryAfterMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** Folds what is due, in slices. Called whenever something may have become due. */
  pump(): void {
    if (this.#pumping || this.#state !== 'running') return;
    this.#pumping = true;
    setImmediate(() => {
      this.#pumping = false;
      try {
        if (this.#state === 'running') this.#foldSlice();
      } catch (error) {
        this.#fail(error, 'fold');
      }
    });
  }

  status(): TaskStatus {
    const { partition, checkpoints, clock } = this.#deps;
    const lagRecords = this.#inputs.lag ?? 0;
    const isBehind = lagRecords > 0 && !Number.isNaN(this.#lastAppendMs);
    const { entities, rows } = this.processor.state;
    return {
      partition,
      state: this.#state === 'new' || this.#state === 'restoring' ? 'restoring' : 'running',
      entities,
      rows,
      lagRecords,
      lagMs: isBehind ? Math.max(0, clock() - this.#lastAppendMs) : 0,
      tickMs: Number.isNaN(this.#folding.lastTickMs) ? null : this.#folding.lastTickMs,
      restore: this.#restore,
      commitMs: this.#commits.lastMs,
      checkpointAgeMs: checkpoints?.schedule.ageMs(partition) ?? null,
      checkpoint: this.#commits.checkpoint,
      checkpointed: this.#commits.checkpointed,
    };
  }

  #foldSlice(): void {
    const { clock } = this.#deps;
    const until = clock() + SLICE_MS;
    let left = 64;
    while (!this.#commits.isFull) {
      const record = this.#inputs.take();
      if (record === undefined) {
        // Control records may end the wait without a batch: nobody else would wake us.
        if (this.#inputs.waiting) this.#waitTimer ??= setTimeout(() => this.#wake(), WAIT_MS);
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
    this.#inputs.resumeDrained();
    this.#commits.schedule();
  }

  #wake(): void {
    this.#waitTimer = undefined;
    this.pump();
  }

  #fold(record: BrokerRecord): void {
    const topic = this.#inputs.nameOf(record.topic);
    this.#current = { topic, record };
    this.#commits.fold(topic, record, () => this.#folding.fold(topic, record, this.#output));
    this.#lastAppendMs = record.appendedAtMs;
    this.#deps.observer.folded(topic);
  }

  /** Its start has ended, or is left to itself: it finds that the task has, and its producer is stopped. */
  async #untilStarted(): Promise<void> {
    if (this.#starting !== undefined) await within(START_MS, this.#starting);
  }

  #fail(error: unknown, during: 'commit' | 'fold'): void {
    if (this.#state !== 'running') return;
    this.#end('failed');
    this.#deps.failed(error, during);
  }

  #end(state: 'stopped' | 'failed'): void {
    this.#state = state;
    this.#ended.abort();
    this.#commits.close();
    clearTimeout(this.#waitTimer);
  }
}
