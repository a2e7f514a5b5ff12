/** What an outage, or somebody who knows the baselines, can do to them. The bounds are those of docs/baselines.md. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { max } from 'simple-statistics';
import { DetectHarness, type DetectState } from '../../support/detect-harness.ts';
import { documentedTable } from '../../support/documented-table.ts';
import { randomFrom } from '../../support/random-from.ts';
import { normalFrom } from '../../support/simulated-series.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const STEP = 300_000;
const START = Date.UTC(2026, 0, 5);
const LEVEL = 1e8;
const SIGMA = 1e7;

const bounds = documentedTable('baselines.md', 'What an attack can do').map((cells) => {
  const [days, hours, day, week, level, scale] = cells.map(Number) as [
    ...[number, number, number, number, number, number],
  ];
  return { days, hours, day, week, level, scale };
});

const histories = new Map<number, DetectState>();

/** A port of 100 M with a sigma of 10 M, polled every 5 minutes. */
function history(days: number): DetectState {
  const known = histories.get(days);
  if (known !== undefined) return known;
  const random = randomFrom(days);
  const harness = new DetectHarness();
  for (let atMs = START; atMs < START + days * DAY; atMs += STEP)
    poll(harness, atMs, LEVEL + SIGMA * normalFrom(random));
  histories.set(days, harness.snapshot());
  return history(days);
}

function poll(harness: DetectHarness, atMs: number, rx_bps: number): DetectHarness {
  return harness.poll({ atMs, appendedAtMs: atMs + DAY, rows: { p1: { rx_bps } } });
}

function column(harness: DetectHarness, name: string) {
  for (const [of, { column: found }] of harness.state.columns())
    if (of === `baseline.${name}.rx_bps`) return found;
  throw new Error(`no column ${name}`);
}

function cells(harness: DetectHarness, name: string): number[] {
  const of = column(harness, name);
  return Array.from({ length: of.width }, (_, k) => of.get(0, k));
}

/** Largest scale of three hours, two weeks later, asked of copies. */
function scale(harness: DetectHarness, endMs: number): number {
  const state = harness.snapshot();
  return max(
    [0, 5, 12].map((hour) =>
      poll(new DetectHarness().restore(state), endMs + 14 * DAY + (hour + 0.5) * HOUR, LEVEL).number(
        'rx_bps.scale',
      ),
    ),
  );
}

/** What the attacker sends: any number, or something so many scales beside what is expected. */
type Shot = { readonly value: number } | { readonly scales: number };

function attack(days: number, hours: number, shots: readonly Shot[]) {
  const harness = new DetectHarness().restore(history(days));
  // The next hour begins, so that what was learned is in its cells.
  const endMs = poll(harness, START + days * DAY, LEVEL).reading.observedAtMs;
  const before = {
    day: cells(harness, 'day_mean'),
    week: cells(harness, 'week_mean'),
    level: cells(harness, 'level')[0]!,
    scale: scale(harness, endMs),
  };
  let [expected, sigma] = [LEVEL, before.scale];
  // One poll less than a level shift may take.
  for (let k = 0; k < (hours * HOUR) / STEP - 1; k += 1) {
    const shot = shots[k % shots.length]!;
    poll(harness, endMs + (k + 1) * STEP, 'value' in shot ? shot.value : expected + shot.scales * sigma);
    expected = harness.number('rx_bps.expected');
    sigma = harness.number('rx_bps.scale');
  }
  poll(harness, endMs + (hours + 1) * HOUR, LEVEL);
  const moved = (was: readonly number[], is: readonly number[]) =>
    max(was.map((mean, k) => Math.abs(is[k]! - mean) / before.scale));
  return {
    shifted: harness.outcomes.has('level_shift'),
    day: moved(before.day, cells(harness, 'day_mean')),
    week: moved(before.week, cells(harness, 'week_mean')),
    level: Math.abs(cells(harness, 'level')[0]! - before.level) / before.scale,
    scale: scale(harness, endMs) / before.scale,
  };
}

const shot = fc.oneof(
  fc.record({ value: fc.double({ min: -1e38, max: 1e38, noNaN: true }) }),
  fc.record({ scales: fc.double({ min: -10, max: 10, noNaN: true }) }),
  fc.record({ scales: fc.constantFrom(-2.99, 2.99, 0.9, -0.9, 3.01, -3.01) }),
);

/** The worst that was found by hand. */
const WORST: readonly (readonly Shot[])[] = [
  [{ value: 1e15 }, { value: -1e15 }],
  [{ scales: 2.99 }, { scales: -2.99 }],
  [{ scales: 2.99 }],
  [...new Array<Shot>(19).fill({ scales: 100 }), { scales: 0 }],
];

describe('an attack of any values', () => {
  it.each(bounds)(
    'after $days days, for $hours hours, moves nothing further than what is documented',
    ({ days, hours, ...most }) => {
      fc.assert(
        fc.property(fc.array(shot, { minLength: 1, maxLength: 6 }), (shots) => {
          const { shifted, ...moves } = attack(days, hours, shots);
          // What lasts on one side for six hours is a new level, and told as one.
          if (shifted) return hours > 6;
          for (const [what, move] of Object.entries(moves))
            if (!(move <= most[what as keyof typeof most])) return false;
          return true;
        }),
        { numRuns: 25, examples: WORST.map((shots) => [[...shots]]) },
      );
    },
    120_000,
  );

  it('reaches a third of what is documented: the bounds mean something', () => {
    for (const { days, hours, ...most } of bounds) {
      const worst = WORST.map((shots) => attack(days, hours, shots)).filter(({ shifted }) => !shifted);
      for (const what of ['day', 'week', 'level', 'scale'] as const)
        expect([what, max(worst.map((moves) => moves[what])) > most[what] / 3]).toEqual([what, true]);
    }
  }, 60_000);

  it('of numbers that are none changes nothing', () => {
    const harness = new DetectHarness().restore(history(7));
    const before = cells(harness, 'level');
    for (const [k, value] of [1e39, -1e300, Number.POSITIVE_INFINITY, Number.NaN].entries()) {
      poll(harness, START + 7 * DAY + k * STEP, value);
      expect(harness.number('rx_bps.expected')).toBeNaN();
    }
    expect(cells(harness, 'level')).toEqual(before);
  });

  it('of the largest number of all leaves a series that learns again', () => {
    const harness = new DetectHarness().restore(history(7));
    const endMs = START + 7 * DAY;
    for (let k = 0; k < 12 * 24; k += 1) poll(harness, endMs + k * STEP, 1e38);
    const random = randomFrom(3);
    for (let k = 12 * 24; k < 12 * 24 * 8; k += 1)
      poll(harness, endMs + k * STEP, LEVEL + SIGMA * normalFrom(random));
    expect(Math.abs(harness.number('rx_bps.expected') / LEVEL - 1)).toBeLessThan(0.1);
    expect(harness.number('rx_bps.scale') / SIGMA).toBeLessThan(2);
  });
});
