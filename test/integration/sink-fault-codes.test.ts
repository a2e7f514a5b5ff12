/** What servers really say in each kind of trouble, and what the sink makes of it. */
import { describe, expect, it } from '@jest/globals';
import { createServer, type AddressInfo } from 'node:net';
import pg from 'pg';
import { databaseFault, type DatabaseFault } from '../../pipeline/sink/database-fault.ts';
import { postgresService, type TestDatabase } from '../services/postgres.ts';
import { reasonOf } from '../services/service.ts';
import { timescaleService } from '../services/timescale.ts';
import { describeIf } from '../support/requires.ts';

const postgres = postgresService();
const service = await timescaleService();

interface Trouble {
  readonly fault: DatabaseFault;
  readonly code: string;
  readonly about: string;
  /** Rejects with the trouble. */
  provoke(database: TestDatabase, client: pg.Client): Promise<unknown>;
}

/** One statement after the other. */
const statements =
  (...all: string[]): Trouble['provoke'] =>
  async (_, client) => {
    for (const sql of all) await client.query(sql);
  };

const connecting =
  (change: (url: URL) => void): Trouble['provoke'] =>
  async ({ url }) => {
    const to = new URL(url);
    change(to);
    const client = new pg.Client({ connectionString: to.href });
    client.on('error', () => undefined);
    await client.connect().finally(() => void client.end().catch(() => undefined));
  };

const TROUBLES: readonly Trouble[] = [
  {
    fault: 'retry',
    code: '08P01',
    about: 'a message with a parameter too many',
    provoke: (_, client) => client.query({ text: 'SELECT $1::int', values: [1, 2] }),
  },
  {
    fault: 'retry',
    code: 'ECONNREFUSED',
    about: 'nobody at the address',
    provoke: async (database, client) => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      await new Promise((resolve) => server.close(resolve));
      await connecting((url) => (url.port = String(port)))(database, client);
    },
  },
  {
    fault: 'retry',
    code: '25P03',
    about: 'a transaction that idled too long',
    provoke: async (_, client) => {
      const ended = new Promise((_resolve, reject) => client.once('error', reject));
      await client.query("SET idle_in_transaction_session_timeout = '20ms'");
      await client.query('BEGIN');
      await ended;
    },
  },
  {
    fault: 'retry',
    code: '40001',
    about: 'a row that another transaction changed meanwhile',
    provoke: (database, client) =>
      beside(database, async (other) => {
        await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM t');
        await other.query('UPDATE t SET n = 2');
        await client.query('UPDATE t SET n = 3');
      }),
  },
  {
    fault: 'retry',
    code: '40P01',
    about: 'a deadlock',
    provoke: (database, client) =>
      beside(database, async (other) => {
        await client.query('BEGIN; LOCK TABLE t');
        await other.query('BEGIN; LOCK TABLE u');
        const both = [client.query('LOCK TABLE u'), other.query('LOCK TABLE t')];
        const outcomes = await Promise.allSettled(both.map((one) => one.catch(rolledBack(client, other))));
        for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
      }),
  },
  {
    fault: 'retry',
    code: '53300',
    about: 'too many connections',
    provoke: async (database, client) => {
      await client.query(
        `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I CONNECTION LIMIT 0', current_database()); END $$`,
      );
      const user = `many_${new URL(database.url).pathname.slice(1)}`;
      await client.query(`CREATE ROLE ${user} LOGIN PASSWORD 'p'`);
      await connecting((url) => {
        url.username = user;
        url.password = 'p';
      })(database, client).finally(() => client.query(`DROP ROLE ${user}`));
    },
  },
  {
    fault: 'retry',
    code: '55P03',
    about: 'a lock that others keep',
    provoke: (database, client) =>
      beside(database, async (other) => {
        await other.query('BEGIN; LOCK TABLE t');
        await client.query("BEGIN; SET LOCAL lock_timeout = '20ms'");
        await client.query('LOCK TABLE t');
      }),
  },
  {
    fault: 'retry',
    code: '57014',
    about: 'a statement that takes too long',
    provoke: statements("SET statement_timeout = '20ms'", 'SELECT pg_sleep(30)'),
  },
  {
    fault: 'retry',
    code: '57P01',
    about: 'a backend that an administrator ends',
    provoke: statements('SELECT pg_terminate_backend(pg_backend_pid())'),
  },
  {
    fault: 'poison',
    code: '22003',
    about: 'a number too large',
    provoke: statements('SELECT 9999999999::int'),
  },
  {
    fault: 'poison',
    code: '22021',
    about: 'bytes that are no UTF-8',
    provoke: statements("SELECT convert_from('\\xff', 'UTF8')"),
  },
  { fault: 'poison', code: '22P02', about: 'text that is no number', provoke: statements("SELECT 'a'::int") },
  {
    fault: 'poison',
    code: '22P05',
    about: 'jsonb with NUL',
    provoke: statements(`SELECT '"\\u0000"'::jsonb`),
  },
  {
    fault: 'poison',
    code: '23502',
    about: 'a missing value',
    provoke: statements('INSERT INTO t VALUES (NULL)'),
  },
  { fault: 'poison', code: '23505', about: 'a key twice', provoke: statements('INSERT INTO t VALUES (1)') },
  { fault: 'poison', code: '23514', about: 'a constraint', provoke: statements('INSERT INTO t VALUES (-1)') },
  {
    fault: 'poison',
    code: '54000',
    about: 'a value too large for its index',
    provoke: statements(
      'INSERT INTO u SELECT string_agg(md5(i::text), NULL) FROM generate_series(1, 1000) i',
    ),
  },
  {
    fault: 'configuration',
    code: '0A000',
    about: 'what this server does not do',
    provoke: statements('SELECT n FROM t UNION SELECT 2 FOR UPDATE'),
  },
  {
    fault: 'configuration',
    code: '28P01',
    about: 'a wrong password',
    provoke: connecting((url) => (url.password = 'wrong')),
  },
  {
    fault: 'configuration',
    code: '3D000',
    about: 'a database that is not there',
    provoke: connecting((url) => (url.pathname = '/nowhere')),
  },
  {
    fault: 'configuration',
    code: '3F000',
    about: 'no such schema',
    provoke: statements('CREATE TABLE nowhere.t ()'),
  },
  {
    fault: 'configuration',
    code: '42501',
    about: 'no privilege',
    provoke: statements('SET ROLE netsigma_reader', 'INSERT INTO t VALUES (2)'),
  },
  { fault: 'configuration', code: '42703', about: 'no such column', provoke: statements('SELECT x FROM t') },
  {
    fault: 'configuration',
    code: '42P01',
    about: 'no such table',
    provoke: statements('SELECT FROM nowhere'),
  },
];

