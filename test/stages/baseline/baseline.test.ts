import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { columnBytes } from '../../../pipeline/model/state.ts';
import { baselineColumns } from '../../../pipeline/stages/baseline/baseline-columns.ts';
import type { Quality } from '../../../topics/interface.ts';
import { DetectHarness, type PortSample } from '../../support/detect-harness.ts';
import { randomFrom } from '../../support/random-from.ts';
import { diurnalTraffic, poissonFrom } from '../../support/simulated-series.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const STEP = 300_000;
/** A Monday, 00:00 UTC. */
const START = Date.UTC(2026, 0, 5);

type Source = (atMs: number) => PortSample;

/** Polls one port every 5 minutes over [fromMs, toMs). */
function run(harness: DetectHarness, fromMs: number, toMs: number, source: Source, timeZone = 'UTC'): void {
  for (let atMs = fromMs; atMs < toMs; atMs += STEP) {
    harness.poll({ atMs, timeZone, appendedAtMs: toMs + DAY, rows: { p1: source(atMs) } });
  }
}

/** The expectation for an instant, asked of a copy so that asking teaches nothing. */
function expectedAt(harness: DetectHarness, atMs: number, timeZone = 'UTC', metric = 'rx_bps'): number {
  const copy = new DetectHarness().restore(harness.snapshot());
  return copy.poll({ atMs, timeZone, rows: { p1: { [metric]: 1e6 } } }).number(`${metric}.expected`);
}

function cell(harness: DetectHarness, name: string, hour: number): number {
  for (const [, { column }] of harness.state.columns()) {
    const { name: found, metric } = column.declaration;
    if (found === name && metric === 'rx_bps') return column.get(0, hour);
  }
  throw new Error(`no column ${name}`);
}

const constant =
  (value: number): Source =>
  () => ({ rx_bps: value });

