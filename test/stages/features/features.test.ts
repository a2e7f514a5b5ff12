import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import * as statistics from 'simple-statistics';
import { DETECT_DEFAULTS } from '../../../pipeline/stages/detect/detect-settings.ts';
import { FEATURE_DEFAULTS } from '../../../pipeline/stages/features/feature-settings.ts';
import { features } from '../../../pipeline/stages/features/features.ts';
import type { AnomalyRecord } from '../../../topics/anomaly.ts';
import type { FeatureRecord } from '../../../topics/ml.ts';
import { anomalyRecord } from '../../sink/sink-lab.ts';
import {
  stageHarness,
  type ReadingSample,
  type RowSample,
  type StageHarness,
} from '../../support/stage-harness.ts';

/** A Saturday. */
const TEN = Date.UTC(2026, 10, 21, 10);
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const ENTITY = 'default/device/r1';
const METRICS = ['rx_bps', 'tx_bps'];
const { graceMs, spreadMs } = FEATURE_DEFAULTS;
const { warnSigma } = DETECT_DEFAULTS;

const definition = features(METRICS, { graceMs, spreadMs, warnSigma });
const harnessed = (): StageHarness => stageHarness(definition);
const UP = { admin_status: 1, oper_status: 1 };

/** A reading of ports that are up. */
function feed(
  harness: StageHarness,
  observedAtMs: number,
  rows: Record<string, RowSample>,
  envelope: Partial<ReadingSample> = {},
): void {
  const up = Object.fromEntries(Object.entries(rows).map(([name, row]) => [name, { ...UP, ...row }]));
  harness.feed({ observedAtMs, rows: up, ...envelope });
}

/** A value that was judged. */
const judged = (value: number, expected: number, sigma: number, score = Math.abs(sigma) / 4): RowSample => ({
  rx_bps: value,
  'rx_bps.expected': expected,
  'rx_bps.sigma': sigma,
  'rx_bps.score': score,
});

const rowsOf = ({ rows }: FeatureRecord) => rows.map(({ interface_name: name }) => name);
const metricOf = ({ rows }: FeatureRecord, name = 'rx_bps') =>
  rows[0]!.metrics.find(({ metric_name: metric }) => metric === name);

/** Closes the window by a poll of the next hour. */
function closed(harness: StageHarness, atMs = TEN + HOUR): FeatureRecord {
  feed(harness, atMs, { Gi1: {} });
  expect(harness.features).toHaveLength(1);
  return harness.features[0]!;
}

