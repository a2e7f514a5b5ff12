/** Wall-clock time of a site, cheap enough to ask at every step of a simulation. */

const { floor } = Math;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Hours remembered a zone; six years. */
const MAX_HOURS = 50_000;

export interface LocalTime {
  /** 0 <= hour < 24, with fractions. */
  readonly hour: number;
  /** Saturday or Sunday. */
  readonly weekend: boolean;
}

/** Local time of an IANA zone. @throws RangeError when the zone is unknown. */
export function localClock(timeZone: string): (atMs: number) => LocalTime {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset', year: 'numeric' });
  // Zones change their offset on full UTC hours (Lord Howe's half hour is half an hour late here).
  const offsets = new Map<number, number>();
  return (atMs) => {
    const hourNumber = floor(atMs / HOUR_MS);
    let offsetMs = offsets.get(hourNumber);
    if (offsetMs === undefined) {
      offsetMs = offsetAt(format, hourNumber * HOUR_MS);
      if (offsets.size >= MAX_HOURS) offsets.clear();
      offsets.set(hourNumber, offsetMs);
    }
    const localMs = atMs + offsetMs;
    const day = floor(localMs / DAY_MS);
    // Day 0, 1970-01-01, was a Thursday.
    const weekday = (((day + 4) % 7) + 7) % 7;
    return { hour: (localMs - day * DAY_MS) / HOUR_MS, weekend: weekday === 0 || weekday === 6 };
  };
}

function offsetAt(format: Intl.DateTimeFormat, atMs: number): number {
  const name = format.formatToParts(atMs).find((part) => part.type === 'timeZoneName')?.value ?? 'GMT';
  const [, sign = '+', hours = '0', minutes = '0'] = /^GMT([+-])(\d{2}):(\d{2})/.exec(name) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * HOUR_MS + Number(minutes) * 60_000);
}
