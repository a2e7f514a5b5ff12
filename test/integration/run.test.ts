/** `netsigma run` on configuration and inventory files, against an agent and a database that are there already. */
import { describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simulatedAgents } from '../../pipeline/collect/snmp/agent/simulated-agents.ts';
import { loadConfig, type Config } from '../../pipeline/config.ts';
import { run } from '../../pipeline/run.ts';
import { catalogue } from '../../topics/catalogue.ts';
import { postgresService } from '../services/postgres.ts';
import { fakeMib } from '../support/fake-mib.ts';
import { recordingLog, silentLog } from '../support/log.ts';
import { until } from '../support/until.ts';

const postgres = postgresService();

async function inFolder<T>(files: Record<string, string>, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'netsigma-run-'));
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function configured(folder: string, env: Record<string, string>): Config {
  const file = join(folder, 'netsigma.yaml');
  return loadConfig({ file, env, readFile: (path) => readFileSync(path, 'utf8'), processName: 'test' })
    .config;
}

const CONFIG = `
inventory: { file: inventory.yaml }
database: { url: env:TEST_URL }
credentials: { lab: { version: v2c, community: env:TEST_COMMUNITY } }
http: { port: 0 }
sink: { retention: { interface_metrics: 7 } }
`;

const inventory = (port: number) => `
sites:
  - { slug: berlin, name: Berlin, time_zone: Europe/Berlin }
devices:
  - { name: core-1, address: 127.0.0.1, port: ${port}, credential: lab, site: berlin, role: router, interval: 200ms }
`;

describe('run', () => {
  it('polls what the inventory names, stores it, keeps the configured retention, and stops when asked', async () => {
    const { pool, url } = await postgres.emptyDatabase();
    const agents = simulatedAgents({
      devices: [{ view: fakeMib('core-1', 2), address: '127.0.0.1', port: 0 }],
      community: 'c0mmunity',
      clock: Date.now,
    });
    await agents.start();
    const { port } = agents.endpoint('core-1');
    const log = recordingLog();
    await inFolder({ 'netsigma.yaml': CONFIG, 'inventory.yaml': inventory(port) }, async (folder) => {
      const config = configured(folder, { TEST_URL: url, TEST_COMMUNITY: 'c0mmunity' });
      const stop = new AbortController();
      const running = run({
        config,
        catalogue,
        clock: Date.now,
        log,
        signal: stop.signal,
        stopping: () => undefined,
      });
      const stored = async () =>
        (
          await pool
            .query<{ n: string }>('SELECT count(*) AS n FROM interface_metrics JOIN sites USING (site_id)')
            .catch(() => ({ rows: [{ n: '0' }] }))
        ).rows[0]!.n;
      await until(async () => Number(await stored()) >= 4, 'two polls of two interfaces are stored');
      stop.abort();
      await running;
      const { rows } = await pool.query<{ days: string }>(
        `SELECT extract(day FROM keep)::text AS days FROM retention_policy WHERE table_name = 'interface_metrics'`,
      );
      expect(rows[0]!.days).toBe('7');
    });
    await agents.stop();
    expect(log.entries.filter(({ level }) => level === 'error')).toEqual([]);
    expect(JSON.stringify(log.entries)).not.toContain('c0mmunity');
  }, 60_000);

  it.each([
    ['no inventory file', { inventory: '' }, /inventory\.file is not set/],
    [
      'an inventory file that is not there',
      { inventory: 'inventory: { file: nowhere.yaml }' },
      /nowhere\.yaml cannot be read \(ENOENT\): check the path/,
    ],
  ])('refuses %s, saying what to do', async (_what, { inventory: line }, message) => {
    await inFolder({ 'netsigma.yaml': line }, async (folder) => {
      const { signal } = new AbortController();
      const config = configured(folder, {});
      await expect(
        run({ config, catalogue, clock: Date.now, log: silentLog, signal, stopping: () => undefined }),
      ).rejects.toThrow(message);
    });
  });

  it('refuses a device whose credential is not configured, naming both', async () => {
    await inFolder(
      { 'netsigma.yaml': CONFIG.replace(' lab:', ' other:'), 'inventory.yaml': inventory(161) },
      async (folder) => {
        const config = configured(folder, { TEST_URL: 'postgres://x@127.0.0.1/x', TEST_COMMUNITY: 'c' });
        const { signal } = new AbortController();
        await expect(
          run({ config, catalogue, clock: Date.now, log: silentLog, signal, stopping: () => undefined }),
        ).rejects.toThrow(/line 5: .*"core-1" names the unknown credential "lab": the nearest is other/);
      },
    );
  });
});