describe('a window of an hour', () => {
  it('is sent when the next record closes it, with what was seen', () => {
    const harness = harnessed();
    harness.reading.deviceRole = 'edge';
    const polls: [number, RowSample][] = [
      [0, judged(10, 12, -1)],
      [10, judged(20, 12, 2.5, 1.5)],
      [20, judged(20, 12, 2)],
      [30, { rx_bps: 40, tx_bps: 7 }],
    ];
    for (const [minute, row] of polls) feed(harness, TEN + minute * MINUTE, { Gi1: row });
    expect(harness.features).toEqual([]);
    const record = closed(harness);
    expect(record).toMatchObject({
      snapshot_type: 'features',
      feature_version: '1',
      domain: 'default',
      entity: ENTITY,
      device_id: 'd1',
      device_role: 'edge',
      window_start: TEN,
      window_end: TEN + HOUR,
      hour_of_week: 6 * 24 + 10,
      anomalies: [],
    });
    expect(record.rows).toHaveLength(1);
    expect(record.rows[0]).toMatchObject({
      interface_name: 'Gi1',
      polls: 4,
      good_polls: 4,
      gap_polls: 0,
      down_polls: 0,
      maintenance_polls: 0,
    });
    expect(metricOf(record)).toEqual({
      metric_name: 'rx_bps',
      count: 4,
      mean: 22.5,
      stddev: expect.closeTo(statistics.sampleStandardDeviation([10, 20, 20, 40]), 4),
      min: 10,
      max: 40,
      last: 40,
      // 10, 20, 20, 40 at 0, 1/6, 1/3, 1/2 hours
      slope: expect.closeTo(54, 3),
      repeats: expect.closeTo(1 / 3, 6),
      judged: 3,
      expected: 12,
      mean_abs_sigma: expect.closeTo(5.5 / 3, 5),
      max_abs_sigma: 2.5,
      max_score: 1.5,
      beyond_warn: expect.closeTo(1 / 3, 6),
      crossings: 1,
    });
    expect(metricOf(record, 'tx_bps')).toEqual({
      metric_name: 'tx_bps',
      count: 1,
      mean: 7,
      stddev: null,
      min: 7,
      max: 7,
      last: 7,
      slope: null,
      repeats: null,
      judged: 0,
      expected: null,
      mean_abs_sigma: null,
      max_abs_sigma: null,
      max_score: null,
      beyond_warn: null,
      crossings: null,
    });
  });

  it('begins anew: the next one knows nothing of it', () => {
    const harness = harnessed();
    feed(harness, TEN, { Gi1: judged(1e9, 1, 50, 9) });
    feed(harness, TEN + HOUR, { Gi1: judged(3, 2, 1) });
    feed(harness, TEN + 3 * HOUR, { Gi1: {} });
    expect(harness.features.map(({ window_start: start }) => start)).toEqual([TEN, TEN + HOUR]);
    expect(metricOf(harness.features[1]!)).toMatchObject({
      ...{
        count: 1,
        mean: 3,
        max: 3,
        judged: 1,
        expected: 2,
        max_abs_sigma: 1,
        beyond_warn: 0,
        crossings: 0,
      },
    });
  });

  it("is at an hour of the week by the site's clock", () => {
    for (const [timeZone, hour] of [
      ['Asia/Kolkata', 6 * 24 + 15],
      ['America/Los_Angeles', 6 * 24 + 2],
      ['Pacific/Auckland', 6 * 24 + 23],
      ['No/Where', 6 * 24 + 10],
    ] as const) {
      const harness = harnessed();
      feed(harness, TEN, { Gi1: { rx_bps: 1 } }, { timeZone });
      expect(closed(harness).hour_of_week).toBe(hour);
    }
  });

  it('takes good values of ports that are up and not in maintenance; it counts the other polls', () => {
    const harness = harnessed();
    feed(harness, TEN, { Gi1: { rx_bps: 1 } });
    feed(harness, TEN + MINUTE, { Gi1: { rx_bps: 100 } }, { quality: 'gap' });
    feed(harness, TEN + 2 * MINUTE, { Gi1: { rx_bps: 100 } }, { quality: 'reset' });
    feed(harness, TEN + 3 * MINUTE, { Gi1: { rx_bps: 0, oper_status: 2 } });
    feed(harness, TEN + 4 * MINUTE, { Gi1: { rx_bps: 100, maintenance: 1 } });
    feed(harness, TEN + 5 * MINUTE, { Gi1: {} });
    const [row] = closed(harness).rows;
    expect(row).toMatchObject({ polls: 6, good_polls: 4, gap_polls: 1, down_polls: 1, maintenance_polls: 1 });
    expect(row!.metrics).toMatchObject([{ metric_name: 'rx_bps', count: 1, max: 1 }]);
  });

  it('has no slope where polls of the row had no value, and none of two values', () => {
    const harness = harnessed();
    feed(harness, TEN, { Gi1: { rx_bps: 1, tx_bps: 1 } });
    feed(harness, TEN + MINUTE, { Gi1: { rx_bps: 2 } });
    feed(harness, TEN + 2 * MINUTE, { Gi1: { rx_bps: 3, tx_bps: 3 } });
    feed(harness, TEN + 3 * MINUTE, { Gi1: { rx_bps: 4, tx_bps: 4 } });
    const record = closed(harness);
    expect(metricOf(record)!.slope).toBeCloseTo(60, 3);
    expect(metricOf(record, 'tx_bps')!.slope).toBeNull();
    const two = harnessed();
    for (const minute of [0, 1]) feed(two, TEN + minute * MINUTE, { Gi1: { rx_bps: minute } });
    expect(metricOf(closed(two))!.slope).toBeNull();
  });

  it('bears extremes: 1e18, negative dBm, zeros, one value for ever', () => {
    const harness = harnessed();
    for (let minute = 0; minute < 60; minute += 1) {
      feed(harness, TEN + minute * MINUTE, { Gi1: { rx_bps: minute % 2 === 0 ? 1e18 : 0, tx_bps: -31.5 } });
    }
    const record = closed(harness);
    expect(metricOf(record)!.stddev! / 5.0422e17).toBeCloseTo(1, 3);
    expect(metricOf(record, 'tx_bps')).toMatchObject({
      mean: -31.5,
      stddev: 0,
      min: -31.5,
      repeats: 1,
      slope: 0,
    });
  });
});

