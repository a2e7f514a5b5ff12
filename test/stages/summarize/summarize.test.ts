import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { summarize } from '../../../pipeline/stages/summarize/summarize.ts';
import { WINDOW_MS } from '../../../topics/domain.ts';
import { feedPort, type PortPoll } from '../../support/feed-port.ts';
import { stageHarness, type StageHarness } from '../../support/stage-harness.ts';

/** The start of a window. */
const START = 1_700_000_100_000;

const newHarness = (): StageHarness =>
  stageHarness(summarize([{ name: 'rx_bps' }, { name: 'rx_error_rate' }]));

/** Polls of one device, each a minute long unless told. */
function feed(harness: StageHarness, ...polls: PortPoll[]): void {
  for (const poll of polls) feedPort(harness, { dtS: 60, ...poll });
}

const steady = (value: number, fromMs: number, toMs: number, stepMs = 60_000): PortPoll[] =>
  Array.from({ length: Math.ceil((toMs - fromMs) / stepMs) }, (_, n) => ({
    atMs: fromMs + n * stepMs,
    rows: { p1: { rx_bps: value }, p2: { rx_bps: 3 * value } },
    dtS: stepMs / 1_000,
  }));

const brief = (harness: StageHarness) =>
  harness.summaries.map(({ window_start: start, metrics }) => ({
    window: (start - START) / WINDOW_MS,
    ...Object.fromEntries(
      metrics.map(({ metric_name: name, total, rows, weight }) => [name, { total, rows, weight }]),
    ),
  }));

describe('a window', () => {
  it('is sent with the first record behind it, as the mean of the sum over the rows', () => {
    const harness = newHarness();
    feed(harness, ...steady(100, START, START + WINDOW_MS));
    expect(harness.summaries).toEqual([]);
    feed(harness, { atMs: START + WINDOW_MS, rows: { p1: { rx_bps: 1e6 } } });
    expect(brief(harness)).toEqual([{ window: 0, rx_bps: { total: 400, rows: 2, weight: 400 } }]);
  });

  it('weighs polls by the time that they cover', () => {
    const harness = newHarness();
    const [first, second] = [100, 400].map((value) => ({ p1: { rx_bps: value } }));
    feed(harness, { atMs: START, rows: first!, dtS: 10 }, { atMs: START + 30_000, rows: second!, dtS: 30 });
    feed(harness, { atMs: START + WINDOW_MS, rows: {} });
    expect(brief(harness)).toEqual([{ window: 0, rx_bps: { total: 325, rows: 1, weight: 325 } }]);
  });

  it('knows whose it is', () => {
    const harness = newHarness();
    Object.assign(harness.reading, { siteId: 7, siteName: 'Berlin', deviceRole: 'router' });
    feed(harness, { atMs: START, rows: { p1: { rx_bps: 5 } }, timeZone: 'Europe/Berlin' });
    feed(harness, { atMs: START + WINDOW_MS, rows: {}, timeZone: 'Europe/Berlin' });
    expect(harness.summaries).toMatchObject([
      {
        domain: 'default',
        entity: 'default/device/r1',
        site_id: 7,
        time_zone: 'Europe/Berlin',
        device_role: 'router',
        window_start: START,
      },
    ]);
  });

  it('has no time zone where the site is not known: UTC would be a guess', () => {
    const harness = newHarness();
    feed(harness, { atMs: START, rows: { p1: { rx_bps: 5 } } });
    feed(harness, { atMs: START + WINDOW_MS, rows: {} });
    expect(harness.summaries).toMatchObject([{ site_id: null, time_zone: null, device_role: null }]);
  });

  it('is closed by a poll that failed, too', () => {
    const harness = newHarness();
    feed(harness, ...steady(100, START, START + WINDOW_MS));
    feed(harness, { atMs: START + WINDOW_MS + 5_000, rows: {}, status: 'failed' });
    expect(brief(harness)).toMatchObject([{ window: 0 }]);
  });

  it('is not sent where nothing was measured', () => {
    const harness = newHarness();
    feed(harness, { atMs: START, rows: { p1: { rx_bps: 5 } }, quality: 'first' });
    feed(harness, { atMs: START + WINDOW_MS, rows: {} }, { atMs: START + 2 * WINDOW_MS, rows: {} });
    expect(harness.summaries).toEqual([]);
  });

  it('does not take what is older than it', () => {
    const harness = newHarness();
    feed(harness, { atMs: START + WINDOW_MS, rows: { p1: { rx_bps: 5 } } });
    feed(harness, { atMs: START, rows: { p1: { rx_bps: 500 } } });
    feed(harness, { atMs: START + 2 * WINDOW_MS, rows: {} });
    expect(brief(harness)).toEqual([{ window: 1, rx_bps: { total: 5, rows: 1, weight: 5 } }]);
  });
});

