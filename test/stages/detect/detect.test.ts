import { beforeAll, describe, expect, it } from '@jest/globals';
import type { AnomalyRecord } from '../../../topics/anomaly.ts';
import { DetectHarness, type DetectState, type PortSample } from '../../support/detect-harness.ts';
import { randomFrom } from '../../support/random-from.ts';
import { diurnalTraffic, poissonFrom } from '../../support/simulated-series.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A Monday, 00:00 UTC; four weeks of history end at LIVE. */
const START = Date.UTC(2026, 0, 5);
const LIVE = START + 28 * DAY;

const traffic = diurnalTraffic({ seed: 21, mean: 2e8, swing: 0.6, weekend: 0.5, noise: 0.12 });
const errors = randomFrom(77);

/** A port as it is every day: an office's traffic, one receive error in two minutes. */
function usual(atMs: number, dtS: number): Record<string, number> {
  return { rx_bps: traffic(atMs), rx_error_rate: poissonFrom(errors, dtS / 120) / dtS };
}

let history: DetectState;
let fromHistory: AnomalyRecord[];

beforeAll(() => {
  const harness = new DetectHarness();
  for (let atMs = START; atMs < LIVE; atMs += 300_000) {
    harness.poll({ atMs, appendedAtMs: LIVE, rows: { p1: usual(atMs, 300) } });
  }
  fromHistory = harness.anomalies;
  history = harness.snapshot();
});

const live = (): DetectHarness => new DetectHarness().restore(history);

/** Polls every 5 s over [fromMs, toMs), the usual port changed by `change`. */
function watch(
  harness: DetectHarness,
  fromMs: number,
  toMs: number,
  change: (usual: Record<string, number>, atMs: number) => PortSample = (port) => port,
): AnomalyRecord[] {
  for (let atMs = fromMs; atMs < toMs; atMs += 5_000) {
    harness.poll({ atMs, dtS: 5, rows: { p1: change(usual(atMs, 5), atMs) } });
    harness.tick(atMs + 100);
  }
  return harness.take();
}

