import { afterEach, describe, expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { migrate } from '../../pipeline/db/migrate.ts';
import { deviceId, siteUuid } from '../../pipeline/model/entity.ts';
import { catalogue, withFields } from '../../topics/catalogue.ts';
import { postgresService, silent } from '../services/postgres.ts';
import { anomalyRecord, NOW, sinkLab, type SinkLab } from '../sink/sink-lab.ts';
import { until } from '../support/until.ts';

const postgres = postgresService();
let lab: SinkLab | undefined;

afterEach(async () => {
  await lab?.stop();
  lab = undefined;
});

async function countOf(pool: Pool, table: string): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`);
  return rows[0]!.count;
}

async function stored(pool: Pool, topic: string): Promise<Record<number, number>> {
  const { rows } = await pool.query<{ partition: number; next: number }>(
    'SELECT partition, next_offset::int AS next FROM sink_offsets WHERE topic = $1',
    [topic],
  );
  return Object.fromEntries(rows.map(({ partition, next }) => [partition, next]));
}

describe('readings', () => {
  it('become rows with every column of the catalogue, exact to the last bit', async () => {
    const { pool } = await postgres.database();
    lab = await sinkLab(pool);
    const reading = lab.reading('r1', NOW - 1500, ['Gi0/1', 'Gi0/2'], 2);
    reading.counter('in_octets').hi.set([0x7fffffff, 0]);
    reading.counter('in_octets').lo.set([0xffffffff, 5]);
    reading.number('rx_bps').values[1] = Number.NaN;
    reading.counter('out_octets').known[1] = 0;
    reading.quality[1] = 2;
    await lab.sendReading(reading);
    await lab.sink().start();
    await until(async () => (await countOf(pool, 'interface_metrics')) === 2, 'two rows');

    const { rows } = await pool.query(
      'SELECT *, host(device_ip) AS ip FROM interface_metrics ORDER BY interface_name',
    );
    expect(rows[0]).toMatchObject({
      domain: 'default',
      device_id: deviceId('default/device/r1'),
      ip: '10.0.0.1',
      netbox_device_id: 7,
      site_id: 3,
      interface_name: 'Gi0/1',
      interface_index: 2,
      if_alias: 'if_alias of Gi0/1',
      recorded_at: new Date(NOW - 1500),
      quality: 'good',
      rx_bytes: '9223372036854775807',
      rx_bps: 2,
      error_rate_ppm: 2,
    });
    expect(rows[1]).toMatchObject({
      rx_bytes: '5',
      rx_bps: null,
      tx_bytes: null,
      quality: 'first',
      tx_bps: 2.125,
    });
    expect(rows[1]).toHaveProperty('ingested_at', expect.any(Date));
    expect(lab.observed.rows.get('interface_metrics')).toBe(2);
  });

  it('get a column for a metric that only the catalogue names', async () => {
    const { pool } = await postgres.database();
    const wider = withFields(catalogue, 'metric.interface', [
      { name: 'rx_crc_errors', type: 'long', kind: 'counter', doc: 'CRC errors.' },
      { name: 'temperature', type: 'double', kind: 'gauge', unit: 'Cel', doc: 'Of the transceiver.' },
    ]);
    expect(await migrate({ pool, catalogue: wider, log: silent })).toEqual([
      'add column interface_metrics.rx_crc_errors bigint',
      'add column interface_metrics.temperature double precision',
    ]);
    lab = await sinkLab(pool, { catalogue: wider });
    await lab.sendReading(lab.reading('r1', NOW, ['Gi0/1'], 4));
    await lab.sink().start();
    await until(async () => (await countOf(pool, 'interface_metrics')) === 1, 'the row');
    const { rows } = await pool.query('SELECT rx_crc_errors, temperature FROM interface_metrics');
    expect(rows).toEqual([{ rx_crc_errors: '17179869184', temperature: 4 }]);
  });

  it('of 28 days make their partitions as they come', async () => {
    const { pool } = await postgres.database();
    lab = await sinkLab(pool);
    for (let day = 28; day >= 0; day -= 1) {
      await lab.sendReading(lab.reading('r1', NOW - day * 86_400_000, ['Gi0/1']));
    }
    await lab.sink().start();
    await until(async () => (await countOf(pool, 'interface_metrics')) === 29, '29 rows');
    expect(await countOf(pool, "pg_inherits WHERE inhparent = 'interface_metrics'::regclass")).toBe(29);
  });
});

describe('bad rows', () => {
  it('are dead letters with reason, column, row and bytes; the other rows are kept', async () => {
    const { pool } = await postgres.database();
    lab = await sinkLab(pool);
    const reading = lab.reading('r1', NOW, ['Gi0/1', 'Gi0/2', 'Gi0/3', 'Gi0/4']);
    reading.counter('in_octets').hi[0] = 0xffffffff;
    reading.text('if_alias').values[1] = 'a\0b';
    reading.number('rx_bps').values[2] = Number.POSITIVE_INFINITY;
    await lab.sendReading(reading);
    await lab.sink().start();
    await until(async () => (await countOf(pool, 'interface_metrics')) === 1, 'the good row');

    const letters = await lab.deadLetters();
    expect(letters.map(({ reason, row }) => ({ reason, row }))).toEqual([
      { reason: 'out_of_range', row: 0 },
      { reason: 'nul_byte', row: 1 },
      { reason: 'not_finite', row: 2 },
    ]);
    expect(letters[0]).toMatchObject({
      failed_in: 'sink',
      topic: 'metric.interface',
      partition: 0,
      offset: 0n,
      detail: 'interface_metrics.rx_bytes cannot hold 18446744069414584320',
    });
    // The bytes once, not once a row.
    expect(letters.map(({ value }) => (value?.length ?? 0) > 100)).toEqual([true, false, false]);
    expect(lab.observed.deadLetters).toEqual(['out_of_range', 'nul_byte', 'not_finite']);
  });

  it('whole records that cannot be used are dead letters, and their partitions go on', async () => {
    const { pool } = await postgres.database();
    lab = await sinkLab(pool);
    await lab.send('metric.interface', 'k', Buffer.from('no avro'));
    await lab.send('metric.interface', 'k', null);
    await lab.send('insight.anomaly', 'k', null);
    await lab.send('inventory.device', 'not an entity', null);
    await lab.sendReading(lab.reading('r1', NOW + 2 * 86_400_000, ['Gi0/1']));
    await lab.sendReading(lab.reading('r1', NOW - 33 * 86_400_000, ['Gi0/1']));
    const noAddress = lab.reading('r1', NOW, ['Gi0/1']);
    noAddress.deviceIp = 'fe80::1%eth0';
    await lab.sendReading(noAddress);
    await lab.sendReading(lab.reading('r1', NOW, ['Gi0/9']));
    await lab.sink().start();
    await until(async () => (await stored(pool, 'metric.interface'))[0] === 6, 'all records passed');

    const letters = await lab.deadLetters();
    expect(letters.map(({ topic, reason }) => `${topic} ${reason}`).sort()).toEqual([
      'insight.anomaly no_value',
      'inventory.device invalid_key',
      'metric.interface future',
      'metric.interface inet_syntax',
      'metric.interface no_value',
      'metric.interface not_framed',
      'metric.interface out_of_retention',
    ]);
    expect(await countOf(pool, 'interface_metrics')).toBe(1);
    expect(await countOf(pool, "pg_inherits WHERE inhparent = 'interface_metrics'::regclass")).toBe(1);
  });

  it('that only the server refuses are found: by its line in a COPY, by halving in a merge', async () => {
    const { pool } = await postgres.database();
    await pool.query("ALTER TABLE interface_metrics ADD CHECK (interface_name <> 'Gi0/2')");
    await pool.query("ALTER TABLE anomaly_events ADD CHECK (metric_name <> 'poison')");
    lab = await sinkLab(pool);
    await lab.sendReading(lab.reading('r1', NOW, ['Gi0/1', 'Gi0/2', 'Gi0/3']));
    for (let i = 0; i < 9; i += 1) {
      const anomaly_id = `00000000-0000-5000-8000-00000000000${i}`;
      const metric_name = i === 3 || i === 7 ? 'poison' : 'rx_bps';
      await lab.sendRecord('insight.anomaly', 'r1', anomalyRecord({ anomaly_id, metric_name }));
    }
    await lab.sink().start();
    await until(async () => (await countOf(pool, 'anomaly_events')) === 7, 'the good anomalies');
    await until(async () => (await countOf(pool, 'interface_metrics')) === 2, 'the good rows');

    const letters = await lab.deadLetters();
    expect(letters.map(({ topic, offset, row, reason }) => ({ topic, offset, row, reason }))).toEqual(
      expect.arrayContaining([
        { topic: 'metric.interface', offset: 0n, row: 1, reason: 'refused_by_database' },
        { topic: 'insight.anomaly', offset: 3n, row: 0, reason: 'refused_by_database' },
        { topic: 'insight.anomaly', offset: 7n, row: 0, reason: 'refused_by_database' },
      ]),
    );
    expect(letters).toHaveLength(3);
    expect(lab.observed.failures).toEqual([]);
  });
});

describe('anomalies', () => {
  const anomaly_id = '5d9c1f0e-6b3a-5c47-9e21-7f0d8a4b6c13';

  it('keep their newest revision, whatever comes later, and what people wrote', async () => {
    const { pool } = await postgres.database();
    lab = await sinkLab(pool);
    const sink = lab.sink();
    await sink.start();
    await lab.sendRecord('insight.anomaly', 'r1', anomalyRecord({ anomaly_id }));
    await lab.sendRecord(
      'insight.anomaly',
      'r1',
      anomalyRecord({ anomaly_id, revision: 2, state: 'updated', polls: 2 }),
    );
    await until(async () => (await countOf(pool, 'anomaly_events WHERE revision = 2')) === 1, 'revision 2');
    await pool.query("UPDATE anomaly_events SET acknowledged_by = 'ada', is_false_positive = true");
    const closed = { revision: 3, state: 'closed', closed_at: NOW, close_reason: 'recovered' } as const;
    await lab.sendRecord('insight.anomaly', 'r1', anomalyRecord({ anomaly_id, ...closed }));
    await lab.sendRecord(
      'insight.anomaly',
      'r1',
      anomalyRecord({ anomaly_id, revision: 2, state: 'updated' }),
    );
    await until(async () => (await stored(pool, 'insight.anomaly'))[0] === 4, 'all revisions passed');
    const { rows } = await pool.query('SELECT * FROM anomaly_events');
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      revision: 3,
      state: 'closed',
      detected_at: new Date(NOW - 60_000),
      resolved_at: new Date(NOW),
      acknowledged_by: 'ada',
      is_false_positive: true,
      metric_value: 9e9,
      confidence: 0.9,
    });
  });
});

describe('baselines', () => {
  const cell = (mean: number, hour: number, day: number | null) => ({
    metric_name: 'utilization_pct',
    metric_unit: '%',
    hour_of_day: hour,
    day_of_week: day,
    sample_count: 4,
    baseline_mean: mean,
    baseline_median: mean,
    baseline_stddev: 1,
    baseline_min: null,
    baseline_max: null,
    baseline_p5: null,
    baseline_p95: null,
    baseline_p99: null,
    warn_threshold_low: mean - 2,
    warn_threshold_high: mean + 2,
    crit_threshold_low: mean - 3,
    crit_threshold_high: mean + 3,
    confidence_score: 66.666,
  });
  const baseline = (calculated_at: number, mean: number, site_id = 3) => ({
    domain: 'default',
    entity: 'default/device/r1',
    device_ip: '10.0.0.1',
    device_id: deviceId('default/device/r1'),
    netbox_device_id: null,
    site_id,
    calculated_at,
    baseline_start: Date.UTC(2026, 9, 24, 5),
    rows: [{ interface_name: 'Gi0/1', cells: [cell(mean, 11, null), cell(mean + 1, 11, 6)] }],
  });

  it('have one active row a cell: the newest, wherever the device moved', async () => {
    const { pool } = await postgres.database();
    lab = await sinkLab(pool);
    const sink = lab.sink();
    await sink.start();
    await lab.sendRecord('insight.baseline', 'r1', baseline(NOW - 7_200_000, 10));
    await lab.sendRecord('insight.baseline', 'r1', baseline(NOW - 3_600_000, 20));
    await until(async () => (await stored(pool, 'insight.baseline'))[0] === 2, 'both');
    await lab.sendRecord('insight.baseline', 'r1', baseline(NOW, 30, 4));
    await lab.sendRecord('insight.baseline', 'r1', baseline(NOW - 1, 99, 4));
    await until(async () => (await stored(pool, 'insight.baseline'))[0] === 4, 'all');
    const { rows } = await pool.query(
      `SELECT scope_type, site_id, metric_unit, time_period, hour_of_day, day_of_week, baseline_mean,
              confidence_score, baseline_start_date::text, baseline_end_date::text, is_active
         FROM metric_baselines ORDER BY baseline_mean`,
    );
    expect(rows).toHaveLength(2);
    expect(rows[0]).toEqual({
      scope_type: 'interface',
      site_id: 4,
      metric_unit: 'percent',
      time_period: 'hourly',
      hour_of_day: 11,
      day_of_week: null,
      baseline_mean: 30,
      confidence_score: '66.67',
      baseline_start_date: '2026-10-24',
      baseline_end_date: '2026-11-21',
      is_active: true,
    });
    expect(rows[1]).toMatchObject({ day_of_week: 6, baseline_mean: 31 });
  });
});

describe('inventory', () => {
  const device = (id: string, hostname: string, ip: string) => ({
    domain: 'default',
    entity: `default/device/${id}`,
    device_id: deviceId(`default/device/${id}`),
    netbox_device_id: 5,
    hostname,
    addresses: [ip, '2001:db8::1'],
    port: 161,
    credential: 'public',
    zone: 'default',
    profile: 'interfaces',
    interval_ms: 60_000,
    site_id: 3,
    site_slug: 'lab',
    role: 'router',
    manufacturer: null,
    device_type: 'x',
    interfaces: [],
    tags: ['core', 'ü'],
  });
  const site = (site_id: number, slug: string) => ({
    domain: 'default',
    site_id,
    site_uuid: siteUuid('default', slug),
    slug,
    name: `Site ${slug}`,
    time_zone: 'Europe/Berlin',
    country: 'DE',
    latitude: 52.5,
    longitude: null,
  });

  it('becomes devices and sites, seen through netbox_device_cache; sites only from partition 0', async () => {
    const { pool } = await postgres.database();
    lab = await sinkLab(pool);
    await lab.sendRecord('inventory.device', 'default/device/r1', device('r1', 'r1', '10.0.0.1'));
    await lab.sendRecord('control.site', 'default/lab', site(3, 'lab'), 0);
    await lab.sendRecord('control.site', 'default/other', site(4, 'other'), 1);
    await lab.sink().start();
    await until(async () => (await stored(pool, 'control.site'))[1] === 1, 'partition 1 passed');
    await until(async () => (await countOf(pool, 'netbox_device_cache')) === 1, 'the device');
    await until(async () => (await countOf(pool, 'sites')) === 1, 'the site');
    const { rows } = await pool.query('SELECT *, host(device_ip) AS ip FROM netbox_device_cache');
    expect(rows[0]).toMatchObject({
      device_name: 'r1',
      ip: '10.0.0.1',
      site_name: 'Site lab',
      role_name: 'router',
      tags: ['core', 'ü'],
      netbox_device_id: 5,
    });
    const devices = await pool.query<{ addresses: string }>('SELECT addresses::text FROM devices');
    expect(devices.rows[0]!.addresses).toBe('{10.0.0.1,2001:db8::1}');
  });

  it('lets devices swap names and addresses, within a flush and over several', async () => {
    const { pool } = await postgres.database();
    lab = await sinkLab(pool);
    await lab.sink().start();
    const shown = async () => {
      const { rows } = await pool.query<{ shown: string }>(
        "SELECT right(entity, 2) || ' ' || coalesce(hostname, '-') || ' ' || coalesce(host(ip_address), '-') AS shown FROM devices ORDER BY 1",
      );
      return rows.map((row) => row.shown);
    };
    const sendBoth = async (...pairs: [string, string, string][]) => {
      for (const [id, name, ip] of pairs) {
        await lab!.sendRecord('inventory.device', `default/device/${id}`, device(id, name, ip));
      }
    };
    await sendBoth(['r1', 'one', '10.0.0.1'], ['r2', 'two', '10.0.0.2']);
    await until(async () => (await shown()).length === 2, 'two devices');
    await sendBoth(['r1', 'two', '10.0.0.2'], ['r2', 'one', '10.0.0.1']);
    await until(async () => (await shown()).join() === 'r1 two 10.0.0.2,r2 one 10.0.0.1', 'swapped');
    await sendBoth(['r3', 'one', '10.0.0.2']);
    await until(
      async () => (await shown()).join() === 'r1 two -,r2 - 10.0.0.1,r3 one 10.0.0.2',
      'taken over',
    );
    expect(await lab.deadLetters()).toEqual([]);
  });

  it('softly deletes what has a tombstone, and takes it back', async () => {
    const { pool } = await postgres.database();
    lab = await sinkLab(pool);
    await lab.sink().start();
    const gone = async () => countOf(pool, 'devices WHERE deleted_at IS NOT NULL');
    await lab.sendRecord('inventory.device', 'default/device/r1', device('r1', 'r1', '10.0.0.1'));
    await lab.sendRecord('control.site', 'default/lab', site(3, 'lab'));
    await until(async () => (await countOf(pool, 'devices')) === 1, 'the device');
    await lab.send('inventory.device', 'default/device/r1', null);
    await lab.send('control.site', 'default/lab', null);
    await until(async () => (await gone()) === 1, 'the device gone');
    await until(
      async () => (await countOf(pool, 'sites WHERE deleted_at IS NOT NULL')) === 1,
      'the site gone',
    );
    await lab.sendRecord('inventory.device', 'default/device/r1', device('r1', 'r1', '10.0.0.1'));
    await lab.sendRecord('control.site', 'default/lab-new', site(3, 'lab-new'));
    await until(async () => (await gone()) === 0, 'the device back');
    await until(
      async () => (await countOf(pool, "sites WHERE slug = 'lab-new' AND deleted_at IS NULL")) === 1,
      'renamed',
    );
    expect(await countOf(pool, 'sites')).toBe(1);
  });
});

describe('audits', () => {
  it('become poll_history', async () => {
    const { pool } = await postgres.database();
    lab = await sinkLab(pool);
    await lab.sendRecord('ops.collection', 'default/device/r1', {
      domain: 'default',
      entity: 'default/device/r1',
      device_ip: '2001:db8::17',
      device_id: deviceId('default/device/r1'),
      netbox_device_id: null,
      collector_id: 'c1',
      poll_id: '0190a0b4-0000-7000-8000-0000000000aa',
      job_type: 'interface',
      started_at: NOW - 90,
      completed_at: NOW,
      duration_ms: 90,
      status: 'timeout',
      error_message: 'no answer within 5000 ms',
      records_collected: 0,
      requests: 3,
      retries: 2,
      late_ms: 0,
      missed_polls: 0,
    });
    await lab.sink().start();
    await until(async () => (await countOf(pool, 'poll_history')) === 1, 'the audit');
    const { rows } = await pool.query('SELECT *, host(device_ip) AS ip FROM poll_history');
    expect(rows[0]).toMatchObject({
      ip: '2001:db8::17',
      status: 'timeout',
      retries: 2,
      started_at: new Date(NOW - 90),
    });
  });
});
