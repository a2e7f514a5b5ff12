import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AnomalyRecord } from '../../../topics/anomaly.ts';
import type { RuleRecord } from '../../../topics/rules.ts';
import { SEVERITIES, type Severity } from '../../../topics/anomaly.ts';
import { DetectHarness, type DetectState, type Poll } from '../../support/detect-harness.ts';
import { maintenance, threshold } from '../../support/rule.ts';
import { randomFrom } from '../../support/random-from.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 0, 5);
const DEVICE = 'default/device/r1';

const HALF = 2;
const FULL = 3;

/** Judged by its transitions: whether a port is half or full duplex. */
class Port {
  readonly harness = new DetectHarness();
  nowMs = START;

  constructor(state?: DetectState, nowMs = START) {
    if (state !== undefined) this.harness.restore(state);
    this.nowMs = nowMs;
  }

  /** Polls until `ms` have passed. */
  for(ms: number, duplex: number, other: Partial<Poll> & { everyMs?: number; oper?: number } = {}) {
    const { everyMs = MINUTE, oper = 1, ...poll } = other;
    for (const endMs = this.nowMs + ms; this.nowMs < endMs; this.nowMs += everyMs) {
      this.harness
        .poll({
          atMs: this.nowMs,
          dtS: everyMs / 1_000,
          rows: { p1: { duplex, oper_status: oper } },
          ...poll,
        })
        .tick(this.nowMs + 100);
    }
    return this.harness.take().filter(({ metric_name: metric }) => metric === 'duplex');
  }

  rule(rule: RuleRecord): this {
    this.harness.rule(rule);
    return this;
  }
}

/** A port that has been full duplex for 21 days. */
let history: DetectState;
const LIVE = START + 21 * DAY;
const known = (): Port => new Port(history, LIVE);

beforeAll(() => {
  const port = new Port();
  expect(port.for(21 * DAY, FULL, { everyMs: 5 * MINUTE, appendedAtMs: LIVE })).toEqual([]);
  history = port.harness.snapshot();
});

const brief = (records: readonly AnomalyRecord[]) =>
  records.map(({ state, anomaly_type: type, severity, close_reason: reason }) => [
    state,
    type,
    severity,
    reason,
  ]);
const LOST = ['opened', 'drop', 'critical', null];

describe('an unlikely state', () => {
  it('opens at its first poll, and has ended when the usual one was back, which is known ten minutes later', () => {
    const port = known();
    const [opened, ...more] = port.for(HOUR, HALF);
    expect(more).toEqual([]);
    expect(opened).toMatchObject({
      metric_name: 'duplex',
      detector: 'transition',
      anomaly_type: 'drop',
      severity: 'critical',
      metric_value: HALF,
      baseline_mean: FULL,
      deviation_sigma: null,
      deviation_pct: null,
      confidence: 1,
      opened_at: LIVE,
      description:
        'duplex of p1 went from full to half after 21 d; by what it did before, that was to be expected once in 295 d.',
    });
    expect(port.for(10 * MINUTE, FULL)).toEqual([]);
    const [closed] = port.for(MINUTE, FULL);
    expect(closed).toMatchObject({
      anomaly_id: opened!.anomaly_id,
      state: 'closed',
      revision: 2,
      close_reason: 'recovered',
      closed_at: LIVE + HOUR,
      updated_at: LIVE + HOUR + 10 * MINUTE,
      duration_seconds: 3600,
    });
  });

  it('is the usual one after a day; going back is no news then', () => {
    const port = known();
    expect(brief(port.for(2 * DAY, HALF))).toEqual([LOST, ['closed', 'drop', 'critical', 'level_shift']]);
    expect(port.for(8 * DAY, HALF, { everyMs: 5 * MINUTE })).toEqual([]);
    expect(port.for(DAY, FULL)).toEqual([]);
  });

  it('is a warning after ten days, and none before a week is known', () => {
    const after = (days: number): string[] => {
      const port = new Port();
      port.for(days * DAY, FULL, { everyMs: 5 * MINUTE });
      return port.for(MINUTE, HALF).map(({ severity }) => severity);
    };
    expect([3, 6.9, 7.1, 10, 13].map(after)).toEqual([[], [], ['warning'], ['warning'], ['critical']]);
  });

  it('is none where it comes every day, or week', () => {
    for (const everyMs of [DAY, 7 * DAY]) {
      const port = new Port();
      const found: AnomalyRecord[] = [];
      for (let day = 0; day < 6; day += 1) {
        found.push(...port.for(everyMs - 4 * HOUR, FULL, { everyMs: 5 * MINUTE }));
        found.push(...port.for(4 * HOUR, HALF, { everyMs: 5 * MINUTE }));
      }
      expect(found).toEqual([]);
    }
  });

  it('is not told of a port that is down, nor of a link that nobody knows the state of', () => {
    const port = known();
    expect(port.for(HOUR, HALF, { oper: 2 })).toEqual([]);
    expect(port.for(HOUR, 1)).toEqual([]);
    expect(port.for(HOUR, FULL)).toEqual([]);
  });

  it('waits until a device that restarted has settled', () => {
    const port = known();
    expect(port.for(MINUTE, HALF, { quality: 'agent_restart' })).toEqual([]);
    expect(port.for(MINUTE, HALF)).toEqual([]);
    expect(brief(port.for(MINUTE, HALF))).toEqual([LOST]);
    const other = known();
    other.for(MINUTE, HALF, { quality: 'agent_restart' });
    expect(other.for(HOUR, FULL)).toEqual([]);
  });

  it('is closed in silence, and opens anew if it is still there', () => {
    const port = known();
    port.for(MINUTE, HALF);
    const silent = port.nowMs + 16 * MINUTE;
    port.harness.tick(silent);
    expect(brief(port.harness.take())).toEqual([['closed', 'drop', 'critical', 'no_data']]);
    port.nowMs = silent;
    const again = port.for(MINUTE, HALF);
    expect(brief(again)).toEqual([LOST]);
    expect(again[0]!.opened_at).toBe(silent);
  });
});

