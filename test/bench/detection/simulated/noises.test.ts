import { describe, expect, it } from '@jest/globals';
import { Chance } from './chance.ts';
import { NOISES, type NoiseKind } from './noises.ts';

const DRAWS = 4_000;
const LEVEL = 1e6;

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const deviation = (values: readonly number[]): number => {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
};

function rates(kind: NoiseKind, seed: number, expected = LEVEL): number[] {
  const noise = NOISES[kind](new Chance(seed), LEVEL);
  return Array.from({ length: DRAWS }, () => noise(expected, 300));
}

/** Of a value with the one before. */
function correlation(values: readonly number[]): number {
  const [all, spread] = [mean(values), deviation(values)];
  return mean(values.slice(1).map((value, index) => (value - all) * (values[index]! - all))) / spread ** 2;
}

/** Share of values farther from the mean than so many deviations. */
function beyond(values: readonly number[], sigmas: number): number {
  const [centre, far] = [mean(values), sigmas * deviation(values)];
  return values.filter((value) => Math.abs(value - centre) > far).length / values.length;
}

describe('noises', () => {
  it('are of the mean that the season asks for, where they have one, and never below 0', () => {
    for (const kind of Object.keys(NOISES) as NoiseKind[]) {
      expect(Math.min(...rates(kind, 7))).toBeGreaterThanOrEqual(0);
      expect(Math.min(...rates(kind, 7, 0))).toBeGreaterThanOrEqual(0);
    }
    for (const kind of ['gaussian', 'heavy-tailed', 'quantised', 'autocorrelated'] as const)
      for (const seed of [1, 2, 3]) expect(mean(rates(kind, seed)) / LEVEL).toBeCloseTo(1, 1);
    for (const kind of ['bursty', 'idle', 'zero-inflated'] as const)
      expect(mean(rates(kind, 5, LEVEL)) / mean(rates(kind, 5, 3 * LEVEL))).toBeCloseTo(1 / 3, 1);
  });

  it('have the tails that they are named for', () => {
    for (const seed of [1, 2, 3]) {
      expect(beyond(rates('gaussian', seed), 5)).toBe(0);
      expect(beyond(rates('heavy-tailed', seed), 5)).toBeGreaterThan(0);
      expect(beyond(rates('heavy-tailed', seed), 5)).toBeLessThan(0.01);
    }
  });

  it('are alike from poll to poll, or not', () => {
    for (const seed of [1, 2, 3]) {
      expect(correlation(rates('autocorrelated', seed))).toBeGreaterThan(0.8);
      expect(Math.abs(correlation(rates('gaussian', seed)))).toBeLessThan(0.1);
    }
  });

  it('repeat few values, or are mostly nothing', () => {
    expect(new Set(rates('quantised', 1)).size).toBeLessThan(40);
    for (const seed of [1, 2, 3]) {
      const zeros = rates('zero-inflated', seed).filter((rate) => rate === 0).length / DRAWS;
      expect(zeros).toBeGreaterThan(0.65);
      expect(zeros).toBeLessThan(0.99);
      // 0.3 - 10 packets a minute.
      const octets = mean(rates('idle', seed));
      expect(octets).toBeGreaterThan((0.2 * 60) / 60);
      expect(octets).toBeLessThan((10 * 200) / 60);
    }
  });
});

describe('chance', () => {
  it('draws with the means and variances that its names say', () => {
    const chance = new Chance(11);
    const draw = (of: () => number) => Array.from({ length: 20_000 }, of);
    const normal = draw(() => chance.normal());
    expect(mean(normal)).toBeCloseTo(0, 1);
    expect(deviation(normal)).toBeCloseTo(1, 1);
    for (const wanted of [0.1, 4, 90]) {
      const counts = draw(() => chance.poisson(wanted));
      expect(mean(counts) / wanted).toBeCloseTo(1, 1);
      expect(deviation(counts) ** 2 / wanted).toBeCloseTo(1, 0);
    }
    const inner = draw(() => chance.studentT3()).filter((value) => Math.abs(value) < 1);
    // Of t with 3 degrees of freedom, 60.9 % lies within 1.
    expect(inner.length / 20_000).toBeCloseTo(0.609, 1);
  });
});
