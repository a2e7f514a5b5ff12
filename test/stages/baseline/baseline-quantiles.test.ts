import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { quantileSorted } from 'simple-statistics';
import {
  ageQuantiles,
  quantileBucket,
  QUANTILE_BUCKETS,
  residualQuantile,
  residualRange,
} from '../../../pipeline/stages/baseline/residual-quantiles.ts';
import { randomFrom } from '../../support/random-from.ts';
import { normalFrom } from '../../support/simulated-series.ts';

function histogram(values: readonly number[], weight = 1): Float32Array {
  const buckets = new Float32Array(QUANTILE_BUCKETS);
  for (const value of values) buckets[quantileBucket(value)]! += weight;
  return buckets;
}

describe('residual quantiles', () => {
  it('are those of a normal distribution within 15 %', () => {
    const random = randomFrom(1);
    const values = Array.from({ length: 20_000 }, () => normalFrom(random));
    const buckets = histogram(values);
    for (const [p, truth] of [
      [0.01, -2.326],
      [0.05, -1.645],
      [0.95, 1.645],
      [0.99, 2.326],
    ] as const) {
      expect(residualQuantile(buckets, 0, p, 20_000) / truth).toBeGreaterThan(0.85);
      expect(residualQuantile(buckets, 0, p, 20_000) / truth).toBeLessThan(1.15);
    }
    expect(Math.abs(residualQuantile(buckets, 0, 0.5, 20_000))).toBeLessThan(0.05);
  });

  it('agree with exact ones of skewed values (simple-statistics) within a bucket', () => {
    const random = randomFrom(7);
    // Exponential, centred: what residuals of bursty traffic look like.
    const values = Array.from({ length: 5_000 }, () => -Math.log(1 - random()) - 1);
    const buckets = histogram(values);
    for (const p of [0.05, 0.5, 0.95, 0.99]) {
      const exact = quantileSorted(
        values.toSorted((a, b) => a - b),
        p,
      );
      const error = Math.abs(residualQuantile(buckets, 0, p, values.length) - exact);
      expect(error).toBeLessThan(Math.max(0.1, 0.15 * Math.abs(exact)));
    }
  });

  it('never fall as p grows, and lie in the bucket of a value that is there', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -50, max: 50, noNaN: true }), { minLength: 1 }), (values) => {
        const buckets = histogram(values);
        let before = -Infinity;
        for (const p of [0.01, 0.05, 0.5, 0.95, 0.99]) {
          const quantile = residualQuantile(buckets, 0, p, values.length);
          expect(quantile).toBeGreaterThanOrEqual(before);
          before = quantile;
        }
      }),
    );
  });

  it('are 0 where nothing was seen', () => {
    expect(residualQuantile(new Float32Array(QUANTILE_BUCKETS), 0, 0.99, 0)).toBe(0);
  });

  it('have a range from the outer edges of the outermost buckets, or none where nothing was seen', () => {
    expect(residualRange(new Float32Array(QUANTILE_BUCKETS), 0)).toBeUndefined();
    expect(residualRange(histogram([0.05]), 0)).toEqual({ lowest: 0, highest: 0.1 });
    fc.assert(
      fc.property(fc.array(fc.double({ min: -6, max: 6, noNaN: true }), { minLength: 1 }), (values) => {
        const { lowest, highest } = residualRange(histogram(values), 0)!;
        expect(lowest).toBeLessThanOrEqual(Math.min(...values));
        expect(highest).toBeGreaterThanOrEqual(Math.max(...values));
        expect(highest).toBeLessThanOrEqual(Math.max(0.1, 1.35 * Math.max(...values)) + 1e-12);
        expect(lowest).toBeGreaterThanOrEqual(Math.min(-0.1, 1.35 * Math.min(...values)) - 1e-12);
      }),
    );
  });

  it('forget: weight beyond two weeks is halved', () => {
    const buckets = histogram([1, 2, 3], 600_000);
    expect(ageQuantiles(buckets, 0)).toBe(900_000);
    expect(buckets[quantileBucket(2)]).toBe(300_000);
    expect(ageQuantiles(buckets, 0)).toBe(900_000);
  });
});
