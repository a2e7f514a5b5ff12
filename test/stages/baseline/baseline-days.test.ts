import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mean, variance } from 'simple-statistics';
import { Reading } from '../../../pipeline/model/reading.ts';
import { StateStore } from '../../../pipeline/runtime/state-store.ts';
import { baselineColumns, SeriesColumns } from '../../../pipeline/stages/baseline/baseline-columns.ts';
import { BASELINE_DEFAULTS } from '../../../pipeline/stages/baseline/baseline-settings.ts';
import { CellStatistics } from '../../../pipeline/stages/baseline/cell-statistics.ts';
import { MIXTURE_BINS, PeriodStatistics } from '../../../pipeline/stages/baseline/period-statistics.ts';
import { BUCKET_EDGES, QUANTILE_BUCKETS } from '../../../pipeline/stages/baseline/residual-quantiles.ts';
import { DetectHarness } from '../../support/detect-harness.ts';
import { randomFrom } from '../../support/random-from.ts';
import { normalFrom } from '../../support/simulated-series.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const STEP = 300_000;
const TICK = 5_000;
const START = Date.UTC(2026, 0, 5);
const METRIC = { name: 'x', unit: null, quantum: 0 };

function periods(harness: DetectHarness, scope = 'interface') {
  return harness.baselines
    .filter(({ scope_type }) => scope_type === scope)
    .flatMap(({ rows, calculated_at }) =>
      rows.flatMap((row) =>
        row.periods.map((period) => ({ ...period, calculated_at, row: row.interface_name })),
      ),
    );
}

/** Live polls of two ports, a tick after each. */
function live(harness: DetectHarness, fromMs: number, toMs: number, timeZone = 'UTC'): DetectHarness {
  const random = randomFrom(fromMs);
  for (let atMs = fromMs; atMs < toMs; atMs += STEP) {
    const sample = { rx_bps: 1e8 * (1 + 0.1 * normalFrom(random)) };
    harness.poll({ atMs, timeZone, rows: { p1: sample, p2: sample } });
    for (let k = 1; k <= 2; k += 1) harness.tick(atMs + k * TICK);
  }
  return harness;
}

const daysOf = (all: ReturnType<typeof periods>) =>
  all.map(({ row, time_period, day_of_week }) => [row, time_period, day_of_week]);

describe('whole days', () => {
  it('are published when they have closed by the clocks of the site, after their last hour', () => {
    const harness = new DetectHarness({ baseline: { spreadMs: TICK } });
    // Monday 00:00 in Berlin is 23:00 UTC.
    live(harness, START - HOUR, START + 23 * HOUR, 'Europe/Berlin');
    expect(periods(harness)).toEqual([]);
    live(harness, START + 23 * HOUR, START + 23 * HOUR + STEP, 'Europe/Berlin');
    const closed = periods(harness);
    expect(daysOf(closed)).toEqual([
      ['p1', 'daily', null],
      ['p1', 'weekly', 1],
      ['p2', 'daily', null],
      ['p2', 'weekly', 1],
    ]);
    expect(daysOf(periods(harness, 'device'))).toEqual([
      ['', 'daily', null],
      ['', 'weekly', 1],
    ]);
    const hours = harness.baselines.findLastIndex(({ rows }) => rows.some((row) => row.cells.length > 0));
    const days = harness.baselines.findIndex(({ rows }) => rows.some((row) => row.periods.length > 0));
    expect(days).toBeGreaterThan(hours);
    for (const { sample_count, metric_unit, baseline_start } of closed) {
      expect({ sample_count, metric_unit }).toEqual({ sample_count: 1, metric_unit: 'bit/s' });
      expect(baseline_start).toBe(START - HOUR);
    }
    live(harness, START + 23 * HOUR + STEP, START + 46 * HOUR, 'Europe/Berlin');
    expect(periods(harness)).toHaveLength(closed.length);
  });

  it.each([
    ['2026-03-29', 23],
    ['2026-10-25', 25],
  ])('close at midnight of a day that is not 24 hours long: %s', (date, hours) => {
    const harness = new DetectHarness({ baseline: { spreadMs: TICK } });
    const midnight = Date.parse(`${date}T00:00:00Z`) - (hours === 23 ? 1 : 2) * HOUR;
    live(harness, midnight, midnight + hours * HOUR, 'Europe/Berlin');
    expect(periods(harness)).toEqual([]);
    live(harness, midnight + hours * HOUR, midnight + hours * HOUR + STEP, 'Europe/Berlin');
    expect(daysOf(periods(harness))).toContainEqual(['p1', 'weekly', 0]);
  });

  it('say nothing while less than half of their hours is known', () => {
    const harness = new DetectHarness({ baseline: { spreadMs: TICK } });
    live(harness, START + 13 * HOUR, START + 25 * HOUR);
    expect(periods(harness)).toEqual([]);
    live(harness, START + 25 * HOUR, START + 48 * HOUR + STEP);
    expect(daysOf(periods(harness))).toContainEqual(['p1', 'weekly', 2]);
    expect(daysOf(periods(harness))).not.toContainEqual(['p1', 'weekly', 1]);
  });

  it("wait for the entity's own moment, when all its hours are paid, and are paid once", () => {
    const entities = Array.from({ length: 200 }, (_, k) => `default/device/r${k}`);
    const harness = new DetectHarness({ baseline: { spreadMs: 12 * TICK } });
    const poll = (atMs: number): void => {
      for (const entity of entities)
        harness.poll({ entity, atMs, appendedAtMs: atMs + 50, rows: { p1: { rx_bps: 4e6 } } });
    };
    for (let atMs = START; atMs <= START + DAY; atMs += STEP) poll(atMs);
    harness.baselines.length = 0;
    const at = new Map<string, number>();
    const busiest: number[] = [];
    for (let tick = 1; tick <= 400; tick += 1) {
      if (tick % 60 === 0) poll(START + DAY + tick * TICK);
      const before = harness.baselines.length;
      harness.tick(START + DAY + tick * TICK);
      const days = harness.baselines.slice(before).filter(({ rows, scope_type }) => {
        return scope_type === 'interface' && rows.some((row) => row.periods.length > 0);
      });
      for (const { entity } of days) {
        expect(at.has(entity)).toBe(false);
        at.set(entity, tick);
      }
      busiest.push(days.length);
    }
    expect(at.size).toBe(entities.length);
    expect(Math.max(...busiest)).toBeLessThan(35);
  });
});