describe('after four weeks of history', () => {
  it('nothing alarming was in them', () => {
    expect(fromHistory.filter(({ severity }) => severity !== 'info')).toEqual([]);
    expect(fromHistory.filter(({ state }) => state === 'opened').length).toBeLessThanOrEqual(1);
  });

  it('an hour of live polls every 5 s is quiet', () => {
    expect(watch(live(), LIVE + 8 * HOUR, LIVE + 9 * HOUR)).toEqual([]);
  });

  it('a value that stands still is one anomaly, though what is expected moves away from it', () => {
    const steady = diurnalTraffic({ seed: 21, mean: 2e8, swing: 0.6, weekend: 0.5, noise: 0.05 });
    const harness = new DetectHarness();
    const peakMs = LIVE + 12 * HOUR;
    for (let atMs = START; atMs < LIVE + 21 * HOUR; atMs += 300_000) {
      if (atMs === LIVE) harness.take();
      harness.poll({ atMs, rows: { p1: { rx_bps: steady(Math.min(atMs, peakMs)) } } });
    }
    expect(harness.anomalies.map((one) => [one.anomaly_type, one.state])).toEqual([['flatline', 'opened']]);
  });

  it.each([0, 4, 8, 12, 16, 20])("at %s o'clock four times the traffic is a spike within 2 polls", (hour) => {
    const harness = live();
    const from = LIVE + hour * HOUR;
    expect(watch(harness, from, from + MINUTE)).toEqual([]);
    const found = watch(harness, from + MINUTE, from + MINUTE + 10_000, (port) => ({
      ...port,
      rx_bps: 4 * port['rx_bps']!,
    }));
    expect(found[0]).toMatchObject({
      state: 'opened',
      revision: 1,
      metric_name: 'rx_bps',
      detector: 'deviation',
      anomaly_type: 'spike',
      opened_at: from + MINUTE,
      interface_name: 'p1',
      interface_index: 1,
    });
    expect(found.at(-1)!.severity).toBe('critical');
    expect(found[0]!.score).toBeGreaterThan(1.3);
    expect(found[0]!.deviation_pct).toBeGreaterThan(100);
  });

  it.each([0, 4, 8, 12, 16, 20])("at %s o'clock a collapse to 5 percent is found within 20 polls", (hour) => {
    const harness = live();
    const from = LIVE + hour * HOUR;
    watch(harness, from, from + MINUTE);
    const found = watch(harness, from + MINUTE, from + MINUTE + 100_000, (port) => ({
      ...port,
      rx_bps: 0.05 * port['rx_bps']!,
    }));
    expect(found[0]).toMatchObject({ state: 'opened', metric_name: 'rx_bps' });
    expect(['drop', 'trend']).toContain(found[0]!.anomaly_type);
    // At night it is no more than info: a quiet hour is rough, and nobody misses its traffic.
    if (hour >= 8 && hour <= 16) {
      expect(found.at(-1)!.severity).not.toBe('info');
      expect(found.at(-1)!.description).toMatch(
        /^rx_bps of p1 is [\d.]+ Mbit\/s, [\d.]+ sigma below the [\d.]+ Mbit\/s expected at this hour\.$/,
      );
    }
  });

  it('twenty errors a second are a burst within 2 polls, single errors are not', () => {
    const harness = live();
    const from = LIVE + 10 * HOUR;
    expect(watch(harness, from, from + 10 * MINUTE)).toEqual([]);
    const found = watch(harness, from + 10 * MINUTE, from + 10 * MINUTE + 10_000, (port) => ({
      ...port,
      rx_error_rate: 20,
    }));
    expect(found.map((anomaly) => anomaly.metric_name)).toEqual(['rx_error_rate']);
    expect(found[0]).toMatchObject({ anomaly_type: 'spike', severity: 'critical', metric_value: 20 });
  });

  it('a reboot is quiet: rows that are not good are not judged, and traffic may take two minutes to return', () => {
    const harness = live();
    const from = LIVE + 10 * HOUR;
    watch(harness, from, from + MINUTE);
    harness.poll({ atMs: from + MINUTE, dtS: 5, quality: 'reset', rows: { p1: { rx_bps: 9e12 } } });
    const returning = watch(harness, from + MINUTE + 5_000, from + 3 * MINUTE, (port, atMs) => ({
      ...port,
      rx_bps: port['rx_bps']! * Math.min(1, (atMs - from - MINUTE) / (2 * MINUTE)),
    }));
    expect(returning).toEqual([]);
    expect(watch(harness, from + 3 * MINUTE, from + 20 * MINUTE)).toEqual([]);
  });

  it('one poll that is off is not enough, unless it is off by far', () => {
    const harness = live();
    const from = LIVE + 10 * HOUR;
    const scaled = (factor: number) => (port: Record<string, number>) => ({
      ...port,
      rx_bps: factor * port['rx_bps']!,
    });
    watch(harness, from, from + MINUTE);
    expect(watch(harness, from + MINUTE, from + MINUTE + 5_000, scaled(1.8))).toEqual([]);
    expect(watch(harness, from + MINUTE + 5_000, from + 5 * MINUTE)).toEqual([]);
    const far = watch(harness, from + 5 * MINUTE, from + 5 * MINUTE + 5_000, scaled(30));
    expect(far).toHaveLength(1);
    expect(far[0]).toMatchObject({ polls: 1, severity: 'critical' });
  });

  it('a huge anomaly does not hide the next one', () => {
    const harness = live();
    const from = LIVE + 9 * HOUR;
    const times = (factor: number) => (port: Record<string, number>) => ({
      ...port,
      rx_bps: factor * port['rx_bps']!,
    });
    watch(harness, from, from + MINUTE);
    const huge = watch(harness, from + MINUTE, from + 11 * MINUTE, times(50));
    expect(huge[0]).toMatchObject({ state: 'opened' });
    const between = watch(harness, from + 11 * MINUTE, from + 30 * MINUTE);
    expect(between.map(({ state, close_reason }) => [state, close_reason])).toEqual([
      ['closed', 'recovered'],
    ]);
    const next = watch(harness, from + 30 * MINUTE, from + 30 * MINUTE + 15_000, times(3));
    expect(next[0]).toMatchObject({ state: 'opened', anomaly_type: 'spike' });
    expect(next[0]!.anomaly_id).not.toBe(huge[0]!.anomaly_id);
  });

  it('knows weekends: half of the traffic is usual on Sunday and a drop on Wednesday', () => {
    const noon = (day: number): number => LIVE + day * DAY + 12 * HOUR;
    expect(watch(live(), noon(6), noon(6) + 10 * MINUTE)).toEqual([]);
    const quarter = (port: Record<string, number>) => ({ ...port, rx_bps: port['rx_bps']! / 4 });
    const found = watch(live(), noon(2), noon(2) + 15_000, quarter);
    expect(found[0]).toMatchObject({ anomaly_type: 'drop' });
    const sundayTraffic = traffic(noon(6));
    expect(sundayTraffic / traffic(noon(2))).toBeLessThan(0.75);
  });

  it('the score of a poll does not depend on what comes after it', () => {
    const scores = (polls: number): number[] => {
      const harness = live();
      return Array.from({ length: polls }, (_, k) => {
        const value = traffic(LIVE + k * 5_000) * (k === 30 ? 5 : 1);
        harness.poll({ atMs: LIVE + k * 5_000, dtS: 5, rows: { p1: { rx_bps: value } } });
        return harness.number('rx_bps.score');
      });
    };
    expect(scores(100).slice(0, 40)).toEqual(scores(40));
  });

  it('the same polls give the same records, bit for bit', () => {
    const once = (): AnomalyRecord[] => {
      const harness = live();
      const found: AnomalyRecord[] = [];
      for (let k = 0; k < 200; k += 1) {
        const atMs = LIVE + 10 * HOUR + k * 5_000;
        const factor = k >= 20 && k < 100 ? 4 : 1;
        harness.poll({ atMs, dtS: 5, rows: { p1: { rx_bps: factor * traffic(atMs) } } }).tick(atMs);
        found.push(...harness.take());
      }
      return found;
    };
    expect(once().length).toBeGreaterThan(1);
    expect(once()).toEqual(once());
  });
});

