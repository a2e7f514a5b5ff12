import { describe, expect, it } from '@jest/globals';
import { verdict, type AnomalyRow, type InjectedFault } from '../../pipeline/demo/verdict.ts';

const fault: InjectedFault = {
  kind: 'traffic_collapse',
  device: 'acc-1',
  interface: 'Gi1/0/3',
  startMs: 10_000,
};

const row = (changes: Partial<AnomalyRow>): AnomalyRow => ({
  anomalyId: 'a',
  device: 'acc-1',
  interface: 'Gi1/0/3',
  metric: 'rx_bps',
  type: 'drop',
  severity: 'critical',
  openedAtMs: 15_000,
  seenAtMs: 15_400,
  ...changes,
});

describe('verdict of the demo', () => {
  it('detects a fault by its metric, type and place, and times it from its start', () => {
    expect(verdict([fault], [row({})], 0).faults).toEqual([
      { kind: 'traffic_collapse', device: 'acc-1', interface: 'Gi1/0/3', detected: true, seconds: 5.4 },
    ]);
  });

  it.each([
    ['of severity info', { severity: 'info' }],
    ['on another port', { interface: 'Gi1/0/4' }],
    ['of another device', { device: 'acc-2' }],
    ['of another type', { type: 'spike' }],
    ['of another metric', { metric: 'rx_error_rate' }],
    ['opened before the fault', { openedAtMs: 9_999 }],
  ])('does not take an anomaly %s for it', (_what, changes) => {
    expect(verdict([fault], [row(changes)], 0).faults[0]).toMatchObject({ detected: false, seconds: null });
  });

  it('counts every warning that no fault explains as a false alarm', () => {
    const other = row({ device: 'acc-2', severity: 'warning' });
    const early = row({ openedAtMs: 9_999 });
    const companion = row({ metric: 'tx_pps' });
    const info = row({ device: 'acc-2', severity: 'info' });
    expect(verdict([fault], [other, early, companion, info], 0).falseAlarms).toEqual([other, early]);
  });

  it('does not judge what was opened while history was loaded', () => {
    expect(verdict([fault], [row({ device: 'acc-2' })], 16_000).falseAlarms).toEqual([]);
  });
});