describe('what PostgreSQL says', () => {
  it.each(TROUBLES.map((trouble) => [trouble.code, trouble.about, trouble.fault, trouble] as const))(
    '%s (%s) is: %s',
    async (code, _about, fault, { provoke }) => {
      const database = await postgres.emptyDatabase();
      await database.pool.query(
        'CREATE TABLE t (n int PRIMARY KEY CHECK (n > 0)); INSERT INTO t VALUES (1); CREATE TABLE u (x text UNIQUE)',
      );
      const error = await beside(database, (client) => provoke(database, client)).catch(
        (cause: unknown) => cause,
      );
      expect(error).toMatchObject({ code });
      expect(databaseFault(error)).toBe(fault);
    },
  );
});

describeIf(service.kind === 'running', reasonOf(service))('what TimescaleDB says', () => {
  const timescale = postgresService({
    ...(service.kind === 'running' && { url: service.address }),
    prepare: 'CREATE EXTENSION IF NOT EXISTS timescaledb',
  });

  it.each([
    ['22P02', 'poison', "INSERT INTO poll_history (poll_id) VALUES ('x')"],
    ['23502', 'poison', 'INSERT INTO poll_history (started_at) VALUES (now())'],
    ['23502', 'poison', "INSERT INTO poll_history (domain) VALUES ('d')"],
    ['TS103', 'configuration', 'CREATE UNIQUE INDEX ON poll_history (poll_id)'],
    ['42703', 'configuration', 'SELECT x FROM poll_history'],
  ])('%s is: %s (%s)', async (code, fault, sql) => {
    const { pool } = await timescale.database();
    const error = await pool.query(sql).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code });
    expect(databaseFault(error)).toBe(fault);
  });
});

/** Another session. */
async function beside<T>({ url }: TestDatabase, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Whoever lost lets the other one go on. */
function rolledBack(...clients: readonly pg.Client[]): (error: unknown) => Promise<never> {
  return async (error) => {
    await Promise.race(clients.map((client) => client.query('ROLLBACK')));
    throw error;
  };
}
