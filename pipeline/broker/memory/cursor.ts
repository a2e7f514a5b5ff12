/** Where a consumer stands in one partition. */
import { PermanentError } from '../../model/errors.ts';
import type { RecordBatch } from '../port.ts';
import type { Partition, Reader } from './partition.ts';

export class Cursor implements Reader {
  readonly partition: Partition;
  paused = true;
  /** A look at the partition is scheduled. */
  scheduled = false;
  /** Whether the partition was looked at since it was assigned. */
  fetched = false;
  #position: number;
  /** First offset of the batch that the handler has in hand. */
  #inHandFrom: number | undefined;
  readonly #onWake: (cursor: Cursor) => void;

  constructor(partition: Partition, position: number, onWake: (cursor: Cursor) => void) {
    this.partition = partition;
    this.#position = position;
    this.#onWake = onWake;
  }

  get position(): number {
    return this.#position;
  }

  get heldFrom(): number {
    return Math.min(this.#position, this.#inHandFrom ?? Infinity);
  }

  get busy(): boolean {
    return this.#inHandFrom !== undefined;
  }

  wake(): void {
    this.#onWake(this);
  }

  seek(offset: number): void {
    this.#position = offset;
  }

  /**
   * The next batch, or undefined when there is none; the position moves past it, and past aborted and control
   * records where there is nothing else.
   * @throws PermanentError when the position is not in the log (any more).
   */
  take(maxBytes: number): RecordBatch | undefined {
    const { log } = this.partition;
    const from = this.#position;
    this.fetched = true;
    if (from < log.earliest || from > log.end) {
      throw new PermanentError(
        `offset ${from} of ${log.topic}[${log.partition}] is out of range: kept are offsets ${log.earliest} to ` +
          `${log.end} (exclusive); start anew from a checkpoint, or tell the group where to begin`,
      );
    }
    const { records, nextOffset } = log.read(from, Infinity, maxBytes);
    this.#position = nextOffset;
    if (records.length === 0) return undefined;
    this.#inHandFrom = from;
    return { topic: log.topic, partition: log.partition, records, nextOffset };
  }

  /** The handler has finished with the batch. */
  done(): void {
    this.#inHandFrom = undefined;
  }
}
