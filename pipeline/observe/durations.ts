/** Durations as /status shows them: to the millisecond; null stays null. */

export function seconds(ms: number): number;
export function seconds(ms: number | null): number | null;
export function seconds(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms) / 1000;
}

export function wholeMs(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms);
}
