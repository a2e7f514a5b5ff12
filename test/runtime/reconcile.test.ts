import { describe, expect, it } from '@jest/globals';
import { reconciled } from '../../pipeline/runtime/reconcile.ts';
import type { AnomalyRecord } from '../../topics/anomaly.ts';

function record(
  id: string,
  revision: number,
  state: AnomalyRecord['state'],
  changes: Partial<AnomalyRecord> = {},
): AnomalyRecord {
  return {
    anomaly_id: id,
    revision,
    state,
    domain: 'default',
    entity: 'default/device/r1',
    device_ip: null,
    device_id: 'd',
    netbox_device_id: null,
    site_id: null,
    interface_name: 'eth0',
    interface_index: 1,
    metric_name: 'rx_bps',
    detector: 'deviation',
    detector_version: '1',
    anomaly_type: 'spike',
    severity: 'warning',
    metric_value: 1,
    baseline_mean: 0,
    baseline_stddev: 1,
    deviation_sigma: 1,
    deviation_pct: null,
    score: 1,
    confidence: 1,
    polls: 1,
    opened_at: 100,
    updated_at: 200,
    closed_at: null,
    close_reason: null,
    description: '',
    peak_at: null,
    duration_seconds: null,
    correlation_group_id: null,
    ...changes,
  };
}

const courseOf = (records: readonly AnomalyRecord[]) =>
  records.map(({ anomaly_id: id, revision, state, close_reason: reason }) => [id, revision, state, reason]);

describe('reconciling what two fold versions make of the same input', () => {
  it('closes what was opened and the new version does not know', () => {
    const sent = [record('a', 1, 'opened'), record('a', 2, 'updated')];
    expect(courseOf(reconciled(sent, []))).toEqual([['a', 3, 'closed', 'reconciled']]);
  });

  it('leaves alone what both have open, and what was open before the checkpoint', () => {
    const sent = [record('a', 1, 'opened'), record('before', 4, 'updated')];
    expect(reconciled(sent, [record('a', 1, 'opened')])).toEqual([]);
  });

  it('leaves alone what was closed', () => {
    const sent = [record('a', 1, 'opened'), record('a', 2, 'closed', { close_reason: 'recovered' })];
    expect(reconciled(sent, [])).toEqual([]);
    expect(reconciled(sent, [record('a', 1, 'opened')])).toEqual([]);
  });

  it('tells what the new version opened while it folded silently', () => {
    const opened = record('b', 1, 'opened');
    expect(reconciled([], [opened])).toEqual([opened]);
  });

  it('does not tell of what the new version opened and closed meanwhile', () => {
    expect(reconciled([], [record('b', 1, 'opened'), record('b', 2, 'closed')])).toEqual([]);
  });

  it('tells that the new version closed what was sent as open, above the last revision sent', () => {
    const sent = [record('a', 1, 'opened'), record('a', 2, 'updated'), record('a', 3, 'updated')];
    const closed = record('a', 2, 'closed', { close_reason: 'recovered', closed_at: 170 });
    expect(courseOf(reconciled(sent, [record('a', 1, 'opened'), closed]))).toEqual([
      ['a', 4, 'closed', 'recovered'],
    ]);
    const before = record('old', 5, 'closed', { close_reason: 'no_data' });
    expect(courseOf(reconciled([], [before]))).toEqual([['old', 5, 'closed', 'no_data']]);
  });
});
