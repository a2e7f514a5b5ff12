/**
 * One partition with everybody who uses it: committed offsets, readers, and senders that wait for room. What is
 * kept, and who waits, is decided here:
 * - "delete": dropped below the lowest offset that a group has committed (but for `keepCommittedBytes`); a reading group that has not committed
 *   holds everything, within the size limit below. Without any reader, retention by time and by size applies.
 * - Size: above `maxBytes` of stable records, those are dropped that no *reading* group needs; a group that never
 *   commits anything (a collector on its inventory, a sink with offsets of its own) needs what lies beyond its
 *   position. If that does not help, senders wait: per partition, so that a chain of topics cannot lock itself up.
 * - "compact": the newest record per key; never full, because its keys are the bound.
 * - Kept for ever (retention Infinity): all of it until somebody deletes records; never full.
 * Only stable records count for "full": a sender never waits for a transaction, so two of them cannot wait for
 * each other. Records behind an open transaction are bounded by what is sent during it.
 */
import type { Clock } from '../../model/component.ts';
import type { AppendedRange, CommittedOffset, ProducerRecord, TopicSpec } from '../port.ts';
import type { Group } from './group.ts';
import { PartitionLog } from './partition-log.ts';

/** A consumer group's place in a partition. */
export interface Reader {
  /** The lowest offset that the reader may still have in hand. */
  readonly heldFrom: number;
  /** There may be something new to read. */
  wake(): void;
}

interface WaitingSender {
  /** Goes on as far as there is room; true when it need not wait any longer. */
  resume(): boolean;
  reject(error: unknown): void;
}

export interface PartitionOptions {
  readonly clock: Clock;
  readonly maxBytes: number;
  /** Records that every group has committed stay up to this size, for people who look. */
  readonly keepCommittedBytes: number;
  /** Records were dropped by size although nobody had read them. */
  readonly onUnreadDropped: (topic: string, records: number) => void;
}

export class Partition {
  readonly spec: TopicSpec;
  readonly log: PartitionLog;
  readonly committed = new Map<Group, CommittedOffset>();
  readonly readers = new Map<Group, Reader>();
  readonly #options: PartitionOptions;
  readonly #waiting: WaitingSender[] = [];

  constructor(spec: TopicSpec, partition: number, options: PartitionOptions) {
    this.spec = spec;
    this.log = new PartitionLog(spec.topic, partition);
    this.#options = options;
  }

  /** Where a group starts that has nothing better: its committed offset, else the earliest kept one. */
  startOf(group: Group): number {
    return this.committed.get(group)?.offset ?? this.log.earliest;
  }

  /** Appends in order. Returns undefined when all is in the log, else a promise for when it is. */
  append(records: readonly ProducerRecord[]): Promise<void> | undefined {
    let next = this.#waiting.length === 0 ? this.#fill(records, 0) : 0;
    if (next > 0) this.settle();
    if (next === records.length) return undefined;
    return this.#wait(() => {
      next = this.#fill(records, next);
      return next === records.length;
    });
  }

  /** Appends without waiting, invisible until the transaction commits. Ask `room` first. */
  appendIn(transaction: object, records: readonly ProducerRecord[]): AppendedRange {
    const nowMs = this.#options.clock();
    const baseOffset = this.log.end;
    for (const record of records) this.log.append(record, nowMs, transaction);
    return { topic: this.spec.topic, partition: this.log.partition, baseOffset, count: records.length };
  }

  /** What is below is not needed any more, whoever reads. */
  deleteBelow(offset: number): void {
    this.log.trimBelow(offset);
    this.settle();
  }

  /** undefined when there is room, else a promise for when there is. */
  room(): Promise<void> | undefined {
    if (this.#waiting.length === 0 && !this.#isFull()) return undefined;
    return this.#wait(() => true);
  }

  /** To be called after whatever may have made records readable, or needless. */
  settle(): void {
    this.#trim();
    while (this.#waiting.length > 0 && !this.#isFull()) {
      const done = this.#waiting[0]!.resume();
      this.#trim();
      if (!done) break;
      this.#waiting.shift();
    }
    for (const reader of this.readers.values()) reader.wake();
  }

  /** Rejects every waiting sender. */
  close(error: Error): void {
    for (const sender of this.#waiting.splice(0)) sender.reject(error);
  }

  #fill(records: readonly ProducerRecord[], from: number): number {
    const nowMs = this.#options.clock();
    let next = from;
    while (next < records.length && !this.#isFull()) this.log.append(records[next++]!, nowMs);
    return next;
  }

  #wait(resume: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        resume: () => {
          const done = resume();
          if (done) resolve();
          return done;
        },
        reject,
      });
    });
  }

  /** By its keys, or by deleting what it no longer needs: a topic that is kept for ever. */
  #isBoundedByItsWriter(): boolean {
    return this.spec.cleanup === 'compact' || this.spec.retentionMs === Infinity;
  }

  #isFull(): boolean {
    if (this.#isBoundedByItsWriter() || this.log.stableBytes <= this.#options.maxBytes) return false;
    this.#trim();
    return this.log.stableBytes > this.#options.maxBytes;
  }

  #trim(): void {
    const { log } = this;
    const { maxBytes, keepCommittedBytes, clock, onUnreadDropped } = this.#options;
    if (this.spec.cleanup === 'compact') {
      if (log.compactionDue(maxBytes)) log.compact(this.#lowestPosition());
      return;
    }
    if (this.#isBoundedByItsWriter()) return;
    log.trimToSize(keepCommittedBytes, this.#lowestCommitted());
    const { retentionMs } = this.spec;
    if (this.readers.size === 0) log.trimOlderThan(clock() - retentionMs);
    if (log.stableBytes > maxBytes) {
      const dropped = log.trimToSize(maxBytes, this.#lowestNeeded());
      if (dropped > 0 && this.readers.size === 0) onUnreadDropped(this.spec.topic, dropped);
    }
  }

  /** The lowest committed offset of all groups; 0 while a reading group has none, or nobody has one. */
  #lowestCommitted(): number {
    for (const group of this.readers.keys()) if (!this.committed.has(group)) return 0;
    let lowest = Infinity;
    for (const { offset } of this.committed.values()) if (offset < lowest) lowest = offset;
    return lowest === Infinity ? 0 : lowest;
  }

  /** What reading groups need whatever the size: a group that commits at all will commit here too. */
  #lowestNeeded(): number {
    let lowest = Infinity;
    for (const [group, reader] of this.readers) {
      const needed = this.committed.get(group)?.offset ?? (group.commits ? 0 : reader.heldFrom);
      if (needed < lowest) lowest = needed;
    }
    return lowest;
  }

  /** Tombstones from here on may still be news to a group. */
  #lowestPosition(): number {
    let lowest = Infinity;
    for (const { offset } of this.committed.values()) if (offset < lowest) lowest = offset;
    for (const [group, reader] of this.readers) {
      if (!this.committed.has(group) && reader.heldFrom < lowest) lowest = reader.heldFrom;
    }
    return lowest;
  }
}