describe('cold start', () => {
  it('is silent for a day, and gives no more than info for a week, whatever happens', () => {
    const harness = new DetectHarness();
    for (let atMs = START; atMs < START + 6.9 * DAY; atMs += 300_000) {
      // Ten times the traffic for half an hour: twice on the first day, then once a day.
      const hour = ((atMs - START) / HOUR) % 24;
      const wild = (hour >= 15 && hour < 15.5) || (atMs < START + 0.7 * DAY && hour >= 10 && hour < 10.5);
      harness.poll({ atMs, rows: { p1: { rx_bps: (wild ? 1 + atMs / START : 0.1) * traffic(atMs) } } });
    }
    expect(harness.anomalies.filter(({ severity }) => severity !== 'info')).toEqual([]);
    expect(harness.anomalies.filter(({ opened_at: atMs }) => atMs < START + 0.8 * DAY)).toEqual([]);
    expect(harness.number('rx_bps.confidence')).toBeLessThan(0.5);
  });

  it('publishes deviations long before it alarms', () => {
    const harness = new DetectHarness();
    for (let k = 0; k < 50; k += 1) {
      harness.poll({ atMs: START + k * 300_000, rows: { p1: { rx_bps: 1e6 + k } } });
    }
    expect(harness.number('rx_bps.sigma')).not.toBeNaN();
    expect(harness.number('rx_bps.score')).not.toBeNaN();
  });
});
