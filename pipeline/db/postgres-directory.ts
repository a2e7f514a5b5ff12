/** The directory of an embedded server: made, found again, swept. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError, PermanentError } from '../model/errors.ts';
import { canEnter, type PostgresBinaries } from './postgres-binaries.ts';
import { isRunning, isZombie, processesIn } from './process-state.ts';
import { supervisedChild } from './supervised-child.ts';
import type { RunAs } from './unprivileged-user.ts';

/** Superuser of the cluster. */
export const USER = 'netsigma';
/** Nothing of the caller's environment may reach the programs (PGDATA, PGPORT, LC_*). */
export const ENVIRONMENT: NodeJS.ProcessEnv = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

const TEMPORARY = 'netsigma-postgres-';
/** How long a server of the same directory may need to go, after its Node was killed. */
const PREDECESSOR_MS = 10_000;
const PREDECESSOR_POLL_MS = 50;

export interface PostgresDirectory {
  /** Holds `data` and the file `password`. */
  readonly directory: string;
  readonly data: string;
  readonly password: string;
}

export interface DirectoryOptions {
  /** Kept and used again; a temporary directory when absent. */
  readonly dataDir?: string;
  readonly durable: boolean;
}

/** A directory with an initialised cluster that no server uses. @throws ConfigError, PermanentError */
export async function postgresDirectory(
  { dataDir, durable }: DirectoryOptions,
  binaries: PostgresBinaries,
  runAs: RunAs | undefined,
): Promise<PostgresDirectory> {
  await sweepTemporary();
  const directory =
    dataDir === undefined ? await temporaryDirectory(runAs) : await keptDirectory(dataDir, runAs);
  const data = path.join(directory, 'data');
  const secret = path.join(directory, 'password');
  if (!existsSync(path.join(data, 'PG_VERSION'))) {
    const password = randomBytes(24).toString('base64url');
    await initialise(binaries, { directory, data, password }, durable, runAs);
    await writeFile(secret, password, { mode: 0o600 });
    return { directory, data, password };
  }
  const version = (await readFile(path.join(data, 'PG_VERSION'), 'utf8')).trim();
  if (Number(version) !== binaries.major) {
    throw new ConfigError(
      `${data} was made by PostgreSQL ${version}, the embedded server is ${binaries.major}: move the directory ` +
        'away to begin anew, or dump and load it with a server of that version',
    );
  }
  await awaitPredecessor(data);
  return { directory, data, password: await readFile(secret, 'utf8') };
}

async function temporaryDirectory(runAs: RunAs | undefined): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), `${TEMPORARY}${process.pid}-`));
  if (runAs !== undefined) await chown(directory, runAs.uid, runAs.gid);
  return directory;
}

async function keptDirectory(dataDir: string, runAs: RunAs | undefined): Promise<string> {
  const directory = path.resolve(dataDir);
  if ((await mkdir(directory, { recursive: true })) !== undefined) await chmod(directory, 0o755);
  if (!(await canEnter(directory, runAs))) {
    throw new ConfigError(
      `${runAs?.user ?? 'this user'} runs the embedded PostgreSQL and cannot enter ${directory}: set ` +
        'database.embedded.directory to a folder outside of /root and other private folders',
    );
  }
  return directory;
}

/** Directories of processes that are gone. Their servers went with them, or go when they miss their files. */
async function sweepTemporary(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = name.startsWith(TEMPORARY) ? Number.parseInt(name.slice(TEMPORARY.length), 10) : Number.NaN;
    if (Number.isNaN(owner) || isRunning(owner)) continue;
    // Its supervisor may be removing it at this very moment, or it belongs to another user.
    await rm(path.join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined);
  }
}

/** The cluster is made beside its place and renamed, so that an interrupted initdb leaves nothing half-made. */
async function initialise(
  binaries: PostgresBinaries,
  { directory, data, password }: PostgresDirectory,
  durable: boolean,
  runAs: RunAs | undefined,
): Promise<void> {
  const half = `${data}.new`;
  const passwordFile = path.join(half, 'password');
  await rm(half, { recursive: true, force: true });
  await mkdir(half, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (runAs !== undefined) {
    await chown(half, runAs.uid, runAs.gid);
    await chown(passwordFile, runAs.uid, runAs.gid);
  }
  const made = path.join(half, 'data');
  const args = [
    '-D',
    made,
    '-U',
    USER,
    `--pwfile=${passwordFile}`,
    '-A',
    'scram-sha-256',
    '-E',
    'UTF8',
    '--locale=C',
  ];
  const initdb = supervisedChild({
    command: [binaries.initdb, ...args, ...(durable ? [] : ['--no-sync', '--no-data-checksums'])],
    cwd: half,
    environment: ENVIRONMENT,
    runAs,
    removeAfterwards: half,
    graceSeconds: 2,
  });
  const code = await initdb.exited;
  if (code !== 0) {
    throw new PermanentError(
      `PostgreSQL could not create its data in ${directory} (initdb ended with code ${code}): ` +
        `${initdb.tail().trim().slice(-2000)}. Free space there or set database.embedded.directory to another folder`,
    );
  }
  await rm(data, { recursive: true, force: true });
  await rename(made, data);
  await rm(half, { recursive: true, force: true });
}

/**
 * The server of a killed process ends within a moment, and what it started with it. Where pid 1 reaps no orphans it
 * stays a zombie for ever, and PostgreSQL would take it for alive: then its lock file goes.
 */
async function awaitPredecessor(data: string): Promise<void> {
  for (let waited = 0; processesIn(data).length > 0; waited += PREDECESSOR_POLL_MS) {
    if (waited >= PREDECESSOR_MS) {
      const pids = processesIn(data).join(', ');
      throw new ConfigError(
        `${data} is in use by process ${pids}: stop it or set database.embedded.directory to another folder`,
      );
    }
    await sleep(PREDECESSOR_POLL_MS);
  }
  const lock = path.join(data, 'postmaster.pid');
  const owner = existsSync(lock) ? Number.parseInt(await readFile(lock, 'utf8'), 10) : Number.NaN;
  if (isZombie(owner)) await rm(lock, { force: true });
}