describe('flapping', () => {
  const flaps = (port: Port, times: number, everyMs: number): AnomalyRecord[] =>
    Array.from({ length: times }, () => [
      ...port.for(everyMs, HALF, { everyMs: 5_000 }),
      ...port.for(everyMs, FULL, { everyMs: 5_000 }),
    ]).flat();

  it.each([5_000, MINUTE, 5 * MINUTE])('is one anomaly however often it goes, every %d ms', (everyMs) => {
    const port = known();
    const found = flaps(port, 20, everyMs);
    expect(brief(found)).toEqual([LOST, ['updated', 'oscillation', 'critical', null]]);
    const [closed, ...more] = port.for(2 * HOUR, FULL);
    expect(more).toEqual([]);
    expect(closed).toMatchObject({
      anomaly_id: found[0]!.anomaly_id,
      state: 'closed',
      close_reason: 'recovered',
      opened_at: LIVE,
      closed_at: LIVE + 39 * everyMs,
    });
    expect(closed!.description).toMatch(/^duplex of p1 keeps changing: \d+ times in .*, full now\.$/);
  });

  it('that ends in the unlikely state goes on until that is left', () => {
    const port = known();
    flaps(port, 5, MINUTE);
    expect(port.for(5 * HOUR, HALF)).toEqual([]);
    const [closed] = port.for(HOUR, FULL);
    expect(closed).toMatchObject({ anomaly_type: 'oscillation', closed_at: LIVE + 10 * MINUTE + 5 * HOUR });
  });

  it('of a series that changes every day is told by itself, and is as loud as a warning', () => {
    const port = new Port();
    for (let day = 0; day < 14; day += 1) {
      port.for(18 * HOUR, FULL, { everyMs: 5 * MINUTE });
      expect(port.for(6 * HOUR, HALF, { everyMs: 5 * MINUTE })).toEqual([]);
    }
    const startMs = port.nowMs;
    const found = flaps(port, 10, MINUTE);
    expect(brief(found)).toEqual([['opened', 'oscillation', 'warning', null]]);
    // HALF since the evening before: the first change is the one to FULL.
    expect(found[0]).toMatchObject({ opened_at: startMs + MINUTE, polls: 6 });
    expect(brief(port.for(HOUR, FULL))).toEqual([['closed', 'oscillation', 'warning', 'recovered']]);
  });

  it('is usual where it always was, and after a day of it', () => {
    const always = new Port();
    const shared = { everyMs: 5 * MINUTE };
    for (let k = 0; k < 14 * 144; k += 1) {
      always.for(5 * MINUTE, HALF, shared);
      expect(always.for(5 * MINUTE, FULL, shared)).toEqual([]);
    }
    const found: AnomalyRecord[] = [];
    const now = known();
    for (let k = 0; k < 3 * 144; k += 1)
      found.push(...now.for(5 * MINUTE, HALF, shared), ...now.for(5 * MINUTE, FULL, shared));
    expect(brief(found)).toEqual([
      LOST,
      ['updated', 'oscillation', 'critical', null],
      ['closed', 'oscillation', 'critical', 'level_shift'],
    ]);
  });
});

