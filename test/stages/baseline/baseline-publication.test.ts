import { describe, expect, it } from '@jest/globals';
import { catalogue, withFields } from '../../../topics/catalogue.ts';
import type { BaselineRecord } from '../../../topics/insight.ts';
import { DetectHarness } from '../../support/detect-harness.ts';
import { randomFrom } from '../../support/random-from.ts';
import { normalFrom } from '../../support/simulated-series.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const STEP = 300_000;
const START = Date.UTC(2026, 0, 5);
const TICK = 5_000;
const AT_EACH_TICK = { baseline: { spreadMs: TICK } };

function load(harness: DetectHarness, days: number, metrics: readonly string[] = ['rx_bps']): number {
  const random = randomFrom(11);
  const end = START + days * DAY;
  for (let atMs = START; atMs < end; atMs += STEP) {
    const value = 1e8 * (1 + 0.1 * normalFrom(random));
    const sample = Object.fromEntries(metrics.map((metric) => [metric, value]));
    harness.poll({ atMs, appendedAtMs: end, rows: { p1: sample, p2: sample } });
  }
  return end;
}

/** As many entities that close an hour in the same moment: the tick at which each was paid. */
function paid(count: number) {
  const harness = new DetectHarness();
  const entities = Array.from({ length: count }, (_, k) => `default/device/r${k}`);
  const poll = (atMs: number): void => {
    for (const entity of entities) harness.poll({ entity, atMs, rows: { p1: { rx_bps: 4e6 } } });
  };
  for (let atMs = START; atMs <= START + HOUR; atMs += STEP) poll(atMs);
  const paidAt = new Map<string, number>();
  for (let tick = 1; tick <= 120; tick += 1) {
    // They go on being polled: who is silent is not paid.
    if (tick % 60 === 0) poll(START + HOUR + tick * TICK);
    const before = ofPorts(harness).length;
    harness.tick(START + HOUR + tick * TICK);
    for (const { entity } of ofPorts(harness).slice(before)) {
      expect(paidAt.has(entity)).toBe(false);
      paidAt.set(entity, tick);
    }
  }
  return { paidAt, entities };
}

/** Of hours of ports. */
function ofPorts({ baselines }: DetectHarness): BaselineRecord[] {
  return baselines.filter(
    ({ scope_type, rows }) => scope_type === 'interface' && rows.some((row) => row.cells.length > 0),
  );
}

function cells(records: readonly BaselineRecord[]): string[] {
  return records.flatMap(({ rows }) =>
    rows.flatMap((row) =>
      row.cells.map(
        (cell) => `${row.interface_name} ${cell.metric_name} ${cell.hour_of_day} ${cell.day_of_week}`,
      ),
    ),
  );
}

