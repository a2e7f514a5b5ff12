import { afterEach, describe, expect, it } from '@jest/globals';
import { migrate } from '../../pipeline/db/migrate.ts';
import { deviceId } from '../../pipeline/model/entity.ts';
import { catalogue, withFields } from '../../topics/catalogue.ts';
import { postgresService, silent } from '../services/postgres.ts';
import {
  anomalyRecord,
  collectionRecord,
  countOf,
  NOW,
  sinkLab,
  stored,
  type SinkLab,
} from '../sink/sink-lab.ts';
import { readingRecord } from '../support/reading-record.ts';
import { until } from '../support/until.ts';

const postgres = postgresService();
let lab: SinkLab | undefined;

afterEach(async () => {
  await lab?.stop();
  lab = undefined;
});

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
    reading.text('if_alias').set(1, 'a\0b');
    reading.number('rx_bps').values[2] = Number.POSITIVE_INFINITY;
    const record = await readingRecord(lab.codec, 'metric.interface', reading);
    // Only another producer can write a negative counter: the codec's encoder refuses to.
    const rows = record.rows.map((row, at) => (at === 0 ? { ...row, in_octets: -(2n ** 32n) } : row));
    await lab.sendRecord('metric.interface', reading.entity, { ...record, rows });
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

describe('audits', () => {
  const trouble = {
    status: 'timeout',
    error_message: 'no answer within 5000 ms',
    records_collected: 0,
    retries: 2,
    missed_polls: 1,
  } as const;

  it('become poll_history', async () => {
    const { pool } = await postgres.database();
    lab = await sinkLab(pool);
    await lab.sendRecord('ops.collection', 'default/device/r1', collectionRecord(trouble));
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

  it('become data_collection_audit in the same transaction, with warnings by name where there are any', async () => {
    const { pool } = await postgres.database();
    lab = await sinkLab(pool);
    await lab.sendRecord('ops.collection', 'default/device/r1', collectionRecord(trouble));
    await lab.sendRecord('ops.collection', 'default/device/r1', collectionRecord({ started_at: NOW }));
    await lab.sink().start();
    await until(async () => (await countOf(pool, 'poll_history')) === 2, 'both polls');
    const { rows } = await pool.query('SELECT * FROM data_collection_audit ORDER BY time');
    expect(rows).toEqual([
      {
        domain: 'default',
        time: new Date(NOW - 90),
        device_id: deviceId('default/device/r1'),
        operation_id: '0190a0b4-0000-7000-8000-0000000000aa',
        data_type: 'interface',
        collection_method: 'snmp',
        collection_source: 'c1',
        force_refresh: false,
        cache_hit: false,
        duration_ms: 90,
        ssh_command_count: 0,
        data_size_bytes: null,
        status: 'timeout',
        error_message: 'no answer within 5000 ms',
        warnings: { retries: 2, missed_polls: 1 },
        records_created: 0,
        records_updated: 0,
        freshness_threshold: null,
        ingested_at: expect.any(Date),
      },
      expect.objectContaining({
        status: 'success',
        error_message: null,
        warnings: null,
        records_created: 48,
      }),
    ]);
    expect(lab.observed.rows.get('data_collection_audit')).toBe(2);
  });

  it('that cannot be decoded are one dead letter; one that two tables refuse is a letter of each', async () => {
    const { pool } = await postgres.database();
    lab = await sinkLab(pool);
    await lab.send('ops.collection', 'k', Buffer.from('no avro'));
    await lab.send('ops.collection', 'k', null);
    const late = collectionRecord({ started_at: NOW - 33 * 86_400_000 });
    await lab.sendRecord('ops.collection', 'default/device/r1', late);
    await lab.sink().start();
    await until(async () => (await stored(pool, 'ops.collection'))[0] === 3, 'all records passed');
    expect(lab.observed.deadLetters.sort()).toEqual([
      'no_value',
      'not_framed',
      'out_of_retention',
      'out_of_retention',
    ]);
    const details = (await lab.deadLetters()).flatMap(({ offset, detail }) =>
      offset === 2n ? [detail] : [],
    );
    expect(details).toEqual([
      expect.stringMatching(/^started_at 2026-10-19/),
      expect.stringMatching(/^time 2026-10-19/),
    ]);
  });
});
