import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compareBadness } from '../../pipeline/analyze/found-anomalies.ts';
import { analyzed, DAY_MS, every, feed, newAnalysis, START_MS, type Analyzed } from '../support/analyzed.ts';
import { randomFrom } from '../support/random-from.ts';
import { diurnalTraffic, normalFrom } from '../support/simulated-series.ts';

const MINUTES_5 = 300_000;
const traffic = diurnalTraffic({ seed: 7, mean: 100, swing: 0.6, weekend: 1, noise: 0.03 });

/** Type and beginning of what was found. */
function foundIn({ found }: Analyzed): string[] {
  return found.map(
    ({ record }) => `${record.anomaly_type} ${new Date(record.opened_at).toISOString().slice(0, 16)}`,
  );
}

describe('the analysis of a series', () => {
  it('finds a spike in the traffic of days, says where and what, and draws it', () => {
    const at = START_MS + 20 * DAY_MS + DAY_MS / 2;
    const values = every(
      MINUTES_5,
      24,
      (atMs) => traffic(atMs) * (atMs >= at && atMs < at + 3_600_000 ? 4 : 1),
    );
    const result = analyzed([{ entity: 'r1', instance: 'ge-0', metric: 'rx', unit: 'bit/s', values }]);
    expect(foundIn(result)).toEqual(['spike 2026-01-25T12:00']);
    const [{ record, series }] = result.found as [(typeof result.found)[number]];
    expect(record).toMatchObject({
      entity: 'r1',
      interface_name: 'ge-0',
      metric_name: 'rx',
      severity: 'critical',
      state: 'closed',
      close_reason: 'recovered',
      closed_at: at + 3_600_000,
    });
    expect(record.description).toMatch(
      /^rx of ge-0 is \d+ bit\/s, [\d.]+ sigma above the \d+ bit\/s expected/,
    );
    expect(series.values).toBe(24 * 288);
    expect(series.judged).toBeGreaterThan(24 * 200 * 0.5);
    const buckets = series.envelope.buckets();
    expect(Math.max(...buckets.map(({ largest }) => largest))).toBe(record.metric_value);
    expect(buckets.at(-1)!.expected).toBeGreaterThan(0);
  });

  it('judges each series for itself, in whatever order the rows come', () => {
    const at = START_MS + 20 * DAY_MS;
    const one = [
      ...every(MINUTES_5, 22, (atMs) => traffic(atMs) * (atMs === at || atMs === at + MINUTES_5 ? 9 : 1)),
    ];
    const other = [...every(MINUTES_5, 22, (atMs) => 5 * traffic(atMs))];
    const apart = analyzed([
      { instance: 'a', values: one },
      { instance: 'b', values: other },
    ]);
    const mixed = newAnalysis();
    for (const [k, [timeMs, value]] of one.entries()) {
      feed(mixed, [
        { instance: 'a', values: [[timeMs, value]] },
        { instance: 'b', values: [other[k]!] },
      ]);
    }
    mixed.finish();
    expect(foundIn(apart)).toEqual(['spike 2026-01-25T00:00']);
    expect(mixed.anomalies.all().map(({ record }) => record)).toEqual(
      apart.found.map(({ record }) => record),
    );
  });

  it('says nothing of a value that comes later: what is cut off changes nothing before it', () => {
    const random = randomFrom(3);
    const values = [
      ...every(MINUTES_5, 21, (atMs) => traffic(atMs) + (random() < 0.002 ? 500 * random() : 0)),
    ];
    const cut = START_MS + 18 * DAY_MS;
    const until = ({ found }: Analyzed) =>
      found.map(({ record }) => record).filter(({ closed_at: closed }) => closed !== null && closed < cut);
    const whole = analyzed([{ values }]);
    expect(until(whole).length).toBeGreaterThan(0);
    expect(until(analyzed([{ values: values.filter(([atMs]) => atMs < cut) }]))).toEqual(until(whole));
  });
});

