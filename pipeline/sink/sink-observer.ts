/** What the sink tells of itself; metrics listen. */
import type { SinkReason } from './flush.ts';

export interface SinkObserver {
  /** A flush is committed: rows by table, and how long it took from its first attempt. */
  flushed(rows: ReadonlyMap<string, number>, durationMs: number): void;
  deadLetter(reason: SinkReason): void;
  /** An attempt failed and is repeated. */
  retried(): void;
  /** Somebody else has moved partitions that this sink was writing. */
  partitionsLost(count: number): void;
  /** The sink has stopped for good: the process should end with an error. */
  failed(error: unknown): void;
}

/** For /status. */
export interface SinkStatus {
  readonly state: 'new' | 'running' | 'retrying' | 'failed' | 'stopped';
  readonly partitions: number;
  /** Rows that are not in the database yet. */
  readonly bufferedRows: number;
  readonly bufferedBytes: number;
  readonly paused: boolean;
  readonly retrying: { readonly since: Date; readonly attempts: number; readonly error: string } | null;
  readonly lastFlushAt: Date | null;
  /** Rows committed to tables since the start. */
  readonly storedRows: number;
  /** Records that are not in the tables, wherever they are; null while that is not known. */
  readonly lagRecords: number | null;
  /** Age of the oldest of them, 0 when there is none; null while that is not known. */
  readonly lagMs: number | null;
}
