import { describe, expect, it } from '@jest/globals';
import { Chance } from './chance.ts';
import { SEASONALITIES, type Seasonality } from './seasons.ts';

const HOUR_MS = 3_600_000;
/** A Monday. */
const MONDAY = Date.UTC(2026, 2, 2);
const at = (day: number, hour: number): number => MONDAY + (24 * day + hour) * HOUR_MS;

function of(kind: Seasonality, seed: number): (localMs: number) => number {
  return SEASONALITIES[kind](new Chance(seed));
}

describe('seasons', () => {
  it('come again every week, and are never 0', () => {
    for (const kind of Object.keys(SEASONALITIES) as Seasonality[]) {
      const season = of(kind, 3);
      for (let hour = 0; hour < 168; hour += 0.5) {
        expect(season(at(0, hour))).toBeCloseTo(season(at(7, hour)), 9);
        expect(season(at(0, hour))).toBeGreaterThan(0);
      }
    }
  });

  it('go with the day, with the week, or with both', () => {
    for (const seed of [1, 2, 3]) {
      const [daily, weekly, none] = [of('daily', seed), of('weekly', seed), of('none', seed)];
      for (let hour = 0; hour < 24; hour += 1) expect(daily(at(2, hour))).toBeCloseTo(daily(at(5, hour)), 9);
      expect(weekly(at(2, 12))).toBe(1);
      expect(weekly(at(5, 12))).toBeLessThan(0.7);
      expect(weekly(at(6, 12))).toBe(weekly(at(5, 12)));
      expect(none(at(5, 3))).toBe(1);
      const both = of('daily+weekly', seed);
      expect(both(at(5, 14)) / both(at(2, 14))).toBeLessThan(0.7);
      expect(both(at(2, 4)) / both(at(2, 18))).not.toBeCloseTo(1, 1);
    }
  });

  it('of business are quiet at night and at weekends, and dip at noon', () => {
    for (const seed of [1, 2, 3]) {
      const season = of('business-hours', seed);
      expect(season(at(1, 11))).toBeGreaterThan(0.8);
      expect(season(at(1, 3))).toBeLessThan(0.15);
      expect(season(at(5, 11))).toBeLessThan(0.15);
      expect(season(at(1, 12.5))).toBeLessThan(season(at(1, 11)));
    }
  });
});