describe('rows and parts', () => {
  it('a device in several parts is one window, whichever part closes it', () => {
    const harness = harnessed();
    for (const minute of [0, 30]) {
      feed(harness, TEN + minute * MINUTE, { Gi1: { rx_bps: 1 } }, { part: 1, parts: 2 });
      feed(harness, TEN + minute * MINUTE, { Gi2: { rx_bps: 2 } }, { part: 2, parts: 2 });
    }
    feed(harness, TEN + HOUR, { Gi2: { rx_bps: 2 } }, { part: 2, parts: 2 });
    feed(harness, TEN + HOUR, { Gi1: { rx_bps: 1 } }, { part: 1, parts: 2 });
    expect(harness.features.map(rowsOf)).toEqual([['Gi1', 'Gi2']]);
    expect(harness.features[0]!.rows.map(({ polls }) => polls)).toEqual([2, 2]);
  });

  it('what left during the window is in it, and in no later one; what came is in it too', () => {
    const harness = harnessed();
    feed(harness, TEN, { Gi1: { rx_bps: 1 }, Gi2: { rx_bps: 2 } });
    feed(harness, TEN + MINUTE, { Gi3: { rx_bps: 3 }, Gi1: { rx_bps: 1 } });
    feed(harness, TEN + HOUR, { Gi1: { rx_bps: 1 } });
    feed(harness, TEN + 2 * HOUR, { Gi1: { rx_bps: 1 } });
    expect(harness.features.map(rowsOf)).toEqual([['Gi3', 'Gi1', 'Gi2'], ['Gi1']]);
    expect(harness.features[0]!.rows.map(({ polls }) => polls)).toEqual([1, 2, 1]);
  });

  it('rows that moved to another part are in the window once', () => {
    const harness = harnessed();
    feed(harness, TEN, { Gi1: { rx_bps: 1 } }, { part: 1, parts: 2 });
    feed(harness, TEN, { Gi2: { rx_bps: 2 } }, { part: 2, parts: 2 });
    feed(harness, TEN + MINUTE, { Gi1: { rx_bps: 1 }, Gi2: { rx_bps: 2 } });
    expect(closed(harness).rows.map((row) => [row.interface_name, row.polls])).toEqual([
      ['Gi1', 2],
      ['Gi2', 2],
    ]);
  });

  it('a record has at most 5,000 series: a large device has several', () => {
    const harness = harnessed();
    const ports = Object.fromEntries(Array.from({ length: 6_000 }, (_, n) => [`Gi${n}`, { rx_bps: n }]));
    feed(harness, TEN, ports);
    feed(harness, TEN + HOUR, ports);
    expect(harness.features.map(({ rows }) => rows.length)).toEqual([2_500, 2_500, 1_000]);
    expect(harness.features.flatMap(rowsOf)).toEqual(Object.keys(ports));
  });

  it('a failed poll of the next hour closes the window', () => {
    const harness = harnessed();
    feed(harness, TEN, { Gi1: { rx_bps: 1 } });
    feed(harness, TEN + HOUR, {}, { status: 'failed' });
    expect(harness.features.map(rowsOf)).toEqual([['Gi1']]);
  });
});

