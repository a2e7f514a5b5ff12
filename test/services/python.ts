/** Python with the libraries that the examples name, kept outside the checkout. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { cached } from './folders.ts';
import { missingProgram, toStderr, type Missing } from './service.ts';

const run = promisify(execFile);

const REQUIREMENTS = new URL('../../docs/examples/ml/requirements.txt', import.meta.url).pathname;

export type Python =
  | { readonly kind: 'ready'; readonly program: string; readonly env: Readonly<Record<string, string>> }
  | Missing;

/** Installs them once a Python version; never throws. */
export async function python(): Promise<Python> {
  const missing = missingProgram({ python3: 'python3' });
  if (missing !== undefined) return missing;
  try {
    const { stdout } = await run('python3', ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])']);
    const digest = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 12);
    const name = `python-${stdout.trim()}-${digest}`;
    const folder = await cached(name, async (into) => {
      toStderr(`installing ${REQUIREMENTS} from PyPI (once)`);
      const pip = [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        '--only-binary',
        ':all:',
      ];
      await run('python3', [...pip, '--target', into, '--requirement', REQUIREMENTS]);
    });
    return { kind: 'ready', program: 'python3', env: { PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1' } };
  } catch (error) {
    const { stderr = (error as Error).message } = error as { stderr?: string };
    const said = stderr.trim().split('\n').at(-1)!;
    return {
      kind: 'missing',
      reason: `pip cannot install what ${REQUIREMENTS} names: ${said}`,
    };
  }
}
