import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { analyzeCommand } from '../../pipeline/analyze-command.ts';
import { Analysis } from '../../pipeline/analyze/analysis.ts';
import { recordingSettings } from '../../pipeline/stages/detect/detect-settings.ts';
import { analyzed, DAY_MS, every, START_MS, type Analyzed } from '../support/analyzed.ts';
import { STAGE_DEFAULTS } from '../support/topology-driver.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const MINUTES_5 = 5 * MINUTE;

const folder = mkdtempSync(join(tmpdir(), 'netsigma-status-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A status of words, every 5 minutes. */
function words(
  days: number,
  of: (atMs: number, k: number) => string,
  everyMs = MINUTES_5,
): (readonly [number, string])[] {
  return [...every(everyMs, days, (_, k) => k)].map(([atMs, k]) => [atMs, of(atMs - START_MS, k)] as const);
}

function foundIn({ found }: Analyzed) {
  return found.map(({ record: { anomaly_type: type, severity, opened_at: from, closed_at: to } }) => [
    type,
    severity,
    from - START_MS,
    to === null ? null : to - START_MS,
  ]);
}

const outage = (atMs: number) => (atMs >= 20 * DAY_MS && atMs < 20 * DAY_MS + 2 * HOUR ? 'Down ' : 'up');
const nightly = (atMs: number) => {
  const hour = (atMs / HOUR) % 24;
  return hour >= 1 && hour < 5 ? 'closed' : 'open';
};

describe('a status of words', () => {
  it('that was up for weeks and goes down is one anomaly, said in its words, until it is up again', () => {
    const result = analyzed([
      { instance: 'ge-0', metric: 'link', kind: 'status', values: words(21, outage) },
    ]);
    expect(foundIn(result)).toEqual([['drop', 'critical', 20 * DAY_MS, 20 * DAY_MS + 2 * HOUR]]);
    const [{ record, series }] = result.found as [(typeof result.found)[number]];
    expect(record).toMatchObject({
      metric_name: 'link',
      interface_name: 'ge-0',
      detector: 'transition',
      close_reason: 'recovered',
      deviation_sigma: null,
      deviation_pct: null,
      description:
        'link of ge-0 went from up to down after 20 d; by what it did before, that was to be expected once in 281 d.',
    });
    expect(series).toMatchObject({ values: 21 * 288, kind: 'status' });
    expect(series.judged).toBeGreaterThan(13 * 288);
    const drawn = series.envelope.buckets();
    expect(new Set(drawn.flatMap(({ least, largest }) => [least, largest]))).toEqual(new Set([0, 1]));
  });

  it.each([60_000, MINUTES_5, 1_800_000])(
    'that toggles every night has no anomaly (%d ms apart)',
    (everyMs) => {
      expect(foundIn(analyzed([{ kind: 'status', values: words(28, nightly, everyMs) }]))).toEqual([]);
    },
  );

  it('that stays in a nightly state for two days is one flatline', () => {
    const stuck = (atMs: number) => (atMs >= 20 * DAY_MS && atMs < 22 * DAY_MS ? 'closed' : nightly(atMs));
    const result = analyzed([{ kind: 'status', values: words(28, stuck) }]);
    const [[type, severity, from, to]] = foundIn(result) as [[string, string, number, number]];
    expect([type, severity, to]).toEqual(['flatline', 'warning', 22 * DAY_MS]);
    expect(from).toBeGreaterThan(20 * DAY_MS + 12 * HOUR);
    expect(result.found[0]!.record.description).toMatch(
      /^m of r1 has been closed for \d+ h; it usually stays so for 4 h\.$/,
    );
    expect(result.found).toHaveLength(1);
  });

  it.each([1, 2, 4])('that flaps, %d polls in each state, is one anomaly', (polls) => {
    const flapping = (atMs: number, k: number) =>
      atMs >= 20 * DAY_MS && atMs < 20 * DAY_MS + HOUR && Math.floor(k / polls) % 2 === 0 ? 'down' : 'up';
    const result = analyzed([{ kind: 'status', values: words(22, flapping, MINUTE) }]);
    expect(foundIn(result).map(([type, severity]) => [type, severity])).toEqual([
      ['oscillation', 'critical'],
    ]);
    const { record } = result.found[0]!;
    expect(record.description).toMatch(/^m of r1 keeps changing: \d+ times in \d+ min, up now\.$/);
    expect(record.closed_at).toBe(START_MS + 20 * DAY_MS + HOUR - (polls === 4 ? 0 : polls * MINUTE));
  });

  it('is known too little to be loud in its first days', () => {
    const early = (atMs: number) => (atMs >= 4 * DAY_MS && atMs < 4 * DAY_MS + HOUR ? 'down' : 'up');
    const { rate, baseline, detect } = STAGE_DEFAULTS;
    const recording = (): Analysis =>
      new Analysis({
        rate,
        baseline,
        detect: recordingSettings(detect),
        timeZone: 'UTC',
        limits: { series: 1, anomalies: 10 },
      });
    expect(foundIn(analyzed([{ kind: 'status', values: words(8, early) }], recording()))).toEqual([
      ['drop', 'info', 4 * DAY_MS, 4 * DAY_MS + HOUR],
    ]);
    const first = (atMs: number) => (atMs >= DAY_MS && atMs < DAY_MS + HOUR ? 'down' : 'up');
    expect(foundIn(analyzed([{ kind: 'status', values: words(8, first) }], recording()))).toEqual([]);
    expect(foundIn(analyzed([{ kind: 'status', values: words(8, nightly) }], recording()))).toEqual([]);
  });

  it('of ever more words is none', () => {
    const values = Array.from({ length: 300 }, (_, k) => [START_MS + k, `word ${k}`] as const);
    const { refused, series } = analyzed([{ kind: 'status', values }]);
    expect(refused).toHaveLength(45);
    expect(refused[0]).toBe('word 255 is one word too many for a status: it had 255 other states before');
    expect(series[0]!.values).toBe(255);
  });
});

describe('statuses', () => {
  it('keep their own words and numbers, whatever order their rows come in', () => {
    const numbers = every(MINUTES_5, 21, (atMs) =>
      atMs >= START_MS + 20 * DAY_MS && atMs < START_MS + 20 * DAY_MS + HOUR ? 700 : 300,
    );
    const { found } = analyzed([
      { metric: 'a', kind: 'status', values: words(21, (_, k) => ['x', 'y', 'z'][k % 3]!) },
      { metric: 'state', kind: 'status', values: words(21, outage) },
      { metric: 'code', kind: 'status', values: numbers },
    ]);
    expect(
      found.map(({ record }) => [record.metric_name, record.metric_value, record.baseline_mean]),
    ).toEqual([
      ['code', 700, 300],
      ['state', 1, 0],
    ]);
    expect(found[0]!.record.description).toContain('code of r1 went from 300 to 700');
  });

  it('say nothing of what comes later: what is cut off changes nothing before it', () => {
    const storm = (atMs: number, k: number) =>
      atMs >= 15 * DAY_MS && atMs < 15.2 * DAY_MS && k % 3 === 0 ? 'down' : outage(atMs);
    const values = words(21, storm);
    const cut = START_MS + 18 * DAY_MS;
    const until = ({ found }: Analyzed) =>
      found.map(({ record }) => record).filter(({ closed_at: to }) => to !== null && to < cut);
    const whole = until(analyzed([{ kind: 'status', values }]));
    expect(whole).toHaveLength(1);
    const short = values.filter(([atMs]) => atMs < cut);
    expect(until(analyzed([{ kind: 'status', values: short }]))).toEqual(whole);
  });
});

describe('a file with a column of words', () => {
  const file = join(folder, 'ports.csv');
  writeFileSync(
    file,
    ['time,port,oper_status,door']
      .concat(
        words(21, (atMs) => `${outage(atMs)},${nightly(atMs)}`, 1_800_000).map(
          ([atMs, cells]) => `${new Date(atMs).toISOString()},ge-0,${cells}`,
        ),
      )
      .join('\n'),
  );

  async function ran(json: boolean): Promise<string> {
    let stdout = '';
    await analyzeCommand(
      {
        files: [file],
        json,
        timeZone: 'UTC',
        kind: new Map(),
        columns: {},
        maxSeries: 100,
        maxAnomalies: 100,
      },
      {
        config: STAGE_DEFAULTS,
        stdout: { write: (text) => (stdout += text), isTTY: false },
        progress: { at: () => undefined, say: () => undefined, end: () => undefined },
        noColour: true,
      },
    );
    return stdout;
  }

  it('is judged as it is: the outage is found, the nights are not', async () => {
    const text = (await ran(false)).replaceAll(/\n +/g, ' ');
    expect(text).toContain('critical  drop         2026-01-25 00:00:00 to 02:00:00 (2 h)');
    expect(text).toContain('oper_status of ge-0 went from up to down after 20 d');
    expect(text).toMatch(/: 1\scritical, 0 warning, 0 info\./);
  });

  it('gives a line a finding, of the kind status', async () => {
    const lines = (await ran(true)).trim().split('\n');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      metric_name: 'oper_status',
      metric_kind: 'status',
      metric_unit: null,
      anomaly_type: 'drop',
      opened_at: '2026-01-25T00:00:00.000Z',
      duration_seconds: 7200,
    });
  });
});
