import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import { describeIf } from '../../support/requires.ts';
import { STATE_BYTES_TARGET } from './cost/cost-command.ts';
import type { CostReport } from './cost/cost-report.ts';
import type { FalseAlarmReport } from './false-alarms/false-alarm-counts.ts';
import type { KpiReport } from './kpi/kpi-report.ts';
import { NAB_FOLDER } from './nab/nab-command.ts';
import type { NabReport } from './nab/nab-report.ts';
import type { RecallReport } from './recall/recall-counts.ts';
import { Chance } from './simulated/chance.ts';

const RUN = fileURLToPath(new URL('run.ts', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'netsigma-detection-'));
afterAll(() => rmSync(root, { recursive: true }));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** In a process of its own, as a user runs it. */
function run(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [RUN, ...args], { maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

/** The object of the last line. */
async function report<R>(...args: string[]): Promise<R> {
  const { code, stdout, stderr } = await run(...args, '--json');
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as R;
}

const SEED = 20_261_121;

/** Three weeks at 5 minutes of days and noise, with a high hour here and there behind the second. */
function simulatedSeries(chance: Chance) {
  const rows = 21 * 288;
  const labels = new Uint8Array(rows);
  const values = Array.from({ length: rows }, (_, row) => {
    const day = 100 + 40 * Math.sin((2 * Math.PI * row) / 288);
    if (row > 14 * 288 && row % 700 < 12) labels[row] = 1;
    return day * (1 + 0.03 * chance.normal()) + (labels[row] === 1 ? 120 : 0);
  });
  const time = (row: number): string =>
    new Date(Date.UTC(2026, 2, 2) + row * 300_000).toISOString().slice(0, 19).replace('T', ' ');
  return { labels, values, time };
}

describe('bench:detection', () => {
  it('says what a command takes, and what is wrong with it, with exit code 2 for what cannot be read', async () => {
    expect((await run('--help')).stdout).toMatch(/nab[^]*kpi[^]*false-alarms[^]*recall[^]*cost/);
    expect(await run('kpi', '--data', join(root, 'nowhere'))).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('nowhere cannot be read'),
    });
    expect((await run('recall', '--signals', 'loud')).stderr).toContain(
      'Expected NOISE/SEASONALITY with gaussian',
    );
    expect((await run('cost', '--record')).stderr).toContain('--record needs --conditions');
  }, 60_000);

  it('nab: scores flat files by their windows, and writes the results in their layout', async () => {
    const chance = new Chance(SEED);
    const data = join(root, 'flat');
    mkdirSync(data);
    const windows: Record<string, string[][]> = {};
    for (const name of ['a', 'b']) {
      const { labels, values, time } = simulatedSeries(chance);
      const lines = values.map((value, row) => `${time(row)},x,${value.toFixed(3)}\n`);
      writeFileSync(join(data, `${name}.csv`), `timestamp,host,value\n${lines.join('')}`);
      const begins = [...labels.keys()].filter((row) => labels[row] === 1 && labels[row - 1] === 0);
      windows[`simulated/${name}.csv`] = begins.map((row) => [
        `${time(row - 5)}.000000`,
        `${time(row + 40)}.000000`,
      ]);
    }
    writeFileSync(join(data, 'windows.json'), JSON.stringify(windows));
    const out = join(root, 'results');
    const found = await report<NabReport>(
      'nab',
      '--data',
      data,
      '--windows',
      join(data, 'windows.json'),
      '--out',
      out,
    );
    expect(Object.keys(found)).toEqual(
      expect.arrayContaining([
        'standard',
        'low_fp',
        'low_fn',
        'threshold',
        'detections',
        'fixed',
        'references',
      ]),
    );
    expect(found.standard).toBeGreaterThan(80);
    expect(found.fixed.standard).toBeGreaterThan(60);
    expect(found.references['alarm every 600 rows']!.standard).toBeLessThan(60);
    for (const { score } of found.detections) expect(score).toBeGreaterThanOrEqual(found.threshold);
    const given = await report<NabReport>('nab', '--data', data, '--threshold', String(found.threshold));
    expect(given.standard).toBeCloseTo(found.standard, 9);
    expect(given.detections).toEqual(found.detections);

    const written = readFileSync(join(out, 'netsigma', 'data', 'netsigma_a.csv'), 'utf8')
      .trim()
      .split('\n');
    expect(written[0]).toBe('timestamp,value,anomaly_score,label');
    expect(written).toHaveLength(1 + 21 * 288);
    const scores = new Map(
      written
        .slice(1)
        .map((line) => line.split(','))
        .map(([time, , score]) => [time, Number(score)]),
    );
    for (const { file, timestamp, score } of found.detections)
      if (file === 'a.csv') expect(scores.get(timestamp)).toBeCloseTo(score / (1 + score), 12);
    expect(Math.max(...scores.values())).toBeLessThanOrEqual(1);
  }, 60_000);

  it('kpi: one threshold for series of several files, in seconds, out of order', async () => {
    const chance = new Chance(SEED + 1);
    const data = join(root, 'kpi');
    mkdirSync(join(data, 'more'), { recursive: true });
    const lines = (id: string) => {
      const { labels, values } = simulatedSeries(chance);
      const seconds = (row: number): number => Date.UTC(2026, 2, 2) / 1_000 + row * 300;
      return values
        .map((value, row) => `${seconds(row)},${value.toFixed(2)},${labels[row]}${id}\n`)
        .filter((_, row) => row % 500 !== 9)
        .reverse();
    };
    writeFileSync(join(data, 'one.csv'), `timestamp,value,label\n${lines('').join('')}`);
    const several = [...lines(',k1'), ...lines(',k2')];
    writeFileSync(join(data, 'more', 'two.csv'), `timestamp,value,label,KPI ID\n${several.join('')}`);
    writeFileSync(join(data, 'more', 'unlabelled.csv'), 'timestamp,value\n1,1\n');
    const found = await report<KpiReport>('kpi', '--data', data, '--delay', '7');
    expect(found).toMatchObject({ series: 3, delay: 7, second_half: { events: expect.any(Number) } });
    expect(found.first_half.events + found.second_half.events).toBe(9);
    expect(found.f1).toBeGreaterThan(0.7);
    expect(found.point_adjusted.f1).toBeGreaterThan(0.7);
  }, 60_000);

  it('false-alarms: few on steady devices', async () => {
    const args = ['--devices', '3', '--days', '14', '--signals', '/daily', '--seed', String(SEED)];
    const found = await report<FalseAlarmReport>('false-alarms', ...args);
    expect(found).toMatchObject({ devices: 3, days: 14, seed: SEED, warm_up_days: 21 });
    expect(found.severe).toBeLessThan(6);
  }, 120_000);

  it('recall: what is plain is found, what is small is not taken for it', async () => {
    const args = ['--signals', 'gaussian/daily', '--ports', '10', '--seed', String(SEED)];
    const { cells } = await report<RecallReport>('recall', ...args);
    const recall = (shape: string, magnitude: number | null) =>
      cells.find((cell) => cell.shape === shape && cell.magnitude === magnitude)!.recall;
    expect(recall('level shift', 10)).toBeGreaterThan(0.8);
    expect(recall('spike, 3 polls', 15)).toBeGreaterThan(0.8);
    expect(recall('drop to zero', null)).toBeGreaterThan(0.8);
    expect(recall('flatline', null)).toBeGreaterThan(0.8);
    expect(recall('nothing', null)).toBeLessThan(0.1);
  }, 120_000);

  it('cost: within what a series may take', async () => {
    const found = await report<CostReport>('cost', '--devices', '2', '--runs', '1');
    expect(found.bytes_per_series).toBeGreaterThan(100);
    expect(found.bytes_per_series).toBeLessThan(STATE_BYTES_TARGET);
    expect(found.ns_per_sample).toBeGreaterThan(0);
    expect(Object.keys(found.ns_by_stage)).toEqual(expect.arrayContaining(['baseline', 'detect']));
  }, 60_000);
});

describeIf(
  existsSync(NAB_FOLDER),
  `there is no corpus at ${NAB_FOLDER}: NETSIGMA_NAB_DIR names another place`,
  {
    optional: true,
  },
)('bench:detection on NAB', () => {
  it('scores more than an alarm that looks at nothing', async () => {
    const found = await report<NabReport>('nab', '--data', NAB_FOLDER);
    expect(found.standard).toBeGreaterThan(50);
    expect(found.standard).toBeGreaterThan(found.references['alarm every 600 rows']!.standard + 15);
    expect(found.fixed.standard).toBeGreaterThan(30);
  }, 60_000);
});
