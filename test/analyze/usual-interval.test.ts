import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { UsualInterval } from '../../pipeline/analyze/usual-interval.ts';

function of(intervals: readonly number[]): UsualInterval {
  const interval = new UsualInterval();
  let atMs = 0;
  for (const ms of intervals) {
    interval.add(atMs, ms);
    atMs += ms;
  }
  return interval;
}

describe('the usual interval of a series', () => {
  it('is the same wherever gaps and repeats stand, also at the end', () => {
    const steady = Array<number>(100).fill(300_000);
    expect(of(steady).ms).toBe(300_000);
    expect(of([...steady, 1_000, 1_000, 86_400_000]).ms).toBe(300_000);
    expect(of([86_400_000, 1, ...steady]).ms).toBe(300_000);
    expect(of([]).ms).toBeNaN();
  });

  it('knows the longest interval and when it began', () => {
    const { longestMs, longestFromMs } = of([5, 5, 900, 5]);
    expect([longestMs, longestFromMs]).toEqual([900, 10]);
  });

  it('is the median within a twentieth', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.001, max: 1e12, noNaN: true }), { minLength: 1 }),
        (intervals) => {
          const sorted = intervals.toSorted((a, b) => a - b);
          const median = sorted[Math.ceil(sorted.length / 2) - 1]!;
          expect(Math.abs(Math.log(of(intervals).ms / median))).toBeLessThan(Math.log(1.05) + 1e-9);
        },
      ),
    );
  });
});
