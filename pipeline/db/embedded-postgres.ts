/**
 * A PostgreSQL server as a component: nothing to install, on loopback, with a random password, and gone when Node is
 * gone in whatever way. With a `dataDir` its data stay; without one it lives in a temporary directory.
 *
 *   <dataDir>/password   of the superuser, readable by the owner alone
 *   <dataDir>/data/      PostgreSQL's own directory
 */
import { rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import pg from 'pg';
import { ConfigError, PermanentError } from '../model/errors.ts';
import type { Component, Log } from '../model/component.ts';
import { postgresBinaries, type PostgresBinaries } from './postgres-binaries.ts';
import { ENVIRONMENT, postgresDirectory, USER, type PostgresDirectory } from './postgres-directory.ts';
import { unprivilegedUser, type RunAs } from './unprivileged-user.ts';
import { supervisedChild, type SupervisedChild } from './supervised-child.ts';

const DATABASE = 'netsigma';
/** A fast shutdown writes a checkpoint; then the server is made to go, which costs a recovery at the next start. */
const GRACE_SECONDS = 30;
/** Somebody else may take the free port between our finding it and the server's using it. */
const PORT_ATTEMPTS = 5;

export interface EmbeddedPostgresOptions {
  /** Kept and used again; a temporary directory when absent. */
  readonly dataDir?: string;
  /** A free one when absent. */
  readonly port?: number;
  /** false = no fsync: as fast as memory, and lost with the machine (not with the process). */
  readonly durable: boolean;
  readonly log: Log;
  /** The server has ended by itself (killed, out of memory): whoever needs it should stop. */
  readonly failed?: (error: PermanentError) => void;
}

export interface EmbeddedPostgres extends Component {
  /** With the password: never log it. @throws TypeError before `start`. */
  readonly url: string;
}

/** An inert server. `start` resolves when it takes connections; throws ConfigError or PermanentError. */
export function embeddedPostgres(options: EmbeddedPostgresOptions): EmbeddedPostgres {
  const { log } = options;
  let server: { child: SupervisedChild; place: PostgresDirectory; url: string } | undefined;
  let stopping = false;

  return {
    name: 'embedded postgres',
    get url() {
      if (server === undefined) throw new TypeError('embedded postgres has no url before it is started');
      return server.url;
    },

    async start() {
      const runAs = unprivilegedUser();
      const binaries = await postgresBinaries(runAs, log);
      const place = await postgresDirectory(options, binaries, runAs);
      try {
        const { child, port } = await launch(options, binaries, place, runAs);
        const url = `postgres://${USER}:${place.password}@127.0.0.1:${port}/${DATABASE}`;
        server = { child, place, url };
        await createDatabase(url);
        void child.exited.then((code) => {
          if (stopping) return;
          log.error({ code, tail: child.tail() }, 'embedded postgres ended');
          options.failed?.(
            new PermanentError(`the embedded PostgreSQL ended by itself (code ${code}): start again`),
          );
        });
        log.info({ port, dataDir: options.dataDir, durable: options.durable }, 'embedded postgres started');
      } catch (error) {
        await server?.child.end();
        if (options.dataDir === undefined) await rm(place.directory, { recursive: true, force: true });
        throw error;
      }
    },

    async stop() {
      if (server === undefined || stopping) return server?.child.exited.then(() => undefined);
      stopping = true;
      await server.child.end();
      if (options.dataDir === undefined) await rm(server.place.directory, { recursive: true, force: true });
    },
  };
}

async function launch(
  options: EmbeddedPostgresOptions,
  binaries: PostgresBinaries,
  place: PostgresDirectory,
  runAs: RunAs | undefined,
): Promise<{ child: SupervisedChild; port: number }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort());
    const child = supervisedChild({
      command: [binaries.postgres, '-D', place.data, ...settings(port, options.durable)],
      cwd: place.data,
      environment: ENVIRONMENT,
      runAs,
      removeAfterwards: options.dataDir === undefined ? place.directory : undefined,
      graceSeconds: GRACE_SECONDS,
    });
    const ready = new Promise<true>((resolve) => {
      child.onOutput((tail) => {
        if (tail.includes('ready to accept connections')) resolve(true);
      });
    });
    const code = await Promise.race([ready, child.exited]);
    if (code === true) {
      child.unref();
      return { child, port };
    }
    const taken = child.tail().includes('Address already in use');
    if (taken && options.port === undefined && attempt < PORT_ATTEMPTS) continue;
    throw taken
      ? new ConfigError(`port ${port} of 127.0.0.1 is in use: stop what listens there or choose another port`)
      : new PermanentError(`PostgreSQL ended with code ${code} at its start: ${child.tail().slice(-2000)}`);
  }
}

function settings(port: number, durable: boolean): string[] {
  const values = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    timezone: 'UTC',
    shared_buffers: '256MB',
    max_wal_size: '2GB',
    ...(durable
      ? {}
      : {
          fsync: 'off',
          // synchronous_commit stays on: without it a killed server loses what it had confirmed.
          full_page_writes: 'off',
          wal_level: 'minimal',
          max_wal_senders: 0,
        }),
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => probe.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function createDatabase(url: string): Promise<void> {
  const admin = new URL(url);
  admin.pathname = '/postgres';
  const client = new pg.Client({ connectionString: admin.href });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end();
  }
}