describe('silence', () => {
  /** Ticks of the time after `fromMs`, as a task that has them all. @returns when something was sent. */
  function ticks(harness: StageHarness, fromMs: number, toMs: number, live = true): number[] {
    const sent: number[] = [];
    for (let tick = fromMs; tick < toMs; tick += 5 * SECOND) {
      const before = harness.features.length;
      harness.punctuate(tick, () => (live ? tick : TEN));
      for (let n = before; n < harness.features.length; n += 1) sent.push(tick);
    }
    return sent;
  }

  it('the window of a device that says no more is closed after the grace, each at its own tick', () => {
    const harness = harnessed();
    const devices = Array.from({ length: 40 }, (_, n) => `default/device/r${n}`);
    for (const entity of devices) feed(harness, TEN + MINUTE, { Gi1: { rx_bps: 1 } }, { entity });
    const sent = ticks(harness, TEN + 50 * MINUTE, TEN + 3 * HOUR);
    expect(sent).toHaveLength(40);
    expect(sent[0]).toBeGreaterThanOrEqual(TEN + HOUR + graceMs);
    expect(sent.at(-1)).toBeLessThan(TEN + HOUR + graceMs + spreadMs);
    expect(new Set(sent).size).toBeGreaterThan(20);
  });

  it('what comes for it afterwards is left out and counted; the next hour goes on', () => {
    const harness = harnessed();
    feed(harness, TEN + MINUTE, { Gi1: { rx_bps: 1 } });
    ticks(harness, TEN + HOUR, TEN + 2 * HOUR);
    feed(harness, TEN + 2 * MINUTE, { Gi1: { rx_bps: 9 } });
    expect(harness.outcomes.get('late')).toBe(1);
    feed(harness, TEN + HOUR, { Gi1: { rx_bps: 5 } });
    feed(harness, TEN + 2 * HOUR, { Gi1: { rx_bps: 5 } });
    expect(harness.features.map((one) => [one.window_start, metricOf(one)!.max])).toEqual([
      [TEN, 1],
      [TEN + HOUR, 5],
    ]);
  });

  it('of history that is being loaded closes nothing', () => {
    const harness = harnessed();
    feed(harness, TEN + MINUTE, { Gi1: { rx_bps: 1 } });
    expect(ticks(harness, TEN, TEN + 5 * HOUR, false)).toEqual([]);
  });
});

describe('anomalies of a window', () => {
  const anomaly = (id: number, changes: Partial<AnomalyRecord>): AnomalyRecord =>
    anomalyRecord({
      anomaly_id: `00000000-0000-5000-8000-00000000000${id}`,
      interface_name: 'Gi1',
      opened_at: TEN + MINUTE,
      ...changes,
    });
  const listed = ({ features: sent }: StageHarness) =>
    sent.map(({ anomalies }) => anomalies.map(({ anomaly_id: id, severity }) => `${id.at(-1)} ${severity}`));

  it('are those that were active in it, as they were last reported', () => {
    const harness = harnessed();
    feed(harness, TEN, { Gi1: { rx_bps: 1 } });
    harness.anomaly(anomaly(1, {}));
    harness.anomaly(anomaly(2, { severity: 'info' }));
    harness.anomaly(anomaly(2, { severity: 'critical', revision: 2 }));
    harness.anomaly(anomaly(3, { interface_name: 'Gi2' }));
    harness.anomaly(anomaly(4, { entity: 'default/device/r2' }));
    harness.anomaly(anomaly(1, { state: 'closed', closed_at: TEN + 9 * MINUTE }));
    feed(harness, TEN + HOUR, { Gi1: { rx_bps: 1 } });
    // Opened by the poll that closes the window, and belongs to the next.
    harness.anomaly(anomaly(5, { opened_at: TEN + 2 * HOUR }));
    feed(harness, TEN + 2 * HOUR, { Gi1: { rx_bps: 1 } });
    harness.anomaly(anomaly(2, { state: 'closed', closed_at: TEN + 2 * HOUR + MINUTE }));
    feed(harness, TEN + 3 * HOUR, { Gi1: { rx_bps: 1 } });
    feed(harness, TEN + 4 * HOUR, { Gi1: { rx_bps: 1 } });
    expect(listed(harness)).toEqual([
      ['1 warning', '2 critical'],
      ['2 critical'],
      ['2 warning', '5 warning'],
      ['5 warning'],
    ]);
  });
});

/** Values at times of one hour, all judged. */
const series = fc
  .array(
    fc.record({
      second: fc.integer({ min: 0, max: 3_599 }),
      value: fc.integer({ min: -1_000, max: 1_000 }),
      off: fc.integer({ min: -8, max: 8 }),
    }),
    { minLength: 3, maxLength: 60 },
  )
  .map((polls) => [...new Map(polls.map((poll) => [poll.second, poll])).values()])
  .map((polls) => polls.toSorted((a, b) => a.second - b.second))
  .filter((polls) => polls.length >= 3);

