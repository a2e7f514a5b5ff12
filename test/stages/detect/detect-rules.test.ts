import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Reading } from '../../../pipeline/model/reading.ts';
import { StateStore } from '../../../pipeline/runtime/state-store.ts';
import { DETECT_DEFAULTS } from '../../../pipeline/stages/detect/detect-settings.ts';
import { Thresholds } from '../../../pipeline/stages/detect/thresholds.ts';
import type { AnomalyRecord } from '../../../topics/anomaly.ts';
import type { RuleRecord } from '../../../topics/rules.ts';
import type { DetectState } from '../../support/detect-harness.ts';
import { brief, LearnedPort, learnedHistory, LIVE, OPENED, sigmas } from '../../support/learned-port.ts';
import { maintenance, threshold } from '../../support/rule.ts';
import { randomFrom } from '../../support/random-from.ts';
import { normalFrom } from '../../support/simulated-series.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DEVICE = 'default/device/r1';

let history: DetectState;

beforeAll(() => {
  history = learnedHistory();
});

const port = (...rules: RuleRecord[]): LearnedPort => new LearnedPort(history, rules);

describe('a threshold rule', () => {
  it.each<[string, Partial<RuleRecord>, string[]]>([
    ['without a rule: beyond twice crit', { warn_sigma: 2 }, ['critical']],
    ['a higher crit makes it a warning', { crit_sigma: 15 }, ['warning']],
    ['or an info', { crit_sigma: 35 }, ['info']],
    ['a higher warn than it is lets nothing open', { warn_sigma: 35 }, []],
    ['as does a greater least deviation', { min_deviation: 5e8 }, []],
    ['a smaller one does not', { min_deviation: 1e8 }, ['critical']],
    ['a suppressed series has no anomalies', { suppressed: true }, []],
    ['unless it is another series: metric', { suppressed: true, metric_name: 'tx_bps' }, ['critical']],
    ['interface', { suppressed: true, interface_name: 'p2' }, ['critical']],
    ['device', { suppressed: true, entity: 'default/device/r2' }, ['critical']],
    ['role', { suppressed: true, device_role: 'switch' }, ['critical']],
  ])('%s', (_what, fields, severities) => {
    const found = port(threshold(fields)).polls(2, sigmas(30), { role: 'router', siteId: 7 });
    expect(found.map(({ severity }) => severity)).toEqual(severities);
  });

  it('of crit alone lowers warn with it, and of warn alone raises crit with it', () => {
    expect(brief(port(threshold({ crit_sigma: 0.5 })).polls(3, sigmas(8))).at(-1)).toEqual([
      'updated',
      'critical',
      null,
    ]);
    expect(brief(port(threshold({ warn_sigma: 10 })).polls(2, sigmas(15)))).toEqual([
      ['opened', 'warning', null],
    ]);
  });

  /** Each beats all before it. */
  const SELECTORS: Partial<RuleRecord>[] = [
    {},
    { site_id: 7 },
    { device_role: 'router' },
    { device_role: 'router', site_id: 7 },
    { metric_name: 'rx_bps' },
    { metric_name: 'rx_bps', device_role: 'router', site_id: 7 },
    { interface_name: 'p1' },
    { interface_name: 'p1', metric_name: 'rx_bps' },
    { entity: DEVICE },
    { entity: DEVICE, metric_name: 'rx_bps' },
    { entity: DEVICE, interface_name: 'p1' },
    { entity: DEVICE, interface_name: 'p1', metric_name: 'rx_bps' },
  ];

  it.each(SELECTORS.map((selectors, at) => [JSON.stringify(selectors), at] as const))(
    '%s beats what is less specific, in any order of arrival',
    (_selectors, at) => {
      const rules = SELECTORS.slice(0, at + 1).map((selectors, k) =>
        threshold({
          ...selectors,
          rule_id: `rule-${at - k}`,
          ...(k === at ? { crit_sigma: 15 } : { suppressed: true }),
        }),
      );
      for (const order of [rules, rules.toReversed()]) {
        const found = port(...order).polls(2, sigmas(30), { role: 'router', siteId: 7 });
        expect(brief(found)).toEqual([['opened', 'warning', null]]);
      }
    },
  );

  it.each<[Partial<RuleRecord>, number, number]>([
    [{ suppressed: false }, 2, 3],
    [{ warn_sigma: 5 }, 5, 5],
    [{ warn_sigma: 1 }, 1, 3],
    [{ crit_sigma: 1 }, 1, 1],
    [{ crit_sigma: 9 }, 2, 9],
    [{ warn_sigma: 4, crit_sigma: 6 }, 4, 6],
  ])('%j makes warn %s and crit %s: never warn above crit', (fields, warnSigma, critSigma) => {
    const reading = Object.assign(new Reading(), { domain: 'default', entity: DEVICE });
    const context = new StateStore().context({ name: 'detect', columns: [] }, reading);
    const thresholds = new Thresholds(context, DETECT_DEFAULTS);
    thresholds.update('control.rule', 'default/r', threshold(fields));
    expect(thresholds.of(reading, 'p1', 'rx_bps')).toMatchObject({ warnSigma, critSigma });
  });

  it('of equally specific ones the first by id decides', () => {
    const rules = [
      threshold({ rule_id: 'b', suppressed: true }),
      threshold({ rule_id: 'a', crit_sigma: 15 }),
    ];
    expect(brief(port(...rules).polls(2, sigmas(30)))).toEqual([['opened', 'warning', null]]);
  });

  it('with which nothing opens leaves it to the baseline to tell that a level is another one', () => {
    const random = randomFrom(2);
    const one = port(threshold({ warn_sigma: 100 }));
    const records = one.polls((8 * HOUR) / 5_000, () => sigmas(20 + normalFrom(random)));
    expect(brief(records)).toEqual([
      ['opened', 'info', null],
      ['closed', 'info', 'level_shift'],
    ]);
    expect(records[1]).toMatchObject({ anomaly_type: 'trend', score: 0 });
    expect(records[1]!.metric_value / 1e8).toBeCloseTo(3);
    expect(records[1]!.baseline_mean! / 1e8).toBeCloseTo(1);
    expect(records[1]!.description).toMatch(
      /^rx_bps of p1 has a new level: 300 Mbit\/s, which was 99\.\d Mbit\/s\.$/,
    );
  });

  it('that suppresses closes what is open, and what is still off opens anew without it', () => {
    const one = port();
    expect(brief(one.polls(3, sigmas(30)))).toEqual(OPENED);
    const rule = threshold({ suppressed: true });
    one.harness.rule(rule);
    expect(brief(one.polls(3, sigmas(30)))).toEqual([['closed', 'critical', 'suppressed']]);
    one.harness.removeRule(rule);
    const anew = one.polls(3, sigmas(30));
    expect(anew[0]).toMatchObject({ state: 'opened', revision: 1 });
    expect(anew.at(-1)!.severity).toBe('critical');
  });

  it('suppresses flatlines and lost links alike', () => {
    const flat = port(threshold({ suppressed: true, metric_name: 'rx_bps' }));
    expect(flat.polls(400, sigmas(0.5))).toEqual([]);
    const down = port(threshold({ suppressed: true, metric_name: 'oper_status' }));
    expect(down.polls(20, 0, { rows: { p1: { rx_bps: 0, oper_status: 2 } } })).toEqual([]);
  });

  it('closes a flatline and a lost link that are open', () => {
    const flat = port();
    expect(flat.polls(200, sigmas(0.5))).toHaveLength(1);
    flat.harness.rule(threshold({ suppressed: true }));
    expect(brief(flat.polls(2, sigmas(0.5)))).toEqual([['closed', 'warning', 'suppressed']]);
    const down = { rows: { p1: { rx_bps: 0, oper_status: 2 } } };
    const lost = port();
    expect(lost.polls(2, 0, down)).toHaveLength(1);
    lost.harness.rule(threshold({ suppressed: true }));
    expect(brief(lost.polls(2, 0, down))).toEqual([['closed', 'critical', 'suppressed']]);
  });
});

