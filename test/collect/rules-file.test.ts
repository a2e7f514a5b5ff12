import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { parseInventory } from '../../pipeline/collect/inventory.ts';
import { parseRules, type RuleOptions, type RuleSet } from '../../pipeline/collect/rules-file.ts';
import { siteId } from '../../pipeline/model/entity.ts';
import { ConfigError } from '../../pipeline/model/errors.ts';
import { catalogue } from '../../topics/catalogue.ts';
import { maintenance, threshold } from '../support/rule.ts';

const NOW = 1_700_000_000_000;
const inventory = parseInventory(
  'sites: [{ slug: zrh, time_zone: UTC, site_id: 7 }]\n' +
    'devices: [{ name: Core-1, address: 192.0.2.1, site: zrh, role: router }]',
  { domain: 'Lab', zone: 'z', defaults: { intervalMs: 60_000, credential: 'c' } },
);

const parsed = (text: string, options: Partial<RuleOptions> = {}): RuleSet =>
  parseRules(text, { domain: 'Lab', catalogue, createdBy: 'host-a', nowMs: NOW, name: 'r.yaml', ...options });

function problemOf(text: string, options: Partial<RuleOptions> = {}): string {
  try {
    parsed(text, options);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  throw new Error('the rules were accepted');
}

const made = { domain: 'lab', created_by: 'host-a', created_at: NOW };

describe('a rules file', () => {
  it('becomes records, with the ids of its inventory', () => {
    const text = `
rules:
  - { id: quiet, kind: threshold, site: ZRH, role: router, metric: rx_bps, warn_sigma: 4, crit_sigma: 6, min_deviation: 1000000 }
  - { id: off, kind: threshold, device: CORE-1, interface: Gi1/0/1, suppressed: true, reason: spare }
  - { id: work, kind: maintenance, site_id: 9, starts_at: 2026-12-01T22:00:00Z, ends_at: 2026-12-02T00:30:00+01:00 }
`;
    expect(parsed(text, { inventory })).toEqual({
      domain: 'lab',
      rules: [
        threshold({
          ...made,
          rule_id: 'quiet',
          site_id: 7,
          device_role: 'router',
          metric_name: 'rx_bps',
          warn_sigma: 4,
          crit_sigma: 6,
          min_deviation: 1e6,
        }),
        threshold({
          ...made,
          rule_id: 'off',
          entity: 'lab/device/core-1',
          interface_name: 'Gi1/0/1',
          suppressed: true,
          reason: 'spare',
        }),
        maintenance(Date.UTC(2026, 11, 1, 22), Date.UTC(2026, 11, 1, 23, 30), {
          ...made,
          rule_id: 'work',
          site_id: 9,
        }),
      ],
    });
  });

  it('names a site by its slug without an inventory, and a device that no inventory knows by its address', () => {
    const [rule] = parsed('rules: [{ id: a, kind: threshold, site: zrh, suppressed: true }]').rules;
    expect(rule!.site_id).toBe(siteId('lab', 'zrh'));
    const text = 'rules: [{ id: a, kind: threshold, device: "ip:192.0.2.9", suppressed: true }]';
    expect(parsed(text, { inventory }).rules[0]!.entity).toBe('lab/device/ip:192.0.2.9');
  });

  it.each(['', 'rules:', 'rules: []'])('may be empty: %j', (text) => {
    expect(parsed(text === 'rules:' ? 'rules: []' : text).rules).toEqual([]);
  });

  const rule = (rest: string, id = 'a') => `rules:\n  - id: ${id}\n    ${rest.replaceAll('; ', '\n    ')}\n`;
  const WINDOW = 'kind: maintenance; starts_at: 2026-12-01T22:00:00Z; ends_at: 2026-12-01T23:00:00Z';

  it.each<[string, string]>([
    ['rules: [', 'line 1:'],
    ['rule: []', 'unknown key: the nearest is rules'],
    [
      rule('kind: treshold'),
      'line 3: rules[0].kind = "treshold" is wrong: expected one of threshold, maintenance',
    ],
    [
      rule('kind: threshold; warn_sigm: 2'),
      'line 4: rules[0].warn_sigm: unknown key: the nearest is warn_sigma',
    ],
    [rule(`${WINDOW}; end_at: 1`), 'line 6: rules[0].end_at: unknown key: the nearest is ends_at'],
    [rule(`${WINDOW}; metric: rx_bps`), 'line 6: rules[0].metric: unknown key'],
    [rule('kind: threshold; warn_sigma: 0'), 'line 4: rules[0].warn_sigma is not above 0'],
    [
      rule('kind: threshold; warn_sigma: 4; crit_sigma: 3'),
      'line 4: rules[0].warn_sigma is above crit_sigma, 3',
    ],
    [rule('kind: threshold; min_deviation: -1'), 'line 4: rules[0].min_deviation is below 0'],
    [rule('kind: threshold'), 'line 3: rules[0].kind threshold needs one of'],
    [rule('kind: threshold; suppressed: "yes"'), 'rules[0].suppressed = "yes" is wrong: expected'],
    [rule('kind: maintenance; starts_at: 2026-12-01T22:00:00Z'), 'rules[0].ends_at is missing'],
    [
      rule('kind: maintenance; starts_at: 2026-12-01 22:00; ends_at: 2026-12-01T22:00:00Z'),
      'line 4: rules[0].starts_at = "2026-12-01 22:00" is wrong: expected an instant with its offset',
    ],
    [
      rule('kind: maintenance; starts_at: 2026-12-01T22:00:00Z; ends_at: 2026-12-01T22:00:00Z'),
      'line 5: rules[0].ends_at is not after starts_at',
    ],
    [
      rule('kind: threshold; suppressed: true', 'A/B'),
      'line 2: rules[0].id = "A/B" is wrong: expected small letters',
    ],
    [rule('kind: threshold; suppressed: true; device: a/b'), 'line 5: rules[0].device is wrong: id "a/b"'],
    [
      rule('kind: threshold; suppressed: true; metric: rx_bpz'),
      'line 5: rules[0].metric = "rx_bpz" is not known to the catalogue: the nearest is rx_bps',
    ],
    [
      rule('kind: threshold; suppressed: true; site: zrh; site_id: 7'),
      'line 6: rules[0].site_id and site are given: leave one of them out',
    ],
    [
      `${rule('kind: threshold; suppressed: true')}  - { id: a, kind: threshold, suppressed: true }`,
      'line 5: rules[1].id is taken: a second rule "a"',
    ],
  ])('%j is refused with its line', (text, problem) => {
    expect(problemOf(text)).toContain(problem);
  });

  it.each([
    ['device: core-2', 'device = "core-2" is not known to the inventory: the nearest is core-1'],
    ['site: zhr', 'site = "zhr" is not known to the inventory: the nearest is zrh'],
    ['role: ruoter', 'role = "ruoter" is not known to the inventory: the nearest is router'],
  ])('with an inventory %s is refused', (scope, problem) => {
    expect(problemOf(rule(`kind: threshold; suppressed: true; ${scope}`), { inventory })).toContain(problem);
  });

  it('is refused with all problems at once', () => {
    const text = `rules:\n${['x', 'y'].map((id) => `  - { id: ${id}, kind: threshold, warn_sigma: -1 }\n`).join('')}`;
    expect(problemOf(text).split('\n')).toHaveLength(3);
  });

  it('the example is one, for the example of an inventory', () => {
    const example = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
    const options = {
      domain: 'default',
      zone: 'default',
      defaults: { intervalMs: 60_000, credential: 'lab' },
    };
    const devices = parseInventory(example('inventory.example.yaml'), options);
    const { rules } = parsed(example('rules.example.yaml'), { domain: 'default', inventory: devices });
    expect(new Set(rules.map(({ kind }) => kind))).toEqual(new Set(['threshold', 'maintenance']));
  });
});