describe('what is expected', () => {
  it('is nothing before a dozen polls, and then the level', () => {
    const harness = new DetectHarness();
    run(harness, START, START + 12 * STEP, constant(5e6));
    expect(harness.number('rx_bps.expected')).toBeNaN();
    expect(harness.number('rx_bps.sigma')).toBeNaN();
    run(harness, START + 12 * STEP, START + 13 * STEP, constant(5e6));
    expect(harness.number('rx_bps.expected')).toBeCloseTo(5e6, -1);
    expect(harness.number('rx_bps.confidence')).toBeLessThan(0.01);
  });

  it('is written before the value is learned', () => {
    const calm = new DetectHarness();
    const wild = new DetectHarness();
    const source = diurnalTraffic({ seed: 3, mean: 1e8, swing: 0.5, weekend: 1, noise: 0.1 });
    for (const harness of [calm, wild]) {
      run(harness, START, START + 10 * DAY, (atMs) => ({ rx_bps: source(atMs) }));
    }
    const judge = (harness: DetectHarness, value: number): number[] => {
      harness.poll({ atMs: START + 10 * DAY, rows: { p1: { rx_bps: value } } });
      return ['expected', 'scale', 'confidence'].map((column) => harness.number(`rx_bps.${column}`));
    };
    expect(judge(calm, 1e8)).toEqual(judge(wild, 9e9));
  });

  it('follows the hour of the day, and the hour of the week from the third week on', () => {
    const harness = new DetectHarness();
    // 80 M at noon of working days, 20 M at noon of Saturday and Sunday, 10 M otherwise.
    const source: Source = (atMs) => {
      const hour = Math.floor(atMs / HOUR) % 24;
      const weekday = (Math.floor(atMs / DAY) + 4) % 7;
      const noon = weekday === 0 || weekday === 6 ? 20e6 : 80e6;
      return { rx_bps: hour >= 10 && hour < 14 ? noon : 10e6 };
    };
    run(harness, START, START + 4 * DAY, source);
    expect(expectedAt(harness, START + 4 * DAY + 12 * HOUR)).toBeCloseTo(80e6, -6);
    expect(expectedAt(harness, START + 4 * DAY + 3 * HOUR)).toBeCloseTo(10e6, -6);
    run(harness, START + 4 * DAY, START + 28 * DAY, source);
    expect(expectedAt(harness, START + 29 * DAY + 12 * HOUR)).toBeCloseTo(80e6, -6);
    expect(expectedAt(harness, START + 33 * DAY + 12 * HOUR)).toBeCloseTo(20e6, -6);
    expect(cell(harness, 'week_mean', 6 * 24 + 12)).toBeCloseTo(20e6, -5);
    expect(cell(harness, 'week_mean', 1 * 24 + 12)).toBeCloseTo(80e6, -5);
  });

  it('runs on a straight line between the middles of two hours', () => {
    const harness = new DetectHarness();
    const source: Source = (atMs) => ({ rx_bps: 50e6 + 40e6 * Math.sin((2 * Math.PI * (atMs % DAY)) / DAY) });
    run(harness, START, START + 6 * DAY, source);
    const atMs = START + 6 * DAY + 3 * HOUR;
    const truth = source(atMs)['rx_bps']!;
    const ofHour = cell(harness, 'day_mean', 3);
    expect(Math.abs(expectedAt(harness, atMs) - truth)).toBeLessThan(Math.abs(ofHour - truth) / 4);
  });

  it.each([
    ['2026-03-29', 'forward'],
    ['2026-10-25', 'back'],
  ])('keeps to the clocks of the site when they change on %s (%s)', (sunday) => {
    // Traffic from 08:00 to 18:00 in Berlin, by its clocks.
    const hourIn = new Intl.DateTimeFormat('en-US', {
      timeZone: 'Europe/Berlin',
      hour: 'numeric',
      hourCycle: 'h23',
    });
    const source: Source = (atMs) => {
      const hour = Number(hourIn.format(atMs));
      return { rx_bps: hour >= 8 && hour < 18 ? 90e6 : 10e6 };
    };
    const change = Date.parse(`${sunday}T00:00:00Z`);
    const harness = new DetectHarness();
    run(harness, change - 10 * DAY, change, source, 'Europe/Berlin');
    harness.take();
    const noonUtc = Date.parse(`${sunday}T00:00:00Z`) + DAY;
    for (let hour = 0; hour < 24; hour += 1) {
      const atMs = noonUtc + hour * HOUR + HOUR / 2;
      const expected = expectedAt(harness, atMs, 'Europe/Berlin');
      expect(Math.abs(expected - source(atMs)['rx_bps']!)).toBeLessThan(5e6);
    }
  });

  it('is in UTC, and counted, where the zone is unknown', () => {
    const harness = new DetectHarness();
    run(harness, START, START + STEP, constant(1e6), 'Europe/Atlantis');
    expect(harness.outcomes.get('unknown_time_zone')).toBe(1);
  });
});

describe('a visit', () => {
  it('weighs the same at 5 s as at 5 minutes', () => {
    const [fine, coarse] = [new DetectHarness(), new DetectHarness()];
    for (let day = 0; day < 3; day += 1) {
      const startMs = START + day * DAY;
      const value = 1e6 * (day + 1);
      for (let k = 0; k < 720; k += 1) {
        fine.poll({ atMs: startMs + k * 5_000, dtS: 5, rows: { p1: { rx_bps: value } } });
      }
      for (let k = 0; k < 12; k += 1) {
        coarse.poll({ atMs: startMs + k * STEP, rows: { p1: { rx_bps: value } } });
      }
    }
    for (const harness of [fine, coarse]) {
      harness.poll({ atMs: START + 2 * DAY + HOUR, rows: { p1: { rx_bps: 3e6 } } });
      expect(cell(harness, 'day_visits', 0)).toBe(3);
      expect(cell(harness, 'day_mean', 0)).toBeCloseTo(2e6, 0);
    }
  });

  it('of less than 5 minutes is none', () => {
    const harness = new DetectHarness();
    harness.poll({ atMs: START, dtS: 60, rows: { p1: { rx_bps: 1e6 } } });
    harness.poll({ atMs: START + HOUR, dtS: 60, rows: { p1: { rx_bps: 1e6 } } });
    expect(cell(harness, 'day_visits', 0)).toBe(0);
  });

  it('of an old week fades', () => {
    const random = randomFrom(2);
    const harness = new DetectHarness();
    // Slow enough to be no level shift.
    const level = (atMs: number): number => 10e6 * (1 - Math.max(0, (atMs - START) / DAY - 30) / 120);
    run(harness, START, START + 90 * DAY, (atMs) => ({ rx_bps: level(atMs) * (0.8 + 0.4 * random()) }));
    expect(harness.outcomes.get('level_shift')).toBeUndefined();
    expect(cell(harness, 'day_visits', 12)).toBe(90);
    expect(cell(harness, 'day_mean', 12)).toBeLessThan(7e6);
  });
});