describe('the figures of a day', () => {
  /** A series with random cells and residuals. */
  function randomSeries(seed: number) {
    const state = new StateStore();
    const context = state.context({ name: 'baseline', columns: baselineColumns('x') }, new Reading());
    const columns = new SeriesColumns(context, 'x');
    state.newRows(1);
    const arrays = columns.arraysOf(0);
    const random = randomFrom(seed);
    arrays.level[0] = 100;
    arrays.level_error[0] = 10 * random();
    arrays.day_error[0] = 10 * random();
    arrays.seconds[0] = 1e6;
    arrays.spread[0] = 1 + random();
    for (let hour = 0; hour < 24; hour += 1) {
      arrays.day_visits[hour * arrays.capacity] = hour < 13 ? 30 : Math.floor(40 * random());
      arrays.day_mean[hour * arrays.capacity] = 200 * random();
      arrays.day_deviation[hour * arrays.capacity] = 20 * random() ** 3;
    }
    for (let b = 0; b < QUANTILE_BUCKETS; b += 1) arrays.residuals[b] = random() < 0.3 ? 0 : random() * 1_000;
    return arrays;
  }

  it('are those of the mixture of its hours, quantiles within one of 512 parts of its range', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const arrays = randomSeries(seed);
        const cells = new CellStatistics(BASELINE_DEFAULTS);
        cells.sumUp(arrays, 0);
        const day = new PeriodStatistics(cells, BASELINE_DEFAULTS).of(METRIC, arrays, 0, null, 300)!;
        const hours = Array.from({ length: 24 }, (_, hour) => hour)
          .filter((hour) => arrays.day_visits[hour * arrays.capacity]! > 0)
          .map((hour) => ({ base: cells.dayBase(METRIC, arrays, 0, hour, 300), mean: cells.mean }));
        const means = hours.map((hour) => hour.mean);
        const within = mean(hours.map(({ base }) => (base * arrays.spread[0]!) ** 2));
        expect(day.baseline_mean).toBeCloseTo(mean(means), 6);
        expect(day.baseline_stddev).toBeCloseTo(Math.sqrt(within + variance(means)), 6);
        const total = arrays.residuals.subarray(0, QUANTILE_BUCKETS).reduce((sum, each) => sum + each, 0);
        /** Share of all values below x: each bucket of each hour is spread evenly. */
        const below = (x: number): number =>
          mean(
            hours.map(({ base, mean: centre }) => {
              let share = 0;
              for (let b = 0; b < QUANTILE_BUCKETS; b += 1) {
                const [from, to] = [centre + BUCKET_EDGES[b]! * base, centre + BUCKET_EDGES[b + 1]! * base];
                share += (arrays.residuals[b]! / total) * Math.min(Math.max((x - from) / (to - from), 0), 1);
              }
              return share;
            }),
          );
        const part = (day.baseline_max! - day.baseline_min!) / MIXTURE_BINS;
        expect(below(day.baseline_min!)).toBeCloseTo(0, 6);
        expect(below(day.baseline_max!)).toBeCloseTo(1, 6);
        for (const [quantile, p] of [
          [day.baseline_p5!, 0.05],
          [day.baseline_median, 0.5],
          [day.baseline_p95!, 0.95],
          [day.baseline_p99!, 0.99],
        ] as const) {
          expect(below(quantile - part)).toBeLessThanOrEqual(p + 1e-6);
          expect(below(quantile + part)).toBeGreaterThanOrEqual(p - 1e-6);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('lie at the means of the hours before the first residual', () => {
    const arrays = randomSeries(3);
    arrays.residuals.fill(0);
    const cells = new CellStatistics(BASELINE_DEFAULTS);
    cells.sumUp(arrays, 0);
    const day = new PeriodStatistics(cells, BASELINE_DEFAULTS).of(METRIC, arrays, 0, null, 300)!;
    const means = Array.from({ length: 24 }, (_, hour) => hour)
      .filter((hour) => arrays.day_visits[hour * arrays.capacity]! > 0)
      .map((hour) => arrays.day_mean[hour * arrays.capacity]!);
    expect([day.baseline_min, day.baseline_max]).toEqual([null, null]);
    expect(day.baseline_p99!).toBeLessThanOrEqual(Math.max(...means) + 1e-6);
    expect(day.baseline_p5!).toBeGreaterThanOrEqual(Math.min(...means) - 1e-6);
  });
});
