import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { dateOrderOf, timeParser } from '../../../pipeline/analyze/input/times.ts';

const iso = (ms: number) => (Number.isNaN(ms) ? 'no time' : new Date(ms).toISOString());

describe('times in files', () => {
  const parse = timeParser();

  it.each([
    ['2026-11-21', '2026-11-21T00:00:00.000Z'],
    ['2026-11-21 10:05', '2026-11-21T10:05:00.000Z'],
    ['2026-11-21T10:05:06', '2026-11-21T10:05:06.000Z'],
    ['2026-11-21 10:05:06', '2026-11-21T10:05:06.000Z'],
    ['2026-11-21T10:05:06.789Z', '2026-11-21T10:05:06.789Z'],
    [' 2026-11-21 10:05:06.25 ', '2026-11-21T10:05:06.250Z'],
    ['2026-11-21T10:05:06,123456789Z', '2026-11-21T10:05:06.123Z'],
    ['2026-11-21T10:05:06+01:00', '2026-11-21T09:05:06.000Z'],
    ['2026-11-21T10:05:06-0530', '2026-11-21T15:35:06.000Z'],
    ['2026-11-21T10:05:06-05', '2026-11-21T15:05:06.000Z'],
    ['2026-11-21 10:05:06 UTC', '2026-11-21T10:05:06.000Z'],
    ['2026-11-21T10:05:06+01:00[Europe/Berlin]', '2026-11-21T09:05:06.000Z'],
    ['2026/11/21 10:05', '2026-11-21T10:05:00.000Z'],
    ['21.11.2026 10:05', '2026-11-21T10:05:00.000Z'],
    ['1.2.2026, 9:05:06', '2026-02-01T09:05:06.000Z'],
    ['21/11/2026', '2026-11-21T00:00:00.000Z'],
    ['11/21/2026 10:05 PM', '2026-11-21T22:05:00.000Z'],
    ['11/21/26 12:05 AM', '2026-11-21T00:05:00.000Z'],
    ['21/Nov/2026:10:05:06 +0100', '2026-11-21T09:05:06.000Z'],
    ['Sat, 21 Nov 2026 10:05:06 GMT', '2026-11-21T10:05:06.000Z'],
    ['November 21, 2026 10:05 p.m.', '2026-11-21T22:05:00.000Z'],
    ['20261121', '2026-11-21T00:00:00.000Z'],
    ['20261121100506', '2026-11-21T10:05:06.000Z'],
    ['20261121T100506Z', '2026-11-21T10:05:06.000Z'],
    ['0', '1970-01-01T00:00:00.000Z'],
    ['1763719506', '2025-11-21T10:05:06.000Z'],
    ['1763719506.5', '2025-11-21T10:05:06.500Z'],
    ['1.763719506e9', '2025-11-21T10:05:06.000Z'],
    ['1763719506123', '2025-11-21T10:05:06.123Z'],
    ['1763719506123000', '2025-11-21T10:05:06.123Z'],
    ['1763719506123000000', '2025-11-21T10:05:06.123Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['2016-12-31 23:59:60', '2017-01-01T00:00:00.000Z'],
    ['2026-11-21 24:00', '2026-11-22T00:00:00.000Z'],
  ])('reads %s', (text, expected) => {
    expect(iso(parse(text))).toBe(expected);
  });

  it.each([
    '',
    'yesterday',
    '03/04/2026',
    '2026-02-30',
    '31.04.2026',
    '2026-13-01',
    '2026-11-21 25:00',
    '2026-11-21 24:01',
    '2026-11-21 10:61:00',
    '2026-11-21T1x:00:00',
    '11/21/2026 13:00 PM',
    '0000-00-00 00:00:00',
    '0026-11-21',
    '1969-12-31',
    '9999-12-31',
    '-5',
    'NaN',
    '1e400',
    '10:05',
  ])('refuses "%s"', (text) => {
    expect(parse(text)).toBeNaN();
  });

  it('takes small numbers for what they are said to count, from whenever', () => {
    expect(timeParser({ unitMs: 1 })('1500')).toBe(1500);
    expect(timeParser({ unitMs: 1e-3 })('1500')).toBe(1.5);
    expect(timeParser({ unitMs: 1 })('1763719506')).toBe(1_763_719_506_000);
  });

  it('takes the day first or the month first, as it is told', () => {
    expect(iso(timeParser({ order: 'dmy' })('03/04/2026'))).toBe('2026-04-03T00:00:00.000Z');
    expect(iso(timeParser({ order: 'mdy' })('03/04/2026'))).toBe('2026-03-04T00:00:00.000Z');
  });

  it('takes times without a zone for those of the zone given, across its changes', () => {
    const berlin = timeParser({ timeZone: 'Europe/Berlin' });
    expect(iso(berlin('2026-07-01 12:00'))).toBe('2026-07-01T10:00:00.000Z');
    expect(iso(berlin('2026-12-01 12:00:00'))).toBe('2026-12-01T11:00:00.000Z');
    expect(iso(berlin('2026-07-01T12:00Z'))).toBe('2026-07-01T12:00:00.000Z');
    expect(iso(berlin('2026-07-01T12:00:00.000Z'))).toBe('2026-07-01T12:00:00.000Z');
    expect(iso(berlin('2026-03-29 01:59'))).toBe('2026-03-29T00:59:00.000Z');
    expect(iso(berlin('2026-03-29 03:00'))).toBe('2026-03-29T01:00:00.000Z');
    // Shown twice: the second where time would go back.
    expect(iso(berlin('2026-10-25 02:30'))).toBe('2026-10-25T00:30:00.000Z');
    expect(iso(berlin('2026-10-25 02:45:00'))).toBe('2026-10-25T00:45:00.000Z');
    expect(iso(berlin('2026-10-25 02:15:00'))).toBe('2026-10-25T01:15:00.000Z');
    expect(iso(berlin('2026-10-25 02:45:00'))).toBe('2026-10-25T01:45:00.000Z');
    expect(iso(berlin('2026-10-25 03:00:00'))).toBe('2026-10-25T02:00:00.000Z');
    // Skipped.
    expect(iso(berlin('2026-03-29 02:30:00'))).toBe('2026-03-29T01:30:00.000Z');
    expect(() => timeParser({ timeZone: 'Mars/Olympus' })).toThrow(RangeError);
  });

  it('reads back every way in which an instant is written', () => {
    const parser = timeParser();
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date('2099-12-31'), noInvalidDate: true }), (date) => {
        const text = date.toISOString();
        const second = Math.floor(date.getTime() / 1000) * 1000;
        expect(parser(text)).toBe(date.getTime());
        expect(parser(text.slice(0, 19).replace('T', ' '))).toBe(second);
        expect(parser(date.toUTCString())).toBe(second);
        expect(parser(`${text.slice(0, 10).split('-').reverse().join('.')} ${text.slice(11, 19)}`)).toBe(
          second,
        );
        expect(parser(text.replaceAll(/[-:]|\.\d+/g, ''))).toBe(second);
      }),
    );
  });
});

describe('the order of day and month', () => {
  it.each([
    [['13/04/2026', '03/04/2026'], { kind: 'known', order: 'dmy' }],
    [['04/03/2026', '04/13/2026'], { kind: 'known', order: 'mdy' }],
    [['04.03.2026'], { kind: 'known', order: 'dmy' }],
    [['2026-11-21', '1700000000', 'soon'], { kind: 'known', order: undefined }],
    [['04/03/2026', '05/03/2026'], { kind: 'ambiguous', example: '04/03/2026' }],
    [['13/04/2026', '04/13/2026'], { kind: 'contradictory', example: '04/13/2026' }],
  ])('of %j', (texts, expected) => {
    expect(dateOrderOf(texts, undefined)).toEqual(expected);
  });

  it('is what the user says, unless the dates cannot be so', () => {
    expect(dateOrderOf(['04/03/2026'], 'mdy')).toEqual({ kind: 'known', order: 'mdy' });
    expect(dateOrderOf(['13/03/2026'], 'mdy')).toEqual({ kind: 'contradictory', example: '13/03/2026' });
  });
});
