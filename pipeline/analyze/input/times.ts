/** Times as people write them into files: dates with or without a zone, and numbers counted from 1970. */
import { wallClock } from '../../model/wall-clock.ts';
import { isCompact, writtenOrder, writtenTime, type DateOrder } from './date-forms.ts';

/** Milliseconds since 1970, or NaN for what is no time from 1970 to 2199. */
export type TimeParser = (text: string) => number;

export interface TimeOptions {
  /** Of times that name no zone (IANA). */
  readonly timeZone?: string;
  /** Of dates such as 03/04/2026. */
  readonly order?: DateOrder | undefined;
  /** What numbers count in that are too small to say it themselves; seconds unless told. */
  readonly unitMs?: number;
}

/** 2026-11-21T10:05:06, 2026-11-21 10:05:06.123Z: what nearly all files have, and what is read without a regex. */
const PLAIN_LENGTH = '2026-11-21T10:05:06'.length;
const DAY_LENGTH = '2026-11-21'.length;
const NUMBER = /^\d{1,19}(?:\.\d*)?(?:e\+?\d+)?$/i;

/** Before 1980 it is no date in seconds, but a time since something began. */
const FIRST_S = Date.UTC(1980) / 1000;
/** 1973 in each unit, and later: seconds end where milliseconds begin. */
const FIRST_MS = 1e11;
const FIRST_US = 1e14;
const FIRST_NS = 1e17;
/** Later ones stand for "never". */
const END_MS = Date.UTC(2200, 0, 1);

/**
 * Times are read in the order of a file: in an hour that the zone's clocks show twice, one that is not newer than the time
 * before is of the second. One that they skip is taken for the moment as long after the last one before it.
 * @throws RangeError when the zone is unknown.
 */
export function timeParser({ timeZone = 'UTC', order, unitMs = 1000 }: TimeOptions = {}): TimeParser {
  const clock = wallClock(timeZone);
  const isUtc = timeZone === 'UTC';
  let last = '';
  let lastMs = Number.NaN;
  const fromWall = (localMs: number): number => {
    if (isUtc) return localMs;
    // Offsets are at most 14 hours: one of these two lies before any change between, the other after it.
    const early = localMs - clock.offsetMs(localMs - 86_400_000);
    const late = localMs - clock.offsetMs(localMs + 86_400_000);
    if (early === late) return early;
    const isLate = late + clock.offsetMs(late) === localMs;
    if (early + clock.offsetMs(early) !== localMs) return isLate ? late : early;
    return isLate && early < lastMs ? late : early;
  };
  let day = '';
  let dayMs = Number.NaN;
  // In long form many rows in turn have the same time.
  return (text) => {
    if (text === last) return lastMs;
    last = text;
    const plainMs = plain(text);
    lastMs = Number.isNaN(plainMs) ? parse(text.trim()) : plainMs;
    if (!(lastMs >= 0 && lastMs < END_MS)) lastMs = Number.NaN;
    return lastMs;
  };

  /** NaN where `parse` has to look at it. */
  function plain(text: string): number {
    const { length } = text;
    const isZoned = length > PLAIN_LENGTH;
    if (length < PLAIN_LENGTH || (isZoned && (length !== 24 || text[19] !== '.' || text[23] !== 'Z')))
      return Number.NaN;
    const between = text[DAY_LENGTH];
    if ((between !== 'T' && between !== ' ') || text[13] !== ':' || text[16] !== ':') return Number.NaN;
    if (!text.startsWith(day) || day === '') {
      const written = writtenTime(text.slice(0, DAY_LENGTH), undefined);
      day = '';
      if (written === undefined) return Number.NaN;
      day = text.slice(0, DAY_LENGTH);
      dayMs = Date.UTC(written.year, written.month - 1, written.day);
    }
    const hour = digits(text, 11);
    const minute = digits(text, 14);
    const second = digits(text, 17);
    if (!(hour < 24 && minute < 60 && second < 60)) return Number.NaN;
    const localMs = dayMs + hour * 3_600_000 + minute * 60_000 + second * 1000;
    return isZoned ? localMs + 10 * digits(text, 20) + (digits(text, 21) % 10) : fromWall(localMs);
  }

  function parse(text: string): number {
    if (NUMBER.test(text) && !isCompact(text)) return fromNumber(Number(text), unitMs);
    const written = writtenTime(text, order);
    if (written === undefined) return Number.NaN;
    const { year, month, day: dayOfMonth, hour, minute, second, ms, zone } = written;
    const localMs = Date.UTC(year, month - 1, dayOfMonth, hour, minute, second) + ms;
    return zone === '' ? fromWall(localMs) : localMs - zoneMs(zone);
  }
}

export type FoundOrder =
  | { readonly kind: 'known'; readonly order: DateOrder | undefined }
  | { readonly kind: 'ambiguous' | 'contradictory'; readonly example: string };

/** The order of the dates of one column: told, or the one that all of them allow. */
export function dateOrderOf(texts: Iterable<string>, told: DateOrder | undefined): FoundOrder {
  let order = told;
  let either: string | undefined;
  for (const text of texts) {
    const found = writtenOrder(text.trim());
    if (found === 'none') continue;
    if (found === 'either') either ??= text;
    else if (order !== undefined && found !== order) return { kind: 'contradictory', example: text };
    else order = found;
  }
  if (order === undefined && either !== undefined) return { kind: 'ambiguous', example: either };
  return { kind: 'known', order };
}

/** The number of two digits at `at`; NaN where they are none. */
function digits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? 10 * tens + ones : Number.NaN;
}

function fromNumber(value: number, unitMs: number): number {
  if (value < FIRST_S) return value * unitMs;
  if (value < FIRST_MS) return value * 1000;
  if (value < FIRST_US) return value;
  return value < FIRST_NS ? value / 1e3 : value / 1e6;
}

function zoneMs(zone: string): number {
  if (/^[zug]/i.test(zone)) return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(':', ''));
  return (zone.startsWith('-') ? -1 : 1) * minutes * 60_000;
}
