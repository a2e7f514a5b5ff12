/** `netsigma analyze` as a newcomer starts it: what it writes where, and how it ends. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { diurnalTraffic } from '../support/simulated-series.ts';

const BIN = new URL('../../pipeline/bin.ts', import.meta.url).pathname;
const START_MS = Date.UTC(2026, 0, 5);
const DAY_MS = 86_400_000;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netsigma-analyze-'));
  writeFileSync(join(folder, 'traffic.csv'), recording());
});
afterAll(() => rmSync(folder, { recursive: true }));

/** 24 days of two ports, every 10 minutes; one has a spike on the 21st day, an hour at noon. */
function recording(): string {
  const traffic = diurnalTraffic({ seed: 7, mean: 100, swing: 0.6, weekend: 1, noise: 0.03 });
  const spikeMs = START_MS + 20.5 * DAY_MS;
  const rows = ['time,device,port,rx'];
  for (let atMs = START_MS; atMs < START_MS + 24 * DAY_MS; atMs += 600_000) {
    const time = new Date(atMs).toISOString();
    const factor = atMs >= spikeMs && atMs < spikeMs + 3_600_000 ? 20 : 1;
    rows.push(`${time},r1,ge-0,${(traffic(atMs) * factor).toFixed(2)}`);
    rows.push(`${time},r1,ge-1,${(3 * traffic(atMs)).toFixed(2)}`);
  }
  return `${rows.join('\n')}\n`;
}

