/** Folders outside the checkout: downloads that stay, and what a server writes while it runs. */
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { canEnter } from '../../pipeline/db/postgres-binaries.ts';
import { isRunning, processesIn } from '../../pipeline/db/process-state.ts';
import type { RunAs } from '../../pipeline/db/unprivileged-user.ts';

/** Root's lies where the user that PostgreSQL runs as can read it: not below /root. */
function cacheFolder(): string {
  if (process.getuid?.() === 0) return '/var/cache/netsigma';
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'netsigma');
}

/** Where a download of this name is or will be. */
export function cachePath(name: string): string {
  return join(cacheFolder(), name);
}

/**
 * The folder `name` of the cache, filled by `make` when it is not there. It is made beside its place and renamed:
 * two processes that start at once do the work twice, and neither sees half of it.
 */
export async function cached(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const place = cachePath(name);
  if (existsSync(place)) return place;
  const half = await ownFolder(`${place}.part-`);
  try {
    await chmod(half, 0o755);
    await make(half);
    await rename(half, place);
  } catch (error) {
    if (!existsSync(place)) throw error;
  } finally {
    await rm(half, { recursive: true, force: true });
  }
  return place;
}

/** A fresh temporary folder for a server, which runs as `runAs`. Those of test processes that are gone are removed. */
export async function runFolder(name: string, runAs?: RunAs): Promise<string> {
  for (const parent of [tmpdir(), '/tmp', '/var/tmp']) {
    if (!(await canEnter(parent, runAs))) continue;
    const folder = await ownFolder(join(parent, `netsigma-${name}-`));
    if (runAs !== undefined) await chown(folder, runAs.uid, runAs.gid);
    return folder;
  }
  throw new Error(`${runAs?.user ?? 'this user'} can enter none of ${tmpdir()}, /tmp, /var/tmp`);
}

/** `<prefix><pid of this process>-XXXXXX`, after removing those whose process is gone and which nobody works in. */
async function ownFolder(prefix: string): Promise<string> {
  const parent = dirname(prefix);
  await mkdir(parent, { recursive: true, mode: 0o755 });
  for (const name of await readdir(parent)) {
    if (!name.startsWith(basename(prefix))) continue;
    const pid = Number.parseInt(name.slice(basename(prefix).length), 10);
    const folder = join(parent, name);
    if (Number.isNaN(pid) || isRunning(pid) || processesIn(folder).length > 0) continue;
    await rm(folder, { recursive: true, force: true });
  }
  return mkdtemp(`${prefix}${process.pid}-`);
}
