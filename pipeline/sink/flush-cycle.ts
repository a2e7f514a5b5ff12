/**
 * Two flushes in turn: one fills while the other is written.
 *
 *   filling --flushRows, flushMs or full--> written --done--> cleared, and fills again
 */
import { Flush, type Progress } from './flush.ts';

export interface FlushCycleDeps {
  readonly flushRows: number;
  readonly flushMs: number;
  /** A flush begins: from now on these offsets count as stored. */
  readonly onBegin: (progress: Iterable<Progress>) => void;
  readonly write: (flush: Flush) => Promise<void>;
  /** The filling one is full although the other is not through: reading should pause, until `onRoom`. */
  readonly onFull: () => void;
  readonly onRoom: () => void;
  readonly onError: (error: unknown) => void;
}

/** Reading pauses when the next flush has this many times `flushRows`, or this many bytes. */
const LIMIT_FLUSHES = 4;
const LIMIT_BYTES = 64 << 20;

export class FlushCycle {
  filling = new Flush();
  readonly #deps: FlushCycleDeps;
  #other = new Flush();
  #flushing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isDue = false;
  #isEnded = false;

  constructor(deps: FlushCycleDeps) {
    this.#deps = deps;
  }

  get isIdle(): boolean {
    return this.#flushing === undefined && this.filling.isEmpty;
  }

  get bufferedRows(): number {
    return this.filling.rows + this.#other.rows;
  }

  get bufferedBytes(): number {
    return this.filling.byteLength + this.#other.byteLength;
  }

  /** The flush on its way; never rejects. */
  get flushing(): Promise<void> | undefined {
    return this.#flushing;
  }

  /** To be called after each change of `filling`. */
  schedule(): void {
    const { flushRows, flushMs, onFull } = this.#deps;
    if (this.filling.isEmpty || this.#isEnded) return;
    const { entries } = this.filling;
    const isFull = this.filling.byteLength >= LIMIT_BYTES;
    if (this.#flushing !== undefined) {
      if (isFull || entries >= LIMIT_FLUSHES * flushRows) onFull();
    } else if (this.#isDue || isFull || entries >= flushRows) {
      this.#begin();
      return;
    }
    this.#timer ??= setTimeout(() => {
      this.#isDue = true;
      this.schedule();
    }, flushMs);
  }

  /** Writes everything that was taken, until `signal` says that there is no more time. */
  async drain(signal: AbortSignal): Promise<void> {
    while (!this.isIdle && !signal.aborted && !this.#isEnded) {
      this.#begin();
      await this.#flushing;
    }
  }

  /** Begins no more flushes; resolves when the running one has ended. */
  async end(): Promise<void> {
    this.#isEnded = true;
    clearTimeout(this.#timer);
    await this.#flushing;
  }

  #begin(): void {
    const { onBegin, write, onRoom, onError } = this.#deps;
    if (this.#flushing !== undefined || this.filling.isEmpty) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isDue = false;
    const flush = this.filling;
    this.filling = this.#other;
    this.#other = flush;
    onBegin(flush.progress.values());
    this.#flushing = write(flush)
      .catch(onError)
      .finally(() => {
        flush.clear();
        this.#flushing = undefined;
        if (this.#isEnded) return;
        onRoom();
        this.schedule();
      });
  }
}
