/** The verifier and the pipeline agree on whatever devices do: two implementations of the same notes. */
import { describe, expect, it } from '@jest/globals';
import { fleet } from '../chaos/fleet.ts';
import { inMemoryRun, type Step } from '../chaos/in-memory-run.ts';
import { check } from './check.ts';
import type { Located, MetricRecord, Row } from './records.ts';

const START_MS = Date.UTC(2026, 5, 1);

function steps(seed: number, polls: number, trouble: number, intervalMs = 60_000): Step[] {
  const made = fleet({ seed, devices: 12, portsPerDevice: 8, intervalMs, startMs: START_MS, trouble });
  const all: Step[] = made.inventory.map((record) => ({ kind: 'inventory', key: record.entity, record }));
  for (let poll = 1; poll <= polls; poll += 1) {
    for (const record of made.poll(START_MS + poll * intervalMs)) all.push({ kind: 'raw', record });
  }
  return all;
}

/** A hundred polls without trouble. */
const clean = inMemoryRun(steps(6, 100, 0, 300_000));

function qualities(metrics: readonly { readonly value: MetricRecord | null }[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { value } of metrics) {
    for (const { quality } of value!.rows)
      counts.set(String(quality), (counts.get(String(quality)) ?? 0) + 1);
  }
  return counts;
}

describe('the pipeline as it is', () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  it.each([
    [1, 150, 0.02, 60_000],
    [2, 150, 0.2, 60_000],
    [3, 150, 0.5, 10_000],
    [4, 100, 0.3, 300_000],
    [seed, 150, 0.3, 30_000],
  ])(
    'is accepted: seed %d, %d polls, trouble in %d of them, every %d ms',
    async (of, polls, trouble, interval) => {
      const { topics } = await inMemoryRun(steps(of, polls, trouble, interval));
      const { differences, counts, ok, unverified } = check(topics, {});
      expect(differences).toEqual([]);
      expect(ok).toBe(true);
      expect(unverified).toEqual([]);
      expect(counts.rounded).toBe(0);
    },
  );

  it('was asked about every verdict', async () => {
    const { topics } = await inMemoryRun(steps(5, 300, 0.3));
    expect([...qualities(topics.metrics).keys()].sort()).toEqual([
      'agent_restart',
      'discontinuity',
      'first',
      'gap',
      'good',
      'implausible',
      'missing',
      'reindexed',
      'reset',
      'stale',
      'unknown',
      'width_change',
    ]);
    const reasons = new Set(
      topics.metrics.flatMap(({ value }) => value!.exceptions.map(({ reason }) => reason)),
    );
    expect([...reasons]).toEqual(
      expect.arrayContaining(['no_speed', 'no_packets', 'ambiguous_wrap', 'not_supported']),
    );
    expect(topics.metrics.some(({ value }) => value!.parts === 2)).toBe(true);
  });
});

describe('the inventory', () => {
  it('may change: speeds and places of the time of each reading', async () => {
    const all = steps(7, 60, 0.05);
    const changed = all.flatMap((step, at): Step[] => {
      if (at % 97 !== 96 || step.kind !== 'raw') return [step];
      const first = all[at % 5]!;
      if (first.kind !== 'inventory') return [step];
      const interfaces = [{ interface_name: 'Gi1/0/2', speed_mbps: at }];
      const record = at % 2 === 0 ? null : { ...first.record!, site_id: at, interfaces };
      return [{ kind: 'inventory', key: first.key, record }, step];
    });
    const { topics } = await inMemoryRun(changed);
    expect(topics.inventory.some(({ value }) => value === null)).toBe(true);
    expect(check(topics, {}).differences).toEqual([]);
  });
});

describe('what cannot be folded', () => {
  it('is expected among the dead letters', async () => {
    const all = steps(8, 10, 0);
    const spoilt = all.map((step, at): Step => {
      if (step.kind !== 'raw') return step;
      const { record } = step;
      if (at % 11 === 0) return { ...step, key: 'default/device/other' };
      if (at % 11 === 1) return { kind: 'raw', record: { ...record, domain: 'other' } };
      if (at % 11 === 2) return { kind: 'raw', record: { ...record, observed_at: -1 } };
      if (at % 11 === 3)
        return { kind: 'raw', record: { ...record, rows: [...record.rows, record.rows[0]!] } };
      return step;
    });
    const { topics } = await inMemoryRun(spoilt);
    const report = check(topics, {});
    expect(report.differences).toEqual([]);
    expect(report.counts.metrics.refused).toBeGreaterThan(20);
    expect(new Set(topics.deadLetters.map(({ value }) => value!.reason))).toEqual(
      new Set(['key_mismatch', 'domain_mismatch', 'invalid_time', 'duplicate_row']),
    );
    const silent = check({ ...topics, deadLetters: topics.deadLetters.slice(1) }, {});
    expect(silent.differences.map(({ kind, where }) => `${kind} ${where}`)).toEqual([
      'missing netsigma.dead-letter',
    ]);
  });
});

