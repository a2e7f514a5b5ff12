/** Instants as people read them. */
import { wallClock, type WallClock } from '../../model/wall-clock.ts';

const clocks = new Map<string, WallClock>();

/** To the second, as the clocks of the zone show it: 2026-11-21 10:05:00. */
export function momentText(atMs: number, timeZone: string): string {
  return localIso(atMs, timeZone).slice(0, 19).replace('T', ' ');
}

function localIso(atMs: number, timeZone: string): string {
  let clock = clocks.get(timeZone);
  if (clock === undefined) clocks.set(timeZone, (clock = wallClock(timeZone)));
  return new Date(atMs + clock.offsetMs(atMs)).toISOString();
}
