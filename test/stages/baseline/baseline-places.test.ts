import { describe, expect, it } from '@jest/globals';
import { mean } from 'simple-statistics';
import { DetectHarness, type Poll } from '../../support/detect-harness.ts';
import { randomFrom } from '../../support/random-from.ts';
import { normalFrom } from '../../support/simulated-series.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const STEP = 300_000;
/** A Monday, 00:00 UTC. */
const START = Date.UTC(2026, 0, 5);

type Where = Partial<Pick<Poll, 'siteId' | 'timeZone'>>;

function run(
  harness: DetectHarness,
  [fromMs, toMs]: readonly [number, number],
  value: (atMs: number) => number,
  where: Where = {},
): DetectHarness {
  for (let atMs = fromMs; atMs < toMs; atMs += STEP)
    harness.poll({ atMs, appendedAtMs: toMs + DAY, rows: { p1: { rx_bps: value(atMs) } }, ...where });
  return harness;
}

function column(harness: DetectHarness, name: string) {
  for (const [of, { column: found }] of harness.state.columns())
    if (of === `baseline.${name}.rx_bps`) return found;
  throw new Error(`no column ${name}`);
}

function cell(harness: DetectHarness, name: string, k: number, slot = 0): number {
  return column(harness, name).get(slot, k);
}

/** 100 M at noon, 10 M at midnight, by UTC. */
const daily = (atMs: number): number => 55e6 - 45e6 * Math.cos((2 * Math.PI * (atMs % DAY)) / DAY);