describe('a mistake is found', () => {
  type Mutation = (metrics: Located<MetricRecord>[]) => void;

  /** The poll in the middle, whose first row has rates. */
  const middle = (metrics: readonly Located<MetricRecord>[]): number =>
    metrics.findIndex(
      ({ value }, at) =>
        at > metrics.length / 2 && value!.rows[0]?.['quality'] === 'good' && value!.rows.length > 1,
    );

  const changed = (
    metrics: Located<MetricRecord>[],
    change: (value: MetricRecord) => Partial<MetricRecord>,
  ): void => {
    const at = middle(metrics);
    const { value, ...record } = metrics[at]!;
    metrics[at] = { ...record, value: { ...value!, ...change(value!) } };
  };

  const firstRow =
    (change: (row: Row) => Row): Mutation =>
    (metrics) =>
      changed(metrics, ({ rows }) => ({ rows: rows.map((row, at) => (at === 0 ? change(row) : row)) }));

  it.each<[string, string, Mutation]>([
    [
      'one rate off by a millionth',
      'different rx_pps',
      firstRow((row) => ({ ...row, rx_pps: Number(row['rx_pps']) * (1 + 1e-6) })),
    ],
    ['one column null', 'different in_octets', firstRow((row) => ({ ...row, in_octets: null }))],
    [
      'a counter off by one',
      'different out_errors',
      firstRow((row) => ({ ...row, out_errors: (row['out_errors'] as bigint) + 1n })),
    ],
    ['another verdict', 'different quality', firstRow((row) => ({ ...row, quality: 'gap' }))],
    ['another site', 'different site_id', (metrics) => changed(metrics, () => ({ site_id: 99 }))],
    [
      'another device',
      'different device_id',
      (metrics) => changed(metrics, ({ poll_id }) => ({ device_id: poll_id })),
    ],
    [
      'an exception too many',
      'different exceptions',
      (metrics) => changed(metrics, () => ({ exceptions: [{ row: 0, metric: 'rx_bps', reason: 'reset' }] })),
    ],
    ['one record missing', 'missing', (metrics) => void metrics.splice(middle(metrics), 1)],
    ['one record twice', 'twice', (metrics) => void metrics.push(metrics[middle(metrics)]!)],
    [
      'one record twice at once',
      'twice',
      (metrics) => void metrics.splice(middle(metrics), 0, metrics[middle(metrics)]!),
    ],
    [
      'a record of nobody',
      'unexpected',
      (metrics) => void metrics.push({ ...metrics[0]!, value: { ...metrics[0]!.value!, poll_id: 'none' } }),
    ],
    [
      'two rows swapped',
      'different interface_name',
      (metrics) => changed(metrics, ({ rows }) => ({ rows: [rows[1]!, rows[0]!, ...rows.slice(2)] })),
    ],
    [
      'a row missing',
      'different rows.length',
      (metrics) => changed(metrics, ({ rows }) => ({ rows: rows.slice(0, -1) })),
    ],
  ])('%s', async (_what, found, mutate) => {
    const { topics } = await clean;
    const metrics = [...topics.metrics];
    mutate(metrics);
    const { ok, differences } = check({ ...topics, metrics }, {});
    expect(ok).toBe(false);
    const names = differences.map(({ kind, field }) => (field === undefined ? kind : `${kind} ${field}`));
    expect(names).toContain(found);
    if (!found.includes('interface_name'))
      expect(names.filter((name) => name !== 'unexpected').length).toBeLessThanOrEqual(2);
  });

  it('two polls of a device swapped', async () => {
    const { topics } = await clean;
    const metrics = [...topics.metrics];
    const first = middle(metrics);
    const second = metrics.findIndex(({ key }, at) => at > first && key === metrics[first]!.key);
    [metrics[first], metrics[second]] = [metrics[second]!, metrics[first]!];
    expect(
      check({ ...topics, metrics }, {})
        .differences.map(({ kind }) => kind)
        .sort(),
    ).toEqual(['missing', 'unexpected']);
  });

  it('a raw record that nobody folded', async () => {
    const { topics } = await clean;
    const extra = {
      ...topics.raw[0]!,
      offset: 999_999n,
      value: { ...topics.raw[0]!.value!, observed_at: START_MS + 9e7 },
    };
    expect(check({ ...topics, raw: [...topics.raw, extra] }, {}).differences).toMatchObject([
      { kind: 'missing', offset: '999999' },
    ]);
  });

  it('a deviation twice, or of another value', async () => {
    const { topics } = await clean;
    const { deviations } = topics;
    const last = deviations.at(-1)!;
    expect(check({ ...topics, deviations: [...deviations, last] }, {}).differences[0]).toMatchObject({
      kind: 'twice',
      where: 'insight.deviation',
    });
    const [row, ...rest] = last.value!.rows;
    const off = row!.deviations.map((of) => ({ ...of, value: of.value + 1 }));
    const value = { ...last.value!, rows: [{ ...row!, deviations: off }, ...rest] };
    expect(
      check({ ...topics, deviations: [...deviations.slice(0, -1), { ...last, value }] }, {}).differences[0],
    ).toMatchObject({ kind: 'different', where: 'insight.deviation' });
  });
});
