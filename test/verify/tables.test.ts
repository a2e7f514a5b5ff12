/** The tables that the sink writes are accepted, and every kind of damage to them is found. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { fleet } from '../chaos/fleet.ts';
import { inMemoryRun, type Step } from '../chaos/in-memory-run.ts';
import { postgresService, type TestDatabase } from '../services/postgres.ts';
import { NOW, sinkLab, type SinkLab } from '../sink/sink-lab.ts';
import { until } from '../support/until.ts';
import type { SentRecord } from '../support/topology-driver.ts';
import { check, type Tables } from './check.ts';
import { readTables } from './database.ts';
import { deviceIdOf } from './entity-ids.ts';
import type { TableName } from './expected-rows.ts';
import type { Located, Row, Topics } from './records.ts';
import type { FoundRow } from './tables.ts';

const postgres = postgresService();
const INTERVAL_MS = 300_000;
const START_MS = NOW - 4 * 86_400_000;
const POLLS = 500;

/** What was folded, and the tables as the sink wrote them. */
let run: { readonly topics: Topics; readonly tables: Tables };

beforeAll(async () => {
  const { topics, sent } = await inMemoryRun([...steps()]);
  const database = await postgres.database();
  const lab = await sinkLab(database.pool, { partitions: 1 });
  try {
    const collections = await stored(lab, database, sent);
    run = { topics: { ...topics, collections }, tables: await readTables(database.url) };
  } finally {
    await lab.stop();
  }
}, 60_000);

/** Two days of a small network, long enough for baselines, and a port that goes down. */
function* steps(): Iterable<Step> {
  const options = { seed: 11, devices: 4, portsPerDevice: 3, intervalMs: INTERVAL_MS, startMs: START_MS };
  const made = fleet({ ...options, trouble: 0.02 });
  for (const record of made.inventory) yield { kind: 'inventory', key: record.entity, record };
  for (let poll = 1; poll <= POLLS; poll += 1) {
    for (const record of made.poll(START_MS + poll * INTERVAL_MS)) {
      const down = poll > POLLS - 30 && poll < POLLS - 10;
      const rows = down ? record.rows.map((row) => ({ ...row, oper_status: 2 })) : record.rows;
      yield { kind: 'raw', record: { ...record, rows } };
    }
  }
}

function collection(at: number): Row {
  const entity = `default/device/chaos-${at % 4}`;
  return {
    ...{ domain: 'default', entity, device_ip: '192.0.2.7', device_id: deviceIdOf(entity) },
    ...{ netbox_device_id: null, collector_id: 'chaos', job_type: 'interface' },
    poll_id: `0190b5a0-0000-7000-8000-${at.toString(16).padStart(12, '0')}`,
    ...{ started_at: NOW - at * 1_000, completed_at: NOW - at * 1_000 + 20, duration_ms: 20 },
    ...{ status: at % 9 === 0 ? 'timeout' : 'success', error_message: at % 9 === 0 ? 'timeout' : null },
    ...{ records_collected: at, requests: 3, retries: 0, late_ms: 1, missed_polls: 0 },
  };
}

/** Everything that was folded, and some audits, through the real sink into the database. */
async function stored(
  lab: SinkLab,
  { pool }: TestDatabase,
  sent: readonly SentRecord[],
): Promise<Located<Row>[]> {
  for (const { topic, key, value } of sent) await lab.send(topic, key, value);
  const collections: Located<Row>[] = [];
  for (let at = 0; at < 50; at += 1) {
    const value = collection(at);
    const key = String(value['entity']);
    await lab.sendRecord('ops.collection', key, value as never);
    collections.push({
      topic: 'ops.collection',
      partition: 0,
      offset: BigInt(at),
      appendedAtMs: NOW,
      key,
      value,
    });
  }
  await lab.sink().start();
  const topics = ['metric.interface', 'insight.anomaly', 'insight.baseline'];
  const records = collections.length + sent.filter(({ topic }) => topics.includes(topic)).length;
  await until(
    async () => {
      const sum = 'SELECT coalesce(sum(next_offset), 0) AS n FROM sink_offsets';
      return Number((await pool.query<{ n: string }>(sum)).rows[0]!.n) >= records;
    },
    'everything is stored',
    50_000,
  );
  expect(lab.observed.failures).toEqual([]);
  return collections;
}

