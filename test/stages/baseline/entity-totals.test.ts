import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { baselineColumns } from '../../../pipeline/stages/baseline/baseline-columns.ts';
import { catalogue, withFields } from '../../../topics/catalogue.ts';
import { QUALITIES } from '../../../topics/interface.ts';
import { DetectHarness, type Poll } from '../../support/detect-harness.ts';
import { randomFrom } from '../../support/random-from.ts';
import { normalFrom } from '../../support/simulated-series.ts';
import { maintenance } from '../../support/rule.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const STEP = 300_000;
const TICK = 5_000;
const START = Date.UTC(2026, 0, 5);
const RESET = QUALITIES.indexOf('reset');

type Rows = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Rows of rx_bps; those named in `bad` have no rate that can be trusted. */
function poll(
  harness: DetectHarness,
  atMs: number,
  values: readonly number[],
  bad: readonly number[] = [],
  other: Partial<Poll> = {},
): void {
  const instances = values.map((_, port) => `p${port}.${other.part ?? 1}`);
  harness.pollColumns({ atMs, ...other }, instances, ({ reading }) => {
    for (const [row, value] of values.entries()) {
      reading.number('rx_bps').values[row] = bad.includes(row) ? Number.NaN : value;
      if (bad.includes(row)) reading.quality[row] = RESET;
    }
  });
}

function column(harness: DetectHarness, name: string) {
  for (const [of, { column: found }] of harness.state.columns())
    if (of === `baseline.${name}.rx_bps`) return found;
  throw new Error(`no column ${name}`);
}

const total = (harness: DetectHarness, name: string) => column(harness, `total_${name}`).get(0);

/** Ports of 10 M each, with noise. */
function equalPorts(seed: number, count = 10): (at: number) => number[] {
  const random = randomFrom(seed);
  return () => Array.from({ length: count }, () => 1e7 * (1 + 0.05 * normalFrom(random)));
}

function learned(days: number, other: Partial<Poll> = {}, count = 10): DetectHarness {
  const harness = new DetectHarness({ baseline: { spreadMs: TICK } });
  const ports = equalPorts(31, count);
  for (let atMs = START; atMs < START + days * DAY; atMs += STEP)
    poll(harness, atMs, ports(atMs), [], { appendedAtMs: START + 99 * DAY, ...other });
  return harness;
}