describe('rows', () => {
  it('count with the share of the time in which they were good', () => {
    const harness = newHarness();
    feed(harness, { atMs: START, rows: { p1: { rx_bps: 100 }, p2: { rx_bps: 10 } } });
    feed(harness, {
      atMs: START + 60_000,
      rows: { p1: { rx_bps: 100 }, p2: { rx_bps: 1e9 } },
      bad: { p2: 'implausible' },
    });
    feed(harness, { atMs: START + WINDOW_MS, rows: {} });
    expect(brief(harness)).toMatchObject([{ rx_bps: { total: 105, rows: 1.5 } }]);
  });

  it('do not count in maintenance', () => {
    const harness = newHarness();
    feed(harness, { atMs: START, rows: { p1: { rx_bps: 100 }, p2: { rx_bps: 10, maintenance: 1 } } });
    feed(harness, { atMs: START + WINDOW_MS, rows: {} });
    expect(brief(harness)).toMatchObject([{ rx_bps: { total: 100, rows: 1 } }]);
  });

  it('count for the metrics that they have', () => {
    const harness = newHarness();
    feed(harness, { atMs: START, rows: { p1: { rx_bps: 100, rx_error_rate: 2 }, p2: { rx_bps: 10 } } });
    feed(harness, { atMs: START + WINDOW_MS, rows: {} });
    expect(brief(harness)).toMatchObject([
      { rx_bps: { total: 110, rows: 2 }, rx_error_rate: { total: 2, rows: 1 } },
    ]);
  });

  it('of a poll in parts count together', () => {
    const harness = newHarness();
    const parts = (atMs: number, value: number): PortPoll[] => [
      { atMs, rows: { p1: { rx_bps: value }, p2: { rx_bps: value } }, part: 1, parts: 2 },
      { atMs, rows: { p3: { rx_bps: value } }, part: 2, parts: 2 },
    ];
    feed(harness, ...parts(START, 10), ...parts(START + 60_000, 20), ...parts(START + WINDOW_MS, 0));
    expect(brief(harness)).toMatchObject([{ rx_bps: { total: 45, rows: 3 } }]);
  });

  it('weigh what they usually have, whatever they have now', () => {
    const harness = newHarness();
    for (let window = 0; window < 10; window += 1)
      feed(harness, ...steady(100, START + window * WINDOW_MS, START + (window + 1) * WINDOW_MS));
    feed(harness, ...steady(1_000, START + 10 * WINDOW_MS, START + 11 * WINDOW_MS));
    feed(harness, { atMs: START + 11 * WINDOW_MS, rows: {} });
    expect(brief(harness).at(-1)).toEqual({
      window: 10,
      rx_bps: { total: 4_000, rows: 2, weight: 400 },
    });
    feed(harness, ...steady(1_000, START + 11 * WINDOW_MS + 1, START + 12 * WINDOW_MS));
    feed(harness, { atMs: START + 12 * WINDOW_MS, rows: {} });
    // A window of 1,000 after ten of 100: a mean of 2,000 / 11 a row.
    const { weight } = (brief(harness).at(-1) as unknown as { rx_bps: { weight: number } }).rx_bps;
    expect(weight / 2).toBeCloseTo((10 * 200 + 2_000) / 11, 3);
  });
});

