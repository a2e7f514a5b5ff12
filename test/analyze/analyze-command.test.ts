import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { analyzeCommand } from '../../pipeline/analyze-command.ts';
import type { AnalyzeOptions } from '../../pipeline/cli/analyze.ts';
import { DAY_MS, every, START_MS } from '../support/analyzed.ts';
import { diurnalTraffic } from '../support/simulated-series.ts';
import { STAGE_DEFAULTS } from '../support/topology-driver.ts';

const folder = mkdtempSync(join(tmpdir(), 'netsigma-analyze-'));
afterAll(() => rmSync(folder, { recursive: true }));

const traffic = diurnalTraffic({ seed: 7, mean: 100, swing: 0.6, weekend: 1, noise: 0.03 });
const SPIKE_MS = START_MS + 20.5 * DAY_MS;
const file = join(folder, 'x.csv');
writeFileSync(
  file,
  ['time,rx']
    .concat(
      [...every(1_800_000, 24, traffic)].map(([atMs, value]) => {
        const factor = atMs >= SPIKE_MS && atMs < SPIKE_MS + 7_200_000 ? 20 : 1;
        return `${atMs / 1000},${value * factor}`;
      }),
    )
    .join('\n'),
);

async function ran(
  options: Partial<AnalyzeOptions>,
  { isTTY = false, noColour = false } = {},
): Promise<{ stdout: string; notes: string[]; isWhole: boolean }> {
  let stdout = '';
  const notes: string[] = [];
  const isWhole = await analyzeCommand(
    {
      files: [file],
      json: false,
      timeZone: 'UTC',
      kind: new Map(),
      columns: {},
      maxSeries: 100,
      maxAnomalies: 100,
      ...options,
    },
    {
      config: STAGE_DEFAULTS,
      stdout: { write: (text) => (stdout += text), isTTY },
      progress: { at: () => undefined, say: (text) => void notes.push(text), end: () => undefined },
      noColour,
    },
  );
  return { stdout, notes, isWhole };
}

describe('the command', () => {
  it('paints on a terminal, unless that is not wanted', async () => {
    const red = '\u001b[31m';
    expect((await ran({}, { isTTY: true })).stdout).toContain(red);
    expect((await ran({}, { isTTY: true, noColour: true })).stdout).not.toContain(red);
    expect((await ran({})).stdout).not.toContain(red);
    expect((await ran({ json: true }, { isTTY: true })).stdout).not.toContain(red);
  });

  it('takes kinds as it is told: of one metric, or of all', async () => {
    const { notes } = await ran({ kind: new Map([['', 'status']]) });
    expect(notes).toEqual([expect.stringContaining('statuses = rx')]);
    const { stdout } = await ran({
      kind: new Map([
        ['', 'status'],
        ['rx', 'gauge'],
      ]),
    });
    expect(stdout).toContain('critical');
  });

  it('refuses a kind of a metric that no file has, and names those that there are', async () => {
    const other = join(folder, 'long.csv');
    writeFileSync(other, 'time,metric,value\n1700000000,tx,1\n1700000060,up,NaN\n');
    const files = [file, other];
    await expect(ran({ files, kind: new Map([['nope', 'gauge']]) })).rejects.toThrow(
      'no file has a metric "nope" for --kind nope=gauge: there are "rx", "tx"',
    );
    await expect(ran({ files, kind: new Map([['tx', 'gauge']]) })).resolves.toBeDefined();
    const empty = join(folder, 'wide.csv');
    writeFileSync(empty, 'time,a,b\n1700000000,1,\n');
    await expect(ran({ files: [empty], kind: new Map([['b', 'gauge']]) })).resolves.toBeDefined();
  });

  it('says that all values are missing where that is so', async () => {
    const empty = join(folder, 'nan.csv');
    writeFileSync(empty, 'time,a,b\n1700000000,NaN,\n1700000060,-,null\n');
    await expect(ran({ files: [empty] })).rejects.toThrow(
      /nan.csv: all values are missing: "a", "b" have nothing but empty cells, NaN and the like/,
    );
  });

  it('lets no name of a file or of a column move the cursor', async () => {
    const hostile = join(folder, 'a\u001b[2J.csv');
    writeFileSync(hostile, 'time,b\u001b[1m,c\nsoon\u001b[3m,1,2\n1700000000,1,2\n');
    const { stdout, notes } = await ran({ files: [hostile] });
    expect(notes.length).toBeGreaterThan(1);
    // eslint-disable-next-line no-control-regex -- this is what must not be there
    const escape = /\u001b/;
    expect([stdout, ...notes].join('\n')).not.toMatch(escape);
    writeFileSync(hostile, 'a\u001b[2J,b\nx,y\n');
    await expect(ran({ files: [hostile] })).rejects.toThrow(
      /has no column of times among "a\ufffd\[2J", "b"/,
    );
  });

  it('says that a file was left out', async () => {
    const other = join(folder, 'other.csv');
    writeFileSync(other, 'nothing');
    const { isWhole, notes } = await ran({ files: [file, other] });
    expect(isWhole).toBe(false);
    expect(notes.at(-1)).toMatch(/other.csv has no rows/);
  });
});
