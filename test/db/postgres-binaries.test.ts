import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { usableHome } from '../../pipeline/db/postgres-binaries.ts';
import { unprivilegedUser } from '../../pipeline/db/unprivileged-user.ts';
import { ConfigError } from '../../pipeline/model/errors.ts';
import { silent } from '../services/postgres.ts';

let folder = '';
let home = '';
let cache = '';

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'netsigma-binaries-'));
  await chmod(folder, 0o755);
  home = path.join(folder, 'native');
  cache = path.join(folder, 'cache');
  await mkdir(path.join(home, 'bin'), { recursive: true });
  await mkdir(path.join(home, 'lib'));
  await writeFile(path.join(home, 'bin', 'postgres'), 'program', { mode: 0o755 });
  await writeFile(path.join(home, 'lib', 'libpq.so.5.18'), 'library');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const usable = (caches = [cache]) =>
  usableHome({ home, version: '18.4', runAs: unprivilegedUser(), caches, log: silent });

describe('the programs of the embedded server', () => {
  it('are used where they lie when they can be', async () => {
    expect(await usable()).toBe(home);
  });

  it('are copied with their missing links when npm ran no install scripts', async () => {
    const link = { source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' };
    await writeFile(path.join(home, 'pg-symlinks.json'), JSON.stringify([link]));
    const copies = await Promise.all([usable(), usable(), usable()]);
    expect(new Set(copies).size).toBe(1);
    const [copy] = copies;
    expect(copy.startsWith(cache)).toBe(true);
    expect(await readlink(path.join(copy, 'lib', 'libpq.so.5'))).toBe('libpq.so.5.18');
    expect(await readFile(path.join(copy, 'lib', 'libpq.so.5'), 'utf8')).toBe('library');
    expect(await readdir(cache)).toHaveLength(1);
    expect(await readdir(path.join(home, 'lib'))).toEqual(['libpq.so.5.18']);
  });

  const isRoot = process.getuid?.() === 0;
  (isRoot ? it : it.skip)('are copied to where the user can reach them that root runs them as', async () => {
    await chmod(home, 0o700);
    expect(await usable()).toMatch(/cache\/postgres-18\.4-/);
  });

  it('may be in the second cache when the first cannot be written', async () => {
    await writeFile(
      path.join(home, 'pg-symlinks.json'),
      '[{"source":"native/lib/a","target":"native/lib/b"}]',
    );
    await writeFile(path.join(folder, 'file'), '');
    expect(await usable([path.join(folder, 'file', 'x'), cache])).toMatch(/cache\/postgres-18\.4-/);
    const nowhere = usable([path.join(folder, 'file', 'x')]);
    await expect(nowhere).rejects.toThrow(ConfigError);
    await expect(nowhere).rejects.toThrow('set database.url to a server of your own');
  });
});