describe('the scale', () => {
  it('is at least what counting scatters: one stray error in 5 s is within a sigma, in 5 minutes of zeros too', () => {
    const harness = new DetectHarness();
    run(harness, START, START + 28 * DAY, () => ({ rx_error_rate: 0 }));
    const at = START + 28 * DAY;
    harness.poll({ atMs: at, dtS: 5, rows: { p1: { rx_error_rate: 1 / 5 } } });
    expect(harness.number('rx_error_rate.scale')).toBeCloseTo(0.2, 6);
    expect(harness.number('rx_error_rate.sigma')).toBeLessThanOrEqual(1);
    harness.poll({ atMs: at + STEP, rows: { p1: { rx_error_rate: 1 / 300 } } });
    expect(harness.number('rx_error_rate.scale')).toBeCloseTo(1 / 300, 6);
  });

  it('of a Poisson rate learned at 5 minutes fits polls of 5 s', () => {
    const random = randomFrom(7);
    const harness = new DetectHarness();
    run(harness, START, START + 21 * DAY, () => ({ rx_error_rate: poissonFrom(random, 0.5 * 300) / 300 }));
    let squares = 0;
    const polls = 500;
    for (let k = 0; k < polls; k += 1) {
      const value = poissonFrom(random, 0.5 * 5) / 5;
      harness.poll({ atMs: START + 21 * DAY + k * 5_000, dtS: 5, rows: { p1: { rx_error_rate: value } } });
      squares += harness.number('rx_error_rate.sigma') ** 2;
    }
    expect(squares / polls).toBeGreaterThan(0.4);
    expect(squares / polls).toBeLessThan(1.6);
  });

  it('of a constant is a thousandth of it, never 0', () => {
    const harness = new DetectHarness();
    run(harness, START, START + 3 * DAY, constant(1e9));
    expect(harness.number('rx_bps.scale')).toBeCloseTo(1e6, -3);
    run(harness, START + 3 * DAY, START + 4 * DAY, constant(0));
    expect(harness.number('rx_bps.scale')).toBeGreaterThan(0);
  });

  it('comes close to one sigma of normal noise', () => {
    const source = diurnalTraffic({ seed: 5, mean: 1e8, swing: 0, weekend: 1, noise: 0.1 });
    const harness = new DetectHarness();
    run(harness, START, START + 28 * DAY, (atMs) => ({ rx_bps: source(atMs) }));
    // Straight lines between knots have two thirds of the knots' variance.
    const sigma = 1e7 * Math.sqrt(2 / 3);
    expect(harness.number('rx_bps.scale')).toBeGreaterThan(0.8 * sigma);
    expect(harness.number('rx_bps.scale')).toBeLessThan(1.5 * sigma);
  });
});

