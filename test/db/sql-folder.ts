/** A copy of `sql/` that a test may change. */
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** `files` by name are added to it, or replace one. */
export async function withSql(
  files: Readonly<Record<string, string>>,
  work: (folder: URL) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'netsigma-sql-'));
  try {
    await cp(new URL('../../sql/', import.meta.url), folder, { recursive: true });
    for (const [name, sql] of Object.entries(files)) await writeFile(path.join(folder, name), sql);
    await work(pathToFileURL(`${folder}/`));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
