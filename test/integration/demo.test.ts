/** The demo as a newcomer runs it: a process of its own that ends well, and leaves nothing when it does not. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import { until } from '../support/until.ts';

interface Demo {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<number | null>;
}

const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function demo(...options: string[]): Demo {
  const child = spawn(process.execPath, ['pipeline/bin.ts', 'demo', '--history', '1d', ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NETSIGMA_HTTP_PORT: '0' },
  });
  children.push(child);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { child, output: () => output, ended };
}

/** Port of the demo's database, once it says where to look. */
async function databasePort({ output }: Demo): Promise<number> {
  await until(() => /status +http/.test(output()), `the demo says where to look: ${output()}`, 60_000);
  return Number(/postgres:\/\/[^@]+@127\.0\.0\.1:(\d+)/.exec(output())![1]);
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

describe('demo', () => {
  it('stops cleanly at Ctrl-C: exit code 0, the database gone', async () => {
    const started = demo();
    const port = await databasePort(started);
    expect(await listens(port)).toBe(true);
    started.child.kill('SIGINT');
    expect(await started.ended).toBe(0);
    expect(await listens(port)).toBe(false);
  }, 120_000);

  it('stops at Ctrl-C in the middle of the history too, without showing what never began', async () => {
    const started = demo('--history', '28d');
    await until(
      () => started.output().includes('loading history: 10%'),
      'the history is being loaded',
      60_000,
    );
    started.child.kill('SIGINT');
    expect(await started.ended).toBe(0);
    expect(started.output()).not.toMatch(/postgres:|found|severity/);
  }, 120_000);

  it('leaves no database behind when it is killed', async () => {
    const started = demo();
    const port = await databasePort(started);
    started.child.kill('SIGKILL');
    await started.ended;
    await until(async () => !(await listens(port)), 'the database has ended by itself', 30_000);
  }, 120_000);

  it('exits non-zero, saying why, when its database ends by itself', async () => {
    const started = demo();
    const port = await databasePort(started);
    const postmaster = spawnSync('pgrep', ['-f', `postgres.*port=${port}`], {
      encoding: 'utf8',
    }).stdout.split('\n');
    expect(postmaster[0]).toMatch(/^\d+$/);
    for (const pid of postmaster.filter(Boolean)) process.kill(Number(pid), 'SIGKILL');
    expect(await started.ended).toBe(1);
    expect(started.output()).toContain('the embedded PostgreSQL ended by itself');
  }, 120_000);

  it('exits non-zero when the time limit comes before the faults are found, and says so as JSON', async () => {
    const started = demo('--until-detected', '--json', '--time-limit', '3s');
    expect(await started.ended).toBe(1);
    const result = JSON.parse(started.output().trim().split('\n').at(-1)!) as {
      faults: { detected: boolean }[];
    };
    expect(result).toMatchObject({ false_alarms: 0 });
    expect(result.faults.map(({ detected }) => detected)).toEqual([false, false, false, false]);
  }, 120_000);
});
