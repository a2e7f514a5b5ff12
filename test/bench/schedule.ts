/** Polls of everything that is on: hourly ones at first, so that seasonal cells fill, then usual ones. */
import type { LoadMetric, PollTime } from './load.ts';

/** 8 counters a port. */
export const METRICS: readonly LoadMetric[] = ['octets', 'unicast_packets', 'errors', 'discards'];
export const COUNTERS_PER_ROW = 8;

/** Two days: every hour-of-day cell is in use. */
export const WARM_POLLS = 50;
/** A week: every cell is filled. */
export const WEEK_POLLS = 170;
export const WARM_INTERVAL_MS = 3_600_000;
export const INTERVAL_MS = 300_000;
export const POLLS_AN_HOUR = 12;

/** Of poll `step`; the first is at `startMs`, the first `warmPolls` are hourly. */
export function pollTime(startMs: number, step: number, warmPolls = WARM_POLLS): PollTime {
  const warm = Math.min(step, warmPolls - 1);
  const observedAtMs = startMs + warm * WARM_INTERVAL_MS + (step - warm) * INTERVAL_MS;
  return { observedAtMs, intervalMs: step < warmPolls ? WARM_INTERVAL_MS : INTERVAL_MS };
}
