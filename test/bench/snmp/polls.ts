/** Polls that were found in a topic and came out right. */

import { assertValid } from '../bench.ts';

export interface CheckedPolls {
  readonly polls: number;
  /** Due and not there. */
  readonly missed: number;
  readonly records: number;
  readonly rows: number;
  /** Of the records' values, uncompressed. */
  readonly bytes: number;
  /** Of each poll, where the collector tells. */
  readonly durationsMs: readonly number[];
  /** How long after its time each poll began. */
  readonly lateMs: readonly number[];
  readonly requests: number | undefined;
  readonly retries: number | undefined;
}

/**
 * How many of the polls that were due between the edges are not there.
 * @throws Error when a device was polled twice in an interval, or when most polls are missing.
 */
export function missedPolls(
  polls: readonly { readonly device: number; readonly atMs: number }[],
  { devices, intervalMs }: { readonly devices: number; readonly intervalMs: number },
  fromMs: number,
  toMs: number,
): number {
  const intervals = Math.round((toMs - fromMs) / intervalMs);
  const counts = new Uint8Array(devices * intervals);
  for (const { device, atMs } of polls) {
    assertValid(device >= 0 && device < devices, `there is no switch ${device}`);
    const at = device * intervals + Math.floor((atMs - fromMs) / intervalMs);
    counts[at] = counts[at]! + 1;
    assertValid(counts[at] === 1, `switch ${device} was polled twice in an interval`);
  }
  const missed = counts.length - polls.length;
  if (missed > counts.length / 2)
    throw new Error(`bench is void: ${missed} of ${counts.length} polls missing`);
  return missed;
}

/** The value below which `share` of the values lie; NaN for none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
