/**
 * The order in which a task folds its inputs: lowest append time first, ties by topic name, then offset. A record
 * is due only when no other input can still bring an earlier one: each has a head, or has been read to its end.
 * A new task first reads some inputs up to where they ended when it began (`preload`), one after the other.
 */
import type { BrokerRecord, FetchState } from '../broker/port.ts';

interface Input {
  readonly topic: string;
  readonly queue: BrokerRecord[];
  /** Next unread element of the queue (shifting an array is linear). */
  head: number;
  /** Of keys and values that wait. */
  bytes: number;
  /** Batches that were handed to us and are not in the queue yet. */
  arriving: number;
  /** Its records below this offset come before those of all others; 0 when they have been taken. */
  preload: number;
}

export class FoldOrder {
  readonly #inputs: Input[];
  readonly #fetchState: (topic: string) => FetchState | undefined;

  constructor(topics: readonly string[], fetchState: (topic: string) => FetchState | undefined) {
    this.#inputs = [...topics].sort().map((topic) => ({
      topic,
      queue: [],
      head: 0,
      bytes: 0,
      arriving: 0,
      preload: 0,
    }));
    this.#fetchState = fetchState;
  }

  /** Its records below the offset are taken first. */
  preload(topic: string, below: number): void {
    this.#input(topic).preload = below;
  }

  /** A batch of the topic is being prepared: until `push` the input is not at its end. */
  announce(topic: string): void {
    this.#input(topic).arriving += 1;
  }

  push(topic: string, records: readonly BrokerRecord[]): void {
    const input = this.#input(topic);
    input.arriving -= 1;
    for (const record of records) {
      input.queue.push(record);
      input.bytes += bytesOf(record);
    }
  }

  /** Records of the topic that wait. */
  queued(topic: string): number {
    const input = this.#input(topic);
    return input.queue.length - input.head;
  }

  /** Of keys and values that wait. */
  queuedBytes(topic: string): number {
    return this.#input(topic).bytes;
  }

  /** The next record to fold, or undefined until more has been fetched. */
  take(): BrokerRecord | undefined {
    for (const input of this.#inputs) {
      if (input.preload === 0) continue;
      if (!this.#isPreloaded(input)) {
        return input.queue[input.head] === undefined ? undefined : pop(input);
      }
      input.preload = 0;
    }
    let first: Input | undefined;
    for (const input of this.#inputs) {
      const head = input.queue[input.head];
      if (head === undefined) {
        if (!this.#readToItsEnd(input)) return undefined;
      } else if (first === undefined || head.appendedAtMs < first.queue[first.head]!.appendedAtMs) {
        first = input;
      }
    }
    return first === undefined ? undefined : pop(first);
  }

  /** Something waits: fetched but not taken, or to be read before anything else. */
  get waiting(): boolean {
    return this.#inputs.some((input) => input.queue.length > input.head || input.preload > 0);
  }

  /** Nothing waits and every input has been read to its end. */
  get idle(): boolean {
    return this.#inputs.every((input) => input.queue.length === input.head && this.#readToItsEnd(input));
  }

  /** Judged from fetch positions: a batch of control records alone is never handed over. */
  #readToItsEnd(input: Input): boolean {
    if (input.arriving > 0) return false;
    const state = this.#fetchState(input.topic);
    return state !== undefined && state.position >= state.lastStableOffset;
  }

  /** Judged from the position where no record is left: the offsets before the end may be markers. */
  #isPreloaded({ topic, queue, head, arriving, preload }: Input): boolean {
    const next = queue[head];
    if (next !== undefined) return next.offset >= preload;
    return arriving === 0 && (this.#fetchState(topic)?.position ?? 0) >= preload;
  }

  #input(topic: string): Input {
    return this.#inputs.find((candidate) => candidate.topic === topic)!;
  }
}

function pop(input: Input): BrokerRecord {
  const record = input.queue[input.head]!;
  input.bytes -= bytesOf(record);
  input.head += 1;
  if (input.head === input.queue.length) {
    input.queue.length = 0;
    input.head = 0;
  } else if (input.head > 4096) {
    input.queue.splice(0, input.head);
    input.head = 0;
  }
  return record;
}

function bytesOf({ key, value }: BrokerRecord): number {
  return (key?.length ?? 0) + (value?.length ?? 0);
}
