/** Lengths of time as people read them, two or three digits and one unit: 250 ms, 1.5 s, 90 s, 25 min, 3.5 h, 12 d, 40 y. */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const YEAR_MS = 365.25 * DAY_MS;
/** Longer is as good as never. */
const MOST_YEARS = 1_000;

export function durationText(ms: number): string {
  if (ms > 0 && ms < 1000) return `${Number(ms.toPrecision(3))} ms`;
  if (ms < 10_000) return `${Number((ms / 1000).toPrecision(2))} s`;
  if (ms < 2 * MINUTE_MS) return `${Math.round(ms / 1000)} s`;
  if (ms < 2 * HOUR_MS) return `${Math.round(ms / MINUTE_MS)} min`;
  if (ms < 2 * DAY_MS) return `${Number((ms / HOUR_MS).toPrecision(2))} h`;
  if (ms < 2 * YEAR_MS) return `${Number((ms / DAY_MS).toPrecision(ms < 10 * DAY_MS ? 2 : 3))} d`;
  if (ms <= MOST_YEARS * YEAR_MS) return `${Number((ms / YEAR_MS).toPrecision(2))} y`;
  return `more than ${MOST_YEARS} y`;
}
