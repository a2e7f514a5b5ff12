/** The ways in which people write a date and a clock, taken apart: what the parts mean together is `timeParser`'s. */

/** What 03/04/2026 means: the day first, or the month first. */
export const DATE_ORDERS = ['dmy', 'mdy'] as const;
export type DateOrder = (typeof DATE_ORDERS)[number];

/** A wall-clock time as it is written. `zone` is empty where none is. */
export interface WrittenTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly ms: number;
  readonly zone: string;
}

const CLOCK = String.raw`(?<hour>\d{1,2}):(?<minute>\d{2})(?::(?<second>\d{2})(?:[.,](?<fraction>\d{1,9}))?)?(?:\s*(?<half>[ap])\.?m\.?)?`;
/** Java adds the zone's name in brackets. */
const ZONE = String.raw`(?:\s*(?<zone>z|utc|gmt|[+-]\d{2}(?::?\d{2})?)(?:\[[\w/+-]+\])?)?`;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const MONTH = `(?<name>${MONTHS.join('|')})[a-z]*\\.?`;

const form = (date: string, between: string): RegExp =>
  new RegExp(`^${date}(?:${between}${CLOCK}${ZONE})?$`, 'i');

/** 2026-11-21 10:00, 2026/11/21 10:00, 2026-11-21T10:00:00.123456+01:00 */
const YEAR_FIRST = form(
  String.raw`(?<year>\d{4})(?<dash>[-/.])(?<month>\d{1,2})\k<dash>(?<day>\d{1,2})`,
  String.raw`[t\s]\s*`,
);
/** 21.11.2026 10:00, 11/21/2026 10:00 PM, 21/11/26 */
const YEAR_LAST = form(
  String.raw`(?<a>\d{1,2})(?<dash>[-/.])(?<b>\d{1,2})\k<dash>(?<year>\d{4}|(?<=\/)\d{2})`,
  String.raw`,?[t\s]\s*`,
);
/** 21 Nov 2026 10:00, 21/Nov/2026:10:00:00 +0000, Sat, 21 Nov 2026 10:00:00 GMT */
const NAMED_DAY_FIRST = form(
  String.raw`(?:[a-z]{3,9},?\s+)?(?<day>\d{1,2})[-/\s]${MONTH}[-/\s](?<year>\d{4})`,
  String.raw`[:,t\s]\s*`,
);
/** Nov 21, 2026 10:00 PM */
const NAMED_MONTH_FIRST = form(
  String.raw`(?:[a-z]{3,9},?\s+)?${MONTH}\s+(?<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?<year>\d{4})`,
  String.raw`,?\s+`,
);
/** 20261121, 202611211005, 20261121100506, 20261121T100506Z */
const COMPACT =
  /^(?<year>(?:19|20)\d{2})(?<month>0[1-9]|1[0-2])(?<day>0[1-9]|[12]\d|3[01])(?:t?(?<hour>[01]\d|2[0-3])(?<minute>[0-5]\d)(?<second>[0-5]\d)?(?:[.,](?<fraction>\d{1,9}))?)?(?<zone>z)?$/i;

const UNAMBIGUOUS = [YEAR_FIRST, COMPACT, NAMED_DAY_FIRST, NAMED_MONTH_FIRST];

/** `undefined` for what is no date of the calendar, or one that only an order would make one. */
export function writtenTime(text: string, order: DateOrder | undefined): WrittenTime | undefined {
  for (const known of UNAMBIGUOUS) {
    const parts = known.exec(text)?.groups;
    if (parts !== undefined)
      return checked(parts, Number(parts['year']), monthOf(parts), Number(parts['day']));
  }
  const parts = YEAR_LAST.exec(text)?.groups;
  if (parts === undefined) return undefined;
  const [a, b, year] = [Number(parts['a']), Number(parts['b']), fullYear(parts['year']!)];
  switch (orderOf(parts) ?? order) {
    case undefined:
      return undefined;
    case 'dmy':
      return checked(parts, year, b, a);
    case 'mdy':
      return checked(parts, year, a, b);
  }
}

/** What a date with the year last says about its order: `either` may be meant, or it is `none` of these dates. */
export function writtenOrder(text: string): DateOrder | 'either' | 'none' {
  const parts = YEAR_LAST.exec(text)?.groups;
  return parts === undefined ? 'none' : (orderOf(parts) ?? 'either');
}

/** Whether a text of digits alone is a date: 20261121100506. */
export function isCompact(text: string): boolean {
  return COMPACT.test(text);
}

type Parts = Readonly<Record<string, string | undefined>>;

function orderOf(parts: Parts): DateOrder | undefined {
  // With dots it is the day: nobody writes a month so.
  if (parts['dash'] === '.' || Number(parts['a']) > 12) return 'dmy';
  return Number(parts['b']) > 12 ? 'mdy' : undefined;
}

function monthOf({ month, name }: Parts): number {
  return name === undefined ? Number(month) : MONTHS.indexOf(name.toLowerCase()) + 1;
}

function fullYear(text: string): number {
  const year = Number(text);
  if (text.length === 4) return year;
  return year < 70 ? 2000 + year : 1900 + year;
}

/** 24:00 is the end of its day; a leap second is the second after it. */
function checked(parts: Parts, year: number, month: number, day: number): WrittenTime | undefined {
  const { hour: hours = '0', minute = '0', second = '0', fraction = '0', half, zone = '' } = parts;
  const hour = half === undefined ? Number(hours) : halfDay(Number(hours), half);
  const date = new Date(Date.UTC(year, month - 1, day));
  // Date.UTC takes 31 February for 3 March, and the year 50 for 1950.
  const isOnCalendar = year >= 100 && month >= 1 && month <= 12 && date.getUTCDate() === day;
  const isOnClock = hour <= 24 && Number(minute) <= 59 && Number(second) <= 60;
  if (!isOnCalendar || !isOnClock || (hour === 24 && Number(minute) > 0)) return undefined;
  return {
    year,
    month,
    day,
    hour,
    minute: Number(minute),
    second: Number(second),
    ms: Number(`0.${fraction}`) * 1000,
    zone,
  };
}

/** 12 AM is midnight, 12 PM noon; 13 PM is none. */
function halfDay(hour: number, half: string): number {
  if (hour < 1 || hour > 12) return Number.POSITIVE_INFINITY;
  return (hour % 12) + (half.toLowerCase() === 'p' ? 12 : 0);
}