describe('strange series', () => {
  const random = randomFrom(11);
  const noise = (): number => normalFrom(random);

  it.each<[string, (atMs: number, k: number) => number]>([
    ['constant', () => 42],
    ['zero', () => 0],
    ['two-valued', (_, k) => k % 2],
    ['1e18 and a little noise', () => 1e18 * (1 + 1e-6 * noise())],
    ['as large as may be', (_, k) => (k % 2 === 0 ? 1e37 : -1e37)],
    ['dBm', () => -70 + noise()],
    ['tiny', () => 1e-300],
  ])('%s: nothing is found, and every number of the report is one', (_, of) => {
    const { series, found } = analyzed([{ values: every(MINUTES_5, 20, of) }]);
    expect(found).toEqual([]);
    const numbers = series[0]!.envelope
      .buckets()
      .flatMap(({ least, largest, mean, expected, scale }) => [least, largest, mean, expected, scale]);
    expect(numbers.filter((value) => value === Infinity || value === -Infinity)).toEqual([]);
    expect(series[0]!.values).toBe(20 * 288);
  });

  it.each<[string, (atMs: number, k: number) => number, number]>([
    ['constant', () => 42, 60],
    ['two-valued', (_, k) => k % 2, 5],
    ['1e18 and a little noise', () => 1e18 * (1 + 1e-6 * noise()), 1.01e18],
    ['dBm', () => -70 + noise(), -40],
  ])('%s: a spike on it is found', (_, of, spike) => {
    const [from, to] = [START_MS + 18 * DAY_MS, START_MS + 18 * DAY_MS + 1_800_000];
    const values = every(MINUTES_5, 20, (atMs, k) => (atMs >= from && atMs < to ? spike : of(atMs, k)));
    const { found } = analyzed([{ values }]);
    expect(found.map(({ record }) => [record.anomaly_type, record.opened_at, record.closed_at])).toEqual([
      ['spike', from, to],
    ]);
    expect(found[0]!.record.metric_value).toBe(spike);
    expect(found[0]!.record.severity).not.toBe('info');
  });

  it('one value, and two', () => {
    const { series, found } = analyzed([
      { instance: 'a', values: [[START_MS, 1]] },
      {
        instance: 'b',
        values: [
          [START_MS, 1],
          [START_MS + 1, 2],
        ],
      },
    ]);
    expect(found).toEqual([]);
    expect(series.map(({ values, interval }) => [values, interval.ms])).toEqual([
      [1, Number.NaN],
      [2, 1],
    ]);
  });

  it('a month of gap: what was open has ended when the values ended, and what comes after is judged', () => {
    const gapMs = START_MS + 20 * DAY_MS;
    const before = [...every(MINUTES_5, 20, (atMs, k) => traffic(atMs) * (k > 20 * 288 - 4 ? 6 : 1))];
    const after = [...every(MINUTES_5, 60, traffic)].slice(50 * 288);
    const result = analyzed([{ values: [...before, ...after] }]);
    const [first] = result.found;
    expect(first!.record).toMatchObject({ anomaly_type: 'spike', close_reason: 'no_data' });
    expect(first!.record.closed_at).toBeLessThan(gapMs + 3_600_000);
    expect(result.series[0]!.judged).toBeGreaterThan(2_880);
    expect(result.found).toHaveLength(1);
  });

  it('a series that ends long before the file does', () => {
    const ends = [...every(MINUTES_5, 20, (atMs, k) => traffic(atMs) * (k > 20 * 288 - 4 ? 6 : 1))];
    const { found } = analyzed([
      { instance: 'a', values: ends },
      { instance: 'b', values: every(MINUTES_5, 25, traffic) },
    ]);
    const first = found.filter(({ series }) => series.instance === 'a');
    expect(first.map(({ record }) => record.close_reason)).toEqual(['no_data']);
    const open = analyzed([{ values: ends }]);
    expect(open.found.map(({ record }) => record.closed_at)).toEqual([null]);
  });

  it('a clock that goes back a day: the day that it repeats is counted and left out', () => {
    const values = [...every(MINUTES_5, 20, traffic)];
    const back = values.slice(9 * 288);
    const { series, found } = analyzed([{ values: [...values.slice(0, 10 * 288), ...back] }]);
    expect(series[0]).toMatchObject({ late: 288, values: 20 * 288 });
    expect(found).toEqual([]);
  });

  it('names that the stages use for columns of their own', () => {
    const at = START_MS + 20 * DAY_MS;
    const values = [
      ...every(MINUTES_5, 21, (atMs) => traffic(atMs) * (atMs === at || atMs === at + MINUTES_5 ? 9 : 1)),
    ];
    for (const metric of ['dt_s', 'oper_status', 'maintenance', '$& $1 \u0001']) {
      const { found } = analyzed([{ metric, values }]);
      expect(found.map(({ record }) => [record.metric_name, record.anomaly_type])).toEqual([
        [metric, 'spike'],
      ]);
    }
  });
});

