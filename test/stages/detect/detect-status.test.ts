import { describe, expect, it } from '@jest/globals';
import type { AnomalyRecord } from '../../../topics/anomaly.ts';
import { DetectHarness, type PortSample } from '../../support/detect-harness.ts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 5);
const UP = { oper_status: 1 };
const DOWN = { oper_status: 2, rx_bps: 0 };

/** Polls every 5 s; @returns what was sent. */
function polls(harness: DetectHarness, fromMs: number, toMs: number, port: PortSample): AnomalyRecord[] {
  for (let atMs = fromMs; atMs < toMs; atMs += 5_000) {
    harness.poll({ atMs, dtS: 5, rows: { p1: port } }).tick(atMs + 100);
  }
  return harness.take();
}

/** A port that has been up for 20 minutes, until `at`. */
function upPort(): { harness: DetectHarness; at: number } {
  const harness = new DetectHarness();
  const at = START + 20 * MINUTE;
  expect(polls(harness, START, at, UP)).toEqual([]);
  return { harness, at };
}

describe('a link that is lost', () => {
  it('is critical at the first poll that finds it down, and closed when it is up again', () => {
    const { harness, at } = upPort();
    const [opened, ...more] = polls(harness, at, at + MINUTE, DOWN);
    expect(more).toEqual([]);
    expect(opened).toMatchObject({
      state: 'opened',
      revision: 1,
      metric_name: 'oper_status',
      detector: 'status',
      anomaly_type: 'drop',
      severity: 'critical',
      metric_value: 2,
      baseline_mean: 1,
      deviation_sigma: null,
      opened_at: at,
      description: 'oper_status of p1 went from up to down while admin_status is up.',
    });
    const [closed] = polls(harness, at + MINUTE, at + 2 * MINUTE, UP);
    expect(closed).toMatchObject({
      anomaly_id: opened!.anomaly_id,
      state: 'closed',
      revision: 2,
      close_reason: 'recovered',
      closed_at: at + MINUTE,
      polls: 12,
    });
  });

  it.each([
    ['people took the port down', { admin_status: 2, oper_status: 2 }],
    ['the port says that it does not know', { oper_status: 4 }],
    ['nothing is known of it', { oper_status: Number.NaN }],
  ])('is none when %s', (_what, port) => {
    const { harness, at } = upPort();
    expect(polls(harness, at, at + 10 * MINUTE, port)).toEqual([]);
  });

  it('is none on a port that was up for less than 10 minutes, or never', () => {
    const flapping = new DetectHarness();
    polls(flapping, START, START + 9 * MINUTE, UP);
    expect(polls(flapping, START + 9 * MINUTE, START + 30 * MINUTE, DOWN)).toEqual([]);
    expect(polls(new DetectHarness(), START, START + 30 * MINUTE, DOWN)).toEqual([]);
  });

  it('ends when people take the port down, and is not lost again by that', () => {
    const { harness, at } = upPort();
    polls(harness, at, at + MINUTE, DOWN);
    const found = polls(harness, at + MINUTE, at + 20 * MINUTE, { ...DOWN, admin_status: 2 });
    expect(found.map(({ state }) => state)).toEqual(['closed']);
    expect(polls(harness, at + 20 * MINUTE, at + 40 * MINUTE, DOWN)).toEqual([]);
  });

  it('waits two minutes after a restart of the agent, then counts if the port has not come back', () => {
    const { harness, at } = upPort();
    harness.poll({ atMs: at, dtS: 5, quality: 'agent_restart', rows: { p1: DOWN } });
    expect(polls(harness, at + 5_000, at + 2 * MINUTE, DOWN)).toEqual([]);
    expect(polls(harness, at + 2 * MINUTE, at + 2 * MINUTE + 5_000, DOWN)).toMatchObject([
      { state: 'opened' },
    ]);
  });

  it('is closed without data when nobody reports the device for 15 minutes', () => {
    const { harness, at } = upPort();
    const [opened] = polls(harness, at, at + 5_000, DOWN);
    for (let nowMs = at + 5_000; nowMs <= at + 15 * MINUTE; nowMs += 5_000) harness.tick(nowMs);
    expect(harness.take()).toEqual([]);
    harness.tick(at + 16 * MINUTE);
    expect(harness.take()).toMatchObject([
      { anomaly_id: opened!.anomaly_id, state: 'closed', close_reason: 'no_data', updated_at: at },
    ]);
  });
});
