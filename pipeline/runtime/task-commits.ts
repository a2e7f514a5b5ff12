/**
 * What a task has folded and not committed yet, and when it is: a buffer fills while the last one is on its way.
 *
 *   folded records -> [ filling ] --commitIntervalMs or commitBytes--> [ one transaction ] -> [ filling ] ...
 */
import type { BrokerRecord, ProducerRecord } from '../broker/port.ts';
import type { TopicName } from '../../topics/catalogue.ts';
import type { CheckpointSchedule } from './checkpoint/checkpoint-schedule.ts';
import { CheckpointWriter } from './checkpoint/checkpoint-writer.ts';
import { Journal } from './checkpoint/journal.ts';
import { LiveUnits } from './checkpoint/live-units.ts';
import type { Folding } from './folding.ts';
import type { ProcessObserver } from './observer.ts';
import type { TaskSettings } from './task.ts';
import type { TaskTransactions } from './task-transactions.ts';

export interface TaskCommitsDeps {
  readonly partition: number;
  readonly foldVersion: string;
  readonly folding: Folding;
  readonly transactions: TaskTransactions;
  readonly settings: TaskSettings;
  /** undefined: neither journal nor checkpoints are written. */
  readonly schedule: CheckpointSchedule | undefined;
  /** Records that say how far the task has come, once a tick: they go last with a commit. */
  readonly progress: ((tickMs: number) => ProducerRecord[]) | undefined;
  readonly observer: ProcessObserver;
  /** A commit failed: its outcome is unknown. */
  readonly failed: (error: unknown) => void;
  /** A commit is done: there is room again. */
  readonly done: () => void;
}

export interface WrittenCheckpoint {
  /** Of the state. */
  readonly bytes: number;
  /** The longest time that the task stood still for it. */
  readonly pauseMs: number;
}

interface Buffer {
  records: ProducerRecord[];
  bytes: number;
  folded: number;
}

const emptyBuffer = (): Buffer => ({ records: [], bytes: 0, folded: 0 });

export class TaskCommits {
  readonly #deps: TaskCommitsDeps;
  readonly #journal = new Journal();
  /** Next offset to read of each input: what the next commit says. */
  #positions = new Map<TopicName, number>();
  #buffer = emptyBuffer();
  #checkpoint: CheckpointWriter | undefined;
  /** What the checkpoints so far have written of the state. */
  #live = new LiveUnits();
  #written: WrittenCheckpoint | null = null;
  #snapshotMs = 0;
  #committing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #lastMs: number | null = null;
  #count = 0;
  /** The last tick of which somebody was told. */
  #toldTickMs = Number.NaN;

  constructor(deps: TaskCommitsDeps) {
    this.#deps = deps;
  }

  begin(positions: Map<TopicName, number>, live: LiveUnits): void {
    this.#positions = positions;
    this.#live = live;
  }

  /** Everything folded is committed, and no checkpoint is on its way. */
  get isIdle(): boolean {
    return this.#isEmpty && this.#committing === undefined && this.#checkpoint === undefined;
  }

