import { describe, expect, it } from '@jest/globals';
import { plannedDevices, START_MS } from '../simulated/plan.ts';
import { SIGNAL_KINDS } from '../simulated/signal-kinds.ts';
import { falseAlarmReport, stories } from './false-alarm-counts.ts';
import type { FalseAlarm } from './quiet-worker.ts';

const DAY_MS = 86_400_000;

const alarm = (day: number, changes: Partial<FalseAlarm> = {}): FalseAlarm => ({
  instance: 'p1',
  metric: 'rx_bps',
  detector: 'deviation',
  type: 'spike',
  severity: 'warning',
  sigma: 4,
  openedAtMs: START_MS + day * DAY_MS,
  ...changes,
});

describe('false alarms', () => {
  const devices = plannedDevices(2, SIGNAL_KINDS, 1);

  it('are counted a device and week, those of the warm-up apart', () => {
    const alarms = [
      [alarm(3), alarm(22), alarm(23, { severity: 'info' })],
      [alarm(30, { severity: 'critical' })],
    ];
    const report = falseAlarmReport({ devices, alarms, days: 14, seed: 1 });
    expect(report.total).toMatchObject({ devices: 2, all: 3 / 4, severe: 2 / 4, stories: 2 / 4 });
    expect(report.from_day_zero).toMatchObject({ all: 4 / 10, severe: 3 / 10 });
    expect(report.by_severity).toEqual({ info: 1 / 4, warning: 1 / 4, critical: 1 / 4 });
    expect(report.severe).toBe(0.5);
  });

  it('are told apart by noise and seasonality of the device, by metric and type', () => {
    const alarms = [[alarm(22), alarm(23, { metric: 'tx_bps', type: 'drop' })], [alarm(24)]];
    const report = falseAlarmReport({ devices, alarms, days: 7, seed: 1 });
    expect(report.by_noise.map(({ of, severe }) => [of, severe])).toEqual(
      devices.map(({ kind }, number) => [kind.noise, number === 0 ? 2 : 1]),
    );
    expect(report.by_metric.map(({ of, severe }) => [of, severe])).toEqual([
      ['rx_bps', 1],
      ['tx_bps', 0.5],
    ]);
    expect(report.by_type.map(({ of }) => of)).toEqual(['spike (deviation)', 'drop (deviation)']);
  });

  it('of one device that follow each other within ten minutes are one story', () => {
    const at = (device: string, minute: number) => ({ device, openedAtMs: minute * 60_000 });
    expect(stories([at('a', 0), at('a', 9), at('a', 18), at('a', 40), at('b', 9)])).toBe(3);
    expect(stories([at('a', 18), at('a', 0)])).toBe(2);
  });
});

describe('simulated devices', () => {
  it('are of every kind at both intervals before any comes twice, and few are unlike each other', () => {
    const all = plannedDevices(70, SIGNAL_KINDS, 1);
    const combination = ({ kind, intervalMs }: (typeof all)[number]) =>
      `${kind.noise} ${kind.seasonality} ${intervalMs}`;
    expect(new Set(all.map(combination)).size).toBe(70);
    const few = all.slice(0, 6);
    expect(new Set(few.map(({ kind }) => kind.noise)).size).toBeGreaterThan(3);
    expect(new Set(few.map(({ intervalMs }) => intervalMs)).size).toBe(2);
  });

  it('can be as many as are wanted, of a few kinds', () => {
    expect(plannedDevices(7, SIGNAL_KINDS.slice(0, 1), 3)).toHaveLength(7);
  });
});
