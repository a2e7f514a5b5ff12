/** Instants and lengths of time as people read them. */
import { wallClock, type WallClock } from '../../model/wall-clock.ts';

const clocks = new Map<string, WallClock>();

/** To the second, as the clocks of the zone show it: 2026-11-21 10:05:00. */
export function momentText(atMs: number, timeZone: string): string {
  return localIso(atMs, timeZone).slice(0, 19).replace('T', ' ');
}

/** Three digits at most: 250 ms, 1.5 s, 90 s, 25 min, 3.5 h, 12 d. */
export function durationText(ms: number): string {
  if (ms > 0 && ms < 1000) return `${Number(ms.toPrecision(3))} ms`;
  if (ms < 10_000) return `${Number((ms / 1000).toPrecision(2))} s`;
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 172_800_000) return `${Number((ms / 3_600_000).toPrecision(2))} h`;
  return `${Number((ms / 86_400_000).toPrecision(ms < 864_000_000 ? 2 : 3))} d`;
}

function localIso(atMs: number, timeZone: string): string {
  let clock = clocks.get(timeZone);
  if (clock === undefined) clocks.set(timeZone, (clock = wallClock(timeZone)));
  return new Date(atMs + clock.offsetMs(atMs)).toISOString();
}
