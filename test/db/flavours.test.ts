/** One set of migrations on TimescaleDB: tables by flavour, and what holds on each of them. */
import { describe, expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { flavourOf, timeSeriesStorage } from '../../pipeline/db/flavour.ts';
import { migrate } from '../../pipeline/db/migrate.ts';
import { migrations } from '../../pipeline/db/migrations.ts';
import { dayOf } from '../../pipeline/db/partitions.ts';
import { connectionPool } from '../../pipeline/db/pool.ts';
import { maintain } from '../../pipeline/db/retention.ts';
import { ConfigError } from '../../pipeline/model/errors.ts';
import { catalogue, withFields } from '../../topics/catalogue.ts';
import { DAYS } from '../../topics/row.ts';
import { postgresService, silent } from '../services/postgres.ts';
import { reasonOf } from '../services/service.ts';
import { timescaleService } from '../services/timescale.ts';
import { describeIf } from '../support/requires.ts';
import { withSql } from './sql-folder.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const FILES = migrations().map(({ file }) => `apply ${file}`);
const CHUNK_DAYS = {
  data_collection_audit: 1,
  interface_metrics: 1,
  ml_training_snapshots: 7,
  poll_history: 1,
};
const TIME_SERIES = Object.keys(CHUNK_DAYS);
const EXTENSION = 'CREATE EXTENSION IF NOT EXISTS timescaledb';

const service = await timescaleService();
const address = service.kind === 'running' ? { url: service.address } : {};
const plain = postgresService();

async function hypertablesOf(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    'SELECT hypertable_name AS name FROM timescaledb_information.hypertables ORDER BY 1',
  );
  return rows.map(({ name }) => name);
}

/** Of the tables themselves, not of their partitions. */
async function indexesOf(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    'SELECT indexname AS name FROM pg_indexes WHERE tablename = ANY($1) ORDER BY 1',
    [TIME_SERIES],
  );
  return rows.map(({ name }) => name);
}

function insertPolls(pool: Pool, daysAgo: readonly number[]) {
  return pool.query(
    `INSERT INTO poll_history (domain, device_id, collector_id, poll_id, job_type, started_at, status)
     SELECT 'd', gen_random_uuid(), 'c', gen_random_uuid(), 'interface', to_timestamp(at), 'success'
       FROM unnest($1::float8[]) at`,
    [daysAgo.map((days) => (NOW - days * DAYS) / 1000)],
  );
}

const PROBES = `
  CREATE TABLE probes (time timestamptz NOT NULL, value double precision
  ) PARTITION BY RANGE (time);
  INSERT INTO retention_policy (table_name, time_column, keep, partitioned) VALUES ('probes', 'time', '90 days', true);`;

