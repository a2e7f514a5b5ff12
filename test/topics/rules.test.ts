import { describe, expect, it } from '@jest/globals';
import { ruleKey, ruleProblem } from '../../topics/rules.ts';
import { maintenance, threshold } from '../support/rule.ts';

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
  ])('that is wrong in %s is named by it', (field, rule) => {
    expect(ruleProblem(rule)).toMatchObject({ field });
  });
});