interface Answer {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface AnalyzeOptions {
  readonly input?: string | Buffer;
  /** Standard input stays open; `child` may be told more. */
  readonly onChild?: (child: ChildProcessWithoutNullStreams) => void;
  /** Standard output is this file. */
  readonly stdout?: number;
}

/** `FOLDER` in an argument is the test's. */
function analyze(
  args: readonly string[],
  { input, onChild, stdout: file }: AnalyzeOptions = {},
): Promise<Answer> {
  return new Promise((resolve) => {
    const words = [BIN, 'analyze', ...args.map((arg) => arg.replace('FOLDER', folder))];
    const stdio = ['pipe', file ?? 'pipe', 'pipe'] as const;
    const child = spawn(process.execPath, words, {
      env: {},
      stdio: [...stdio],
    }) as ChildProcessWithoutNullStreams;
    let [stdout, stderr] = ['', ''];
    if (file === undefined) child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString().replaceAll(folder, 'FOLDER')));
    child.stdin.on('error', () => undefined);
    if (onChild === undefined) child.stdin.end(input);
    else onChild(child);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

describe('netsigma analyze', () => {
  it('shows what it found on standard output, and what it took for what on standard error', async () => {
    const { code, stdout, stderr } = await analyze(['FOLDER/traffic.csv']);
    expect(code).toBe(0);
    expect(stderr).toBe(
      'FOLDER/traffic.csv: time = time (first 2026-01-05 00:00:00 UTC); entity = device; instance = port; metric = rx\n',
    );
    expect(stdout).toMatch(/^r1 ge-0 rx\n {2}[▁-█]{78}\n/);
    expect(stdout).toContain('  critical  spike        2026-01-25 12:00:00 to 13:00:00 (60 min)\n');
    expect(stdout).toMatch(
      /\nr1 ge-0 rx +3,456 +10 min +1 +- +- +spike\nr1 ge-1 rx +3,456 +10 min +- +- +-\n/,
    );
  });

  it('prints nothing but a line of JSON an anomaly with --json', async () => {
    const { code, stdout } = await analyze(['--json', 'FOLDER/traffic.csv']);
    expect(code).toBe(0);
    const lines = stdout.split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({
        entity: 'r1',
        interface_name: 'ge-0',
        metric_name: 'rx',
        opened_at: '2026-01-25T12:00:00.000Z',
        closed_at: '2026-01-25T13:00:00.000Z',
        duration_seconds: 3600,
      }),
    ]);
  });

  it('reads standard input, also packed, and gives the same', async () => {
    const { stdout: wanted } = await analyze(['--json', 'FOLDER/traffic.csv']);
    for (const input of [recording(), gzipSync(recording())]) {
      const { code, stdout, stderr } = await analyze(['--json', '-'], { input });
      expect(code).toBe(0);
      expect(stdout).toBe(wanted);
      expect(stderr).toMatch(/^standard input: time = time/);
    }
  });

  it('tells anomalies of linked entities as one story', async () => {
    writeFileSync(join(folder, 'b.csv'), recording().replaceAll(',r1,', ',r2,'));
    writeFileSync(join(folder, 'links.csv'), 'a,b\nr1 ge-0,r2\nr1,r9\n');
    const files = ['FOLDER/traffic.csv', 'FOLDER/b.csv'];
    const alone = await analyze(files);
    expect(alone.stdout).not.toContain('together');
    const { code, stdout, stderr } = await analyze(['--links', 'FOLDER/links.csv', ...files]);
    expect(code).toBe(0);
    expect(stderr).toContain('1 link of 2 with names that no series has: r9\n');
    expect(stdout).toContain('2026-01-25: 2 anomalies on r1, r2\n');
    const lines = await analyze(['--json', '--links', 'FOLDER/links.csv', ...files]);
    const stories = lines.stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { correlation_group_id: string }).correlation_group_id);
    expect(new Set(stories).size).toBe(1);
    expect(stories[0]).toMatch(/^[\da-f-]{36}$/);
  });

  it('writes a page with what it found', async () => {
    const { code, stderr } = await analyze(['--plot', 'FOLDER/out.html', 'FOLDER/traffic.csv']);
    expect(code).toBe(0);
    expect(stderr).toContain('FOLDER/out.html: 2 series drawn\n');
    expect(readFileSync(join(folder, 'out.html'), 'utf8')).toMatch(/^<!doctype html>[^]*"name":"r1 ge-0 rx"/);
  });

  it('shows times in the zone that it is told', async () => {
    const { stdout } = await analyze(['--time-zone', 'Asia/Tokyo', 'FOLDER/traffic.csv']);
    expect(stdout).toContain('2026-01-25 21:00:00 to 22:00:00 (60 min)');
  });

  it('shows the first lines that it could not use, counts the others, and goes on', async () => {
    const rows = recording().split('\n');
    for (let at = 10; at < 300; at += 10) rows[at] = `${rows[at]!.slice(0, 35)}broken`;
    const { code, stdout, stderr } = await analyze(['-'], { input: rows.join('\n') });
    expect(code).toBe(0);
    expect(stderr).toMatch(/\nstandard input:11: "[^"]*broken" is no number, or too large a one\n/);
    expect(stderr.split('\n').filter((line) => line.includes('broken'))).toHaveLength(10);
    expect(stderr).toContain('and 19 more lines with something that could not be used\n');
    expect(stdout).toContain('critical  spike');
  });

  it.each([
    [['FOLDER/none.csv'], /^netsigma: FOLDER\/none.csv is not there\n$/],
    [['-'], /^netsigma: standard input is empty\n$/],
    [[], /missing required argument 'file'/],
    [
      ['--time', 'when', 'FOLDER/traffic.csv'],
      /has no column "when" for --time: it has "time", "device", "port", "rx"/,
    ],
    [
      ['--kind', 'rx=meter', 'FOLDER/traffic.csv'],
      /Expected METRIC=KIND or KIND, with a kind of gauge, counter, status/,
    ],
    [['--time-zone', 'Mars', 'FOLDER/traffic.csv'], /Expected an IANA zone such as Europe\/Berlin/],
    [['--links', 'FOLDER/none', 'FOLDER/traffic.csv'], /^netsigma: FOLDER\/none is not there\n$/],
    [['--plot', 'FOLDER/traffic.csv', 'FOLDER/traffic.csv'], /would overwrite a file that is to be read/],
    [
      ['--plot', 'FOLDER/traffic.csv', '--links', 'FOLDER/traffic.csv', '-'],
      /would overwrite a file that is to be read/,
    ],
    [['--date-order', 'ymd', 'FOLDER/traffic.csv'], /Allowed choices are dmy, mdy/],
    [
      ['--max-series', '1', 'FOLDER/traffic.csv'],
      /^netsigma: more than 1 series, such as "r1 ge-1 rx": raise --max-series/m,
    ],
  ])('%j: exit code 2, and says why', async (args, message) => {
    const { code, stdout, stderr } = await analyze(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it('says what it saw of a file that has nothing to use', async () => {
    const { code, stderr } = await analyze(['-'], {
      input: 'time,value\nsoon,1\n2026-11-21,\n2026-11-22,-\n',
    });
    expect(code).toBe(2);
    expect(stderr).toContain('standard input: time = time (first 2026-11-21 00:00:00 UTC); metric = value\n');
    expect(stderr).toContain('standard input:2: "soon" is no time\n');
    expect(stderr).toContain('no value in it could be used (1 line with something else)');
  });

  it('shows what the other files have when one cannot be used, and fails', async () => {
    writeFileSync(join(folder, 'notes.txt'), 'nothing of use\n');
    const { code, stdout, stderr } = await analyze(['FOLDER/notes.txt', 'FOLDER/traffic.csv']);
    expect(code).toBe(1);
    expect(stderr).toContain('FOLDER/notes.txt has no rows');
    expect(stdout).toContain('critical  spike');
  });

  it('ends in silence when nobody reads on', async () => {
    const { code, stderr } = await analyze(['FOLDER/traffic.csv'], {
      onChild: ({ stdout }) => stdout.destroy(),
    });
    expect(code).toBe(0);
    expect(stderr).toMatch(/^FOLDER\/traffic.csv: time = [^\n]*\n$/);
  });

  it('says when standard output takes no more, as on a full disk, without a stack', async () => {
    // A file that is open for reading alone refuses what is written, like a disk without room.
    const file = openSync(join(folder, 'traffic.csv'), 'r');
    const { code, stderr } = await analyze(['FOLDER/traffic.csv'], { stdout: file });
    closeSync(file);
    expect(code).toBe(1);
    expect(stderr).toMatch(/\nnetsigma: standard output: [A-Z]+: [^\n]*\n$/);
  });

  it('ends at Ctrl-C, with nothing half printed', async () => {
    const rows = recording().repeat(4);
    const { code, stdout, stderr } = await analyze(['-'], {
      onChild(child) {
        // Its layout is said once it has enough rows; then it waits for more.
        child.stderr.once('data', () => child.kill('SIGINT'));
        child.stdin.write(rows);
      },
    });
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(stderr).toMatch(/^standard input: time = time/);
  });
});
