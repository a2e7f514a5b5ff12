import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hourOfDay, hourOfWeek, wallClock, wallHour } from '../../pipeline/model/wall-clock.ts';

const HOUR = 3_600_000;

function shown(zone: string, utc: string): { day: number; week: number } {
  const hour = wallHour(wallClock(zone), Date.parse(utc));
  return { day: hourOfDay(hour), week: hourOfWeek(hour) };
}

describe('the wall clock of a zone', () => {
  it('counts the hours of the week from Sunday midnight', () => {
    expect(shown('UTC', '2026-03-01T00:00:00Z')).toEqual({ day: 0, week: 0 });
    expect(shown('UTC', '2026-03-07T23:59:59Z')).toEqual({ day: 23, week: 167 });
    expect(shown('Asia/Kolkata', '2026-03-02T18:29:59Z')).toEqual({ day: 23, week: 47 });
    expect(shown('Asia/Kolkata', '2026-03-02T18:30:00Z')).toEqual({ day: 0, week: 48 });
    expect(shown('America/New_York', '2026-01-05T04:59:59Z')).toEqual({ day: 23, week: 23 });
  });

  it('skips an hour when the clocks go forward', () => {
    // Berlin, 29 March 2026: 02:00 becomes 03:00 at 01:00 UTC.
    expect(shown('Europe/Berlin', '2026-03-29T00:59:59Z').day).toBe(1);
    expect(shown('Europe/Berlin', '2026-03-29T01:00:00Z').day).toBe(3);
    expect(shown('Europe/Berlin', '2026-03-30T01:00:00Z').day).toBe(3);
  });

  it('stays in the same hour for two hours when the clocks go back', () => {
    // Berlin, 25 October 2026: 03:00 becomes 02:00 at 01:00 UTC.
    const clock = wallClock('Europe/Berlin');
    const before = wallHour(clock, Date.parse('2026-10-25T00:30:00Z'));
    expect(hourOfDay(before)).toBe(2);
    expect(wallHour(clock, Date.parse('2026-10-25T01:30:00Z'))).toBe(before);
    expect(wallHour(clock, Date.parse('2026-10-25T02:30:00Z'))).toBe(before + 1);
  });

  it('finds a change by half an hour at half past', () => {
    // Lord Howe, 4 October 2026: 02:00 (+10:30) becomes 02:30 (+11:00) at 15:30 UTC of the 3rd.
    const clock = wallClock('Australia/Lord_Howe');
    const change = Date.parse('2026-10-03T15:30:00Z');
    expect(clock.offsetMs(change - 1)).toBe(10.5 * HOUR);
    expect(clock.offsetMs(change)).toBe(11 * HOUR);
  });

  it('agrees with Intl at any instant, in any order of asking', () => {
    const zones = [
      'Europe/Berlin',
      'America/Sao_Paulo',
      'Asia/Kathmandu',
      'Pacific/Apia',
      'Africa/Casablanca',
    ];
    const clocks = new Map(zones.map((zone) => [zone, wallClock(zone)]));
    const hours = new Map(
      zones.map((timeZone) => [
        timeZone,
        new Intl.DateTimeFormat('en-US', { timeZone, hour: 'numeric', hourCycle: 'h23' }),
      ]),
    );
    const from = Date.parse('1990-01-01T00:00:00Z');
    const to = Date.parse('2037-01-01T00:00:00Z');
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.integer({ min: from, max: to }), (zone, atMs) => {
        expect(hourOfDay(wallHour(clocks.get(zone)!, atMs))).toBe(Number(hours.get(zone)!.format(atMs)));
      }),
      { numRuns: 2_000 },
    );
  });

  it('refuses a zone that nobody knows', () => {
    expect(() => wallClock('Europe/Atlantis')).toThrow(RangeError);
  });
});
