/** What goes into the database in one transaction: rows by table, dead letters, and how far each partition gets. */
import type { BrokerRecord, TopicPartition } from '../broker/port.ts';
import type { DecodeFailure } from '../codec/port.ts';
import type { ValueFault } from './copy-buffer.ts';
import { RowBatch } from './row-batch.ts';

/** Words of the sink's dead letters; also a metric label. */
export type SinkReason =
  | ValueFault
  | DecodeFailure['reason']
  | 'future'
  | 'out_of_retention'
  | 'no_value'
  | 'invalid_key'
  | 'refused_by_database';

export interface Rejected {
  readonly record: BrokerRecord;
  /** undefined = the whole record. */
  readonly row: number | undefined;
  readonly reason: SinkReason;
  readonly detail: string;
}

/** One partition's share: a compare-and-swap of `expected` to `next`. */
export interface Progress extends TopicPartition {
  readonly expected: number;
  next: number;
  lastAppendMs: number | undefined;
}

export function partitionKey({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

export class Flush {
  readonly tables = new Map<string, RowBatch>();
  readonly progress = new Map<string, Progress>();
  rejected: Rejected[] = [];
  /** Set once the dead letters are in their topic: a second attempt does not send them again. */
  rejectedSent = 0;
  readonly #records: BrokerRecord[] = [];
  #recordBytes = 0;

  get isEmpty(): boolean {
    return this.progress.size === 0;
  }

  get rows(): number {
    let rows = 0;
    for (const batch of this.tables.values()) rows += batch.live;
    return rows;
  }

  /** What has to be dealt with: rows and dead letters. */
  get entries(): number {
    return this.rows + this.rejected.length;
  }

  /** Encoded rows and the records they came from, dead letters included. */
  get byteLength(): number {
    let bytes = this.#recordBytes;
    for (const batch of this.tables.values()) bytes += batch.byteLength;
    return bytes;
  }

  table(name: string): RowBatch {
    let batch = this.tables.get(name);
    if (batch === undefined) this.tables.set(name, (batch = new RowBatch()));
    return batch;
  }

  /** Keeps the record for as long as its rows may fail; its number is their origin. */
  keep(record: BrokerRecord): number {
    this.#recordBytes += payloadBytes(record);
    return this.#records.push(record) - 1;
  }

  record(number: number): BrokerRecord {
    return this.#records[number]!;
  }

  reject(record: BrokerRecord, row: number | undefined, reason: SinkReason, detail: string): void {
    // A record with rows was counted when it was kept.
    if (row === undefined) this.#recordBytes += payloadBytes(record);
    this.rejected.push({ record, row, reason, detail });
  }

  /** The partition's records up to `next` are in this flush. */
  advance(partition: TopicPartition, expected: number, next: number, lastAppendMs: number | undefined): void {
    const key = partitionKey(partition);
    const progress = this.progress.get(key);
    if (progress === undefined) {
      const { topic, partition: number } = partition;
      this.progress.set(key, { topic, partition: number, expected, next, lastAppendMs });
    } else {
      progress.next = next;
      progress.lastAppendMs = lastAppendMs ?? progress.lastAppendMs;
    }
  }

  /** Takes everything of the partition out again. */
  drop(partition: TopicPartition): void {
    if (!this.progress.delete(partitionKey(partition))) return;
    const isDropped = ({ topic, partition: number }: TopicPartition) =>
      topic === partition.topic && number === partition.partition;
    for (const batch of this.tables.values()) batch.dropRecords((record) => isDropped(this.record(record)));
    const sent = this.rejected.slice(0, this.rejectedSent);
    const unsent = this.rejected.slice(this.rejectedSent).filter(({ record }) => !isDropped(record));
    this.rejected = [...sent, ...unsent];
  }

  clear(): void {
    for (const batch of this.tables.values()) batch.clear();
    this.progress.clear();
    this.rejected = [];
    this.rejectedSent = 0;
    this.#records.length = 0;
    this.#recordBytes = 0;
  }
}

function payloadBytes({ key, value }: BrokerRecord): number {
  return (key?.length ?? 0) + (value?.length ?? 0);
}