describe('polls that are rarer than windows', () => {
  it('tell of each window that they cover', () => {
    const harness = newHarness();
    feed(harness, ...steady(100, START + 100_000, START + 3_700_000, 900_000));
    const windows = brief(harness).map(({ window }) => window);
    expect(windows).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    for (const summary of brief(harness)) expect(summary).toMatchObject({ rx_bps: { total: 400, rows: 2 } });
  });

  it('tell of all their parts', () => {
    const harness = newHarness();
    const parts = (atMs: number): PortPoll[] => [
      { atMs, rows: { p1: { rx_bps: 10 } }, dtS: 600, part: 1, parts: 2 },
      { atMs, rows: { p2: { rx_bps: 1 } }, dtS: 600, part: 2, parts: 2 },
    ];
    feed(harness, ...parts(START), ...parts(START + 600_000));
    const totals = new Map<number, number>();
    for (const { window_start: start, metrics } of harness.summaries)
      for (const { total } of metrics) totals.set(start, (totals.get(start) ?? 0) + total);
    expect([...totals]).toEqual([
      [START, 11],
      [START + WINDOW_MS, 11],
    ]);
  });

  it('do not tell of an outage before them', () => {
    const harness = newHarness();
    feed(harness, ...steady(100, START, START + WINDOW_MS));
    feed(harness, {
      atMs: START + 10 * WINDOW_MS,
      rows: { p1: { rx_bps: 100 } },
      quality: 'gap',
      dtS: 2_760,
    });
    feed(harness, ...steady(100, START + 10 * WINDOW_MS + 60_000, START + 12 * WINDOW_MS));
    expect(brief(harness).map(({ window }) => window)).toEqual([0, 10]);
  });
});

interface RandomPoll {
  readonly stepMs: number;
  readonly values: readonly (number | null)[];
}

const randomPoll: fc.Arbitrary<RandomPoll> = fc.record({
  stepMs: fc.integer({ min: 1_000, max: WINDOW_MS }),
  values: fc.array(fc.option(fc.double({ min: 0, max: 1e9, noNaN: true })), { minLength: 1, maxLength: 4 }),
});

function toPolls(random: readonly RandomPoll[]): PortPoll[] {
  let atMs = START;
  return random.map(({ stepMs, values }) => {
    atMs += stepMs;
    const rows = Object.fromEntries(
      values.map((value, at) => [`p${at}`, value === null ? {} : { rx_bps: value }]),
    );
    return { atMs, rows, dtS: stepMs / 1_000 };
  });
}

describe('any polls', () => {
  it('are summed up as the polls of each window say', () => {
    fc.assert(
      fc.property(fc.array(randomPoll, { maxLength: 40 }), (random) => {
        const harness = newHarness();
        const polls = toPolls(random);
        feed(harness, ...polls);
        for (const { window_start: start, metrics } of harness.summaries) {
          const own = polls.filter(({ atMs }) => atMs >= start && atMs < start + WINDOW_MS);
          const coveredS = own.reduce((sum, { dtS }) => sum + dtS!, 0);
          const known = own.flatMap(({ rows, dtS }) =>
            Object.values(rows).flatMap(({ rx_bps: value }) =>
              value === undefined ? [] : [[value, dtS!] as const],
            ),
          );
          const total = known.reduce((sum, [value, dtS]) => sum + value * dtS, 0) / coveredS;
          const rows = known.reduce((sum, [, dtS]) => sum + dtS, 0) / coveredS;
          expect(metrics[0]!.total).toBeCloseTo(total, 3);
          expect(metrics[0]!.rows).toBeCloseTo(rows, 9);
        }
      }),
    );
  });

  it('give the same windows when the state moves to another task in between', () => {
    fc.assert(
      fc.property(fc.array(randomPoll, { maxLength: 40 }), fc.nat(40), (random, at) => {
        const polls = toPolls(random);
        const whole = newHarness();
        feed(whole, ...polls);
        const before = newHarness();
        feed(before, ...polls.slice(0, at));
        const after = before.restart();
        feed(after, ...polls.slice(at));
        expect([...before.summaries, ...after.summaries]).toEqual(whole.summaries);
      }),
    );
  });
});
