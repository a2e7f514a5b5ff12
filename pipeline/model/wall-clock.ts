/**
 * Wall-clock hours of an instant in an IANA zone. Intl answers in microseconds what a poll may cost in nanoseconds,
 * so the zone's offset is asked once a UTC day and remembered; a day on which it changes is searched for the moment.
 */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Every zone in use since 1972 changes its offset on a UTC quarter of an hour (Lord Howe: at half past). */
const QUARTER_MS = 900_000;
/** Days remembered a zone: history of many devices is loaded interleaved, so a few dozen are in use at once. */
const MAX_DAYS = 1_000;

/** 1970-01-01, a Thursday, is day 4 of the week that starts on Sunday. */
const EPOCH_HOUR_OF_WEEK = 4 * 24;

export interface WallClock {
  readonly timeZone: string;
  /** Milliseconds to add to UTC: what the zone's clocks show is `atMs + offsetMs(atMs)`. */
  offsetMs(atMs: number): number;
}

/** The offset within one UTC day: `before` up to `changeMs`, `after` from there on. */
interface DayOffsets {
  readonly changeMs: number;
  readonly before: number;
  readonly after: number;
}

/** @throws RangeError when the zone is unknown. */
export function wallClock(timeZone: string): WallClock {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const days = new Map<number, DayOffsets>();
  let lastDay = Number.NaN;
  let last: DayOffsets = { changeMs: 0, before: 0, after: 0 };
  return {
    timeZone,
    offsetMs(atMs) {
      const day = Math.floor(atMs / DAY_MS);
      if (day !== lastDay) {
        let found = days.get(day);
        if (found === undefined) {
          if (days.size >= MAX_DAYS) days.clear();
          days.set(day, (found = dayOffsets(format, day * DAY_MS)));
        }
        last = found;
        lastDay = day;
      }
      return atMs < last.changeMs ? last.before : last.after;
    },
  };
}

/**
 * Number of the hour that the zone's clocks show, counted from 1970-01-01 00:00 on those clocks. It skips a number
 * when the clocks go forward and stays the same for two hours when they go back.
 */
export function wallHour(clock: WallClock, atMs: number): number {
  return Math.floor((atMs + clock.offsetMs(atMs)) / HOUR_MS);
}

/** 0-23, of an hour from `wallHour`. */
export function hourOfDay(hour: number): number {
  return ((hour % 24) + 24) % 24;
}

/** 0-167 from Sunday 00:00, of an hour from `wallHour`. */
export function hourOfWeek(hour: number): number {
  return (((hour + EPOCH_HOUR_OF_WEEK) % 168) + 168) % 168;
}

function dayOffsets(format: Intl.DateTimeFormat, startMs: number): DayOffsets {
  const before = offsetAt(format, startMs);
  const after = offsetAt(format, startMs + DAY_MS - QUARTER_MS);
  if (before === after) return { changeMs: startMs, before, after };
  let low = 0;
  let high = DAY_MS / QUARTER_MS - 1;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (offsetAt(format, startMs + middle * QUARTER_MS) === before) low = middle;
    else high = middle;
  }
  return { changeMs: startMs + high * QUARTER_MS, before, after };
}

function offsetAt(format: Intl.DateTimeFormat, atMs: number): number {
  const shown: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
  for (const { type, value } of format.formatToParts(atMs)) shown[type] = Number(value);
  const { year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = shown;
  const wholeSeconds = Math.floor(atMs / 1000) * 1000;
  return Date.UTC(year, month - 1, day, hour, minute, second) - wholeSeconds;
}
