/**
 * The log of one partition: records at rising offsets, some offsets empty (commit and abort markers take one each,
 * aborted and compacted records leave theirs). It knows transactions but no groups.
 *
 *   earliest                lastStable                     end
 *      |  stable: readable      |  held back by the first open transaction
 *      v                        v                           v
 *   ...[r][r][ ][r][r][ ][r][r][t][r][t][r]..................
 *
 * Aborted records are taken out when the abort arrives, and until then their transaction holds the last stable
 * offset below them; so every record below it is committed, and a read is one slice.
 */
import type { BrokerRecord, ProducerRecord } from '../port.ts';
import { compact } from './compaction.ts';
import { storedBytes } from './record-size.ts';

/** Stands in the slots of dropped records, so that their bytes are free before the array is rewritten. */
const DROPPED: BrokerRecord = {
  topic: '',
  partition: -1,
  key: null,
  value: null,
  offset: -1,
  appendedAtMs: 0,
};

/** Dropped slots that are not worth rewriting the array for. */
const SPARE_SLOTS = 1024;

export class PartitionLog {
  readonly topic: string;
  readonly partition: number;
  #records: BrokerRecord[] = [];
  /** Index of the earliest kept record, and of the first one that is not stable. */
  #head = 0;
  #stable = 0;
  #earliest = 0;
  #lastStable = 0;
  #end = 0;
  #bytes = 0;
  #stableBytes = 0;
  #bytesAfterCompaction = 0;
  #appendedAtMs = 0;
  /** Records of each open transaction; in the order of their first records, so the first one holds lastStable. */
  readonly #open = new Map<object, BrokerRecord[]>();

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  /** The lowest offset that may be read. */
  get earliest(): number {
    return this.#earliest;
  }

  /** Readers see records below this offset. */
  get lastStable(): number {
    return this.#lastStable;
  }

  /** The offset that the next record gets. */
  get end(): number {
    return this.#end;
  }

  /** Records kept, open transactions' included. */
  get count(): number {
    return this.#records.length - this.#head;
  }

  /** Bytes kept (see `storedBytes`), open transactions' included. */
  get bytes(): number {
    return this.#bytes;
  }

  get stableBytes(): number {
    return this.#stableBytes;
  }

