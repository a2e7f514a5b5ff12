import { afterEach, describe, expect, it } from '@jest/globals';
import { deviceId, siteUuid } from '../../pipeline/model/entity.ts';
import { postgresService } from '../services/postgres.ts';
import { anomalyRecord, countOf, NOW, sinkLab, stored, type SinkLab } from '../sink/sink-lab.ts';
import { deviceRecord, siteRecord } from '../support/inventory-records.ts';
import { until } from '../support/until.ts';
import type { BaselineRecord } from '../../topics/insight.ts';

const postgres = postgresService();
let lab: SinkLab | undefined;

afterEach(async () => {
  await lab?.stop();
  lab = undefined;
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
  const statistics = (mean: number) => ({
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
  const cell = (mean: number, hour: number, day: number | null) => ({
    metric_name: 'utilization_pct',
    metric_unit: '%',
    hour_of_day: hour,
    day_of_week: day,
    ...statistics(mean),
    baseline_start: null,
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
    scope_type: null as string | null,
    device_role: null as string | null,
    path_id: null as string | null,
    rows: [{ interface_name: 'Gi0/1', cells: [cell(mean, 11, null), cell(mean + 1, 11, 6)], periods: [] }],
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

  const siteBaseline = (site_id: number): BaselineRecord => {
    const entity = `default/site/${site_id}`;
    return {
      ...baseline(NOW, site_id, site_id),
      ...{ entity, device_ip: null, device_id: deviceId(entity), scope_type: 'site' },
      rows: [{ interface_name: '', cells: [cell(site_id, 11, null)], periods: [] }],
    };
  };

  it('of a site end with it', async () => {
    const { pool } = await postgres.database();
    lab = await sinkLab(pool);
    await lab.sink().start();
    const siteOf = (site_id: number, slug: string) =>
      siteRecord({ site_id, slug, site_uuid: siteUuid('default', slug) });
    for (const [id, slug] of [
      [3, 'gone'],
      [4, 'kept'],
    ] as const) {
      await lab.sendRecord('control.site', `default/${slug}`, siteOf(id, slug), 0);
      const record = siteBaseline(id);
      await lab.sendRecord('insight.baseline', record.entity, record);
    }
    const active = async () => {
      const { rows } = await pool.query<{ id: number }>(
        'SELECT site_id AS id FROM metric_baselines WHERE is_active ORDER BY 1',
      );
      return rows.map(({ id }) => id).join();
    };
    await until(async () => (await active()) === '3,4', 'both');
    await lab.send('control.site', 'default/gone', null, 0);
    await until(async () => (await active()) === '4', 'the other alone');
  });
});

describe('baselines of other scopes than an interface', () => {
  const statistics = {
    sample_count: 4,
    baseline_mean: 1,
    baseline_median: 1,
    baseline_stddev: 1,
    baseline_min: null,
    baseline_max: null,
    baseline_p5: null,
    baseline_p95: null,
    baseline_p99: null,
    warn_threshold_low: -1,
    warn_threshold_high: 3,
    crit_threshold_low: -2,
    crit_threshold_high: 4,
    confidence_score: 50,
  };
  const metric = { metric_name: 'rx_bps', metric_unit: 'bit/s' };
  const start = Date.UTC(2026, 10, 1);
  const hour = { ...metric, hour_of_day: 11, day_of_week: null, ...statistics, baseline_start: start };
  const day = { ...metric, time_period: 'daily', day_of_week: null, ...statistics, baseline_start: start };
  const sunday = { ...day, time_period: 'weekly', day_of_week: 0 };

  it('have a row each of the same hour and of the same days, and belong to what they name', async () => {
    const { pool } = await postgres.database();
    lab = await sinkLab(pool);
    await lab.sink().start();
    const none = { site_id: null, device_role: null, path_id: null } as const;
    const scopes = [
      { ...none, scope_type: null },
      { ...none, scope_type: 'device' },
      { ...none, scope_type: 'path', path_id: 'a->b' },
      { ...none, scope_type: 'site', site_id: 3 },
      { ...none, scope_type: 'site', site_id: 4 },
      { ...none, scope_type: 'device_role', device_role: 'router' },
      { ...none, scope_type: 'device_role', device_role: 'switch' },
      { ...none, scope_type: 'network' },
    ];
    for (const calculated_at of [NOW - 60_000, NOW])
      for (const scope of scopes)
        await lab.sendRecord('insight.baseline', 'r1', {
          domain: 'default',
          entity: 'default/device/r1',
          device_ip: null,
          device_id: deviceId('default/device/r1'),
          netbox_device_id: null,
          calculated_at,
          baseline_start: start,
          ...scope,
          rows: [
            {
              interface_name: scope.scope_type === null ? 'Gi0/1' : '',
              cells: [hour],
              periods: [day, sunday],
            },
          ],
        });
    await until(async () => (await stored(pool, 'insight.baseline'))[0] === 2 * scopes.length, 'all');
    const { rows } = await pool.query<{ shown: string; periods: string; of_device: boolean }>(
      `SELECT concat_ws(' ', scope_type, interface_name, path_id, site_id, device_role) AS shown,
              string_agg(concat_ws(' ', time_period, hour_of_day, day_of_week), ', ' ORDER BY time_period) AS periods,
              bool_and(device_id IS NOT NULL) AS of_device
         FROM metric_baselines
        WHERE is_active AND calculated_at = to_timestamp($1::float8 / 1000) AND baseline_start_date = '2026-11-01'
        GROUP BY 1 ORDER BY 1`,
      [NOW],
    );
    expect(rows.map(({ shown, of_device }) => `${shown}${of_device ? ' of a device' : ''}`)).toEqual([
      'device of a device',
      'device_role router',
      'device_role switch',
      'interface Gi0/1 of a device',
      'network',
      'path a->b',
      'site 3',
      'site 4',
    ]);
    for (const { periods } of rows) expect(periods).toBe('daily, hourly 11, weekly 0');
    expect(await countOf(pool, 'metric_baselines')).toBe(3 * scopes.length);
    expect(await lab.deadLetters()).toEqual([]);
  });
});

describe('inventory', () => {
  const device = (id: string, hostname: string, ip: string) =>
    deviceRecord(id, {
      netbox_device_id: 5,
      hostname,
      addresses: [ip, '2001:db8::1'],
      credential: 'public',
      profile: 'interfaces',
      site_id: 3,
      site_slug: 'lab',
      role: 'router',
      device_type: 'x',
      tags: ['core', 'ü'],
    });
  const site = (site_id: number, slug: string) =>
    siteRecord({
      site_id,
      site_uuid: siteUuid('default', slug),
      slug,
      name: `Site ${slug}`,
      latitude: 52.5,
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
