/** Databases of two flavours on one PostgreSQL server, whose settings are told with every figure. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Pool } from 'pg';
import { migrate } from '../../../pipeline/db/migrate.ts';
import { connectionPool } from '../../../pipeline/db/pool.ts';
import { catalogue } from '../../../topics/catalogue.ts';
import { admin } from '../../services/admin.ts';
import { prepareTimescale, timescaleServer } from '../../services/timescale-server.ts';
import { silentLog } from '../../support/log.ts';
import type { BenchContext } from '../bench.ts';

/** TimescaleDB's Apache build, and the same PostgreSQL without the extension. */
export const FLAVOURS = ['timescaledb-apache', 'postgresql'] as const;
export type BenchFlavour = (typeof FLAVOURS)[number];

export interface BenchServer {
  /** A migrated database of this flavour. */
  database(flavour: BenchFlavour): Promise<BenchDatabase>;
}

export interface BenchDatabase {
  readonly flavour: BenchFlavour;
  readonly url: string;
  readonly pool: Pool;
  /** Runs psql on it with one command. @throws Error with what psql printed. */
  psql(command: string): Promise<void>;
}

const run = promisify(execFile);
const SETTINGS = { shared_buffers: '512MB', max_wal_size: '8GB', checkpoint_timeout: '30min' };

export interface BenchServerOptions {
  /** PostgreSQL's defaults (fsync, full pages); without, the disk counts for nothing. */
  readonly durable: boolean;
  readonly settings?: Readonly<Record<string, string>>;
}

/** Ends with the run. */
export async function benchServer(
  context: BenchContext,
  { durable, settings = {} }: BenchServerOptions,
): Promise<BenchServer> {
  const fsync = durable ? 'on' : 'off';
  const programs = await prepareTimescale((line) => context.progress(line));
  const server = await timescaleServer({
    settings: { ...SETTINGS, fsync, full_page_writes: fsync, ...settings },
  });
  context.onEnd(() => server.stop());

  return {
    async database(flavour) {
      const name = `bench_${flavour.replace('-', '_')}`;
      // template1 has the extension, whose scheduler may be connected to it: that forbids cloning.
      await admin(server.address, `CREATE DATABASE ${name} TEMPLATE template0`);
      const url = new URL(server.address);
      url.pathname = `/${name}`;
      const pool = connectionPool({
        url: url.href,
        applicationName: 'netsigma bench',
        log: silentLog,
        statementTimeoutMs: 0,
      });
      context.onEnd(() => pool.end());
      if (flavour === 'timescaledb-apache') await pool.query('CREATE EXTENSION timescaledb');
      await migrate({ pool, catalogue, log: silentLog });
      return {
        flavour,
        url: url.href,
        pool,
        async psql(command) {
          const environment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', PGTZ: 'UTC' };
          const psql = join(programs, 'bin', 'psql');
          await run(psql, ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', url.href, '-c', command], {
            env: environment,
          });
        },
      };
    },
  };
}
