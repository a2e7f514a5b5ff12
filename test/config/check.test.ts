/** `netsigma config check` as a process: configuration and inventory, exit code and messages. */
import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BIN = new URL('../../pipeline/bin.ts', import.meta.url).pathname;

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function check(files: Record<string, string>, env: Record<string, string> = {}): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'netsigma-check-'));
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    return await new Promise((resolve) => {
      const argv = [BIN, 'config', 'check', '--config', join(folder, 'netsigma.yaml')];
      execFile(process.execPath, argv, { env }, (error, stdout, stderr) => {
        const plain = (text: string) => text.replaceAll(`${folder}/`, '');
        resolve({
          code: error === null ? 0 : Number(error.code),
          stdout: plain(stdout),
          stderr: plain(stderr),
        });
      });
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const CONFIG = `
inventory: { file: inventory.yaml }
credentials: { lab: { version: v2c, community: env:LAB } }
`;
const DEVICE = '{ name: a, address: 192.0.2.1, credential: lab }';

describe('config check', () => {
  it('reads the inventory that the configuration names', async () => {
    const inventory = `sites: [{ slug: zrh, time_zone: UTC }]\ndevices: [${DEVICE}]`;
    expect(await check({ 'netsigma.yaml': CONFIG, 'inventory.yaml': inventory }, { LAB: 'x' })).toEqual({
      code: 0,
      stdout: 'the configuration is valid\nthe inventory is valid: sites 1, devices 1\n',
      stderr: '',
    });
  }, 30_000);

  it('reports every problem of the inventory, unknown credentials among them', async () => {
    const inventory = `devices:\n  - ${DEVICE.replace('lab', 'lba')}\n  - ${DEVICE.replace('name: a', 'name: b').replace('lab', 'x')}\n`;
    const { code, stdout, stderr } = await check(
      { 'netsigma.yaml': CONFIG, 'inventory.yaml': inventory },
      { LAB: 'x' },
    );
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/inventory\.yaml is wrong:\n {2}line 2: .*"lba".*\n {2}line 3: .*"x"/);
  }, 30_000);

  it('is content with a configuration that names no inventory', async () => {
    const { code, stdout } = await check({ 'netsigma.yaml': 'domain: a' });
    expect([code, stdout]).toEqual([0, 'the configuration is valid\n']);
  }, 30_000);

  it('says once that a file is not there', async () => {
    expect((await check({ 'netsigma.yaml': CONFIG }, { LAB: 'x' })).stderr).toBe(
      'netsigma: inventory.file inventory.yaml cannot be read (ENOENT): check the path\n',
    );
    expect((await check({})).stderr).toBe(
      'netsigma: cannot read the configuration file netsigma.yaml (ENOENT): check --config\n',
    );
  }, 30_000);

  it('refuses a NETSIGMA_ variable that is no setting', async () => {
    const { code, stderr } = await check({ 'netsigma.yaml': 'domain: a' }, { NETSIGMA_HTP_PORT: '1' });
    expect([code, stderr]).toEqual([
      2,
      'netsigma: environment variable NETSIGMA_HTP_PORT is no setting: the nearest is NETSIGMA_HTTP_PORT\n',
    ]);
  }, 30_000);
});