describe('publishing baselines', () => {
  it('says nothing while history is loaded, and drains an hour of the day a tick once the entity is live', () => {
    const harness = new DetectHarness(AT_EACH_TICK);
    // The last poll is of 23:55; observed 5 minutes before it is appended, so the entity is live by then.
    const end = load(harness, 14);
    expect(harness.baselines).toEqual([]);
    harness.tick(end + TICK);
    // The present hour of the day comes first: its cell, and those of seven weekdays, of two ports.
    expect(ofPorts(harness)).toHaveLength(1);
    const first = cells(ofPorts(harness));
    expect(new Set(first.map((cell) => cell.split(' ')[2]))).toEqual(new Set(['23']));
    expect(first).toHaveLength(2 * 8);
    harness.tick(end + 2 * TICK);
    expect(new Set(cells(ofPorts(harness).slice(1)).map((cell) => cell.split(' ')[2]))).toEqual(
      new Set(['0']),
    );
    for (let k = 3; k <= 30; k += 1) harness.tick(end + k * TICK);
    expect(ofPorts(harness)).toHaveLength(24);
    const all = cells(ofPorts(harness));
    expect(all).toHaveLength(2 * (24 + 168));
    expect(new Set(all).size).toBe(all.length);
  });

  it('publishes just the two cells of an hour that a live entity closes', () => {
    const harness = new DetectHarness(AT_EACH_TICK);
    for (let atMs = START; atMs <= START + HOUR; atMs += STEP) {
      harness.poll({ atMs, rows: { p1: { rx_bps: 4e6 } } });
    }
    expect(harness.baselines).toEqual([]);
    for (let k = 1; k < 5; k += 1) harness.tick(START + HOUR + k * TICK);
    expect(ofPorts(harness)).toHaveLength(1);
    expect(cells(ofPorts(harness))).toEqual(['p1 rx_bps 0 null', 'p1 rx_bps 0 1']);
  });

  it('spreads the hour that many entities close at once over ten minutes, each of them once', () => {
    const { paidAt, entities } = paid(1_200);
    expect([...paidAt.keys()].sort()).toEqual([...entities].sort());
    const perTick = new Map<number, number>();
    for (const tick of paidAt.values()) perTick.set(tick, (perTick.get(tick) ?? 0) + 1);
    // Ten of 1,200 are due at each of 120 ticks, by chance.
    expect(perTick.size).toBeGreaterThan(110);
    expect(Math.max(...perTick.values())).toBeLessThan(30);
  });

  it('pays an entity at the same tick, whoever else is in its task', () => {
    const { paidAt } = paid(40);
    const { paidAt: fewer } = paid(3);
    for (const [entity, tick] of fewer) expect(tick).toBe(paidAt.get(entity));
    expect(fewer.size).toBe(3);
  });

  it('waits with the rest while the entity is silent', () => {
    const harness = new DetectHarness(AT_EACH_TICK);
    const end = load(harness, 3);
    harness.tick(end + DAY, end);
    expect(harness.baselines).toEqual([]);
  });

  it('publishes all cells again after a level shift', () => {
    const harness = new DetectHarness(AT_EACH_TICK);
    const end = load(harness, 21);
    for (let k = 0; k < 40; k += 1) harness.tick(end + k * TICK);
    harness.baselines.length = 0;
    for (let atMs = end; atMs < end + 12 * HOUR; atMs += STEP) {
      harness.poll({ atMs, rows: { p1: { rx_bps: 3e8 }, p2: { rx_bps: 1e8 } } }).tick(atMs + TICK);
    }
    expect(harness.outcomes.get('level_shift')).toBe(1);
    expect(new Set(cells(ofPorts(harness))).size).toBe(2 * (24 + 168));
  });

  it('carries thresholds, quantiles and where it comes from', () => {
    const harness = new DetectHarness(AT_EACH_TICK);
    const end = load(harness, 28);
    harness.tick(end + TICK);
    const [record] = harness.baselines;
    expect(record).toMatchObject({
      domain: 'default',
      entity: 'default/device/r1',
      device_id: 'd1',
      site_id: null,
      // Not the tick's: what a later reading publishes must be newer.
      calculated_at: end - STEP,
      baseline_start: START,
    });
    const cell = record!.rows[0]!.cells[0]!;
    expect(cell).toMatchObject({
      metric_name: 'rx_bps',
      metric_unit: 'bit/s',
      hour_of_day: 23,
      day_of_week: null,
    });
    expect(cell.sample_count).toBe(27);
    expect(cell.confidence_score).toBe(100);
    const { baseline_mean: mean, baseline_stddev: scale } = cell;
    expect(mean / 1e8).toBeCloseTo(1, 1);
    expect(scale / 1e7).toBeGreaterThan(0.8);
    expect(scale / 1e7).toBeLessThan(1.4);
    expect(cell.warn_threshold_high).toBeCloseTo(mean + 2 * scale, 3);
    expect(cell.crit_threshold_low).toBeCloseTo(mean - 3 * scale, 3);
    // A normal distribution's quantiles, within the width of a bucket.
    expect((cell.baseline_median - mean) / 1e7).toBeCloseTo(0, 0);
    expect((cell.baseline_p95! - mean) / 1e7).toBeGreaterThan(1.3);
    expect((cell.baseline_p95! - mean) / 1e7).toBeLessThan(2);
    expect((mean - cell.baseline_p5!) / 1e7).toBeGreaterThan(1.3);
    expect(cell.baseline_p99!).toBeGreaterThan(cell.baseline_p95!);
    expect(cell.baseline_max!).toBeGreaterThan(cell.baseline_p99!);
    expect(cell.baseline_min!).toBeLessThan(mean - 2.4e7);
  });

  it('ends the bands of a percentage at 0 and 100', () => {
    const wider = withFields(catalogue, 'metric.interface', [
      { name: 'cpu_pct', type: 'double', kind: 'gauge', unit: '%', baseline: true, doc: 'A gauge.' },
    ]);
    const harness = new DetectHarness({ ...AT_EACH_TICK, catalogue: wider });
    const random = randomFrom(3);
    const end = START + 3 * DAY;
    for (let atMs = START; atMs < end; atMs += STEP) {
      harness.poll({ atMs, appendedAtMs: end, rows: { p1: { cpu_pct: random() < 0.5 ? 2 : 98 } } });
    }
    harness.tick(end + TICK);
    const cell = harness.baselines[0]!.rows[0]!.cells[0]!;
    expect(cell).toMatchObject({ crit_threshold_low: 0, crit_threshold_high: 100 });
  });

  it('publishes every part of a poll that came in several, and keeps records below 4,000 cells', () => {
    const harness = new DetectHarness(AT_EACH_TICK);
    const names = [
      'rx_bps',
      'tx_bps',
      'rx_pps',
      'tx_pps',
      'rx_error_rate',
      'tx_error_rate',
      'rx_discard_rate',
    ];
    const sample = Object.fromEntries(names.map((name) => [name, 5]));
    const rowsOf = (part: number) =>
      Object.fromEntries(Array.from({ length: 400 }, (_, k) => [`p${part}.${k}`, sample]));
    for (let atMs = START; atMs <= START + HOUR; atMs += STEP) {
      for (const part of [1, 2]) harness.poll({ atMs, part, parts: 2, rows: rowsOf(part) });
    }
    for (const part of [1, 2])
      harness.poll({ atMs: START + HOUR + STEP, part, parts: 2, rows: rowsOf(part) });
    harness.tick(START + HOUR + STEP + TICK);
    expect(harness.baselines.length).toBeGreaterThan(2);
    for (const record of harness.baselines) expect(cells([record]).length).toBeLessThanOrEqual(4_000);
    expect(new Set(cells(ofPorts(harness))).size).toBe(800 * names.length * 2);
  });

  /** Live polls of a device in two parts; part 2 shifts its level from `shiftAt` on. */
  function inParts(harness: DetectHarness, fromMs: number, toMs: number, shiftAt = Infinity): void {
    for (let atMs = fromMs; atMs < toMs; atMs += STEP) {
      harness.poll({ atMs, part: 1, parts: 2, rows: { p1: { rx_bps: 1e8 } } });
      const rx_bps = atMs >= shiftAt ? 3e8 : 1e8;
      harness.poll({ atMs, part: 2, parts: 2, rows: { p2: { rx_bps } } }).tick(atMs + TICK);
    }
  }

  it('publishes both parts in full after a level shift in the second', () => {
    const harness = new DetectHarness(AT_EACH_TICK);
    const shiftAt = START + 21 * DAY;
    inParts(harness, START, shiftAt);
    harness.baselines.length = 0;
    inParts(harness, shiftAt, shiftAt + 12 * HOUR, shiftAt);
    expect(harness.outcomes.get('level_shift')).toBe(1);
    const published = new Set(cells(ofPorts(harness)));
    for (const port of ['p1', 'p2']) {
      expect([...published].filter((cell) => cell.startsWith(port))).toHaveLength(24 + 168);
    }
  });

  it('owes everything until every part of a poll has come, also when the last ones come first', () => {
    const harness = new DetectHarness(AT_EACH_TICK);
    const end = START + 3 * DAY;
    for (let atMs = START; atMs < end; atMs += STEP) {
      for (const part of [1, 2]) {
        const live = atMs === end - STEP && part === 2;
        const appendedAtMs = live ? end : end + DAY;
        harness.poll({ atMs, appendedAtMs, part, parts: 2, rows: { [`p${part}`]: { rx_bps: 4e6 } } });
      }
    }
    for (let k = 1; k <= 3; k += 1) harness.tick(end + k * TICK);
    expect(harness.baselines).toEqual([]);
    harness.poll({ atMs: end - 1_000, part: 1, parts: 2, rows: { p1: { rx_bps: 4e6 } } });
    harness.tick(end + 4 * TICK);
    expect(harness.baselines).toEqual([]);
    harness.poll({ atMs: end - 1_000, part: 2, parts: 2, rows: { p2: { rx_bps: 4e6 } } });
    for (let k = 5; k <= 30; k += 1) harness.tick(end + k * TICK);
    const ports = cells(ofPorts(harness)).map((cell) => cell.split(' ')[0]);
    expect(ports.filter((port) => port === 'p1').length).toBeGreaterThan(24);
    expect(ports.filter((port) => port === 'p2')).toHaveLength(ports.length / 2);
  });

  it('goes on with the parts that are left when a poll gets fewer', () => {
    const harness = new DetectHarness(AT_EACH_TICK);
    const end = START + 2 * DAY;
    for (let atMs = START; atMs < end; atMs += STEP) {
      for (const part of [1, 2]) {
        const rows = { [`p${part}`]: { rx_bps: 4e6 } };
        harness.poll({ atMs, appendedAtMs: atMs === end - STEP ? end : end + DAY, part, parts: 2, rows });
      }
    }
    harness.poll({ atMs: end - 1_000, rows: { p1: { rx_bps: 4e6 } } });
    for (let k = 1; k <= 30; k += 1) harness.tick(end + k * TICK);
    const ports = new Set(cells(ofPorts(harness)).map((cell) => cell.split(' ')[0]));
    expect(ports).toEqual(new Set(['p1']));
  });

  it('gives the close of an hour a newer revision than any tick gave its cells before', () => {
    const harness = new DetectHarness(AT_EACH_TICK);
    const end = load(harness, 14);
    // The tick comes before the record that closes the hour of 23:00, but after it was observed.
    harness.tick(end + 60_000);
    const before = harness.baselines.splice(0);
    expect(cells(before)).toContain('p1 rx_bps 23 null');
    harness.poll({
      atMs: end + 1_000,
      appendedAtMs: end + 61_000,
      rows: { p1: { rx_bps: 1e8 }, p2: { rx_bps: 1e8 } },
    });
    for (let k = 13; k <= 40; k += 1) harness.tick(end + k * TICK);
    expect(cells(harness.baselines)).toContain('p1 rx_bps 23 null');
    const again = harness.baselines.find((record) => cells([record]).includes('p1 rx_bps 23 null'))!;
    expect(again.calculated_at).toBeGreaterThan(before[0]!.calculated_at);
  });
});
