/**
 * Starts polls at their planned times: one timer for the next due device, a bounded number under way, each device at
 * most once. What cannot start is missed and counted, never queued twice.
 */
import type { Clock } from '../../model/component.ts';
import type { MissedReason } from './observer.ts';
import { Schedule } from './schedule.ts';

/** The timer looks at the clock at least this often, so a clock that was set does not stop or rush the polls. */
const LOOK_MS = 1_000;

/** A larger step of the clock between two looks is a jump (or the process stood still): times are planned anew. */
const JUMP_MS = 5_000;

export interface PlannedPoll {
  readonly key: string;
  readonly plannedAtMs: number;
  /** Polls of this device missed since its last one. */
  readonly missed: number;
}

export interface DispatcherDeps {
  readonly clock: Clock;
  readonly maxInFlight: number;
  /** Runs one poll to its end, publication included. Must not reject. */
  readonly run: (poll: PlannedPoll) => Promise<void>;
  readonly missed: (reason: MissedReason, polls: number) => void;
}

export class Dispatcher {
  readonly #deps: DispatcherDeps;
  readonly #schedule = new Schedule();
  /** Due and waiting for a free place, in order. */
  readonly #waiting = new Map<string, number>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #missed = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #lookedAtMs = 0;
  #stopped = true;

  constructor(deps: DispatcherDeps) {
    this.#deps = deps;
  }

  get inFlight(): number {
    return this.#running.size;
  }

  start(): void {
    this.#stopped = false;
    this.#lookedAtMs = this.#deps.clock();
    this.#look();
  }

  /** Starts no more polls; those under way are the caller's to end. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#waiting.clear();
    await Promise.all(this.#running.values());
  }

  set(key: string, intervalMs: number): void {
    this.#schedule.set(key, intervalMs, this.#deps.clock());
    this.#arm();
  }

  delete(key: string): void {
    this.#schedule.delete(key);
    this.#waiting.delete(key);
    this.#missed.delete(key);
  }

  #look(): void {
    const now = this.#deps.clock();
    const step = now - this.#lookedAtMs;
    this.#lookedAtMs = now;
    if (step < 0 || step > JUMP_MS) {
      this.#schedule.replan(now, (key) => this.#miss(key, 'clock_jump', 1));
    }
    for (let due = this.#schedule.take(now); due !== undefined; due = this.#schedule.take(now)) {
      const { key, plannedAtMs, skipped } = due;
      if (skipped > 0) this.#miss(key, 'overload', skipped);
      if (this.#running.has(key)) this.#miss(key, 'still_running', 1);
      else {
        // The place in the queue stays, the earlier planned time is missed.
        if (this.#waiting.has(key)) this.#miss(key, 'overload', 1);
        this.#waiting.set(key, plannedAtMs);
      }
    }
    this.#fill();
    this.#arm();
  }

  #fill(): void {
    for (const [key, plannedAtMs] of this.#waiting) {
      if (this.#stopped || this.#running.size >= this.#deps.maxInFlight) return;
      this.#waiting.delete(key);
      const missed = this.#missed.get(key) ?? 0;
      this.#missed.delete(key);
      const done = this.#deps.run({ key, plannedAtMs, missed }).finally(() => {
        this.#running.delete(key);
        this.#fill();
      });
      this.#running.set(key, done);
    }
  }

  #miss(key: string, reason: MissedReason, polls: number): void {
    this.#deps.missed(reason, polls);
    this.#missed.set(key, (this.#missed.get(key) ?? 0) + polls);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    const wait = (this.#schedule.nextDueMs() ?? Infinity) - this.#deps.clock();
    this.#timer = setTimeout(() => this.#look(), Math.min(Math.max(wait, 0), LOOK_MS));
  }
}
