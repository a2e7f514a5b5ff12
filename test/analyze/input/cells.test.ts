import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decimalOf, isMissing, looksNumeric, numberParser } from '../../../pipeline/analyze/input/cells.ts';

const point = numberParser('point');
const comma = numberParser('comma');

describe('numbers in cells', () => {
  it.each([
    ['0', 0],
    [' 12 ', 12],
    ['-1.5e-3', -0.0015],
    ['+.5', 0.5],
    ['45%', 45],
    ['45 %', 45],
    ['1,234,567.5', 1_234_567.5],
    ["1'234", 1234],
    ['1 234', 1234],
    ['18446744073709551615', 2 ** 64],
  ])('%s', (cell, value) => {
    expect(point(cell)).toBe(value);
    expect(looksNumeric(cell)).toBe(true);
  });

  it.each([
    ['1,5', 1.5],
    ['-1.234,25', -1234.25],
    ['3,5%', 3.5],
    ['12', 12],
    ['1.234', 1.234],
  ])('%s with a decimal comma', (cell, value) => {
    expect(comma(cell)).toBe(value);
  });

  it.each(['10.0.0.1', '21.11.2026', '5.3 ms', '1-2', 'abc'])('%s does not look like one', (cell) => {
    expect(looksNumeric(cell)).toBe(false);
  });

  it.each(['', ' ', 'abc', '1.2.3', '12 ms', 'Infinity', '-inf', '1e38', '1e999', '1,5', '--', '5-3', 'NaN'])(
    '"%s" is none',
    (cell) => {
      expect(point(cell)).toBeNaN();
    },
  );

  it('are what they were written from', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e37, max: 1e37, noNaN: true }), (value) => {
        expect(point(String(value))).toBe(value === 0 ? Number(String(value)) : value);
        expect(comma(String(value).replace('.', ','))).toBe(value === 0 ? Number(String(value)) : value);
      }),
    );
  });
});

describe('the sign before the decimals', () => {
  it.each([
    [['1,5', '2'], ';', 'comma'],
    [['1.5', '2'], ';', 'point'],
    [['1,5', '1.5'], ';', 'point'],
    [['1.234,5'], ';', 'comma'],
    [['1,234'], ',', 'point'],
    [['1,234'], ';', 'comma'],
    [['1,23'], ',', 'comma'],
    [['12', 'up', ''], ';', 'point'],
  ])('of %j between %s', (cells, delimiter, decimal) => {
    expect(decimalOf(cells, delimiter)).toBe(decimal);
  });
});

describe('a cell that says nothing', () => {
  it.each(['', '  ', 'NaN', 'null', 'NULL', 'None', 'n/a', '#N/A', '-', '\\N', '?'])('%j', (cell) => {
    expect(isMissing(cell)).toBe(true);
  });

  it.each(['0', 'no', 'down', 'nano', '-1'])('is not %j', (cell) => {
    expect(isMissing(cell)).toBe(false);
  });
});
