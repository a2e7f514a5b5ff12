/** A port with 14 days of learned history, then live polls of 5 s: where tests of detection begin. */
import type { AnomalyRecord } from '../../topics/anomaly.ts';
import type { RuleRecord } from '../../topics/rules.ts';
import { DetectHarness, type DetectState, type Poll } from './detect-harness.ts';
import { randomFrom } from './random-from.ts';
import { normalFrom } from './simulated-series.ts';

const START = Date.UTC(2026, 0, 5);
/** The first live poll. */
export const LIVE = START + 14 * 86_400_000;
/** rx_bps: 100 M with a sigma of 10 M, so that `sigmas(n)` is a value n sigmas off. */
export const sigmas = (n: number): number => 1e8 + n * 1e7;

/** What of an anomaly's records tells its story. */
export const brief = (records: readonly AnomalyRecord[]) =>
  records.map(({ state, severity, close_reason }) => [state, severity, close_reason]);
/** One that has opened, in brief. */
export const OPENED = [['opened', 'critical', null]];

/** 1 M twice, 2 M twice, and so on: half of all polls repeat the one before, and no run is long. */
const repeating = (k: number): number => 1e6 * (1 + (Math.floor(k / 2) % 2));

/** History of p1 of default/device/r1. @throws Error when an anomaly was found in it. */
export function learnedHistory(): DetectState {
  const harness = new DetectHarness();
  const random = randomFrom(42);
  for (let atMs = START; atMs < LIVE; atMs += 300_000) {
    const rx_bps = sigmas(normalFrom(random));
    harness.poll({ atMs, appendedAtMs: LIVE, rows: { p1: { rx_bps, tx_bps: repeating(atMs / 300_000) } } });
  }
  if (harness.anomalies.length > 0) throw new Error(`${harness.anomalies.length} anomalies in the history`);
  return harness.snapshot();
}

export class LearnedPort {
  readonly harness: DetectHarness;
  nowMs = LIVE;

  constructor(history: DetectState, rules: readonly RuleRecord[] = []) {
    this.harness = new DetectHarness().restore(history);
    for (const rule of rules) this.harness.rule(rule);
  }

  /** `polls` polls of 5 s each at `value`. */
  polls(polls: number, value: number | (() => number), other: Partial<Poll> = {}): AnomalyRecord[] {
    for (let k = 0; k < polls; k += 1) {
      const rx_bps = typeof value === 'number' ? value : value();
      this.harness.poll({ atMs: this.nowMs, dtS: 5, rows: { p1: { rx_bps } }, ...other });
      this.harness.tick(this.nowMs + 100);
      this.nowMs += 5_000;
    }
    return this.harness.take();
  }

  quiet(polls: number): AnomalyRecord[] {
    const random = randomFrom(this.nowMs);
    return this.polls(polls, () => sigmas(normalFrom(random)));
  }
}