describe('learning', () => {
  it.each(['gap', 'reset', 'agent_restart', 'stale', 'first', 'unknown'] satisfies Quality[])(
    'takes nothing from a row of quality %s and says nothing about it',
    (quality) => {
      const harness = new DetectHarness();
      run(harness, START, START + 3 * DAY, constant(1e7));
      const before = harness.snapshot().columns.get('baseline.level.rx_bps');
      harness.poll({ atMs: START + 3 * DAY, quality, rows: { p1: { rx_bps: 9e9 } } });
      expect(harness.snapshot().columns.get('baseline.level.rx_bps')).toEqual(before);
      expect(harness.number('rx_bps.expected')).toBeNaN();
      expect(harness.number('rx_bps.score')).toBeNaN();
    },
  );

  it('leaves ports out that are down', () => {
    const harness = new DetectHarness();
    run(harness, START, START + 3 * DAY, constant(1e7));
    run(harness, START + 3 * DAY, START + 5 * DAY, () => ({ rx_bps: 0, oper_status: 2 }));
    expect(harness.number('rx_bps.expected')).toBeNaN();
    run(harness, START + 5 * DAY, START + 5 * DAY + STEP, constant(1e7));
    expect(harness.number('rx_bps.expected')).toBeCloseTo(1e7, -4);
  });

  it('is not thrown by a huge value: three scales at most', () => {
    const source = diurnalTraffic({ seed: 8, mean: 1e8, swing: 0.3, weekend: 1, noise: 0.1 });
    const harness = new DetectHarness();
    run(harness, START, START + 20 * DAY, (atMs) => ({ rx_bps: source(atMs) }));
    const before = expectedAt(harness, START + 21 * DAY + HOUR / 2);
    run(harness, START + 20 * DAY, START + 20 * DAY + HOUR, constant(1e12));
    run(harness, START + 20 * DAY + HOUR, START + 21 * DAY, (atMs) => ({ rx_bps: source(atMs) }));
    expect(expectedAt(harness, START + 21 * DAY + HOUR / 2) / before).toBeLessThan(1.1);
  });

  it('moves every cell to a new level within a day, and keeps the pattern of the hours', () => {
    const source = diurnalTraffic({ seed: 9, mean: 1e8, swing: 0.5, weekend: 1, noise: 0.05 });
    const harness = new DetectHarness();
    run(harness, START, START + 21 * DAY, (atMs) => ({ rx_bps: source(atMs) }));
    const trough = expectedAt(harness, START + 23 * DAY + HOUR / 2);
    const peak = expectedAt(harness, START + 23 * DAY + 12.5 * HOUR);
    run(harness, START + 21 * DAY, START + 22 * DAY, (atMs) => ({ rx_bps: 2.5 * source(atMs) }));
    expect(harness.outcomes.get('level_shift')).toBe(1);
    expect(expectedAt(harness, START + 23 * DAY + HOUR / 2) / trough).toBeCloseTo(2.5, 0);
    expect(expectedAt(harness, START + 23 * DAY + 12.5 * HOUR) / peak).toBeCloseTo(2.5, 0);
  });

  it('adds to every cell what is added to the hours in which that is seen', () => {
    const source = diurnalTraffic({ seed: 9, mean: 1e8, swing: 0.5, weekend: 1, noise: 0.02 });
    const harness = new DetectHarness();
    run(harness, START, START + 21 * DAY, (atMs) => ({ rx_bps: source(atMs) }));
    const trough = expectedAt(harness, START + 23 * DAY + HOUR / 2);
    const peak = expectedAt(harness, START + 23 * DAY + 12.5 * HOUR);
    run(harness, START + 21 * DAY, START + 23 * DAY, (atMs) => ({ rx_bps: 1e8 + source(atMs) }));
    expect(harness.outcomes.get('level_shift')).toBe(1);
    expect((expectedAt(harness, START + 23 * DAY + HOUR / 2) - trough) / 1e8).toBeCloseTo(1, 1);
    expect((expectedAt(harness, START + 23 * DAY + 12.5 * HOUR) - peak) / 1e8).toBeCloseTo(1, 1);
  });

  it('starts anew, without confidence, at a level that has nothing to do with the old one', () => {
    const harness = new DetectHarness();
    const random = randomFrom(4);
    run(harness, START, START + 21 * DAY, () => ({ rx_bps: 1e8 * (1 + 0.1 * random()) }));
    const low = () => ({ rx_bps: 1e6 * (1 + 0.1 * random()) });
    run(harness, START + 21 * DAY, START + 22 * DAY - STEP, low);
    expect(harness.outcomes.get('level_shift')).toBeUndefined();
    run(harness, START + 22 * DAY - STEP, START + 23 * DAY, low);
    expect(harness.outcomes.get('level_shift')).toBe(1);
    expect(harness.number('rx_bps.expected') / 1e6).toBeCloseTo(1, 0);
    expect(harness.number('rx_bps.confidence')).toBeLessThan(0.1);
  });

  it('does not forget a port that had no traffic for a night', () => {
    const source = diurnalTraffic({ seed: 10, mean: 1e8, swing: 0.5, weekend: 1, noise: 0.05 });
    const harness = new DetectHarness();
    run(harness, START, START + 21 * DAY, (atMs) => ({ rx_bps: source(atMs) }));
    const noon = expectedAt(harness, START + 28 * DAY + 12.5 * HOUR);
    run(harness, START + 21 * DAY, START + 21 * DAY + 20 * HOUR, () => ({ rx_bps: 0 }));
    run(harness, START + 21 * DAY + 20 * HOUR, START + 28 * DAY, (atMs) => ({ rx_bps: source(atMs) }));
    expect(harness.outcomes.get('level_shift')).toBeUndefined();
    expect(Math.abs(expectedAt(harness, START + 28 * DAY + 12.5 * HOUR) / noon - 1)).toBeLessThan(0.05);
    expect(harness.number('rx_bps.confidence')).toBe(1);
  });
});

