import { describe, expect, it } from '@jest/globals';
import { timeParser } from '../../../pipeline/analyze/input/times.ts';

const iso = (ms: number) => (Number.isNaN(ms) ? 'no time' : new Date(ms).toISOString());

describe('times in files', () => {
  const parse = timeParser();

  it.each([
    ['2026-11-21', '2026-11-21T00:00:00.000Z'],
    ['2026-11-21 10:05', '2026-11-21T10:05:00.000Z'],
    ['2026-11-21T10:05:06', '2026-11-21T10:05:06.000Z'],
    [' 2026-11-21 10:05:06.25 ', '2026-11-21T10:05:06.250Z'],
    ['2026-11-21T10:05:06,123456789Z', '2026-11-21T10:05:06.123Z'],
    ['2026-11-21T10:05:06+01:00', '2026-11-21T09:05:06.000Z'],
    ['2026-11-21T10:05:06-0530', '2026-11-21T15:35:06.000Z'],
    ['2026-11-21 10:05:06 UTC', '2026-11-21T10:05:06.000Z'],
    ['1763719506', '2025-11-21T10:05:06.000Z'],
    ['1763719506.5', '2025-11-21T10:05:06.500Z'],
    ['1763719506123', '2025-11-21T10:05:06.123Z'],
    ['1763719506123000', '2025-11-21T10:05:06.123Z'],
    ['1763719506123000000', '2025-11-21T10:05:06.123Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['2016-12-31 23:59:60', '2017-01-01T00:00:00.000Z'],
  ])('reads %s', (text, expected) => {
    expect(iso(parse(text))).toBe(expected);
  });

  it.each([
    '',
    'yesterday',
    '21/11/2026',
    '11/21/2026 10:00',
    '2026-02-30',
    '2026-13-01',
    '2026-11-21 25:00',
    '-5',
    'NaN',
  ])('refuses "%s"', (text) => {
    expect(parse(text)).toBeNaN();
  });

  it('takes times without a zone for those of the zone given, across its changes', () => {
    const berlin = timeParser('Europe/Berlin');
    expect(iso(berlin('2026-07-01 12:00'))).toBe('2026-07-01T10:00:00.000Z');
    expect(iso(berlin('2026-12-01 12:00'))).toBe('2026-12-01T11:00:00.000Z');
    expect(iso(berlin('2026-07-01T12:00Z'))).toBe('2026-07-01T12:00:00.000Z');
    expect(iso(berlin('2026-03-29 01:59'))).toBe('2026-03-29T00:59:00.000Z');
    expect(iso(berlin('2026-03-29 03:00'))).toBe('2026-03-29T01:00:00.000Z');
    // Shown twice: the first.
    expect(iso(berlin('2026-10-25 02:30'))).toBe('2026-10-25T00:30:00.000Z');
    // Skipped.
    expect(iso(berlin('2026-03-29 02:30'))).toBe('2026-03-29T01:30:00.000Z');
    expect(() => timeParser('Mars/Olympus')).toThrow(RangeError);
  });
});
