/** Times as people write them into files: ISO 8601 with or without a zone, and numbers counted from 1970. */
import { wallClock } from '../../model/wall-clock.ts';

/** Milliseconds since 1970, or NaN for what is no time. */
export type TimeParser = (text: string) => number;

/** 2026-11-21, 2026-11-21 10:00, 2026-11-21T10:00:00.123456+01:00 */
const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?$/i;
const NUMBER = /^\d{1,19}(?:\.\d+)?$/;

/** 1973 in each unit, and later: seconds end where milliseconds begin. */
const FIRST_MS = 1e11;
const FIRST_US = 1e14;
const FIRST_NS = 1e17;

/**
 * `timeZone`: of times that name none (IANA). An hour that the zone's clocks show twice is taken for the first; one that
 * they skip, for the moment as long after the last one before it.
 * @throws RangeError when the zone is unknown.
 */
export function timeParser(timeZone = 'UTC'): TimeParser {
  const clock = wallClock(timeZone);
  const isUtc = timeZone === 'UTC';
  const fromWall = (localMs: number): number => {
    if (isUtc) return localMs;
    // Offsets are at most 14 hours: one of these two lies before any change between, and is the earlier reading.
    const early = localMs - clock.offsetMs(localMs - 86_400_000);
    if (early + clock.offsetMs(early) === localMs) return early;
    const late = localMs - clock.offsetMs(localMs + 86_400_000);
    return late + clock.offsetMs(late) === localMs ? late : early;
  };
  let last = '';
  let lastMs = Number.NaN;
  // In long form many rows in turn have the same time.
  return (text) => {
    if (text !== last) {
      lastMs = parse(text);
      last = text;
    }
    return lastMs;
  };

  function parse(text: string): number {
    const trimmed = text.trim();
    if (NUMBER.test(trimmed)) return fromNumber(Number(trimmed));
    const parts = ISO.exec(trimmed);
    if (parts === null) return Number.NaN;
    const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone] = parts;
    const localMs =
      Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)) +
      Number(`0.${fraction || '0'}`) * 1000;
    if (!isOnCalendar(localMs, Number(month), Number(day), Number(hour), Number(minute), Number(second)))
      return Number.NaN;
    return zone === undefined ? fromWall(localMs) : localMs - zoneMs(zone);
  }
}

function fromNumber(value: number): number {
  if (value < FIRST_MS) return value * 1000;
  if (value < FIRST_US) return value;
  return value < FIRST_NS ? value / 1e3 : value / 1e6;
}

function zoneMs(zone: string): number {
  if (/^[zu]/i.test(zone)) return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return (zone.startsWith('-') ? -1 : 1) * minutes * 60_000;
}

/** Date.UTC takes 31 February for 3 March. A leap second is the second after it. */
function isOnCalendar(
  localMs: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): boolean {
  const date = new Date(localMs);
  return (
    month >= 1 &&
    month <= 12 &&
    hour <= 24 &&
    minute <= 59 &&
    second <= 60 &&
    (hour === 24 || second === 60 || (date.getUTCDate() === day && date.getUTCMonth() === month - 1))
  );
}