describe('a state that lasts', () => {
  /** HALF for a minute every hour, for ten days. */
  const hourly = (): Port => {
    const port = new Port();
    for (let k = 0; k < 240; k += 1) {
      port.for(59 * MINUTE, FULL);
      expect(port.for(MINUTE, HALF)).toEqual([]);
    }
    return port;
  };

  it('is a flatline once it lasts far longer than ever, until it is left', () => {
    const port = hourly();
    port.for(59 * MINUTE, FULL);
    const sinceMs = port.nowMs;
    const [opened, ...more] = port.for(5 * HOUR, HALF);
    expect(brief(more)).toEqual([['updated', 'flatline', 'warning', null]]);
    expect(opened).toMatchObject({ anomaly_type: 'flatline', severity: 'info', metric_value: HALF });
    expect(opened!.opened_at - sinceMs).toBeLessThan(2 * HOUR);
    expect(opened!.description).toMatch(
      /^duplex of p1 has been half for \d+ min; it usually stays so for \d+ s\.$/,
    );
    expect(port.for(MINUTE, FULL)).toMatchObject([{ state: 'closed', close_reason: 'recovered' }]);
  });

  it('is told twice at most when stays become much longer for good', () => {
    const port = hourly();
    const found = Array.from({ length: 30 }, () => [
      ...port.for(2 * HOUR, HALF),
      ...port.for(2 * HOUR, FULL),
    ]).flat();
    expect(found.filter(({ state }) => state === 'opened').length).toBeLessThanOrEqual(2);
  });

  it('is usual after a day, and not told again', () => {
    const port = hourly();
    expect(brief(port.for(10 * DAY, HALF, { everyMs: 5 * MINUTE }))).toEqual([
      ['opened', 'flatline', 'info', null],
      ['updated', 'flatline', 'warning', null],
      ['closed', 'flatline', 'warning', 'level_shift'],
    ]);
  });

  it('is none in the state that it has most of the time, also after a storm', () => {
    const port = known();
    for (let k = 0; k < 200; k += 1) {
      port.for(5_000, HALF, { everyMs: 5_000 });
      port.for(5_000, FULL, { everyMs: 5_000 });
    }
    port.for(HOUR, FULL);
    expect(port.for(60 * DAY, FULL, { everyMs: 30 * MINUTE })).toEqual([]);
  });
});

describe('rules', () => {
  it('let nothing open in a maintenance window; what is still so when it has settled does', () => {
    const window = maintenance(LIVE + HOUR, LIVE + 2 * HOUR, { entity: DEVICE });
    const during = known().rule(window);
    during.for(70 * MINUTE, FULL);
    expect(during.for(52 * MINUTE, HALF)).toEqual([]);
    expect(brief(during.for(5 * MINUTE, HALF))).toEqual([LOST]);

    const before = known().rule(window);
    before.for(30 * MINUTE, FULL);
    expect(brief(before.for(3 * HOUR, HALF))).toEqual([
      LOST,
      ['closed', 'drop', 'critical', 'maintenance'],
      LOST,
    ]);

    const within = known().rule(window);
    within.for(70 * MINUTE, FULL);
    within.for(30 * MINUTE, HALF);
    expect(within.for(3 * HOUR, FULL)).toEqual([]);
  });

  it('suppress what opens and close what is open, until they are gone', () => {
    const port = known();
    const rule = threshold({ entity: DEVICE, metric_name: 'duplex', suppressed: true });
    expect(brief(port.for(MINUTE, HALF))).toEqual([LOST]);
    port.rule(rule);
    expect(brief(port.for(HOUR, HALF))).toEqual([['closed', 'drop', 'critical', 'suppressed']]);
    port.harness.removeRule(rule);
    expect(brief(port.for(MINUTE, HALF))).toEqual([LOST]);
  });
});