describe('rules', () => {
  /** Quiet, off, down, constant, a restart: everything that detection looks at. */
  function story(one: LearnedPort, seed: number): AnomalyRecord[] {
    const random = randomFrom(seed);
    const found: AnomalyRecord[] = [];
    for (let k = 0; k < 60; k += 1) {
      const chance = random();
      const level = chance < 0.3 ? 20 * normalFrom(random) : 0;
      const oper_status = random() < 0.1 ? 2 : 1;
      const rx_bps = Math.max(0, sigmas(level + normalFrom(random)));
      const quality = random() < 0.05 ? 'agent_restart' : 'good';
      found.push(
        ...one.polls(1 + Math.floor(30 * random()), rx_bps, {
          quality,
          rows: { p1: { rx_bps, oper_status } },
        }),
      );
    }
    return found;
  }

  const rules = fc.array(
    fc.record({
      rule_id: fc.constantFrom('a', 'b', 'c', 'd'),
      kind: fc.constantFrom('threshold' as const, 'maintenance' as const, 'unknown' as const),
      entity: fc.constantFrom(null, DEVICE, 'default/device/r2'),
      interface_name: fc.constantFrom(null, 'p1', 'p2'),
      metric_name: fc.constantFrom(null, 'rx_bps', 'oper_status'),
      warn_sigma: fc.option(fc.double({ min: -1, max: 30 })),
      crit_sigma: fc.option(fc.double({ min: -1, max: 30 })),
      min_deviation: fc.option(fc.double({ min: -1, max: 1e9 })),
      suppressed: fc.option(fc.boolean()),
      starts_at: fc.option(fc.integer({ min: LIVE - HOUR, max: LIVE + HOUR })),
      ends_at: fc.option(fc.integer({ min: LIVE - HOUR, max: LIVE + HOUR })),
    }),
    { maxLength: 5 },
  );

  it('whatever they say, open nothing in a window, and at most one anomaly a detector at a time', () => {
    fc.assert(
      fc.property(rules, fc.nat(), (fields, seed) => {
        const one = port(...fields.map((each) => threshold(each)));
        const found = story(one, seed);
        const windows = fields.filter(
          (rule, k) =>
            rule.kind === 'maintenance' &&
            rule.metric_name === null &&
            rule.entity !== 'default/device/r2' &&
            rule.interface_name !== 'p2' &&
            rule.starts_at !== null &&
            rule.ends_at !== null &&
            rule.starts_at < rule.ends_at &&
            !fields.slice(k + 1).some(({ rule_id }) => rule_id === rule.rule_id),
        );
        for (const { state, updated_at: atMs } of found) {
          if (state === 'closed') continue;
          for (const window of windows)
            expect(atMs < window.starts_at! || atMs >= window.ends_at!).toBe(true);
        }
        const last = new Map(found.map((record) => [record.anomaly_id, record]));
        expect([...last.values()].filter(({ state }) => state !== 'closed').length).toBeLessThanOrEqual(3);
      }),
      { numRuns: 30 },
    );
  });

  it('survive a crash: the state of any moment goes on as if nothing had happened', () => {
    const told = [
      threshold({ rule_id: 'a', crit_sigma: 15 }),
      maintenance(LIVE + 10 * MINUTE, LIVE + 20 * MINUTE, { rule_id: 'b' }),
      threshold({ rule_id: 'c', metric_name: 'oper_status', suppressed: true }),
    ];
    for (const seed of [1, 2, 3]) {
      const straight = port(...told);
      const crashed = new LearnedPort(port(...told).harness.snapshot());
      story(straight, seed);
      story(crashed, seed);
      const resumed = new LearnedPort(crashed.harness.snapshot());
      resumed.nowMs = straight.nowMs;
      expect(story(resumed, seed + 10)).toEqual(story(straight, seed + 10));
    }
  });
});
