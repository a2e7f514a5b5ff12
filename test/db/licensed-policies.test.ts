/** What only the Timescale licence has, against PGlite: what the server takes, not what its jobs do later. */
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { flavourOf } from '../../pipeline/db/flavour.ts';
import { missingPolicies } from '../../pipeline/db/licensed-policies.ts';
import { maintenance } from '../../pipeline/db/maintenance.ts';
import { migrate } from '../../pipeline/db/migrate.ts';
import { migrations } from '../../pipeline/db/migrations.ts';
import { maintain } from '../../pipeline/db/retention.ts';
import { catalogue, withFields } from '../../topics/catalogue.ts';
import { DAYS } from '../../topics/row.ts';
import { licensedTimescale, type LicensedTimescale } from '../support/licensed-timescale.ts';
import { silentLog as log } from '../support/log.ts';
import { withSql } from './sql-folder.ts';

// A WebAssembly of 20 MB is compiled first.
jest.setTimeout(90_000);

const NOW = Date.UTC(2026, 10, 21, 12);
const FILES = migrations().map(({ file }) => `apply ${file}`);
const KEPT = {
  data_collection_audit: '30 days',
  interface_metrics: '30 days',
  ml_training_snapshots: '1 year',
  poll_history: '30 days',
};
const POLICIES = Object.entries(KEPT).flatMap(([table, keep]) => [
  `columnstore of ${table}`,
  `compress ${table} after 7 days`,
  `keep ${table} for ${keep}`,
]);

let database: LicensedTimescale | undefined;

afterEach(async () => {
  await database?.stop();
  database = undefined;
});

async function licensed() {
  database = await licensedTimescale();
  return database.pool;
}

