/**
 * Asks a device that does not answer less and less often, and as usual from its first answer on.
 *
 *            failed             failed_too_often            probe_due
 *          +-------+          +------------------+        +-----------+
 *          v       |          |                  v        |           v
 *         +---------+ --------+               +------+ ---+       +---------+
 *         | closed  |                         | open |            | probing |
 *         +---------+ <---------------------- +------+ <--------- +---------+
 *          ^   ^          succeeded                      failed      |
 *          |   +-----------------------------------------------------+
 *          +-- succeeded                    succeeded
 *
 * closed: polled at each interval. open: not polled; polls are missed, by name. probing: one poll is under way to
 * see whether the device is back; while it is, no other starts.
 */

export type BreakerState = 'closed' | 'open' | 'probing';
export type BreakerEvent = 'succeeded' | 'failed' | 'failed_too_often' | 'probe_due';

export const BREAKER_TRANSITIONS: Readonly<
  Record<BreakerState, Readonly<Record<BreakerEvent, BreakerState>>>
> = {
  closed: { succeeded: 'closed', failed: 'closed', failed_too_often: 'open', probe_due: 'closed' },
  // A poll that started before the breaker opened may still end.
  open: { succeeded: 'closed', failed: 'open', failed_too_often: 'open', probe_due: 'probing' },
  probing: { succeeded: 'closed', failed: 'open', failed_too_often: 'open', probe_due: 'probing' },
};

export interface BreakerSettings {
  /** Failures in a row that open it. */
  readonly failures: number;
  readonly intervalMs: number;
  /** The longest time between two probes; never shorter than the interval. */
  readonly longestBackoffMs: number;
}

export class Breaker {
  #state: BreakerState = 'closed';
  #failures = 0;
  #probeAtMs = 0;
  readonly #settings: BreakerSettings;

  constructor(settings: BreakerSettings) {
    this.#settings = settings;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** What to do at a planned time: poll as usual, probe once, or skip this one. */
  admit(nowMs: number): 'poll' | 'probe' | 'skip' {
    if (this.#state === 'closed') return 'poll';
    // The clock may have jumped back: no wait is longer than the longest backoff.
    const due = nowMs >= this.#probeAtMs || this.#probeAtMs - nowMs > this.#longestMs;
    if (this.#state === 'probing' || !due) return 'skip';
    this.#on('probe_due');
    return 'probe';
  }

  succeeded(): void {
    this.#failures = 0;
    this.#on('succeeded');
  }

  failed(nowMs: number): void {
    this.#failures += 1;
    const tooOften = this.#failures >= this.#settings.failures;
    this.#on(tooOften ? 'failed_too_often' : 'failed');
    if (this.#state === 'open') this.#probeAtMs = nowMs + this.#backoffMs();
  }

  /** 2, 4, 8 ... intervals. Planned times are spread over the interval, so probes of many devices are, too. */
  #backoffMs(): number {
    const doublings = Math.min(this.#failures - this.#settings.failures + 1, 30);
    return Math.min(this.#settings.intervalMs * 2 ** doublings, this.#longestMs);
  }

  get #longestMs(): number {
    return Math.max(this.#settings.longestBackoffMs, this.#settings.intervalMs);
  }

  #on(event: BreakerEvent): void {
    this.#state = BREAKER_TRANSITIONS[this.#state][event];
  }
}