describeIf(service.kind === 'running', reasonOf(service))('TimescaleDB', () => {
  const timescale = postgresService({ ...address, prepare: EXTENSION });

  it('has hypertables for time series, of a day or (what is kept for long) a week, and everything else is ordinary', async () => {
    const { pool } = await timescale.database();
    expect(await hypertablesOf(pool)).toEqual(TIME_SERIES);
    const { rows } = await pool.query<{ name: string; days: number }>(
      `SELECT hypertable_name AS name, extract(day FROM time_interval)::int AS days
         FROM timescaledb_information.dimensions ORDER BY 1`,
    );
    expect(rows).toEqual(Object.entries(CHUNK_DAYS).map(([name, days]) => ({ name, days })));
    const partitioned = await pool.query("SELECT relname FROM pg_class WHERE relkind IN ('p', 'I')");
    expect(partitioned.rows).toEqual([]);
  });

  it('has the indexes of plain PostgreSQL and none beside them', async () => {
    const { pool } = await timescale.database();
    expect(await indexesOf(pool)).toEqual(await indexesOf((await plain.database()).pool));
  });

  it('plans, applies and repeats the same files', async () => {
    const { pool } = await timescale.emptyDatabase();
    expect(await migrate({ pool, catalogue, log: silent, plan: true })).toEqual(FILES);
    const both = await Promise.all([1, 2].map(() => migrate({ pool, catalogue, log: silent })));
    expect(both.flat().filter((step) => step.startsWith('apply'))).toEqual(FILES);
    expect(await migrate({ pool, catalogue, log: silent })).toEqual([]);
  });

  it('has chunks of a week where more than 30 days are kept', async () => {
    const { pool } = await timescale.database();
    await withSql({ '0900_probes.sql': PROBES }, async (folder) => {
      await migrate({ pool, catalogue, log: silent, folder });
    });
    const { rows } = await pool.query(
      `SELECT extract(day FROM time_interval)::int AS days FROM timescaledb_information.dimensions
        WHERE hypertable_name = 'probes'`,
    );
    expect(rows).toEqual([{ days: 7 }]);
  });

  it('takes a new column of the catalogue, also where chunks are there', async () => {
    const { pool } = await timescale.database();
    await pool.query(
      `INSERT INTO interface_metrics (domain, device_id, interface_name, interface_index, recorded_at, quality)
       VALUES ('d', gen_random_uuid(), 'Gi0/1', 1, now(), 'good')`,
    );
    const wider = withFields(catalogue, 'metric.interface', [
      { name: 'fec_errors', type: 'long', kind: 'counter', doc: 'x' },
    ]);
    await migrate({ pool, catalogue: wider, log: silent });
    const { rows } = await pool.query('SELECT fec_errors FROM interface_metrics');
    expect(rows).toEqual([{ fec_errors: null }]);
  });

  it('drops chunks that lie wholly before the retention, and nothing younger', async () => {
    const { pool } = await timescale.database();
    await insertPolls(pool, [0, 1, 29, 30, 31, 32, 60]);
    const { droppedPartitions } = await maintain({ pool, clock: () => NOW, log: silent });
    expect(droppedPartitions).toHaveLength(3);
    expect(droppedPartitions.every((name) => name.startsWith('_timescaledb_internal.'))).toBe(true);
    const { rows } = await pool.query<{ at: Date }>(
      'SELECT started_at AS at FROM poll_history ORDER BY 1 DESC',
    );
    expect(rows.map(({ at }) => dayOf(NOW) - dayOf(at.getTime()))).toEqual([0, 1, 29, 30]);
    expect((await maintain({ pool, clock: () => NOW, log: silent })).droppedPartitions).toEqual([]);
  });

  it('lets a writer append and a reader read, and neither drop; a member of the owner maintains', async () => {
    const { pool, url } = await timescale.database();
    const suffix = new URL(url).pathname.slice(1);
    const as = async (user: string, group: string) => {
      await pool.query(`CREATE ROLE ${user}_${suffix} LOGIN PASSWORD 'p' IN ROLE ${group}`);
      const to = new URL(url);
      to.username = `${user}_${suffix}`;
      to.password = 'p';
      return connectionPool({ url: to.href, applicationName: 'role', log: silent });
    };
    const writer = await as('w', 'netsigma_writer');
    const reader = await as('r', 'netsigma_reader');
    const keeper = await as('k', 'netsigma_owner');
    try {
      await insertPolls(writer, [0, 60]);
      const drop = "SELECT drop_chunks('poll_history', older_than => now())";
      await expect(writer.query(drop)).rejects.toMatchObject({ code: '42501' });
      await expect(writer.query('DROP TABLE poll_history')).rejects.toMatchObject({ code: '42501' });
      await expect(writer.query('DELETE FROM poll_history')).rejects.toMatchObject({ code: '42501' });
      const { rows } = await reader.query('SELECT count(*)::int AS count FROM poll_history');
      expect(rows).toEqual([{ count: 2 }]);
      await expect(reader.query(drop)).rejects.toMatchObject({ code: '42501' });
      const { droppedPartitions } = await maintain({ pool: keeper, clock: () => NOW, log: silent });
      expect(droppedPartitions).toHaveLength(1);
    } finally {
      for (const one of [writer, reader, keeper]) await one.end();
      for (const user of ['w', 'r', 'k'])
        await pool.query(`DROP OWNED BY ${user}_${suffix}; DROP ROLE ${user}_${suffix}`);
    }
  });

  it('is migrated by a user without any privilege on roles, in a database of its own', async () => {
    const { pool, url } = await timescale.emptyDatabase();
    const database = new URL(url).pathname.slice(1);
    const user = `plain_${database}`;
    await pool.query(`CREATE ROLE ${user} LOGIN PASSWORD 'p'; ALTER DATABASE ${database} OWNER TO ${user}`);
    const to = new URL(url);
    to.username = user;
    to.password = 'p';
    const own = connectionPool({ url: to.href, applicationName: 'role', log: silent });
    try {
      await migrate({ pool: own, catalogue, log: silent });
      await insertPolls(own, [0, 60]);
      expect((await maintain({ pool: own, clock: () => NOW, log: silent })).droppedPartitions).toHaveLength(
        1,
      );
    } finally {
      await own.end();
      await pool.query(
        `ALTER DATABASE ${database} OWNER TO CURRENT_USER; REASSIGN OWNED BY ${user} TO CURRENT_USER;
         DROP OWNED BY ${user}; DROP ROLE ${user}`,
      );
    }
  });
});

describeIf(service.kind === 'running', reasonOf(service))('the extension that comes later', () => {
  const withoutExtension = postgresService({ ...address, prepare: 'DROP EXTENSION IF EXISTS timescaledb' });

  it('changes nothing: tables stay partitioned, new ones are, and the old days are dropped', async () => {
    const { pool, url } = await withoutExtension.database();
    const storage = timeSeriesStorage(await flavourOf(pool));
    await storage.makeRoom(pool, 'poll_history', [dayOf(NOW) - 60, dayOf(NOW)]);
    await insertPolls(pool, [0, 60]);
    await pool.query(EXTENSION);

    // A session that began before does not have the extension loaded.
    const later = connectionPool({ url, applicationName: 'later', log: silent });
    try {
      expect(await flavourOf(later)).toBe('postgresql');
      await withSql({ '0900_probes.sql': PROBES }, async (folder) => {
        expect(await migrate({ pool: later, catalogue, log: silent, folder })).toEqual([
          'apply 0900_probes.sql',
        ]);
      });
      expect(await hypertablesOf(later)).toEqual([]);
      const { droppedPartitions } = await maintain({ pool: later, clock: () => NOW, log: silent });
      expect(droppedPartitions).toEqual(['poll_history_p20260922']);
      await insertPolls(later, [0, -1]);
    } finally {
      await later.end();
    }
  });
});

describe('a migration that makes a time series', () => {
  it('must say in retention_policy how long it is kept: on every flavour', async () => {
    const { pool } = await plain.database();
    const forgotten = PROBES.replace(/INSERT INTO[^;]*;/, '');
    await withSql({ '0900_probes.sql': forgotten }, async (folder) => {
      const migrating = migrate({ pool, catalogue, log: silent, folder });
      await expect(migrating).rejects.toThrow(ConfigError);
      await expect(migrating).rejects.toThrow("insert ('probes', 'time', <how long>, true) in the same file");
    });
    const { rows } = await pool.query("SELECT to_regclass('probes') AS probes");
    expect(rows).toEqual([{ probes: null }]);
  });
});