describe('on the Timescale licence', () => {
  it('migrate adds columnstore and policies to the same files, once', async () => {
    const pool = await licensed();
    expect(await flavourOf(pool)).toBe('timescaledb');
    expect(await migrate({ pool, catalogue, log })).toEqual([...FILES, ...POLICIES]);
    expect(await migrate({ pool, catalogue, log })).toEqual([]);
    expect(await migrate({ pool, catalogue, log, plan: true })).toEqual([]);
    const { rows } = await pool.query(
      `SELECT replace(hypertable::text, 'public.', '') AS table, segmentby, orderby
         FROM timescaledb_information.hypertable_compression_settings ORDER BY 1`,
    );
    expect(rows).toEqual([
      { table: 'data_collection_audit', segmentby: '', orderby: 'device_id,data_type,"time"' },
      { table: 'interface_metrics', segmentby: '', orderby: 'device_id,interface_name,recorded_at' },
      {
        table: 'ml_training_snapshots',
        segmentby: '',
        orderby: 'device_id,interface_name,data_start_time',
      },
      { table: 'poll_history', segmentby: '', orderby: 'device_id,job_type,started_at' },
    ]);
  });

  it('a retention that is set anew reaches the policy at the next maintenance', async () => {
    const pool = await licensed();
    await migrate({ pool, catalogue, log });
    const retentionDays = { interface_metrics: 100 };
    const component = maintenance({ pool, clock: () => NOW, log, retentionDays });
    await component.start();
    await component.stop();
    await pool.query("UPDATE retention_policy SET compress_after = NULL WHERE table_name = 'poll_history'");
    expect((await missingPolicies(pool)).map(({ what }) => what)).toEqual(['do not compress poll_history']);
    await maintain({ pool, clock: () => NOW, log });
    expect(await missingPolicies(pool)).toEqual([]);
    const { rows } = await pool.query(
      `SELECT hypertable_name AS table, proc_name AS does, owner,
              coalesce(config ->> 'drop_after', config ->> 'compress_after') AS after
         FROM timescaledb_information.jobs WHERE hypertable_name IN ('interface_metrics', 'poll_history') ORDER BY 1, 2`,
    );
    const owner = 'netsigma_owner';
    expect(rows).toEqual([
      { table: 'interface_metrics', does: 'policy_compression', owner, after: '7 days' },
      { table: 'interface_metrics', does: 'policy_retention', owner, after: '100 days' },
      { table: 'poll_history', does: 'policy_retention', owner, after: '30 days' },
    ]);
  });

  it('compressed days are read, take late rows and new columns, and are dropped', async () => {
    const pool = await licensed();
    await migrate({ pool, catalogue, log });
    const insert = (ago: number) =>
      pool.query(
        `INSERT INTO interface_metrics (domain, device_id, interface_name, interface_index, recorded_at, quality, rx_bps)
         SELECT 'd', md5(i::text)::uuid, 'Gi0/1', 1, to_timestamp($1) + i * interval '1 s', 'good', i
           FROM generate_series(1, 2000) i`,
        [(NOW - ago * DAYS) / 1000],
      );
    for (const ago of [40, 10, 0]) await insert(ago);
    const { rowCount } = await pool.query(
      "SELECT compress_chunk(c) FROM show_chunks('interface_metrics', older_than => to_timestamp($1)) c",
      [(NOW - 7 * DAYS) / 1000],
    );
    expect(rowCount).toBe(2);
    const wider = withFields(catalogue, 'metric.interface', [
      { name: 'fec_errors', type: 'long', kind: 'counter', doc: 'x' },
    ]);
    expect(await migrate({ pool, catalogue: wider, log })).toEqual([
      'add column interface_metrics.fec_errors bigint',
    ]);
    await insert(10);
    const { droppedPartitions } = await maintain({ pool, clock: () => NOW, log });
    expect(droppedPartitions).toHaveLength(1);
    const { rows } = await pool.query(
      'SELECT count(*)::int AS rows, sum(rx_bps)::int AS sum, count(fec_errors)::int AS wider FROM interface_metrics',
    );
    expect(rows).toEqual([{ rows: 6000, sum: 3 * 2_001_000, wider: 0 }]);
  });

  it('an owner who may not log in has no policies (28000), and maintenance drops chunks alone', async () => {
    const pool = await licensed();
    await pool.query('CREATE ROLE someone; GRANT CREATE ON SCHEMA public TO someone');
    await migrate({ pool, catalogue, log });
    for (const { table } of await tables(pool)) {
      await pool.query(
        `SELECT remove_retention_policy('${table}'), remove_compression_policy('${table}');
         ALTER TABLE ${table} OWNER TO someone`,
      );
    }
    expect(await missingPolicies(pool)).toEqual([]);
    await expect(
      pool.query("SELECT add_retention_policy('poll_history', interval '1 day')"),
    ).rejects.toMatchObject({
      code: '28000',
    });
    await pool.query(
      `INSERT INTO poll_history (domain, device_id, collector_id, poll_id, job_type, started_at, status)
       VALUES ('d', gen_random_uuid(), 'c', gen_random_uuid(), 'interface', to_timestamp($1), 'success')`,
      [(NOW - 60 * DAYS) / 1000],
    );
    expect((await maintain({ pool, clock: () => NOW, log })).droppedPartitions).toHaveLength(1);
  });

  it('a file of this flavour without a transaction makes and fills a continuous aggregate', async () => {
    const pool = await licensed();
    const hourly = `-- flavour: timescaledb
-- transaction: none
CREATE MATERIALIZED VIEW IF NOT EXISTS traffic_hourly WITH (timescaledb.continuous) AS
SELECT time_bucket('1 hour', recorded_at) AS hour, device_id, interface_name, avg(rx_bps) AS rx_bps
  FROM interface_metrics GROUP BY 1, 2, 3 WITH DATA;
CALL refresh_continuous_aggregate('traffic_hourly', NULL, NULL);
SELECT add_continuous_aggregate_policy('traffic_hourly', start_offset => INTERVAL '3 days',
  end_offset => INTERVAL '1 hour', schedule_interval => INTERVAL '1 hour', if_not_exists => true);
`;
    await withSql({ '0900_hourly.sql': hourly.replace('-- transaction: none', '--') }, async (folder) => {
      await expect(migrate({ pool, catalogue, log, folder })).rejects.toThrow('25001');
    });
    await withSql({ '0900_hourly.sql': hourly }, async (folder) => {
      const done = await migrate({ pool, catalogue, log, folder });
      expect(done).toEqual(['apply 0900_hourly.sql', ...POLICIES]);
      expect(await migrate({ pool, catalogue, log, folder })).toEqual([]);
    });
    await pool.query(
      `INSERT INTO interface_metrics (domain, device_id, interface_name, interface_index, recorded_at, quality, rx_bps)
       VALUES ('d', gen_random_uuid(), 'Gi0/1', 1, to_timestamp($1), 'good', 8)`,
      [NOW / 1000],
    );
    await pool.query("CALL refresh_continuous_aggregate('traffic_hourly', NULL, NULL)");
    expect((await pool.query('SELECT rx_bps FROM traffic_hourly')).rows).toEqual([{ rx_bps: 8 }]);
  });
});

async function tables(pool: LicensedTimescale['pool']): Promise<{ table: string }[]> {
  const { rows } = await pool.query<{ table: string }>(
    'SELECT hypertable_name AS "table" FROM timescaledb_information.hypertables',
  );
  return rows;
}
