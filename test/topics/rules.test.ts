import { describe, expect, it } from '@jest/globals';
import { ruleKey, ruleProblem, verdictOfKey, verdictRule } from '../../topics/rules.ts';
import { maintenance, threshold, verdict } from '../support/rule.ts';

const ID = '5d9c1f0e-6b3a-5c47-9e21-7f0d8a4b6c13';

describe('a rule', () => {
  it('is keyed by domain and id', () => {
    expect(ruleKey(threshold({ domain: 'lab', rule_id: 'quiet' }))).toBe('lab/quiet');
  });

  it.each([
    threshold({ warn_sigma: 4 }),
    threshold({ warn_sigma: 3, crit_sigma: 3 }),
    threshold({ min_deviation: 0 }),
    threshold({ suppressed: false, entity: 'default/device/r1', metric_name: 'rx_bps', site_id: 3 }),
    maintenance(1, 2, { interface_name: 'Gi1' }),
    verdict(ID, 'acknowledged'),
    verdict(ID, 'false_positive', { interface_name: 'Gi1', metric_name: 'rx_bps', opened_at: 7 }),
  ])('that makes sense has no problem: %j', (rule) => {
    expect(ruleProblem(rule)).toBeUndefined();
  });

  it.each([
    ['kind', threshold({ kind: 'unknown', warn_sigma: 2 })],
    ['kind', threshold({})],
    ['domain', threshold({ domain: '', warn_sigma: 2 })],
    ['rule_id', threshold({ rule_id: 'a/b', warn_sigma: 2 })],
    ['entity', threshold({ entity: 'other/device/r1', warn_sigma: 2 })],
    ['warn_sigma', threshold({ warn_sigma: 0 })],
    ['warn_sigma', threshold({ warn_sigma: Number.NaN })],
    ['warn_sigma', threshold({ warn_sigma: 4, crit_sigma: 3 })],
    ['crit_sigma', threshold({ crit_sigma: -1 })],
    ['crit_sigma', threshold({ crit_sigma: Infinity })],
    ['min_deviation', threshold({ min_deviation: -1 })],
    ['starts_at', maintenance(1, 2, { starts_at: null })],
    ['ends_at', maintenance(1, 2, { ends_at: null })],
    ['ends_at', maintenance(2, 2)],
    ['metric_name', maintenance(1, 2, { metric_name: 'rx_bps' })],
    ['anomaly_id', verdict(ID, 'confirmed', { anomaly_id: null })],
    ['anomaly_id', verdict(ID.toUpperCase(), 'confirmed')],
    ['rule_id', verdict(ID, 'confirmed', { rule_id: 'mine' })],
    ['verdict', verdict(ID, 'confirmed', { verdict: null })],
    ['verdict', verdict(ID, 'confirmed', { verdict: 'unknown' })],
    ['entity', verdict(ID, 'confirmed', { entity: null })],
    ['entity', verdict(ID, 'confirmed', { entity: 'other/device/r1' })],
  ])('that is wrong in %s is named by it', (field, rule) => {
    expect(ruleProblem(rule)).toMatchObject({ field });
  });
});

describe('a verdict', () => {
  it('is known by its key, which is all that its tombstone has', () => {
    const rule = verdict(ID, 'confirmed');
    expect(verdictOfKey(ruleKey(rule))).toEqual({ domain: 'default', anomalyId: ID });
    for (const key of ['default/verdict-1', `verdict-${ID}`, `a/b/verdict-${ID}`, ruleKey(threshold({}))]) {
      expect(verdictOfKey(key)).toBeUndefined();
    }
  });

  it('is followed under its own key only', () => {
    const rule = verdict(ID, 'confirmed');
    expect(verdictRule(ruleKey(rule), rule)).toBe(rule);
    expect(verdictRule('default/other', rule)).toBeUndefined();
    expect(verdictRule('default/r', threshold({ warn_sigma: 4 }))).toBeUndefined();
  });
});