/** Two ports, polled within some hours; by device. */
const stories = fc.array(
  fc.record({
    device: fc.integer({ min: 0, max: 2 }),
    minute: fc.integer({ min: 0, max: 300 }),
    ports: fc.subarray(['Gi1', 'Gi2', 'Gi3'], { minLength: 1 }),
    value: fc.integer({ min: 0, max: 9 }),
  }),
  { minLength: 2, maxLength: 60 },
);

describe('whatever comes', () => {
  it('the features are those of the values, by another computation', () => {
    fc.assert(
      fc.property(series, (polls) => {
        const harness = harnessed();
        for (const { second, value, off } of polls) {
          feed(harness, TEN + second * SECOND, { Gi1: judged(value, value - off, off / 2) });
        }
        const found = metricOf(closed(harness))!;
        const values = polls.map(({ value }) => value);
        const sigmas = polls.map(({ off }) => Math.abs(off) / 2);
        const { m: slope } = statistics.linearRegression(
          polls.map(({ second, value }) => [second / 3_600, value]),
        );
        const sides = polls.map(({ off }) => Math.sign(off)).filter((side) => side !== 0);
        const spread = statistics.standardDeviation(polls.map(({ second }) => second / 3_600));
        expect(found).toMatchObject({
          count: polls.length,
          mean: expect.closeTo(statistics.mean(values), 2),
          stddev: expect.closeTo(statistics.sampleStandardDeviation(values), 2),
          min: Math.min(...values),
          max: Math.max(...values),
          last: values.at(-1),
          repeats: expect.closeTo(
            values.filter((value, at) => at > 0 && value === values[at - 1]).length / (values.length - 1),
            6,
          ),
          judged: polls.length,
          expected: expect.closeTo(statistics.mean(polls.map(({ value, off }) => value - off)), 2),
          mean_abs_sigma: expect.closeTo(statistics.mean(sigmas), 4),
          max_abs_sigma: Math.max(...sigmas),
          max_score: Math.max(...sigmas) / 4,
          beyond_warn: expect.closeTo(sigmas.filter((size) => size > warnSigma).length / polls.length, 6),
          crossings: sides.filter((side, at) => at > 0 && side !== sides[at - 1]).length,
        });
        // A float32's share of the slope grows as the times come together.
        expect(Math.abs(found.slope! - slope) * spread).toBeLessThan(0.05);
      }),
    );
  });

  it('after a restart it goes on as if nothing had been', () => {
    fc.assert(
      fc.property(stories, fc.nat({ max: 60 }), (story, at) => {
        const polls = story.toSorted((a, b) => a.minute - b.minute);
        const take = (harness: StageHarness, poll: (typeof story)[number]): void => {
          const atMs = TEN + poll.minute * MINUTE;
          harness.punctuate(atMs - (atMs % (5 * SECOND)), () => atMs);
          const rows = Object.fromEntries(
            poll.ports.map((port) => [port, judged(poll.value, 4, poll.value - 4)]),
          );
          const entity = `default/device/r${poll.device}`;
          if (poll.value > 6) {
            // Every other one is over before its window is.
            const end = poll.value % 2 === 0 ? { state: 'closed' as const, closed_at: atMs } : {};
            const id = `00000000-0000-5000-8000-${String(poll.minute).padStart(12, '0')}`;
            const about = { entity, interface_name: poll.ports[0]!, opened_at: atMs };
            harness.anomaly(anomalyRecord({ anomaly_id: id, ...about, ...end }));
          }
          feed(harness, atMs, rows, { entity });
        };
        const whole = harnessed();
        let restarted = harnessed();
        const sent: FeatureRecord[] = [];
        for (const [n, poll] of polls.entries()) {
          take(whole, poll);
          if (n === at) {
            sent.push(...restarted.features);
            restarted = restarted.restart();
          }
          take(restarted, poll);
        }
        expect([...sent, ...restarted.features]).toEqual(whole.features);
      }),
    );
  });
});