interface Event {
  readonly quietMs: number;
  readonly ms: number;
  readonly times: number;
  readonly duplex: number;
  readonly oper: number;
  readonly quality: 'good' | 'agent_restart';
}

const event: fc.Arbitrary<Event> = fc.record({
  quietMs: fc.integer({ min: 10 * MINUTE, max: 20 * DAY }),
  ms: fc.oneof(fc.constantFrom(5_000, MINUTE, 10 * MINUTE), fc.integer({ min: 1_000, max: 2 * DAY })),
  times: fc.constantFrom(1, 1, 2, 10, 30),
  duplex: fc.constantFrom(1, HALF, HALF, HALF, 4, Number.NaN),
  oper: fc.constantFrom(1, 1, 1, 1, 2),
  quality: fc.constantFrom('good' as const, 'good' as const, 'good' as const, 'agent_restart' as const),
});

/** Quiet times, and between them another state, once or more often. */
function story(port: Port, events: readonly Event[]): AnomalyRecord[] {
  return events.flatMap(({ quietMs, ms, times, duplex, oper, quality }) => {
    const everyMs = Math.max(1_000, Math.ceil(ms / 5));
    const found = port.for(quietMs, FULL, { everyMs: Math.max(MINUTE, Math.ceil(quietMs / 100)) });
    for (let k = 0; k < times; k += 1) {
      found.push(...port.for(ms, duplex, { everyMs, oper, quality }));
      found.push(...port.for(ms, FULL, { everyMs }));
    }
    return found;
  });
}

describe('whatever a status does', () => {
  it('one anomaly is open at a time, opens once, never falls in severity, and ends after it began', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 8 }), (events) => {
        const seen = new Map<string, AnomalyRecord>();
        let open: string | undefined;
        for (const record of story(known(), events)) {
          const {
            anomaly_id: id,
            revision,
            state,
            severity,
            opened_at: openedAt,
            closed_at: closedAt,
          } = record;
          const before = seen.get(id);
          expect(revision).toBe((before?.revision ?? 0) + 1);
          expect(state === 'opened').toBe(before === undefined);
          if (before === undefined) expect(open).toBeUndefined();
          else
            expect(SEVERITIES.indexOf(severity as Severity)).toBeGreaterThanOrEqual(
              SEVERITIES.indexOf(before.severity as Severity),
            );
          open = state === 'closed' ? undefined : id;
          if (closedAt !== null) expect(closedAt).toBeGreaterThanOrEqual(openedAt);
          expect(record.description).not.toMatch(/NaN|undefined|Infinity/);
          seen.set(id, record);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('a crash changes nothing: the state of any moment goes on as if nothing had happened', () => {
    const random = randomFrom(31);
    const of = <T>(...choices: readonly T[]): T => choices[Math.floor(choices.length * random())]!;
    const events = Array.from({ length: 30 }, () => ({
      quietMs: of(HOUR, DAY, 9 * DAY),
      ms: of(5_000, MINUTE, HOUR, DAY),
      times: of(1, 1, 10),
      duplex: of(HALF, 4),
      oper: of(1, 1, 1, 2),
      quality: of('good' as const, 'good' as const, 'agent_restart' as const),
    }));
    const window = maintenance(LIVE + 10 * DAY, LIVE + 20 * DAY, { entity: DEVICE });
    const halves = events.flatMap((one) => [{ ...one, quietMs: Math.floor(one.quietMs / 2), times: 0 }, one]);
    const found = story(known().rule(window), halves);
    let crashing = known().rule(window);
    const resumed: AnomalyRecord[] = [];
    for (const one of halves) {
      resumed.push(...story(crashing, [one]));
      crashing = new Port(crashing.harness.snapshot(), crashing.nowMs);
    }
    expect(found.length).toBeGreaterThan(5);
    expect(resumed).toEqual(found);
  });
});
