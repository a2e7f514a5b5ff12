import { describe, expect, it } from '@jest/globals';
import { suspend } from '../../pipeline/stages/suspend.ts';
import { ruleKey, type RuleRecord } from '../../topics/rules.ts';
import { maintenance, threshold } from '../support/rule.ts';
import { stageHarness, type StageHarness } from '../support/stage-harness.ts';

const START = 1_700_000_000_000;
const END = START + 3_600_000;
const SETTLE = 120_000;

function withRules(...rules: RuleRecord[]): StageHarness {
  const harness = stageHarness(suspend({ settleMs: SETTLE }));
  for (const rule of rules) harness.update('control.rule', ruleKey(rule), rule);
  return harness;
}

/** The instances of the poll that are in maintenance. */
function suspended(harness: StageHarness, observedAtMs: number, intervalMs = 60_000): string[] {
  harness.feed({ observedAtMs, intervalMs, rows: { p1: {}, p2: {} } });
  return ['p1', 'p2'].filter((instance) => harness.number('maintenance', instance) === 1);
}

describe('a maintenance window', () => {
  it.each([
    ['before it', START - 1, 60_000, []],
    ['at its start', START, 60_000, ['p1', 'p2']],
    ['at its end', END, 60_000, ['p1', 'p2']],
    ['until it has settled', END + SETTLE - 1, 60_000, ['p1', 'p2']],
    ['no longer', END + SETTLE, 60_000, []],
    ['while a slow poll may reach back into it', END + 299_999, 300_000, ['p1', 'p2']],
    ['no longer', END + 300_000, 300_000, []],
    ['with an unknown interval, as with a short one', END + SETTLE, Number.NaN, []],
  ])('holds %s', (_when, observedAtMs, intervalMs, expected) => {
    const harness = withRules(maintenance(START, END));
    expect(suspended(harness, observedAtMs, intervalMs)).toEqual(expected);
    expect(harness.outcomes.get('in_maintenance')).toBe(expected.length || undefined);
  });

  it.each<[string, Partial<RuleRecord>, string[]]>([
    ['of an interface', { interface_name: 'p2' }, ['p2']],
    ['of the device', { entity: 'default/device/r1' }, ['p1', 'p2']],
    ['of an interface of another device', { entity: 'default/device/r2', interface_name: 'p1' }, []],
    ['of the site', { site_id: 7 }, ['p1', 'p2']],
    ['of another site', { site_id: 8 }, []],
    ['of the role', { device_role: 'router' }, ['p1', 'p2']],
    ['of another domain', { domain: 'other' }, []],
  ])('%s covers what it names', (_what, fields, expected) => {
    const harness = withRules(maintenance(START, END, fields));
    Object.assign(harness.reading, { siteId: 7, deviceRole: 'router' });
    expect(suspended(harness, START)).toEqual(expected);
  });

  it('follows a device to another site', () => {
    const harness = withRules(maintenance(START, END, { site_id: 7 }));
    harness.reading.siteId = 7;
    expect(suspended(harness, START)).toEqual(['p1', 'p2']);
    harness.reading.siteId = 8;
    expect(suspended(harness, START)).toEqual([]);
  });

  it('is over at once when its rule is removed or replaced, and several count once', () => {
    const rule = maintenance(START, END);
    const harness = withRules(rule, { ...rule, rule_id: 'other', interface_name: 'p1' });
    expect(suspended(harness, START)).toEqual(['p1', 'p2']);
    expect(harness.outcomes.get('in_maintenance')).toBe(2);
    harness.update('control.rule', ruleKey(rule), null);
    expect(suspended(harness, START)).toEqual(['p1']);
    harness.update('control.rule', 'default/other', { ...rule, rule_id: 'other', ends_at: START + 1 });
    expect(suspended(harness, START + SETTLE + 1)).toEqual([]);
  });
});

describe('a rule that nobody can follow', () => {
  it.each<[string, string, RuleRecord]>([
    ['ends before it starts', 'default/r', maintenance(END, START)],
    ['has a sigma of 0', 'default/r', threshold({ warn_sigma: 0 })],
    ['has a kind that nobody knows', 'default/r', threshold({ kind: 'unknown' })],
    ['stands under another key', 'default/other', maintenance(START, END)],
  ])('%s: it is ignored and counted', (_what, key, rule) => {
    const harness = withRules();
    harness.update('control.rule', key, rule);
    expect(suspended(harness, START)).toEqual([]);
    expect(harness.outcomes.get('rule_ignored')).toBe(1);
    suspended(harness, START + 1);
    expect(harness.outcomes.get('rule_ignored')).toBe(1);
  });

  it('replaces the one that it follows', () => {
    const harness = withRules(maintenance(START, END), maintenance(END, START));
    expect(suspended(harness, START)).toEqual([]);
  });
});

it('rules and topics of others leave it alone', () => {
  const harness = withRules(threshold({ warn_sigma: 4 }));
  harness.update('control.site', 'default/zrh', { slug: 'zrh' });
  expect(suspended(harness, START)).toEqual([]);
  expect(harness.outcomes.size).toBe(0);
});
