/** What a task says of itself, for /status and metrics. */
import type { RestoreProgress } from './task-start.ts';

export interface TaskStatus {
  readonly partition: number;
  readonly state: 'restoring' | 'running' | 'waiting';
  readonly entities: number;
  readonly rows: number;
  readonly lagRecords: number;
  /** Age of the last folded record while there is a lag, else 0. */
  readonly lagMs: number;
  /** Records refolded, of those that have to be. */
  readonly restore: RestoreProgress | null;
  /** Of the last commit. */
  readonly commitMs: number | null;
  readonly checkpointAgeMs: number | null;
}
