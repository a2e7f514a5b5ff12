import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addExactly, exactSum, SUM_WIDTH } from '../../pipeline/model/exact-sum.ts';

function sumOf(values: readonly number[]): { total: number; parts: number[] } {
  const sums = new Float64Array(SUM_WIDTH);
  for (const value of values) addExactly(sums, 0, value);
  return { total: exactSum(sums, 0), parts: [...sums] };
}

/** Rates: errors a second, packets, bits of a backbone. */
const rate = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.double({ min: 0, max: 1e6, noNaN: true }),
  fc.double({ min: -1e15, max: 1e15, noNaN: true }),
);

describe('an exact sum', () => {
  it('is the same in any order, where plain addition is not', () => {
    const values = [0.1, 0.2, 0.3];
    const plain = (of: readonly number[]) => of.reduce((sum, value) => sum + value, 0);
    expect(plain(values)).not.toBe(plain(values.toReversed()));
    expect(sumOf(values.toReversed())).toEqual(sumOf(values));
  });

  it('is the same in any order, whatever is added', () => {
    fc.assert(
      fc.property(fc.array(rate, { maxLength: 60 }), fc.integer(), (values, seed) => {
        const order = values.map((value, at) => ({ value, place: Math.sin(seed + at) }));
        const shuffled = order.toSorted((a, b) => a.place - b.place).map(({ value }) => value);
        expect(sumOf(shuffled).parts).toEqual(sumOf(values).parts);
      }),
    );
  });

  it('is right to half a millionth a value', () => {
    fc.assert(
      fc.property(fc.array(rate, { maxLength: 60 }), (values) => {
        // In whole 2^-60ths, as bigints: exact.
        const scale = 2n ** 60n;
        const exact = values.reduce((sum, value) => sum + toScaled(value, scale), 0n);
        const found = toScaled(sumOf(values).total, scale);
        const error = Number(found - exact) / Number(scale);
        const rounding = Math.abs(sumOf(values).total) * Number.EPSILON;
        expect(Math.abs(error)).toBeLessThanOrEqual(values.length * 2 ** -21 + rounding);
      }),
    );
  });

  it('holds what a hundred thousand devices of a terabit send', () => {
    const sums = new Float64Array(SUM_WIDTH);
    for (let device = 0; device < 100_000; device += 1) addExactly(sums, 0, 1e12 + 0.25);
    expect(exactSum(sums, 0)).toBe(1e17 + 25_000);
  });
});

function toScaled(value: number, scale: bigint): bigint {
  const whole = Math.trunc(value);
  return BigInt(whole) * scale + BigInt(Math.trunc((value - whole) * Number(scale)));
}