describe('the state', () => {
  it('is the same to the last bit after a restart in the middle, as are the numbers', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 1_499 }), (seed, cut) => {
        const random = randomFrom(seed);
        const polls = Array.from({ length: 1_500 }, (_, k) => ({
          atMs: START + k * STEP,
          rows: {
            p1: { rx_bps: 1e8 * random() ** 2, rx_error_rate: poissonFrom(random, 1) / 300 },
            p2: { rx_bps: random() < 0.01 ? 1e10 : 1e6 * random(), oper_status: random() < 0.02 ? 2 : 1 },
          },
        }));
        const whole = new DetectHarness();
        for (const poll of polls) whole.poll(poll);
        const first = new DetectHarness();
        for (const poll of polls.slice(0, cut)) first.poll(poll);
        const second = new DetectHarness().restore(first.snapshot());
        for (const poll of polls.slice(cut)) second.poll(poll);
        expect(second.snapshot()).toEqual(whole.snapshot());
        expect([...first.anomalies, ...second.anomalies]).toEqual(whole.anomalies);
      }),
      { numRuns: 8 },
    );
  });

  it('is 2,174 bytes a series of the stage itself, 206 of which every poll touches', () => {
    const bytes = (group: string) =>
      baselineColumns('rx_bps')
        .filter((declaration) => declaration.group === group)
        .reduce((sum, { type, width = 1 }) => sum + columnBytes(type) * width, 0);
    expect([bytes('hot'), bytes('hot') + bytes('cell')]).toEqual([206, 2_174]);
  });

  it('takes less than 3 KB a series', () => {
    const harness = new DetectHarness();
    const rows = Object.fromEntries(Array.from({ length: 4096 }, (_, k) => [`p${k}`, { rx_bps: 1 }]));
    harness.poll({ atMs: START, rows });
    const bytes = [...harness.state.bytesByStage().values()].reduce((sum, part) => sum + part, 0);
    expect(bytes / (4096 * 10)).toBeLessThan(3_000);
  });
});
