/**
 * One partition of a consumer, from its assignment until it is taken away: where it stands, and what is fetched ahead.
 *
 *   fetch --queue--> handler          position <= fetchOffset; a seek sets both and drops the queue
 */
import type { FetchState, RecordBatch, TopicPartition } from '../port.ts';

/** What one record costs beside its bytes, about. */
const RECORD_OVERHEAD_BYTES = 30;

export class AssignedPartition implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  /** A handler has a batch in hand. */
  busy = false;
  #paused = true;
  #position: number | undefined;
  #fetchOffset: number | undefined;
  #lastStable: number | undefined;
  /** Fetched, in order; a batch without records is a stretch to be skipped. */
  #queue: RecordBatch[] = [];
  readonly #maxBatchBytes: number;

  constructor({ topic, partition }: TopicPartition, maxBatchBytes: number) {
    this.topic = topic;
    this.partition = partition;
    this.#maxBatchBytes = maxBatchBytes;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Where to fetch next; undefined until a seek, or until the group's offset was looked up. */
  get fetchOffset(): number | undefined {
    return this.#fetchOffset;
  }

  /** It is to be fetched as soon as possible: one batch ahead of the handler, never more. */
  get isWanted(): boolean {
    return !this.#paused && this.#queue.length === 0 && this.#fetchOffset !== undefined;
  }

  /** It needs its starting point first. */
  get isUnplaced(): boolean {
    return !this.#paused && this.#fetchOffset === undefined;
  }

  get state(): FetchState | undefined {
    if (this.#position === undefined || this.#lastStable === undefined) return undefined;
    return { position: this.#position, lastStableOffset: this.#lastStable };
  }

  pause(): void {
    this.#paused = true;
  }

  /** What was stable when it was paused is old news: with nothing queued, it is unknown until the next fetch. */
  resume(): void {
    if (this.#paused && this.#queue.length === 0) this.#lastStable = undefined;
    this.#paused = false;
  }

  seek(offset: number): void {
    this.#position = offset;
    this.#fetchOffset = offset;
    this.#queue = [];
  }

  /** Takes what a fetch at `from` has brought; nothing when a seek has come between. */
  fetched(from: number, records: RecordBatch['records'], nextOffset: number, lastStable: number): void {
    if (from !== this.#fetchOffset) return;
    this.#lastStable = lastStable;
    if (nextOffset === from) return;
    this.#fetchOffset = nextOffset;
    this.#queue = [...this.#queue, ...this.#batches(records, nextOffset)];
  }

  /** The next batch for the handler; the position moves past it, and past stretches without records before it. */
  take(): RecordBatch | undefined {
    if (this.busy || this.#paused) return undefined;
    for (;;) {
      const batch = this.#queue.shift();
      if (batch === undefined) return undefined;
      this.#position = batch.nextOffset;
      if (batch.records.length > 0) return batch;
    }
  }

  #batches(records: RecordBatch['records'], nextOffset: number): RecordBatch[] {
    const { topic, partition } = this;
    const batches: RecordBatch[] = [];
    let start = 0;
    do {
      let end = start;
      for (let bytes = 0; end < records.length; end += 1) {
        bytes += sizeOf(records[end]!);
        if (bytes > this.#maxBatchBytes && end > start) break;
      }
      const next = records[end]?.offset ?? nextOffset;
      batches.push({ topic, partition, records: records.slice(start, end), nextOffset: next });
      start = end;
    } while (start < records.length);
    return batches;
  }
}

function sizeOf({ key, value }: RecordBatch['records'][number]): number {
  return RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
}
