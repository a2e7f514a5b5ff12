/** What a task says of itself, for /status and metrics. */
import type { WrittenCheckpoint } from './task-commits.ts';
import type { RestoreProgress } from './task-start.ts';

export interface TaskStatus {
  readonly partition: number;
  readonly state: 'restoring' | 'running' | 'waiting';
  readonly entities: number;
  readonly rows: number;
  readonly lagRecords: number;
  /** Age of the last folded record while there is a lag, else 0. */
  readonly lagMs: number;
  /** The last tick: how far the task's time has come; null before the first. */
  readonly tickMs: number | null;
  /** Records refolded, of those that have to be. */
  readonly restore: RestoreProgress | null;
  /** Of the last commit. */
  readonly commitMs: number | null;
  readonly checkpointAgeMs: number | null;
  /** Of the last checkpoint of this process: what it wrote of the state, and the longest that the task stood still. */
  readonly checkpoint: WrittenCheckpoint | null;
  /** In the checkpoint partition: what a restore reads, and what units take, dead ones included. */
  readonly checkpointed: { readonly liveBytes: number; readonly logBytes: number };
}
