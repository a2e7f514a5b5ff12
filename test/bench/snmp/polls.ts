/** Polls that were found in a topic and came out right. */

export interface CheckedPolls {
  readonly polls: number;
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

/** @throws Error unless each device was polled exactly once in every interval between the edges. */
export function intervalCounts(
  polls: readonly { readonly device: number; readonly atMs: number }[],
  { devices, intervalMs }: { readonly devices: number; readonly intervalMs: number },
  fromMs: number,
  toMs: number,
): void {
  const intervals = Math.round((toMs - fromMs) / intervalMs);
  const counts = new Uint8Array(devices * intervals);
  for (const { device, atMs } of polls) {
    if (!(device >= 0 && device < devices)) throw new Error(`bench is void: there is no switch ${device}`);
    const at = device * intervals + Math.floor((atMs - fromMs) / intervalMs);
    counts[at] = counts[at]! + 1;
  }
  const wrong = counts.findIndex((count) => count !== 1);
  if (wrong < 0) return;
  const [device, interval] = [Math.floor(wrong / intervals), wrong % intervals];
  const bad = counts.filter((count) => count !== 1).length;
  throw new Error(
    `bench is void: switch ${device} was polled ${counts[wrong]} times in interval ${interval}; ${bad} like this`,
  );
}

/** The value below which `share` of the values lie; NaN for none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
