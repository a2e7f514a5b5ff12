/** The database that a command works with: the configured one, or an embedded server; migrated and ready. */
import type { Pool } from 'pg';
import type { Config } from './config.ts';
import { embeddedPostgres, type EmbeddedPostgres } from './db/embedded-postgres.ts';
import { migrate, type MigrateOptions } from './db/migrate.ts';
import { connectionPool } from './db/pool.ts';
import { assertReachable } from './db/reachable.ts';
import type { Component, Log } from './model/component.ts';
import { ConfigError } from './model/errors.ts';
import type { Catalogue } from '../topics/catalogue.ts';

export interface DatabaseOptions {
  readonly config: Config;
  readonly catalogue: Catalogue;
  readonly log: Log;
  /** The embedded server's data die with it, and it does not wait for the disk: for demos. */
  readonly temporary?: boolean;
  /** The embedded server has ended by itself. */
  readonly failed?: (error: unknown) => void;
  /** What `start` does about the schema: bring it up to date (unless told), refuse an older one, leave it alone. */
  readonly schema?: 'migrate' | 'check' | 'leave';
}

export interface Database extends Component {
  /** @throws TypeError before start. */
  readonly pool: Pool;
  /** With the password, for the person at the terminal; never for a log. */
  readonly url: string;
}

/**
 * `start` brings the schema up to date or checks it. It throws ConfigError or RetryableError when the configured database cannot
 * be reached. `stop` closes the connections before it ends the embedded server.
 */
export function database({
  config,
  catalogue,
  log,
  temporary = false,
  schema = 'migrate',
  failed = () => undefined,
}: DatabaseOptions): Database {
  const server = config.database.url === null ? embedded(config, log, temporary, failed) : undefined;
  let pool: Pool | undefined;
  const url = (): string => server?.url ?? config.database.url!.reveal();
  return {
    name: 'database',
    get url() {
      return url();
    },
    get pool() {
      if (pool === undefined) throw new TypeError('the database has no pool before it is started');
      return pool;
    },
    async start() {
      await server?.start();
      try {
        pool = connectionPool({
          url: url(),
          applicationName: 'netsigma',
          log,
          maxConnections: config.database.poolSize,
        });
        if (server === undefined) await assertReachable(pool, url());
        if (schema === 'migrate') await migrate({ pool, catalogue, log });
        if (schema === 'check') await assertMigrated({ pool, catalogue, log });
      } catch (error) {
        await this.stop();
        throw error;
      }
    },
    async stop() {
      const ending = pool;
      pool = undefined;
      await ending?.end();
      await server?.stop();
    },
  };
}

/** @throws ConfigError when `netsigma migrate` has tables to change; policies are left to whoever maintains. */
async function assertMigrated(options: MigrateOptions): Promise<void> {
  const steps = await migrate({ ...options, plan: true, policies: false });
  if (steps.length > 0) {
    throw new ConfigError(`the database is not migrated (${steps.join('; ')}): run "netsigma migrate"`);
  }
}

function embedded(
  config: Config,
  log: Log,
  temporary: boolean,
  failed: (error: unknown) => void,
): EmbeddedPostgres {
  return temporary
    ? embeddedPostgres({ durable: false, log, failed })
    : embeddedPostgres({ durable: true, dataDir: config.database.embedded.directory, log, failed });
}