describe('hours of the day and of the week by the clocks of the site', () => {
  it.each([
    ['Europe/Berlin', '2026-03-29', 23],
    ['Europe/Berlin', '2026-10-25', 25],
    ['Australia/Lord_Howe', '2026-04-05', 24.5],
    ['Australia/Lord_Howe', '2026-10-04', 23.5],
    ['America/St_Johns', '2026-03-08', 23],
    ['America/St_Johns', '2026-11-01', 25],
  ])('in %s around %s, a day of %d hours', (timeZone, date, hours) => {
    const format = new Intl.DateTimeFormat('en-CA', {
      timeZone,
      hourCycle: 'h23',
      ...({ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit' } as const),
    });
    const random = randomFrom(3);
    const noon = Date.parse(`${date}T12:00:00Z`);
    const [fromMs, toMs] = [noon - 9 * DAY, noon + 9 * DAY];
    const harness = new DetectHarness();
    /** Values by the date and hour that the site's clocks showed. */
    const seen = new Map<string, number[]>();
    run(
      harness,
      [fromMs, toMs],
      (atMs) => {
        const shown = format.format(atMs);
        const value = 1e6 * (2 + Math.sin(Number(shown.slice(-2)))) * (1 + 1e-4 * random());
        seen.set(shown, [...(seen.get(shown) ?? []), value]);
        return value;
      },
      { timeZone },
    );
    const polls = [...seen].filter(([shown]) => shown.startsWith(date)).flatMap(([, values]) => values);
    expect((polls.length * STEP) / HOUR).toBe(hours);
    // The last hour is still open.
    seen.delete([...seen.keys()].at(-1)!);
    for (let hour = 0; hour < 24; hour += 1) {
      const visits = [...seen].filter(([shown]) => Number(shown.slice(-2)) === hour);
      expect(cell(harness, 'day_visits', hour)).toBe(visits.length);
      const expected = mean(visits.map(([, values]) => mean(values)));
      expect(Math.abs(cell(harness, 'day_mean', hour) / expected - 1)).toBeLessThan(1e-5);
      for (let weekday = 0; weekday < 7; weekday += 1) {
        const ofWeek = visits.filter(([shown]) => new Date(shown.slice(0, 10)).getUTCDay() === weekday);
        expect(cell(harness, 'week_visits', weekday * 24 + hour)).toBe(ofWeek.length);
      }
    }
  });
});

describe('another time zone of the same site', () => {
  const berlin = { siteId: 1, timeZone: 'Europe/Berlin' };
  const wrong = { siteId: 1, timeZone: 'UTC' };

  it('makes a series forget its hours, but not its level, nor how it scatters', () => {
    const harness = run(new DetectHarness(), [START, START + 21 * DAY], daily, wrong);
    const level = cell(harness, 'level', 0);
    harness.poll({ atMs: START + 21 * DAY + HOUR / 2, rows: { p1: { rx_bps: 10e6 } }, ...wrong });
    // It knew the night.
    expect(harness.number('rx_bps.expected')).toBeLessThan(12e6);
    harness.poll({ atMs: START + 21 * DAY + HOUR / 2 + STEP, rows: { p1: { rx_bps: 10e6 } }, ...berlin });
    expect(harness.outcomes.get('zone_changed')).toBe(1);
    expect(harness.number('rx_bps.expected')).toBeCloseTo(level, -6);
    expect(harness.number('rx_bps.expected')).toBeGreaterThan(40e6);
    for (let k = 0; k < 168; k += 1) expect(cell(harness, 'week_visits', k)).toBe(0);
    run(harness, [START + 22 * DAY, START + 26 * DAY], daily, berlin);
    expect(harness.outcomes.get('zone_changed')).toBe(1);
    harness.poll({ atMs: START + 26 * DAY + HOUR / 2, rows: { p1: { rx_bps: 10e6 } }, ...berlin });
    expect(harness.number('rx_bps.expected')).toBeLessThan(14e6);
  });

  it('is not the change of the clocks of one zone', () => {
    const change = Date.UTC(2026, 2, 29);
    const harness = run(new DetectHarness(), [change - 2 * DAY, change + 2 * DAY], daily, berlin);
    expect(harness.outcomes.get('zone_changed')).toBeUndefined();
  });

  it('is noticed of each row when it comes, whichever rows came before', () => {
    const harness = new DetectHarness();
    const both = (atMs: number, where: Where) =>
      harness.poll({ atMs, rows: { p1: { rx_bps: 1e6 }, p2: { rx_bps: 1e6 } }, ...where });
    for (let atMs = START; atMs < START + 2 * HOUR; atMs += STEP) both(atMs, wrong);
    harness.poll({ atMs: START + 2 * HOUR, rows: { p1: { rx_bps: 1e6 } }, ...berlin });
    expect(harness.outcomes.get('zone_changed')).toBe(1);
    expect([cell(harness, 'day_visits', 0, 0), cell(harness, 'day_visits', 0, 1)]).toEqual([0, 1]);
    both(START + 2 * HOUR + STEP, berlin);
    expect(harness.outcomes.get('zone_changed')).toBe(2);
    expect(cell(harness, 'day_visits', 0, 1)).toBe(0);
  });
});

describe('another site', () => {
  const [first, second] = [
    { siteId: 1, timeZone: 'Europe/Berlin' },
    { siteId: 2, timeZone: 'Europe/Berlin' },
  ];

  it('leaves nothing of what was learned: from then on the series is as a new one', () => {
    const random = randomFrom(17);
    const values = Array.from({ length: 8_000 }, () => 1e8 * (1 + 0.2 * normalFrom(random)));
    const value = (atMs: number) => values[(atMs - START) / STEP]!;
    const movesAt = START + 15 * DAY;
    const moved = run(new DetectHarness(), [START, movesAt], value, first);
    const fresh = new DetectHarness();
    for (const harness of [moved, fresh]) run(harness, [movesAt, movesAt + 4 * DAY], value, second);
    expect(moved.outcomes.get('site_changed')).toBe(1);
    expect(fresh.outcomes.get('site_changed')).toBeUndefined();
    for (const name of ['level', 'level_error', 'seconds', 'polls', 'spread', 'since', 'day_error']) {
      expect([name, cell(moved, name, 0)]).toEqual([name, cell(fresh, name, 0)]);
    }
    for (let k = 0; k < 24; k += 1) {
      expect(cell(moved, 'day_mean', k)).toBe(cell(fresh, 'day_mean', k));
      expect(cell(moved, 'day_visits', k)).toBe(cell(fresh, 'day_visits', k));
    }
  });

  it('is not a site that the inventory has lost for a while: hours and clocks stay', () => {
    const random = randomFrom(18);
    const value = (atMs: number) => daily(atMs) * (1 + 0.02 * normalFrom(random));
    const lost = [{}, { timeZone: 'UTC' }];
    const harness = run(new DetectHarness(), [START, START + 10 * DAY], value, first);
    run(harness, [START + 10 * DAY, START + 11 * DAY], value, lost[0]);
    run(harness, [START + 11 * DAY, START + 12 * DAY], value, lost[1]);
    run(harness, [START + 12 * DAY, START + 13 * DAY], value, first);
    expect(harness.outcomes.get('zone_changed')).toBeUndefined();
    expect(harness.outcomes.get('site_changed')).toBeUndefined();
    // 13 days by Berlin's clocks from 01:00 on.
    expect(cell(harness, 'day_visits', 12)).toBe(13);
  });

  it('is not a site that becomes known', () => {
    const harness = run(new DetectHarness(), [START, START + DAY], daily, { timeZone: 'Europe/Berlin' });
    run(harness, [START + DAY, START + 2 * DAY], daily, first);
    expect(harness.outcomes.get('site_changed')).toBeUndefined();
    expect(harness.outcomes.get('zone_changed')).toBeUndefined();
    run(harness, [START + 2 * DAY, START + 2 * DAY + STEP], daily, second);
    expect(harness.outcomes.get('site_changed')).toBe(1);
  });
});

describe('a level shift', () => {
  it('is told with the levels before it and after it, at the poll that completes it', () => {
    const random = randomFrom(19);
    const noisy = (level: number) => () => level * (1 + 0.05 * normalFrom(random));
    const harness = run(new DetectHarness(), [START, START + 21 * DAY], noisy(1e8));
    const told: [number, number, number][] = [];
    for (let atMs = START + 21 * DAY; atMs < START + 22 * DAY; atMs += STEP) {
      run(harness, [atMs, atMs + STEP], noisy(4e8));
      if (harness.number('rx_bps.shifted') === 1)
        told.push([atMs, harness.number('rx_bps.shift_from'), harness.number('rx_bps.shift_to')]);
      else expect(harness.number('rx_bps.shift_from')).toBeNaN();
    }
    expect(told).toHaveLength(1);
    const [[atMs, from, to]] = told as [[number, number, number]];
    expect(atMs - START - 21 * DAY).toBeLessThanOrEqual(6 * HOUR);
    expect(Math.abs(from / 1e8 - 1)).toBeLessThan(0.05);
    expect(Math.abs(to / 4e8 - 1)).toBeLessThan(0.02);
  });
});
