import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';

/** Its program ends and leaves a child that holds standard error; then it is asked to end. */
const SCRIPT = `
import { supervisedChild } from '${new URL('../../pipeline/db/supervised-child.ts', import.meta.url).href}';
const child = supervisedChild({
  command: ['/bin/sh', '-c', 'echo "supervised by $PPID" >&2; sleep 2 & exit 0'],
  cwd: '/',
  environment: process.env,
  runAs: undefined,
  removeAfterwards: undefined,
  graceSeconds: 1,
});
const supervisor = await new Promise((resolve) =>
  child.onOutput((tail) => {
    const pid = /supervised by (\\d+)/.exec(tail)?.[1];
    if (pid !== undefined) resolve(Number(pid));
  }),
);
const isThere = () => {
  try {
    return process.kill(supervisor, 0);
  } catch {
    return false;
  }
};
while (isThere()) await new Promise((resolve) => setTimeout(resolve, 5));
child.unref();
await child.end();
process.stdout.write('waited');
`;

describe('a supervised child', () => {
  it('that has ended by itself is waited for, though what it left behind still holds its standard error', () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module', '--eval', SCRIPT],
      { encoding: 'utf8' },
    );
    expect(stderr).not.toMatch(/unsettled/);
    expect(stdout).toBe('waited');
    expect(status).toBe(0);
  });
});
