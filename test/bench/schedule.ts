/** Polls of everything that is on: two days of hourly ones, so that each seasonal cell is in use, then usual ones. */
import type { LoadMetric, PollTime } from './load.ts';

/** 8 counters a port. */
export const METRICS: readonly LoadMetric[] = ['octets', 'unicast_packets', 'errors', 'discards'];
export const COUNTERS_PER_ROW = 8;

export const WARM_POLLS = 50;
export const WARM_INTERVAL_MS = 3_600_000;
export const INTERVAL_MS = 300_000;

/** Of poll `step`; the first is at `startMs`. */
export function pollTime(startMs: number, step: number): PollTime {
  const warm = Math.min(step, WARM_POLLS - 1);
  const observedAtMs = startMs + warm * WARM_INTERVAL_MS + (step - warm) * INTERVAL_MS;
  return { observedAtMs, intervalMs: step < WARM_POLLS ? WARM_INTERVAL_MS : INTERVAL_MS };
}