  /** Appends a copy; its append time is `nowMs`, or the last record's if the clock went back. */
  append(record: ProducerRecord, nowMs: number, transaction?: object): void {
    if (nowMs > this.#appendedAtMs) this.#appendedAtMs = nowMs;
    const { topic, partition, headers } = record;
    const stored: BrokerRecord = {
      topic,
      partition,
      key: copy(record.key),
      value: copy(record.value),
      ...(headers === undefined ? undefined : { headers: { ...headers } }),
      offset: this.#end,
      appendedAtMs: this.#appendedAtMs,
    };
    this.#records.push(stored);
    this.#end += 1;
    this.#bytes += storedBytes(stored);
    if (transaction !== undefined) {
      const appended = this.#open.get(transaction);
      if (appended === undefined) this.#open.set(transaction, [stored]);
      else appended.push(stored);
    }
    this.#advanceStable();
  }

  /** Makes the transaction's records readable. The marker takes one offset, as in Kafka. */
  commit(transaction: object): void {
    if (this.#open.delete(transaction)) this.#appendMarker();
  }

  /** Takes the transaction's records out; their offsets stay empty. The marker takes one offset, as in Kafka. */
  abort(transaction: object): void {
    const aborted = new Set(this.#open.get(transaction));
    if (!this.#open.delete(transaction)) return;
    let kept = this.#stable;
    for (let i = this.#stable; i < this.#records.length; i += 1) {
      const record = this.#records[i]!;
      if (aborted.has(record)) this.#bytes -= storedBytes(record);
      else this.#records[kept++] = record;
    }
    this.#records.length = kept;
    this.#appendMarker();
  }

  /**
   * Stable records from `from` up to `to`, at most about `maxBytes` of them but at least one, and the offset to go
   * on from: past empty offsets, so that a reader never waits before a marker.
   */
  read(from: number, to: number, maxBytes: number): { records: BrokerRecord[]; nextOffset: number } {
    const limit = Math.min(to, this.#lastStable);
    const start = this.#indexOf(from);
    let i = start;
    for (let bytes = 0; i < this.#stable && this.#records[i]!.offset < limit; i += 1) {
      bytes += storedBytes(this.#records[i]!);
      if (bytes > maxBytes && i > start) break;
    }
    const next = i < this.#stable ? Math.min(this.#records[i]!.offset, limit) : limit;
    return { records: this.#records.slice(start, i), nextOffset: Math.max(from, next) };
  }

  /** Drops stable records below `offset`, which becomes the earliest. */
  trimBelow(offset: number): void {
    const until = Math.min(offset, this.#lastStable);
    if (until <= this.#earliest) return;
    this.#dropWhile((record) => record.offset < until);
    this.#earliest = until;
  }

  /** Drops stable records that were appended before `ms`. */
  trimOlderThan(ms: number): void {
    this.#dropWhile((record) => record.appendedAtMs < ms);
  }

  /** Drops stable records below `limit`, oldest first, until at most `maxBytes` are left. Returns how many. */
  trimToSize(maxBytes: number, limit: number): number {
    return this.#dropWhile((record) => this.#stableBytes > maxBytes && record.offset < limit);
  }

  /** Whether so much was appended since the last compaction that another one pays (amortised O(1) a record). */
  compactionDue(minBytes: number): boolean {
    return this.#stableBytes >= this.#bytesAfterCompaction + Math.max(minBytes, this.#bytesAfterCompaction);
  }

  /** Keeps the newest stable record of every key (see `compact`). The earliest offset stays what it was. */
  compact(tombstonesFrom: number): void {
    const kept = compact(this.#records.slice(this.#head, this.#stable), tombstonesFrom);
    const unstableBytes = this.#bytes - this.#stableBytes;
    this.#records = [...kept, ...this.#records.slice(this.#stable)];
    this.#head = 0;
    this.#stable = kept.length;
    this.#stableBytes = kept.reduce((sum, record) => sum + storedBytes(record), 0);
    this.#bytes = this.#stableBytes + unstableBytes;
    this.#bytesAfterCompaction = this.#stableBytes;
  }

  #appendMarker(): void {
    this.#end += 1;
    this.#advanceStable();
  }

  #advanceStable(): void {
    const [first] = this.#open.size === 0 ? [] : this.#open.values();
    this.#lastStable = first?.[0]?.offset ?? this.#end;
    while (this.#stable < this.#records.length) {
      const record = this.#records[this.#stable]!;
      if (record.offset >= this.#lastStable) break;
      this.#stableBytes += storedBytes(record);
      this.#stable += 1;
    }
  }

  #dropWhile(unneeded: (record: BrokerRecord) => boolean): number {
    const before = this.#head;
    while (this.#head < this.#stable) {
      const record = this.#records[this.#head]!;
      if (!unneeded(record)) break;
      const bytes = storedBytes(record);
      this.#bytes -= bytes;
      this.#stableBytes -= bytes;
      this.#earliest = record.offset + 1;
      this.#records[this.#head] = DROPPED;
      this.#head += 1;
    }
    const dropped = this.#head - before;
    if (this.#head > SPARE_SLOTS && this.#head * 2 > this.#records.length) {
      this.#records = this.#records.slice(this.#head);
      this.#stable -= this.#head;
      this.#head = 0;
    }
    return dropped;
  }

  /** Index of the first kept record at or after `offset` (binary search: offsets have gaps). */
  #indexOf(offset: number): number {
    let low = this.#head;
    let high = this.#records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#records[middle]!.offset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The sender may reuse its buffer, and a view would keep the whole of a larger one alive. */
function copy(bytes: Buffer | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes);
}
