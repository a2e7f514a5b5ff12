/**
 * When each device is due: at phase + k x interval, the phase a hash of its entity. The times of a device do not
 * depend on when it was added, on how long polls take or on which collector does them, so nothing drifts, devices
 * are spread over their interval from the first contact on, and a takeover keeps the rhythm. Pure: time is passed.
 */
import { murmur2 } from '../../broker/partitioner.ts';

interface Entry {
  readonly key: string;
  readonly intervalMs: number;
  readonly phaseMs: number;
  dueMs: number;
  /** An entry that was removed or replaced stays in the heap until it comes up. */
  dropped: boolean;
}

export interface Due {
  readonly key: string;
  readonly plannedAtMs: number;
  /** Planned times before this one that have passed without being taken. */
  readonly skipped: number;
}

export class Schedule {
  readonly #entries = new Map<string, Entry>();
  /** Binary heap by dueMs. */
  #heap: Entry[] = [];

  get size(): number {
    return this.#entries.size;
  }

  /** Adds or replaces `key`; its first time is the next of its phase after `nowMs`. */
  set(key: string, intervalMs: number, nowMs: number): void {
    this.delete(key);
    const phaseMs = phaseOf(key, intervalMs);
    const entry = { key, intervalMs, phaseMs, dueMs: nextTime(phaseMs, intervalMs, nowMs), dropped: false };
    this.#entries.set(key, entry);
    this.#push(entry);
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.dropped = true;
    this.#entries.delete(key);
    // Inventories that change without end must not fill the heap with what was dropped.
    if (this.#heap.length > 64 && this.#heap.length > 2 * this.#entries.size) this.#rebuild();
  }

  /** The next planned time, or undefined when nothing is scheduled. */
  nextDueMs(): number | undefined {
    while (this.#heap[0]?.dropped === true) this.#pop();
    return this.#heap[0]?.dueMs;
  }

  /** Takes the earliest entry that is due at `nowMs`, once for all of its times that have passed. */
  take(nowMs: number): Due | undefined {
    const dueMs = this.nextDueMs();
    if (dueMs === undefined || dueMs > nowMs) return undefined;
    const entry = this.#pop()!;
    const skipped = Math.floor((nowMs - entry.dueMs) / entry.intervalMs);
    const plannedAtMs = entry.dueMs + skipped * entry.intervalMs;
    entry.dueMs = plannedAtMs + entry.intervalMs;
    this.#push(entry);
    return { key: entry.key, plannedAtMs, skipped };
  }

  /**
   * Plans everything anew from `nowMs`, after the clock has jumped: neither a burst of all devices nor a silence.
   * `passedOver` hears of each device whose planned time is not taken any more, once: how many intervals lie within a
   * jump says nothing about polls.
   */
  replan(nowMs: number, passedOver: (key: string) => void): void {
    for (const entry of this.#entries.values()) {
      if (entry.dueMs <= nowMs) passedOver(entry.key);
      entry.dueMs = nextTime(entry.phaseMs, entry.intervalMs, nowMs);
    }
    this.#rebuild();
  }

  #rebuild(): void {
    this.#heap = [...this.#entries.values()].sort((a, b) => a.dueMs - b.dueMs);
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent]!.dueMs <= entry.dueMs) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (last === undefined || last === top) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.dueMs < heap[child]!.dueMs) child += 1;
      if (heap[child]!.dueMs >= last.dueMs) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}

/** Where in its interval an entity is polled: 0 to intervalMs - 1. */
export function phaseOf(key: string, intervalMs: number): number {
  return (murmur2(Buffer.from(key)) >>> 0) % intervalMs;
}

/** The first phase + k x interval after `nowMs`. */
function nextTime(phaseMs: number, intervalMs: number, nowMs: number): number {
  return phaseMs + (Math.floor((nowMs - phaseMs) / intervalMs) + 1) * intervalMs;
}
