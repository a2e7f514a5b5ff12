/**
 * PostgreSQL for a test file: one embedded server (or the one of NETSIGMA_TEST_DATABASE_URL), and a fresh, migrated
 * database for each test, cloned from a template in a few milliseconds.
 *
 *   const postgres = postgresService();
 *   it('...', async () => { const { pool } = await postgres.database(); ... });
 */
import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { embeddedPostgres } from '../../pipeline/db/embedded-postgres.ts';
import { migrate } from '../../pipeline/db/migrate.ts';
import { connectionPool } from '../../pipeline/db/pool.ts';
import type { Log } from '../../pipeline/model/component.ts';
import { catalogue } from '../../topics/catalogue.ts';
import { admin } from './admin.ts';

export const silent: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

export interface TestDatabase {
  readonly url: string;
  /** Ended after the test. */
  readonly pool: pg.Pool;
}

export interface PostgresService {
  /** A database with the newest schema, gone after the test. */
  database(): Promise<TestDatabase>;
  /** The same without any schema. */
  emptyDatabase(): Promise<TestDatabase>;
}

export interface PostgresOptions {
  /** A running server instead of an embedded one. */
  readonly url?: string;
  /** SQL for each database before it is migrated. */
  readonly prepare?: string;
}

/** To be called at the top of a test file, or of a `describe`. */
export function postgresService({ url: running, prepare }: PostgresOptions = {}): PostgresService {
  const run = randomBytes(4).toString('hex');
  const template = `netsigma_template_${run}`;
  const given = running ?? process.env['NETSIGMA_TEST_DATABASE_URL'];
  const server = given === undefined ? embeddedPostgres({ durable: false, log: silent }) : undefined;
  const made: TestDatabase[] = [];
  let count = 0;
  let url = '';

  const urlOf = (database: string) => {
    const to = new URL(url);
    to.pathname = `/${database}`;
    return to.href;
  };

  async function create(from: string): Promise<TestDatabase> {
    count += 1;
    const name = `netsigma_test_${run}_${count}`;
    await admin(url, `CREATE DATABASE ${name} TEMPLATE ${from} STRATEGY file_copy`);
    const pool = connectionPool({ url: urlOf(name), applicationName: 'netsigma test', log: silent });
    const database = { url: urlOf(name), pool };
    made.push(database);
    return database;
  }

  beforeAll(async () => {
    await server?.start();
    url = server?.url ?? given!;
    await admin(url, `CREATE DATABASE ${template} TEMPLATE template0`);
    const pool = connectionPool({ url: urlOf(template), applicationName: 'netsigma test', log: silent });
    try {
      if (prepare !== undefined) await pool.query(prepare);
      await migrate({ pool, catalogue, log: silent });
    } finally {
      await pool.end();
    }
    // TimescaleDB's scheduler connects to each database that may be connected to, and who is connected forbids cloning.
    await admin(url, `ALTER DATABASE ${template} WITH ALLOW_CONNECTIONS false`);
    await admin(
      url,
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '${template}'`,
    );
  }, 60_000);

  async function dropMade(): Promise<void> {
    for (const { pool, url: of } of made.splice(0)) {
      await pool.end();
      await admin(url, `DROP DATABASE ${new URL(of).pathname.slice(1)} WITH (FORCE)`);
    }
  }

  // Before the next test, not after the last: its own afterEach hooks have stopped what uses the database by then.
  beforeEach(dropMade);

  afterAll(async () => {
    try {
      await dropMade();
      if (server === undefined && url !== '')
        await admin(url, `DROP DATABASE IF EXISTS ${template} WITH (FORCE)`);
    } finally {
      await server?.stop();
    }
  });

  return {
    database: () => create(template),
    async emptyDatabase() {
      const database = await create('template0');
      if (prepare !== undefined) await database.pool.query(prepare);
      return database;
    },
  };
}
