/** PostgreSQL with TimescaleDB (Debian 13's Apache build), without Docker: its own programs, loader and libraries. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { arch } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { ConfigError } from '../../pipeline/model/errors.ts';
import { unprivilegedUser } from '../../pipeline/db/unprivileged-user.ts';
import { postgresAnswers } from './answers.ts';
import { cached, cachePath, runFolder } from './folders.ts';
import { freePort } from './free-port.ts';
import { nativeServer, type NativeServer } from './native-server.ts';
import { missingProgram, toStderr, type Missing, type Progress } from './service.ts';
import { DEBIAN } from './versions.ts';

const run = promisify(execFile);
const INSTALL = fileURLToPath(new URL('timescale-install.sh', import.meta.url));

const PROGRAMS = `timescale-${DEBIAN.suite}-${DEBIAN.postgres}-${arch()}`;
/** Nothing of the caller's environment (PGDATA, LC_*) may reach the programs. */
const ENVIRONMENT: NodeJS.ProcessEnv = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_preload_libraries: 'timescaledb',
  'timescaledb.telemetry_level': 'off',
  // Each database with the extension has a scheduler, and tests make many databases.
  'timescaledb.max_background_workers': 16,
  max_worker_processes: 32,
  timezone: 'UTC',
  jit: 'off',
  shared_buffers: '256MB',
  max_wal_size: '2GB',
  // Lost with the machine. synchronous_commit stays on: what a killed server had confirmed must be there.
  fsync: 'off',
  full_page_writes: 'off',
};

export interface TimescaleOptions {
  /** A free one unless told. */
  readonly port?: number;
  /** More settings of postgresql.conf; they win. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly progress?: Progress;
}

export interface TimescaleServer extends NativeServer {
  /** postgres://postgres@127.0.0.1:PORT/postgres, superuser without a password; every new database has the extension. */
  readonly address: string;
}

/** Whether the programs are here or a way to get them. */
export async function canRunTimescale(): Promise<{ readonly kind: 'ready' } | Missing> {
  if (existsSync(cachePath(PROGRAMS))) return { kind: 'ready' };
  const missing = missingProgram({ 'apt-get': 'apt', 'dpkg-deb': 'dpkg' });
  return missing
    ? { ...missing, reason: `${missing.reason}: TimescaleDB comes from Debian` }
    : { kind: 'ready' };
}

/** Downloads what it needs (once). Gives the folder with bin/. */
export async function prepareTimescale(progress: Progress): Promise<string> {
  const home = await cached(PROGRAMS, async (folder) => {
    progress(
      `downloading PostgreSQL ${DEBIAN.postgres} with TimescaleDB from Debian ${DEBIAN.suite} (40 MB, once)`,
    );
    await run('sh', [INSTALL, folder, DEBIAN.suite, DEBIAN.postgres], { maxBuffer: 16 << 20 }).catch(
      (error: unknown) => {
        const { stderr = '' } = error as { stderr?: string };
        throw new Error(`TimescaleDB could not be installed: ${stderr.trim().slice(-500)}`, { cause: error });
      },
    );
  });
  return join(home, 'usr', 'lib', 'postgresql', DEBIAN.postgres);
}

/** Starts one and waits until it answers. @throws ConfigError when this machine cannot run it. */
export async function timescaleServer(options: TimescaleOptions = {}): Promise<TimescaleServer> {
  const { progress = toStderr } = options;
  const can = await canRunTimescale();
  if (can.kind === 'missing') throw new ConfigError(can.reason);
  const home = await prepareTimescale(progress);
  const runAs = unprivilegedUser();
  const port = options.port ?? (await freePort());
  const address = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const folder = await runFolder('timescale', runAs);
  const data = join(folder, 'data');
  await run(
    join(home, 'bin', 'initdb'),
    ['-D', data, '-U', 'postgres', '--auth=trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'],
    { cwd: folder, env: ENVIRONMENT, ...(runAs && { uid: runAs.uid, gid: runAs.gid }) },
  );
  const settings = Object.entries({ ...SETTINGS, ...options.settings, port });
  const server = await nativeServer({
    name: 'timescale',
    folder,
    stopSignal: 'SIGINT',
    command: [
      join(home, 'bin', 'postgres'),
      '-D',
      data,
      ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    environment: ENVIRONMENT,
    runAs,
    answers: () => postgresAnswers(address),
  });
  try {
    await addExtension(address);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { ...server, address };
}

/** As in the vendor's image: the extension is there, and in each database made from template1. */
async function addExtension(address: string): Promise<void> {
  for (const database of ['template1', 'postgres']) {
    const url = new URL(address);
    url.pathname = `/${database}`;
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    try {
      await client.query('CREATE EXTENSION timescaledb');
    } finally {
      await client.end();
    }
  }
}
