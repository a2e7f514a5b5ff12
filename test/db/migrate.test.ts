import { describe, expect, it } from '@jest/globals';
import { migrate } from '../../pipeline/db/migrate.ts';
import { migrations } from '../../pipeline/db/migrations.ts';
import { connectionPool } from '../../pipeline/db/pool.ts';
import { ConfigError, PermanentError } from '../../pipeline/model/errors.ts';
import { catalogue, withFields } from '../../topics/catalogue.ts';
import { postgresService, silent } from '../services/postgres.ts';
import { withSql } from './sql-folder.ts';

const postgres = postgresService();
const FILES = migrations().map(({ file }) => `apply ${file}`);

describe('migrate', () => {
  it('plans without touching anything, applies once, and has nothing left to do', async () => {
    const { pool } = await postgres.emptyDatabase();
    expect(await migrate({ pool, catalogue, log: silent, plan: true })).toEqual(FILES);
    const { rows } = await pool.query("SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace");
    expect(rows).toEqual([]);
    expect(await migrate({ pool, catalogue, log: silent })).toEqual(FILES);
    expect(await migrate({ pool, catalogue, log: silent })).toEqual([]);
    expect(await migrate({ pool, catalogue, log: silent, plan: true })).toEqual([]);
  });

  it('makes every column that the catalogue has', async () => {
    const { pool } = await postgres.database();
    expect(await migrate({ pool, catalogue, log: silent, plan: true })).toEqual([]);
  });

  it('applies everything once when two run at the same time', async () => {
    const { pool } = await postgres.emptyDatabase();
    const both = await Promise.all([1, 2].map(() => migrate({ pool, catalogue, log: silent })));
    expect(both.flat()).toEqual(FILES);
  });

  it('refuses a changed file of an applied migration, saying what to do', async () => {
    const { pool } = await postgres.database();
    await withSql({ '0004_sink.sql': 'SELECT 1;' }, async (folder) => {
      const migrating = migrate({ pool, catalogue, log: silent, folder });
      await expect(migrating).rejects.toThrow(ConfigError);
      await expect(migrating).rejects.toThrow(/0004_sink.sql .*restore the file.*new migration/);
    });
  });

  it('takes another line end for no change', async () => {
    const { pool } = await postgres.database();
    const { sql } = migrations().find(({ file }) => file === '0004_sink.sql')!;
    await withSql({ '0004_sink.sql': sql.replaceAll('\n', '\r\n') }, async (folder) => {
      expect(await migrate({ pool, catalogue, log: silent, folder })).toEqual([]);
    });
  });

  it('rolls a failing migration back whole and keeps those before it', async () => {
    const { pool } = await postgres.database();
    const files = {
      '0900_good.sql': 'CREATE TABLE good (a int);',
      '0901_bad.sql': 'CREATE TABLE half (a int); SELECT 1/0;',
    };
    await withSql(files, async (folder) => {
      const migrating = migrate({ pool, catalogue, log: silent, folder });
      await expect(migrating).rejects.toThrow(PermanentError);
      await expect(migrating).rejects.toThrow('0901_bad.sql failed and was rolled back: division by zero');
    });
    const { rows } = await pool.query(
      "SELECT to_regclass('good') IS NOT NULL AS good, to_regclass('half') AS half",
    );
    expect(rows).toEqual([{ good: true, half: null }]);
  });

  it('adds a metric of the catalogue as a nullable column, also to partitions that exist', async () => {
    const { pool } = await postgres.database();
    await pool.query("SELECT make_partitions('interface_metrics', ARRAY['2026-11-21'::date])");
    const wider = withFields(catalogue, 'metric.interface', [
      { name: 'fec_errors', type: 'long', kind: 'counter', doc: 'x', sql: 'rx_fec_errors' },
      { name: 'hidden', type: 'string', doc: 'x', sql: false },
      { name: 'ratio', type: 'double', sqlType: 'numeric(5,2)', doc: 'x' },
    ]);
    expect(await migrate({ pool, catalogue: wider, log: silent })).toEqual([
      'add column interface_metrics.rx_fec_errors bigint',
      'add column interface_metrics.ratio numeric(5,2)',
    ]);
    const { rows } = await pool.query('SELECT rx_fec_errors, ratio FROM interface_metrics_p20261121');
    expect(rows).toEqual([]);
  });
});

