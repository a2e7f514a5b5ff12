/** deploy/timescaledb/roles.sh: with its three logins everything can be done that each has to do, and no more. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { embeddedPostgres } from '../../pipeline/db/embedded-postgres.ts';
import { assertOwner } from '../../pipeline/db/maintenance.ts';
import { migrate } from '../../pipeline/db/migrate.ts';
import { connectionPool } from '../../pipeline/db/pool.ts';
import { maintain } from '../../pipeline/db/retention.ts';
import { catalogue } from '../../topics/catalogue.ts';
import { silent } from '../services/postgres.ts';
import { repositoryFile } from './compose-file.ts';

const DENIED = { code: '42501' };

/** A server of its own: roles belong to the server, and here they come before the migrations. */
const server = embeddedPostgres({ durable: false, log: silent });
const pools: Pool[] = [];

function connect(login?: 'owner' | 'writer' | 'reader'): Pool {
  const url = new URL(server.url);
  if (login !== undefined) {
    url.username = `netsigma_${login}`;
    url.password = `${login}'s`;
  }
  const pool = connectionPool({ url: url.href, applicationName: 'roles test', log: silent });
  pools.push(pool);
  return pool;
}

/** What psql is given between the lines SQL, with its variables put in as psql does. */
function initSql(): string {
  const sql = /<<'SQL'\n([^]*)\nSQL\n/.exec(repositoryFile('deploy/timescaledb/roles.sh'))![1]!;
  return sql.replaceAll(/:'(\w+)'/g, (_, login: string) => `'${login}''s'`);
}

beforeAll(async () => {
  await server.start();
  await connect().query(initSql());
}, 60_000);

afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.end()));
  await server.stop();
});

describe('the logins of the database', () => {
  it('owner migrates without being a superuser', async () => {
    const pool = connect('owner');
    expect((await migrate({ pool, catalogue, log: silent })).length).toBeGreaterThan(0);
    expect(await migrate({ pool, catalogue, log: silent })).toEqual([]);
    const { rows } = await pool.query(
      `SELECT rolsuper AS super, tableowner AS owner FROM pg_roles, pg_tables
        WHERE rolname = current_user AND tablename = 'interface_metrics'`,
    );
    expect(rows).toEqual([{ super: false, owner: 'netsigma_owner' }]);
  });

  it('writer stores rows and makes partitions, and alters nothing', async () => {
    const pool = connect('writer');
    await pool.query("SELECT make_partitions('poll_history', ARRAY['2026-11-21'::date])");
    await pool.query(
      "INSERT INTO sink_offsets (writer, topic, partition, next_offset) VALUES ('w', 't', 0, 1)",
    );
    await expect(pool.query('DROP TABLE poll_history')).rejects.toMatchObject(DENIED);
    await expect(pool.query('CREATE TABLE more (a int)')).rejects.toMatchObject(DENIED);
    await expect(assertOwner(pool)).rejects.toThrow(
      'netsigma_writer does not own the tables and may not maintain them: let database.url log in as netsigma_owner',
    );
  });

  it('owner drops what the writer stored and is too old', async () => {
    const insert = `INSERT INTO poll_history (domain, device_id, collector_id, poll_id, job_type, started_at, status)
                    VALUES ('d', gen_random_uuid(), 'c', gen_random_uuid(), 'interface', '2026-11-21T12:00Z', 'success')`;
    await connect('writer').query(insert);
    const pool = connect('owner');
    await assertOwner(pool);
    const clock = () => Date.UTC(2026, 11, 25);
    expect((await maintain({ pool, clock, log: silent })).droppedPartitions).toEqual([
      'poll_history_p20261121',
    ]);
  });

  it('reader reads, and writes nothing', async () => {
    const pool = connect('reader');
    expect((await pool.query('SELECT count(*)::int AS n FROM poll_history')).rows).toEqual([{ n: 0 }]);
    await expect(pool.query("INSERT INTO sites VALUES ('x')")).rejects.toMatchObject({ code: '25006' });
    await expect(
      pool.query("SET TRANSACTION READ WRITE; INSERT INTO sites (domain) VALUES ('x')"),
    ).rejects.toMatchObject(DENIED);
  });
});
