import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { embeddedPostgres, type EmbeddedPostgres } from '../../pipeline/db/embedded-postgres.ts';
import { isRunning, processesIn } from '../../pipeline/db/process-state.ts';
import { ConfigError } from '../../pipeline/model/errors.ts';
import { silent } from '../services/postgres.ts';
import { until } from '../support/until.ts';

const servers: EmbeddedPostgres[] = [];
const folders: string[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

function server(options: { dataDir?: string; port?: number }): EmbeddedPostgres {
  const made = embeddedPostgres({ durable: false, log: silent, ...options });
  servers.push(made);
  return made;
}

async function folder(): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'netsigma-test-'));
  await chmod(made, 0o755);
  folders.push(made);
  return made;
}

async function query<T extends object>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** The temporary directories of one owner. */
function directoriesOf(pid: number): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith(`netsigma-postgres-${pid}-`));
}

describe('the embedded server', () => {
  it('listens on loopback only, asks for its password, and is gone after stop', async () => {
    const postgres = server({});
    expect(() => postgres.url).toThrow('before it is started');
    await postgres.start();
    const [settings] = await query<Record<string, string>>(
      postgres.url,
      `SELECT current_setting('listen_addresses') AS listen, current_setting('fsync') AS fsync,
              current_setting('data_directory') AS data, current_setting('TimeZone') AS zone`,
    );
    expect(settings).toMatchObject({ listen: '127.0.0.1', fsync: 'off', zone: 'UTC' });
    const wrong = new URL(postgres.url);
    wrong.password = 'guess';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
    const data = settings!['data']!;
    expect(processesIn(data).length).toBeGreaterThan(0);
    await postgres.stop();
    await postgres.stop();
    expect(processesIn(data)).toEqual([]);
    expect(directoriesOf(process.pid)).toEqual([]);
  });

  it('keeps its data and its password in a given directory, and nobody else may read the latter', async () => {
    const dataDir = await folder();
    const first = server({ dataDir });
    await first.start();
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    expect((await stat(path.join(dataDir, 'password'))).mode & 0o777).toBe(0o600);
    const second = server({ dataDir });
    await second.start();
    expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    expect(new URL(second.url).password).toBe(new URL(first.url).password);
  });

  it('says what to do when its port is taken, its directory in use, or made by another version', async () => {
    const dataDir = await folder();
    const first = server({ dataDir });
    await first.start();
    const port = Number(new URL(first.url).port);
    const samePort = server({ port });
    await expect(samePort.start()).rejects.toThrow(`port ${port} of 127.0.0.1 is in use`);
    await first.stop();
    await writeFile(path.join(dataDir, 'data', 'PG_VERSION'), '9\n');
    const other = server({ dataDir });
    await expect(other.start()).rejects.toThrow(ConfigError);
    await expect(other.start()).rejects.toThrow('was made by PostgreSQL 9');
  });

  const isRoot = process.getuid?.() === 0;
  (isRoot ? it : it.skip)('started by root, names a directory that its user cannot enter', async () => {
    const parent = await folder();
    await chmod(parent, 0o700);
    await mkdir(path.join(parent, 'data'));
    const starting = server({ dataDir: path.join(parent, 'data') }).start();
    await expect(starting).rejects.toThrow(/cannot enter .* set database\.embedded\.directory/);
  });
});

describe('nothing is left of a server whose Node', () => {
  const program = (end: string) => `
    import { embeddedPostgres } from ${JSON.stringify(new URL('../../pipeline/db/embedded-postgres.ts', import.meta.url).href)};
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    const postgres = embeddedPostgres({ durable: false, log });
    const starting = postgres.start();
    ${end}
    await starting;
    process.stdout.write('started');
    setInterval(() => {}, 1000);`;

  async function run(end: string, onStarted: (node: ChildProcess) => void): Promise<number> {
    const node = spawn(process.execPath, ['--input-type=module', '-e', program(end)], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const pid = node.pid!;
    node.stdout.once('data', () => onStarted(node));
    await new Promise((resolve) => node.once('exit', resolve));
    return pid;
  }

  it.each<NodeJS.Signals>(['SIGKILL', 'SIGTERM', 'SIGINT'])('gets %s', async (signal) => {
    let processes: number[] = [];
    const pid = await run('', (node) => {
      const [directory] = directoriesOf(node.pid!);
      processes = processesIn(path.join(tmpdir(), directory!, 'data'));
      node.kill(signal);
    });
    expect(processes.length).toBeGreaterThan(1);
    await until(() => directoriesOf(pid).length === 0, 'its directory is gone');
    await until(() => !processes.some(isRunning), 'its processes are gone');
  });

  it('throws', async () => {
    const pid = await run("starting.then(() => { throw new Error('x'); });", () => undefined);
    await until(() => directoriesOf(pid).length === 0, 'its directory is gone');
  });

  it('is killed while it starts: the next start sweeps what is left', async () => {
    for (const delayMs of [150, 350, 450]) {
      const pid = await run(
        `setTimeout(() => process.kill(process.pid, 'SIGKILL'), ${delayMs});`,
        () => undefined,
      );
      expect(isRunning(pid)).toBe(false);
      await until(async () => {
        const next = server({});
        await next.start();
        await next.stop();
        return directoriesOf(pid).length === 0;
      }, 'its directory is gone');
    }
  });
});