describe('roles', () => {
  it('let a writer do the work of the sink and nothing else, and a reader read', async () => {
    const { pool, url } = await postgres.database();
    const suffix = new URL(url).pathname.slice(1);
    await pool.query(`CREATE ROLE w_${suffix} LOGIN PASSWORD 'w' IN ROLE netsigma_writer`);
    await pool.query(`CREATE ROLE r_${suffix} LOGIN PASSWORD 'r' IN ROLE netsigma_reader`);
    const as = (user: string) => {
      const to = new URL(url);
      to.username = `${user}_${suffix}`;
      to.password = user;
      return connectionPool({ url: to.href, applicationName: 'role', log: silent });
    };
    const writer = as('w');
    const reader = as('r');
    try {
      await writer.query("SELECT make_partitions('interface_metrics', ARRAY['2026-11-21'::date])");
      await writer.query(
        "INSERT INTO sink_offsets (writer, topic, partition, next_offset) VALUES ('w', 't', 0, 1)",
      );
      await writer.query('UPDATE sink_offsets SET next_offset = 2');
      await writer.query('CREATE TEMP TABLE s AS SELECT * FROM anomaly_events WITH NO DATA');
      await expect(writer.query('DROP TABLE interface_metrics_p20261121')).rejects.toThrow('must be owner');
      await expect(writer.query('DELETE FROM interface_metrics')).rejects.toThrow('permission denied');
      await expect(writer.query("UPDATE retention_policy SET keep = '1 day'")).rejects.toThrow(
        'permission denied',
      );
      await reader.query('SELECT FROM interface_metrics, netbox_device_cache');
      await expect(reader.query('DELETE FROM devices')).rejects.toThrow('permission denied');
      await expect(reader.query('SELECT FROM sink_offsets')).rejects.toThrow('permission denied');
      const { rows } = await pool.query(
        "SELECT relowner::regrole::text AS owner FROM pg_class WHERE relname = 'interface_metrics_p20261121'",
      );
      expect(rows).toEqual([{ owner: 'netsigma_owner' }]);
    } finally {
      await writer.end();
      await reader.end();
      for (const role of [`w_${suffix}`, `r_${suffix}`])
        await pool.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });

  it('are not needed: a user without any privilege on roles migrates a database of its own', async () => {
    const { pool, url } = await postgres.emptyDatabase();
    const database = new URL(url).pathname.slice(1);
    const user = `plain_${database}`;
    await pool.query(`CREATE ROLE ${user} LOGIN PASSWORD 'p'`);
    await pool.query(`ALTER DATABASE ${database} OWNER TO ${user}`);
    const to = new URL(url);
    to.username = user;
    to.password = 'p';
    const plain = connectionPool({ url: to.href, applicationName: 'role', log: silent });
    try {
      expect(await migrate({ pool: plain, catalogue, log: silent })).toEqual(FILES);
      await plain.query("SELECT make_partitions('poll_history', ARRAY['2026-11-21'::date])");
      const { rows } = await plain.query(
        "SELECT relowner::regrole::text AS owner FROM pg_class WHERE relname = 'devices'",
      );
      expect(rows).toEqual([{ owner: user }]);
    } finally {
      await plain.end();
      await pool.query(
        `ALTER DATABASE ${database} OWNER TO CURRENT_USER; REASSIGN OWNED BY ${user} TO CURRENT_USER`,
      );
      await pool.query(`DROP OWNED BY ${user}; DROP ROLE ${user}`);
    }
  });
});
