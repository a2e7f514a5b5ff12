import { describe, expect, it } from '@jest/globals';
import { localClock } from '../../pipeline/demo/local-clock.ts';

describe('the local clock of a site', () => {
  it.each([
    ['Europe/Berlin', '2026-01-16T11:30:00Z', 12.5, false],
    ['Europe/Berlin', '2026-07-17T22:15:00Z', 0.25, true],
    ['America/New_York', '2026-01-19T04:00:00Z', 23, true],
    ['America/New_York', '2026-01-19T05:00:00Z', 0, false],
    ['Asia/Tokyo', '2026-01-16T15:00:00Z', 0, true],
    ['Asia/Kolkata', '2026-01-15T18:29:00Z', 23 + 59 / 60, false],
    ['UTC', '1969-12-28T06:00:00Z', 6, true],
  ])('says what a clock on the wall in %s says at %s', (timeZone, at, hour, weekend) => {
    const local = localClock(timeZone)(Date.parse(at));
    expect(local.hour).toBeCloseTo(hour, 9);
    expect(local.weekend).toBe(weekend);
  });

  it('follows the change to summer time', () => {
    const clock = localClock('Europe/Berlin');
    expect(clock(Date.parse('2026-03-29T00:59:00Z')).hour).toBeCloseTo(1 + 59 / 60, 9);
    expect(clock(Date.parse('2026-03-29T01:00:00Z')).hour).toBe(3);
  });

  it('refuses a zone that does not exist', () => {
    expect(() => localClock('Europe/Atlantis')).toThrow(RangeError);
  });
});