describe('any series', () => {
  const value = fc.oneof(
    fc.double({ noNaN: true, min: -1e37, max: 1e37 }),
    fc.double({ noNaN: true, min: -10, max: 10 }),
    fc.integer(),
    fc.constantFrom(0, -0, 1, Number.MIN_VALUE),
  );
  const step = fc.oneof(
    fc.integer({ min: 1, max: 1_000_000 }),
    fc.constantFrom(0.001, 60_000, -DAY_MS, 400 * DAY_MS),
  );
  const kind = fc.constantFrom('gauge' as const, 'counter' as const, 'status' as const);

  it('gives finite numbers, counts every value once, and lets anomalies end after they open', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(step, value), { maxLength: 400 }), kind, (steps, of) => {
        let atMs = START_MS;
        const values = steps.map(([ms, number]) => [(atMs += ms), number] as const);
        const { series, found, refused } = analyzed([{ kind: of, values, speedBps: 1e9 }]);
        const [only] = series;
        expect(only!.values + only!.late + refused.length).toBe(values.length);
        const drawn = only!.envelope.buckets();
        for (const { least, largest, mean, expected, scale } of drawn)
          for (const number of [least, largest, mean, expected, scale])
            expect(Math.abs(number)).not.toBe(Infinity);
        for (const { least, largest, mean } of drawn) {
          expect(least).toBeLessThanOrEqual(largest);
          expect(mean).toBeGreaterThanOrEqual(least - Math.abs(least) * 1e-9);
          expect(mean).toBeLessThanOrEqual(largest + Math.abs(largest) * 1e-9);
        }
        for (const { record } of found)
          if (record.closed_at !== null) expect(record.closed_at).toBeGreaterThanOrEqual(record.opened_at);
      }),
      { numRuns: 150 },
    );
  });
});

describe('limits', () => {
  it('refuse more series than were allowed, and say how to allow them', () => {
    const samples = Array.from({ length: 11 }, (_, k) => ({
      instance: `i${k}`,
      values: [[START_MS, 1]] as const,
    }));
    expect(() => analyzed(samples, newAnalysis({ series: 10 }))).toThrow(
      /more than 10 series, such as "r1 i10 m": raise --max-series/,
    );
  });

  it('keep the worst anomalies and count the others', () => {
    const random = randomFrom(5);
    const values = every(MINUTES_5, 60, (atMs) => traffic(atMs) * (random() < 0.005 ? 3 + 20 * random() : 1));
    const samples = [{ values: [...values] }];
    const all = analyzed(samples);
    const few = analyzed(samples, newAnalysis({ anomalies: 3 }));
    expect(all.found.length).toBeGreaterThan(6);
    expect(few.found).toHaveLength(3);
    expect(few.series[0]!.forgotten).toBe(all.found.length - 3);
    const worst = ({ found }: Analyzed) => found.map(({ record }) => record).sort(compareBadness);
    expect(worst(few)[0]).toEqual(worst(all)[0]);
    // While it is open, a mild one takes a place.
    expect(worst(all).slice(0, 6)).toEqual(expect.arrayContaining(worst(few).slice(0, 2)));
  });

  it('take no more stages than so many, however many units there are', () => {
    const samples = Array.from({ length: 1_000 }, (_, k) => ({
      instance: `i${k}`,
      unit: `u${k}`,
      values: [[START_MS, 1]] as const,
    }));
    const units = new Set(analyzed(samples).series.map(({ judgedUnit }) => judgedUnit));
    expect(units.size).toBe(201);
    expect(units).toContain(null);
  });

  it('draw many series in the room of one, more coarsely', () => {
    const analysis = newAnalysis({ series: 10_000 });
    const values = [...every(MINUTES_5, 1, traffic)];
    const names = Array.from({ length: 9_000 }, (_, k) => `i${k}`);
    feed(
      analysis,
      names.map((instance) => ({ instance, values: [values[0]!] })),
    );
    feed(analysis, [{ instance: 'i0', values: values.slice(1) }]);
    const [first] = analysis.summaries();
    expect(first!.envelope.buckets().length).toBeLessThanOrEqual(288);
    expect(first!.envelope.buckets().reduce((sum, { count }) => sum + count, 0)).toBe(288);
  });
});
