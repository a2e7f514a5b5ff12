import { describe, expect, it } from '@jest/globals';
import { Envelope } from '../../pipeline/analyze/envelope.ts';

function added(
  values: readonly (readonly [timeMs: number, value: number, expected?: number])[],
  buckets = 4,
) {
  const envelope = new Envelope(buckets);
  for (const [timeMs, value, expected = Number.NaN] of values)
    envelope.add({ timeMs, value, expected, scale: expected / 10, score: 0, opened: 0, confidence: 0 });
  return envelope.buckets();
}

describe('the envelope of a series', () => {
  it('has a bucket a value while there is room', () => {
    expect(
      added([
        [1_000, 5],
        [1_010, 7],
      ]),
    ).toMatchObject([
      { fromMs: 1_000, count: 1, least: 5, largest: 5, mean: 5, expected: Number.NaN },
      { fromMs: 1_010, count: 1, least: 7, largest: 7, mean: 7 },
    ]);
  });

  it('makes one of two when time runs out of it, and forgets no extreme', () => {
    const values = Array.from({ length: 100 }, (_, k) => [k * 10, k === 37 ? 1_000 : k, 50] as const);
    const buckets = added(values);
    expect(buckets).toHaveLength(4);
    expect(buckets.reduce((sum, { count }) => sum + count, 0)).toBe(100);
    expect(Math.max(...buckets.map(({ largest }) => largest))).toBe(1_000);
    expect(buckets[1]).toMatchObject({ fromMs: 320, least: 32, largest: 1_000, expected: 50, scale: 5 });
    expect(buckets[0]).toMatchObject({ count: 32, mean: 15.5 });
  });

  it('leaves out what has no values', () => {
    expect(
      added([
        [0, 1],
        [10, 2],
        [1e9, 3],
      ]).map(({ count }) => count),
    ).toEqual([2, 1]);
  });
});
