import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DetectHarness, type PortSample } from '../../support/detect-harness.ts';
import { randomFrom } from '../../support/random-from.ts';
import { normalFrom } from '../../support/simulated-series.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEP = 5 * MINUTE;
/** A Monday, 00:00 UTC. */
const START = Date.UTC(2026, 0, 5);
const RESIDUAL = 'rx_bps.half_hour_residual';

function cell(harness: DetectHarness, name: string, halfHour: number): number {
  for (const [, { column }] of harness.state.columns()) {
    const { name: found, metric } = column.declaration;
    if (found === name && metric === 'rx_bps') return column.get(0, halfHour);
  }
  throw new Error(`no column ${name}`);
}

function run(
  harness: DetectHarness,
  fromMs: number,
  toMs: number,
  source: (atMs: number) => PortSample,
): void {
  for (let atMs = fromMs; atMs < toMs; atMs += STEP) {
    harness.poll({ atMs, appendedAtMs: toMs + DAY, rows: { p1: source(atMs) } });
  }
}

describe('the mean of a half hour', () => {
  it('is what its definition says, whatever the values', () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(0, 1e-3, 0.1, 3), (seed, noise) => {
        const random = randomFrom(seed);
        const harness = new DetectHarness();
        const means = new Float32Array(48);
        const counts = new Array<number>(48).fill(0);
        for (let poll = 0; poll < 6 * 288; poll += 1) {
          const atMs = START + poll * STEP;
          const k = Math.floor((atMs % DAY) / (30 * MINUTE));
          const value =
            random() < 0.01 ? 1e12 : 1e8 * (1 + 0.5 * Math.sin(k / 8)) * (1 + noise * normalFrom(random));
          // Before the poll: it is compared with what was learned from those before it.
          const level = levelOf(harness);
          harness.poll({ atMs, appendedAtMs: atMs + DAY, rows: { p1: { rx_bps: value } } });
          const expected = counts[k]! >= 2 ? means[k]! : level;
          const scale = harness.number('rx_bps.scale');
          if (Number.isNaN(scale)) expect(harness.number(RESIDUAL)).toBeNaN();
          else expect(harness.number(RESIDUAL)).toBe(value - expected);
          if (harness.number('rx_bps.shifted') === 1) return;
          const clip = counts[k]! <= 3 || Number.isNaN(scale) ? Infinity : 3 * scale;
          const distance = Math.min(Math.max(value - means[k]!, -clip), clip);
          means[k] = counts[k] === 0 ? value : means[k]! + Math.max(0.03, 1 / (counts[k]! + 1)) * distance;
          counts[k] = Math.min(counts[k]! + 1, 255);
          expect(cell(harness, 'half_mean', k)).toBe(means[k]);
          expect(cell(harness, 'half_polls', k)).toBe(counts[k]);
        }
      }),
      { numRuns: 10 },
    );
  });

  it('does not wait for the hour to close: the third poll of a half hour is compared with the two before', () => {
    const harness = new DetectHarness();
    run(harness, START, START + 2 * HOUR, () => ({ rx_bps: 1e6 }));
    run(harness, START + 2 * HOUR, START + 2 * HOUR + STEP, () => ({ rx_bps: 5e6 }));
    // Of the level: nothing was seen in this half hour.
    expect(harness.number(RESIDUAL) / 1e6).toBeCloseTo(4, 1);
    run(harness, START + 2 * HOUR + STEP, START + 2 * HOUR + 2 * STEP, () => ({ rx_bps: 7e6 }));
    run(harness, START + 2 * HOUR + 2 * STEP, START + 2 * HOUR + 3 * STEP, () => ({ rx_bps: 5e6 }));
    expect(harness.number(RESIDUAL) / 1e6).toBeCloseTo(-1, 6);
  });

  it.each([
    ['UTC', 0],
    ['Asia/Kolkata', 11],
    ['America/St_Johns', 41],
    ['Asia/Kathmandu', 11],
  ])('is kept by the clocks of %s', (timeZone, halfHour) => {
    const harness = new DetectHarness();
    harness.poll({ atMs: START + 10 * MINUTE, timeZone, rows: { p1: { rx_bps: 4e6 } } });
    expect(cell(harness, 'half_mean', halfHour)).toBe(4e6);
    expect(cell(harness, 'half_polls', halfHour)).toBe(1);
  });

  it('moves with the level when the pattern of the hours is kept', () => {
    const random = randomFrom(5);
    const harness = new DetectHarness();
    const pattern = (atMs: number) => (atMs % DAY < DAY / 2 ? 1e8 : 3e8) * (1 + 0.02 * random());
    run(harness, START, START + 21 * DAY, (atMs) => ({ rx_bps: pattern(atMs) }));
    const before = cell(harness, 'half_mean', 40);
    // The shift is complete after six hours; the evening has not been seen on its new level.
    run(harness, START + 21 * DAY, START + 21 * DAY + 7 * HOUR, (atMs) => ({ rx_bps: 2.5 * pattern(atMs) }));
    expect(harness.outcomes.get('level_shift')).toBe(1);
    expect(cell(harness, 'half_mean', 40) / before).toBeCloseTo(2.5, 0);
  });

  it('is forgotten with a level that has nothing to do with the old one', () => {
    const random = randomFrom(6);
    const harness = new DetectHarness();
    run(harness, START, START + 21 * DAY, () => ({ rx_bps: 1e8 * (1 + 0.1 * random()) }));
    run(harness, START + 21 * DAY, START + 22 * DAY + 2 * HOUR, () => ({ rx_bps: 1e5 * (1 + random()) }));
    expect(harness.outcomes.get('level_shift')).toBe(1);
    expect(cell(harness, 'half_polls', 40)).toBe(0);
    expect(cell(harness, 'half_mean', 2)).toBeLessThan(3e5);
  });

  it('of a half hour that knows its values moves by 3 scales x 0.03 a poll at most', () => {
    const random = randomFrom(7);
    const harness = new DetectHarness();
    run(harness, START, START + 14 * DAY, () => ({ rx_bps: 1e8 * (1 + 0.1 * normalFrom(random)) }));
    const before = cell(harness, 'half_mean', 0);
    harness.poll({ atMs: START + 14 * DAY, rows: { p1: { rx_bps: 1e18 } } });
    const moved = cell(harness, 'half_mean', 0) - before;
    expect(moved).toBeGreaterThan(0);
    expect(moved).toBeLessThanOrEqual(3 * 0.03 * harness.number('rx_bps.scale') * 1.000_01);
  });
});

function levelOf(harness: DetectHarness): number {
  for (const [name, { column }] of harness.state.columns())
    if (name === 'baseline.level.rx_bps') return column.segments.length === 0 ? Number.NaN : column.get(0);
  throw new Error('no level');
}