describe('the total of a device', () => {
  it('is learned as a port that had the sum of all ports would be, to the last bit', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 6 }), (seed, ports) => {
        const random = randomFrom(seed);
        const [device, port] = [new DetectHarness(), new DetectHarness()];
        for (let k = 0; k < 700; k += 1) {
          const values = Array.from({ length: ports }, () =>
            random() < 0.01 ? 1e11 : 1e8 * random() ** 3 * (1 + Math.sin(k / 40)),
          );
          poll(device, START + k * STEP, values);
          poll(port, START + k * STEP, [values.reduce((sum, value) => sum + value, 0)]);
        }
        for (const { name } of baselineColumns('rx_bps')) {
          const [ofDevice, ofPort] = [column(device, `total_${name}`), column(port, name)];
          for (let k = 0; k < ofPort.width; k += 1)
            expect([name, k, ofDevice.get(0, k)]).toEqual([name, k, ofPort.get(0, k)]);
        }
      }),
      { numRuns: 10 },
    );
  });

  it('is published with scope device, in the same ticks as its ports', () => {
    const harness = learned(3);
    poll(harness, START + 3 * DAY, equalPorts(1)(0));
    for (let k = 1; k <= 30; k += 1) harness.tick(START + 3 * DAY + k * TICK);
    const records = harness.baselines.filter(({ scope_type }) => scope_type === 'device');
    const cells = records.flatMap(({ rows }) => rows.flatMap((row) => row.cells));
    expect(cells.filter(({ day_of_week }) => day_of_week === null)).toHaveLength(24);
    expect(cells.filter(({ day_of_week }) => day_of_week !== null)).toHaveLength(72);
    for (const { path_id, device_role, device_id, rows } of records) {
      expect({ path_id, device_role, device_id }).toEqual({
        path_id: null,
        device_role: null,
        device_id: 'd1',
      });
      expect(rows.map((row) => row.interface_name)).toEqual(['']);
    }
    for (const { metric_name, baseline_mean: mean } of cells) {
      expect(metric_name).toBe('rx_bps');
      expect(Math.abs(mean / 1e8 - 1)).toBeLessThan(0.05);
    }
    const ofPorts = harness.baselines.filter(({ scope_type }) => scope_type === 'interface');
    expect(records.map((record) => record.calculated_at)).toEqual(
      ofPorts.map((record) => record.calculated_at),
    );
  });

  it('takes what was expected of a port without a rate, so that its reset is no drop', () => {
    const [whole, lacking] = [learned(14, {}, 20), learned(14, {}, 20)];
    const ports = equalPorts(32, 20);
    for (let atMs = START + 14 * DAY; atMs < START + 15 * DAY; atMs += STEP) {
      const values = ports(atMs);
      poll(whole, atMs, values);
      poll(lacking, atMs, values, [3]);
    }
    expect(total(lacking, 'polls')).toBe(total(whole, 'polls'));
    expect(lacking.outcomes.get('total_unknown')).toBeUndefined();
    expect(total(lacking, 'level') / total(whole, 'level')).toBeCloseTo(1, 2);
    const cell = (harness: DetectHarness) => column(harness, 'total_day_mean').get(0, 12);
    expect(cell(lacking) / cell(whole)).toBeCloseTo(1, 2);
  });

  it.each<readonly [string, readonly number[], Partial<Poll>]>([
    ['two of ten ports have no rate', [3, 4], {}],
    ['no port has one', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], {}],
    ['the poll is partial', [], { status: 'partial' }],
  ])('is not learned when %s', (_what, bad, other) => {
    const harness = learned(3);
    const before = ['polls', 'level', 'seconds', 'visit_seconds'].map((name) => total(harness, name));
    poll(harness, START + 3 * DAY + STEP, new Array<number>(10).fill(1e7), bad, other);
    expect(['polls', 'level', 'seconds', 'visit_seconds'].map((name) => total(harness, name))).toEqual(
      before,
    );
    expect(harness.outcomes.get('total_unknown')).toBe(bad.length > 0 ? 1 : undefined);
  });

  it('falls with a port that goes down: that traffic is gone', () => {
    const harness = learned(3);
    const before = total(harness, 'polls');
    const down: Rows = Object.fromEntries(
      Array.from({ length: 10 }, (_, port) => [
        `p${port}.1`,
        port < 5 ? { rx_bps: 1e7 } : { rx_bps: 0, oper_status: 2 },
      ]),
    );
    for (let k = 1; k <= 12; k += 1) harness.poll({ atMs: START + 3 * DAY + k * STEP, rows: down });
    expect(total(harness, 'polls')).toBe(before + 12);
    expect(total(harness, 'visit_day_mean')).toBeLessThan(0.98e8);
  });

  it('stands still while one of its ports is in maintenance', () => {
    const harness = learned(3);
    const before = total(harness, 'polls');
    const from = START + 3 * DAY;
    harness.rule(maintenance(from, from + HOUR, { entity: 'default/device/r1', interface_name: 'p2.1' }));
    poll(harness, from, equalPorts(5)(0));
    expect(total(harness, 'polls')).toBe(before);
    poll(harness, from + 2 * HOUR, equalPorts(5)(0));
    expect(total(harness, 'polls')).toBe(before + 1);
  });

  it('shifts its level, counted apart from its ports', () => {
    const harness = learned(21);
    const random = randomFrom(9);
    for (let atMs = START + 21 * DAY; atMs < START + 22 * DAY; atMs += STEP)
      poll(
        harness,
        atMs,
        Array.from({ length: 10 }, () => 2e7 * (1 + 0.05 * normalFrom(random))),
      );
    expect(harness.outcomes.get('level_shift')).toBe(10);
    expect(harness.outcomes.get('total_level_shift')).toBe(1);
    expect(total(harness, 'level') / 2e8).toBeCloseTo(1, 1);
  });

  it('forgets its hours in another zone, and all at another site', () => {
    const berlin = { siteId: 1, timeZone: 'Europe/Berlin' };
    const harness = learned(3, berlin);
    poll(harness, START + 3 * DAY, equalPorts(1)(0), [], { ...berlin, timeZone: 'UTC' });
    expect(column(harness, 'total_day_visits').get(0, 12)).toBe(0);
    expect(total(harness, 'polls')).toBe((3 * DAY) / STEP + 1);
    poll(harness, START + 3 * DAY + STEP, equalPorts(1)(0), [], { timeZone: 'UTC', siteId: 2 });
    expect(total(harness, 'polls')).toBe(1);
  });
});