/** One row of a table taken out, and what stands in its place. */
function damaged(
  table: TableName,
  which: (row: FoundRow) => boolean,
  instead: (row: FoundRow) => FoundRow[],
): Tables {
  const rows = run.tables[table]!;
  const at = rows.findIndex(which);
  expect(at).toBeGreaterThanOrEqual(0);
  return { ...run.tables, [table]: [...rows.slice(0, at), ...instead(rows[at]!), ...rows.slice(at + 1)] };
}

describe('tables', () => {
  it('as the sink writes them are accepted, to the last column', () => {
    const report = check(run.topics, run.tables);
    expect(report.differences).toEqual([]);
    expect(report.unverified).toEqual([]);
    const { tables, metrics } = report.counts;
    expect(tables.interface_metrics!.found).toBe(metrics.metricRows);
    expect(tables.poll_history!.found).toBe(50);
    expect(tables.data_collection_audit!.found).toBe(50);
    expect(tables.anomaly_events!.found).toBeGreaterThan(0);
    expect(tables.metric_baselines!.found).toBeGreaterThan(0);
    const scopes = new Set(run.tables.metric_baselines!.map((row) => row['scope_type']));
    expect(scopes).toEqual(new Set(['interface', 'device', 'site', 'device_role', 'network']));
    expect(report.counts.rounded).toBe(0);
  });

  const any = () => true;
  const ofSite: (row: FoundRow) => boolean = (row) => row['scope_type'] === 'site';
  const busy: (row: FoundRow) => boolean = (row) => Number(row['rx_bps']) > 0;
  const put = (column: string, change: (value: never) => unknown) => (row: FoundRow) => [
    { ...row, [column]: change(row[column] as never) },
  ];
  const add = (more: number) => (value: number) => value + more;

  it.each<[string, string, TableName, (row: FoundRow) => boolean, (row: FoundRow) => FoundRow[]]>([
    ['a row missing', 'missing', 'interface_metrics', busy, () => []],
    ['a row twice', 'twice', 'interface_metrics', busy, (row) => [row, row]],
    [
      'a rate off by a millionth',
      'different rx_bps',
      'interface_metrics',
      busy,
      put('rx_bps', (bps: number) => bps * 1.000_001),
    ],
    ['a column null', 'different tx_bytes', 'interface_metrics', busy, put('tx_bytes', () => null)],
    ['a row of another time', 'unexpected', 'interface_metrics', busy, put('recorded_at', add(1))],
    ['a poll missing', 'missing', 'poll_history', any, () => []],
    ['a poll twice', 'twice', 'poll_history', any, (row) => [row, row]],
    ['a status changed', 'different status', 'poll_history', any, put('status', () => 'partial')],
    ['an audit twice', 'twice', 'data_collection_audit', any, (row) => [row, row]],
    ['an anomaly missing', 'missing', 'anomaly_events', any, () => []],
    ['an older revision', 'different revision', 'anomaly_events', any, put('revision', add(-1))],
    ['a baseline missing', 'missing', 'metric_baselines', any, () => []],
    ['a baseline twice', 'twice', 'metric_baselines', any, (row) => [row, row]],
    ['a site of a baseline changed', 'missing', 'metric_baselines', ofSite, put('site_id', add(1))],
    ['a baseline changed', 'different baseline_mean', 'metric_baselines', any, put('baseline_mean', add(1))],
  ])('%s is found: %s', (_what, expected, table, which, instead) => {
    const { ok, differences } = check(run.topics, damaged(table, which, instead));
    expect(ok).toBe(false);
    for (const { where } of differences) expect(where).toBe(table);
    const names = differences.map(({ kind, field }) => (field === undefined ? kind : `${kind} ${field}`));
    expect(names).toContain(expected);
  });
});
