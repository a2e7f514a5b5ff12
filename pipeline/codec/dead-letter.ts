/** What could not be used, as the record of its topic: the same from tasks, collectors and the sink. */
import { deadLetterId } from '../model/entity.ts';
import type { DeadLetterRecord } from '../../topics/ops.ts';

/** For the id of a whole record: rows count from 0. */
const WHOLE_RECORD = -1;

/** The record that failed, and where it lay. */
export interface FailedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  /** null also where another letter about the same record carries its bytes. */
  readonly value: Buffer | null;
}

export interface Failure {
  /** One of a fixed set of words. */
  readonly reason: string;
  /** The message; never a secret. */
  readonly detail: string;
  /** `entity`, `sink` or `collect`. */
  readonly failedIn: string;
  readonly failedAtMs: number;
  /** The one row that failed; absent for the whole record. */
  readonly row?: number | undefined;
}

/** The same record, or row of it, gives the same id however often it fails. */
export function deadLetterRecord(
  { topic, partition, offset, key, value }: FailedRecord,
  { reason, detail, failedIn, failedAtMs, row }: Failure,
): DeadLetterRecord {
  return {
    id: deadLetterId(topic, partition, offset, row ?? WHOLE_RECORD),
    reason,
    detail,
    failed_in: failedIn,
    topic,
    partition,
    offset: BigInt(offset),
    row: row ?? null,
    key,
    value,
    failed_at: failedAtMs,
  };
}