describe('a poll in parts', () => {
  const twenty = (seed: number) => {
    const random = randomFrom(seed);
    return () => Array.from({ length: 20 }, () => 1e7 * random());
  };
  function inParts(
    harness: DetectHarness,
    atMs: number,
    values: readonly number[],
    parts: readonly number[],
  ) {
    for (const part of parts)
      poll(harness, atMs, values.slice(10 * (part - 1), 10 * part), [], { part, parts: 2 });
  }

  it('has the total of all of its parts', () => {
    const [one, two] = [new DetectHarness(), new DetectHarness()];
    const values = twenty(7);
    for (let k = 0; k < 400; k += 1) {
      const all = values();
      poll(one, START + k * STEP, all);
      inParts(two, START + k * STEP, all, [1, 2]);
    }
    for (const name of ['level', 'level_error', 'polls', 'seconds', 'visit_day_mean'])
      expect([name, total(two, name)]).toEqual([name, total(one, name)]);
  });

  it.each([
    ['a part is lost', [1]],
    ['the first is lost', [2]],
    ['they come the other way round', [2, 1]],
    ['one comes twice', [1, 1]],
  ])('has none when %s, and the next whole poll has one again', (_what, parts) => {
    const harness = new DetectHarness();
    const values = twenty(8);
    for (let k = 0; k < 20; k += 1) inParts(harness, START + k * STEP, values(), [1, 2]);
    const level = total(harness, 'level');
    inParts(harness, START + 20 * STEP, values(), parts);
    expect([total(harness, 'polls'), total(harness, 'level')]).toEqual([20, level]);
    inParts(harness, START + 21 * STEP, values(), [1, 2]);
    expect(total(harness, 'polls')).toBe(21);
  });

  it('survives a restart between two parts', () => {
    const values = twenty(9);
    const all = values();
    const whole = new DetectHarness();
    inParts(whole, START, all, [1, 2]);
    const first = new DetectHarness();
    inParts(first, START, all, [1]);
    const second = new DetectHarness().restore(first.snapshot());
    inParts(second, START, all, [2]);
    expect(second.snapshot()).toEqual(whole.snapshot());
  });
});

describe('how rows are aggregated', () => {
  it.each([
    ['mean', 30],
    ['max', 60],
    ['sum', 90],
  ] as const)('is for the catalogue to say: %s', (aggregate, expected) => {
    const wider = withFields(catalogue, 'metric.interface', [
      {
        name: 'load_pct',
        type: 'double',
        kind: 'gauge',
        unit: '%',
        baseline: true,
        aggregate,
        doc: 'A gauge.',
      },
    ]);
    const harness = new DetectHarness({ catalogue: wider });
    harness.poll({
      atMs: START,
      rows: { p1: { load_pct: 10 }, p2: { load_pct: 20 }, p3: { load_pct: 60 }, p4: {} },
    });
    for (const [name, { column: found }] of harness.state.columns())
      if (name === 'baseline.total_level.load_pct') expect(found.get(0)).toBe(expected);
  });
});

describe('a path', () => {
  it('is a scope of its own: its instances and the whole of it', () => {
    const harness = new DetectHarness({ baseline: { spreadMs: TICK } });
    const entity = 'default/path/berlin->zurich:icmp';
    for (let atMs = START; atMs <= START + HOUR; atMs += STEP)
      harness.poll({ entity, atMs, rows: { a: { rx_bps: 1e6 }, b: { rx_bps: 2e6 } } });
    for (let k = 1; k < 5; k += 1) harness.tick(START + HOUR + k * TICK);
    const found = harness.baselines.map(({ scope_type, path_id, rows }) => [
      scope_type,
      path_id,
      rows.map((row) => [row.interface_name, row.cells[0]!.baseline_mean]),
    ]);
    const id = 'berlin->zurich:icmp';
    expect(found).toEqual([
      [
        'path',
        id,
        [
          ['a', 1e6],
          ['b', 2e6],
        ],
      ],
      ['path', id, [['', 3e6]]],
    ]);
  });
});
