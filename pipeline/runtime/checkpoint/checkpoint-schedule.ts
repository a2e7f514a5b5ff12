/** When the tasks of a stream thread checkpoint: each after an interval, one at a time. */
import type { Clock } from '../../model/component.ts';

/** `due`: the checkpoint holds what another fold version has made; the next must not wait. */
export type Freshness = 'fresh' | 'stale' | 'due';

interface Entry {
  /** Of the last checkpoint, or of the start of a task that never ran. */
  lastMs: number;
  /** Something was folded since the snapshot of the last checkpoint. */
  isStale: boolean;
}

export class CheckpointSchedule {
  readonly #intervalMs: number;
  readonly #clock: Clock;
  readonly #entries = new Map<number, Entry>();
  /** The task whose checkpoint is on its way. */
  #turn: number | undefined;

  constructor(intervalMs: number, clock: Clock) {
    this.#intervalMs = intervalMs;
    this.#clock = clock;
  }

  /**
   * The task begins, with a state that its last checkpoint holds or not. The interval goes on from that checkpoint: a
   * process that is killed again and again within it would never have one, and more to fold again each time.
   */
  restored(partition: number, freshness: Freshness, checkpointedAtMs?: number): void {
    const lastMs = freshness === 'due' ? -Infinity : (checkpointedAtMs ?? this.#clock());
    this.#entries.set(partition, { lastMs, isStale: freshness !== 'fresh' });
  }

  /** Asked at each commit: true when the task shall begin a checkpoint with it. */
  takeTurn(partition: number, hasFolded: boolean): boolean {
    const entry = this.#entries.get(partition);
    if (entry === undefined) return false;
    if (hasFolded) entry.isStale = true;
    if (this.#turn !== undefined || !hasFolded) return false;
    if (this.#clock() - entry.lastMs < this.#intervalMs) return false;
    this.#turn = partition;
    entry.isStale = false;
    return true;
  }

  /** The checkpoint is committed. */
  done(partition: number): void {
    const entry = this.#entries.get(partition);
    if (entry !== undefined) entry.lastMs = this.#clock();
    this.release(partition);
  }

  /** Nothing was folded since the last checkpoint. */
  isFresh(partition: number): boolean {
    return this.#entries.get(partition)?.isStale === false;
  }

  /** The task's checkpoint will not be done. */
  release(partition: number): void {
    if (this.#turn === partition) this.#turn = undefined;
  }

  ageMs(partition: number): number | null {
    const last = this.#entries.get(partition)?.lastMs;
    return last === undefined || last === -Infinity ? null : Math.max(0, this.#clock() - last);
  }
}