  /** Records may wait that no folded record has sent: what a restore reconciled. */
  get #isEmpty(): boolean {
    return this.#buffer.folded === 0 && this.#buffer.records.length === 0;
  }

  /** Folding waits. */
  get isFull(): boolean {
    return this.#buffer.bytes >= 2 * this.#deps.settings.commitBytes || this.#journal.isFull;
  }

  /** How long the last commit took; null before the first. */
  get lastMs(): number | null {
    return this.#lastMs;
  }

  /** Commits that are done. */
  get count(): number {
    return this.#count;
  }

  /** The last checkpoint; null before the first of this process. */
  get checkpoint(): WrittenCheckpoint | null {
    return this.#written;
  }

  /** Bytes of the state in the log: what a restore reads, and what all of it takes. */
  get checkpointed(): { readonly liveBytes: number; readonly logBytes: number } {
    return { liveBytes: this.#live.bytes, logBytes: this.#live.logBytes };
  }

  /** A record that goes out with the record that is being folded. */
  push(record: ProducerRecord): void {
    this.#buffer.records.push(record);
    this.#buffer.bytes += (record.value?.length ?? 0) + (record.key?.length ?? 0);
  }

  /** Folds one record; if that throws, nothing of it is committed. */
  fold(topic: TopicName, record: BrokerRecord, fold: () => void): void {
    const { length } = this.#buffer.records;
    const { bytes } = this.#buffer;
    try {
      fold();
    } catch (error) {
      this.#buffer.records.length = length;
      this.#buffer.bytes = bytes;
      throw error;
    }
    this.#positions.set(topic, record.offset + 1);
    if (this.#deps.schedule !== undefined) this.#journal.add(topic, record.offset);
    this.#buffer.folded += 1;
  }

  /** Called when a slice of records has been folded. */
  schedule(): void {
    const { commitBytes, commitIntervalMs } = this.#deps.settings;
    if (this.#buffer.bytes >= commitBytes || this.#journal.isFull) this.#commitNow();
    else if (!this.#isEmpty || this.#checkpoint !== undefined) {
      if (this.#committing === undefined)
        this.#timer ??= setTimeout(() => this.#commitNow(), commitIntervalMs);
    }
  }

  /** Commits the rest, then a checkpoint of all of it, so that the next start has nothing to fold again. */
  async finish(): Promise<void> {
    clearTimeout(this.#timer);
    while (this.#committing !== undefined) await this.#committing;
    await this.#commitAll();
    const { schedule, partition } = this.#deps;
    if (schedule === undefined || schedule.isFresh(partition) || this.#isClosed) return;
    this.#beginCheckpoint();
    await this.#commitAll();
  }

  /** Nothing is committed from now on. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#deps.schedule?.release(this.#deps.partition);
  }

  async #commitAll(): Promise<void> {
    do await this.#commit();
    while (this.#checkpoint !== undefined && !this.#isClosed);
  }

  #commitNow(): void {
    if (this.#committing !== undefined || this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#committing = this.#commit()
      .catch((error: unknown) => this.#deps.failed(error))
      .finally(() => {
        this.#committing = undefined;
        this.#deps.done();
      });
  }

  /** A task with nothing new does not commit. What is committed is taken in one step, before the first await. */
  async #commit(): Promise<void> {
    const { partition, observer, schedule, transactions } = this.#deps;
    if (this.#isClosed) return;
    if (schedule?.takeTurn(partition, !this.#isEmpty) === true) this.#beginCheckpoint();
    if (this.#isEmpty && this.#checkpoint === undefined) return;
    const { records } = this.#buffer;
    records.push(...this.#progress());
    this.#buffer = emptyBuffer();
    const startedMs = performance.now();
    const isCheckpointed = await transactions.commit({
      records,
      journal: this.#journal.take(),
      positions: new Map(this.#positions),
      checkpoint: this.#checkpoint,
    });
    this.#lastMs = performance.now() - startedMs;
    this.#count += 1;
    observer.committed(this.#lastMs, records);
    if (isCheckpointed) {
      this.#completeCheckpoint();
      schedule?.done(partition);
    }
  }

  /**
   * Ticks of one commit are told as one. A successor tells its last tick again: nobody minds, and where this commit
   * did not happen it has to.
   */
  #progress(): ProducerRecord[] {
    const { folding, progress } = this.#deps;
    const { lastTickMs } = folding;
    if (progress === undefined || Number.isNaN(lastTickMs) || this.#toldTickMs === lastTickMs) return [];
    this.#toldTickMs = lastTickMs;
    return progress(lastTickMs);
  }

  #beginCheckpoint(): void {
    const { folding, foldVersion } = this.#deps;
    const { preload, lastTickMs } = folding;
    const inputs = new Map(this.#positions);
    const startedMs = performance.now();
    this.#checkpoint = new CheckpointWriter(
      folding.processor.snapshot(),
      { foldVersion, inputs, preload, lastTickMs },
      this.#live,
    );
    this.#snapshotMs = performance.now() - startedMs;
  }

  #completeCheckpoint(): void {
    const { live, bytes, longestMs } = this.#checkpoint!;
    this.#live = live;
    this.#written = { bytes, pauseMs: Math.max(longestMs, this.#snapshotMs) };
    this.#checkpoint = undefined;
  }
}
