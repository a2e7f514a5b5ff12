import { describe, expect, it } from '@jest/globals';
import type { FalseAlarmReport } from '../bench/detection/false-alarms/false-alarm-counts.ts';
import type { RecallCell, RecallReport } from '../bench/detection/recall/recall-counts.ts';
import type { RecordedRun } from '../bench/detection/recorded-run.ts';
import { withDetectionFigures } from './detection-figures.ts';

const NAMES = ['nab', 'kpi', 'false-alarms', 'recall', 'cost'];
const PAGE = NAMES.map((name) => `## ${name}\n\n<!-- bench:${name} -->old<!-- /bench:${name} -->\n`).join(
  '\n',
);

const recorded = (report: unknown): RecordedRun<never> => ({
  name: 'any',
  date: '2026-11-21',
  commit: 'abc1234',
  machine: { cpu: 'EPYC', cores: 2, memory_gib: 24, node: '24.21.0' },
  conditions: 'idle',
  report: report as never,
});

const rate = (of: string, severe: number) => ({ of, devices: 2, all: severe + 1, severe, stories: severe });

const falseAlarms: FalseAlarmReport = {
  seed: 7,
  devices: 70,
  ports: 24,
  days: 30,
  warm_up_days: 21,
  severe: 0.25,
  total: rate('in the quiet days', 0.25),
  from_day_zero: rate('from day 0', 0.5),
  by_severity: { info: 1, warning: 0.2, critical: 0.05 },
  by_noise: [],
  by_seasonality: [],
  by_kind: [rate('gaussian, none', 0.05), rate('bursty, daily', 0.4), rate('heavy-tailed, none', 0.9)],
  by_interval: [rate('every 60 s', 0.2)],
  by_metric: [rate('rx_bps', 0.25)],
  by_type: [rate('spike (deviation)', 0.25)],
};

const cell = (shape: string, magnitude: number | null, recall: number): RecallCell => ({
  shape,
  magnitude,
  injected: 10,
  recall,
  severe: recall / 2,
  named: 1,
  delayMedian: recall === 0 ? null : 1,
  delayP90: recall === 0 ? null : 3,
  types: recall === 0 ? {} : { spike: 3, drop: 1 },
});

const cells = [cell('spike, 1 poll', 3, 0), cell('spike, 1 poll', 8, 0.4), cell('drop to zero', null, 1)];
const recall: RecallReport = { seed: 7, intervalMs: 300_000, cells, noises: [{ noise: 'bursty', cells }] };

describe('docs/detection.md', () => {
  const page = withDetectionFigures(PAGE, (name) =>
    name === 'false-alarms' ? recorded(falseAlarms) : name === 'recall' ? recorded(recall) : undefined,
  );

  it('says of each recorded run where it comes from, and of the others that there is none', () => {
    expect(page).toContain('Recorded on 2026-11-21 at abc1234: EPYC, 2 cores, 24 GiB, Node 24.21.0; idle.');
    expect(page.match(/Not recorded yet\./g)).toHaveLength(3);
    expect(page).not.toContain('old');
  });

  it('keeps what stands around the blocks, and changes nothing when it is made again', () => {
    for (const name of NAMES) expect(page).toContain(`## ${name}\n`);
    expect(
      withDetectionFigures(page, (name) =>
        name === 'false-alarms' ? recorded(falseAlarms) : name === 'recall' ? recorded(recall) : undefined,
      ),
    ).toBe(page);
    expect(() => withDetectionFigures('no marks')).toThrow('<!-- bench:nab -->');
  });

  it('names the signals with too many false alarms, the worst first, and marks their cells', () => {
    expect(page).toContain(
      '**0.250**, at most 0.2: **missed**. Of any severity, notes for a chart (info) included: 1.25.',
    );
    expect(page).toContain('Above the target: heavy-tailed, none 0.90; bursty, daily 0.40.');
    expect(page).toContain('| bursty |  | **0.40** |  |  |  |');
    expect(page).toContain('| gaussian | 0.05 |  |  |  |  |');
  });

  it('draws recall by size, and names what is missed', () => {
    expect(page).toContain(
      `   3 sigma |${' '.repeat(30)}|   0 %\n   8 sigma |${'█'.repeat(6)}${'░'.repeat(6)}${' '.repeat(18)}|  40 %  delay 1, 3`,
    );
    expect(page).toContain('| spike, 1 poll | 75 % | 25 % |  |  |  |');
    expect(page).toContain('Less than half is found, even at 8 sigma, of: spike, 1 poll in bursty.');
  });
});
