import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bell, uniform } from '../../pipeline/demo/hash.ts';
import { eventsBefore, eventsInSpan, poisson } from '../../pipeline/demo/rare-events.ts';

describe('chance by position', () => {
  it('is uniform: mean 1/2, variance 1/12', () => {
    const draws = Array.from({ length: 20_000 }, (_, i) => uniform(1, i, 0, 0));
    expect(mean(draws)).toBeCloseTo(0.5, 2);
    expect(variance(draws)).toBeCloseTo(1 / 12, 2);
  });

  it('is bell-shaped: mean 0, variance 1, never beyond 3.47', () => {
    const draws = Array.from({ length: 20_000 }, (_, i) => bell(1, i, 0, 0));
    expect(Math.abs(mean(draws))).toBeLessThan(0.03);
    expect(Math.abs(variance(draws) - 1)).toBeLessThan(0.05);
    expect(Math.max(...draws.map(Math.abs))).toBeLessThan(3.47);
  });

  it('does not depend on its neighbours', () => {
    const draws = Array.from({ length: 20_000 }, (_, i) => bell(1, i, 0, 0));
    const products = draws.slice(1).map((draw, i) => draw * draws[i]!);
    expect(Math.abs(mean(products))).toBeLessThan(0.03);
  });
});

describe('single events', () => {
  it('are as many as a Poisson process has: mean and variance equal', () => {
    const counts = Array.from({ length: 20_000 }, (_, i) => eventsInSpan(1, 2, i, 3));
    expect(Math.abs(mean(counts) - 3)).toBeLessThan(0.06);
    expect(Math.abs(variance(counts) - 3)).toBeLessThan(0.15);
    expect(poisson(0, 0.999)).toBe(0);
  });

  it('fall into any part of a span in proportion to its length, also of 5 s', () => {
    const share = 5 / 600;
    const counts = Array.from({ length: 20_000 }, (_, i) => {
      const from = (i * 0.618034) % (1 - share);
      return eventsBefore(1, 2, i, 60, from + share) - eventsBefore(1, 2, i, 60, from);
    });
    expect(Math.abs(mean(counts) / (60 * share) - 1)).toBeLessThan(0.05);
    expect(Math.abs(variance(counts) / (60 * share) - 1)).toBeLessThan(0.15);
  });

  it('never fall as time goes on, and are all there at the end of the span', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.nat(200),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 20 }),
        (span, total, moments) => {
          const counts = moments.sort((a, b) => a - b).map((x) => eventsBefore(9, 4, span, total, x));
          expect(counts).toEqual([...counts].sort((a, b) => a - b));
          expect(counts.at(-1)).toBeLessThanOrEqual(total);
          expect(eventsBefore(9, 4, span, total, 0)).toBe(0);
          expect(eventsBefore(9, 4, span, total, 1)).toBe(total);
        },
      ),
    );
  });
});

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function variance(values: readonly number[]): number {
  const centre = mean(values);
  return mean(values.map((value) => (value - centre) ** 2));
}
