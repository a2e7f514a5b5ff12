import { describe, expect, it } from '@jest/globals';
import * as prom from 'prom-client';
import { Counter, Gauge, Histogram, MAX_LABEL_SETS } from '../../pipeline/observe/instruments.ts';
import { createMetrics } from '../../pipeline/observe/metrics.ts';

const line = (text: string, start: string) => text.split('\n').filter((each) => each.startsWith(start));

describe('createMetrics', () => {
  it('publishes every metric that operators were promised, and the process metrics', async () => {
    const text = await createMetrics().text();
    for (const name of [
      'polls_total',
      'poll_duration_seconds',
      'poll_lateness_seconds',
      'poll_requests_total',
      'poll_retries_total',
      'varbinds_rejected_total',
      'datagrams_dropped_total',
      'devices',
      'polls_missed_total',
      'records_folded_total',
      'records_sent_total',
      'dead_letters_total',
      'stage_outcomes_total',
      'row_quality_total',
      'commits_total',
      'commit_duration_seconds',
      'task_lag_records',
      'task_lag_seconds',
      'state_bytes',
      'state_entities',
      'anomalies_total',
      'sink_rows_total',
      'sink_flush_duration_seconds',
      'sink_poison_rows_total',
      'sink_retries_total',
      'sink_lag_records',
      'memory_broker_bytes',
    ]) {
      expect(text).toContain(`# TYPE netsigma_${name} `);
    }
    expect(text).toContain('process_cpu_seconds_total');
  });

  it('follows the naming rules of Prometheus and explains each metric', async () => {
    const text = await createMetrics().text();
    for (const row of line(text, '# TYPE netsigma_')) {
      const [, , name, type] = row.split(' ');
      expect(name).toMatch(/^netsigma_[a-z_]+$/);
      expect([name, name!.endsWith('_total')]).toEqual([name, type === 'counter']);
      expect(text).toMatch(new RegExp(`# HELP ${name} .+\\.\n`));
      if (type === 'histogram') expect(name).toMatch(/_seconds$/);
    }
  });

  it('has a registry of its own: two sets do not mix', async () => {
    const [one, two] = [createMetrics(), createMetrics()];
    one.pollRequests.add(5);
    expect(line(await one.text(), 'netsigma_poll_requests_total')).toEqual([
      'netsigma_poll_requests_total 5',
    ]);
    expect(line(await two.text(), 'netsigma_poll_requests_total')).toEqual([
      'netsigma_poll_requests_total 0',
    ]);
    expect(await prom.register.metrics()).toBe('\n');
  });

  it('shows known labels as 0 before anything happened, so that rates work from the first event', async () => {
    const text = await createMetrics().text();
    expect(text).toContain('netsigma_polls_total{status="timeout"} 0');
    expect(text).toContain('netsigma_row_quality_total{quality="good"} 0');
    expect(text).toContain('netsigma_anomalies_total{state="opened",severity="critical"} 0');
  });
});

describe('Counter', () => {
  const options = () => ({
    registry: new prom.Registry(),
    name: 'n_total',
    help: 'h',
    labels: ['a', 'b'] as const,
  });

  it('takes counts in bulk, through a cell or at once, and shows the sum each time it is asked', async () => {
    const given = options();
    const counter = new Counter(given);
    const cell = counter.cell('x', 'y');
    cell.count += 40;
    counter.add(2, 'x', 'y');
    expect(counter.cell('x', 'y')).toBe(cell);
    expect(await given.registry.metrics()).toContain('n_total{a="x",b="y"} 42');
    cell.count += 8;
    expect(await given.registry.metrics()).toContain('n_total{a="x",b="y"} 50');
  });

  it('never falls: a negative or missing number is left out', async () => {
    const given = options();
    const counter = new Counter(given);
    counter.add(3, 'x', 'y');
    await given.registry.metrics();
    counter.add(-5, 'x', 'y');
    await given.registry.metrics();
    counter.add(Number.NaN, 'x', 'y');
    await given.registry.metrics();
    counter.add(1, 'x', 'y');
    expect(await given.registry.metrics()).toContain('n_total{a="x",b="y"} 4');
  });

  it('is bounded: labels past the limit are counted together, and long ones are cut', async () => {
    const given = options();
    const counter = new Counter(given);
    for (let index = 0; index < 3 * MAX_LABEL_SETS; index += 1) counter.add(1, 'x', String(index));
    const rows = line(await given.registry.metrics(), 'n_total{');
    expect(rows).toHaveLength(MAX_LABEL_SETS);
    expect(rows).toContain(`n_total{a="other",b="other"} ${3 * MAX_LABEL_SETS - (MAX_LABEL_SETS - 1)}`);
    const long = options();
    new Counter(long).add(1, 'x'.repeat(9_999), 'y');
    expect((await long.registry.metrics()).length).toBeLessThan(400);
  });
});

describe('Gauge', () => {
  it('shows the last value set', async () => {
    const registry = new prom.Registry();
    const gauge = new Gauge({ registry, name: 'g', help: 'h', labels: [] });
    gauge.set(7);
    gauge.set(5);
    expect(await registry.metrics()).toContain('g 5\n');
  });

  it('reads its source when asked, and forgets labels that the source no longer has', async () => {
    const registry = new prom.Registry();
    const gauge = new Gauge({ registry, name: 'g', help: 'h', labels: ['topic'] as const });
    const bytes = new Map([
      ['raw', 1],
      ['metric', 2],
    ]);
    gauge.readFrom(() => [...bytes].map(([topic, value]) => [value, topic] as const));
    expect(line(await registry.metrics(), 'g{')).toEqual(['g{topic="raw"} 1', 'g{topic="metric"} 2']);
    bytes.delete('raw');
    bytes.set('metric', 9);
    expect(line(await registry.metrics(), 'g{')).toEqual(['g{topic="metric"} 9']);
  });
});

describe('Gauge without labels', () => {
  it('has no sample while its source does not know', async () => {
    const registry = new prom.Registry();
    const gauge = new Gauge({ registry, name: 'g', help: 'h', labels: [] });
    let lag: number | null = null;
    gauge.readFrom(() => (lag === null ? [] : [[lag] as const]));
    expect(line(await registry.metrics(), 'g ')).toEqual([]);
    lag = 7;
    expect(line(await registry.metrics(), 'g ')).toEqual(['g 7']);
    lag = null;
    expect(line(await registry.metrics(), 'g ')).toEqual([]);
  });
});

describe('Histogram', () => {
  it('counts into its buckets and ignores what is no number', async () => {
    const registry = new prom.Registry();
    const histogram = new Histogram({ registry, name: 'h_seconds', help: 'h', labels: [] }, [0.1, 1]);
    histogram.observe(0.05);
    histogram.observe(0.5);
    histogram.observe(Number.NaN);
    const text = await registry.metrics();
    expect(text).toContain('h_seconds_bucket{le="0.1"} 1');
    expect(text).toContain('h_seconds_bucket{le="1"} 2');
    expect(text).toContain('h_seconds_count 2');
  });
});
