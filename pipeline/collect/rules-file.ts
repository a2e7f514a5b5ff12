/** The rules file (YAML) as records of control.rule. */
import { closest } from 'fastest-levenshtein';
import { valueAt } from '../config/names.ts';
import { entityKey, siteId } from '../model/entity.ts';
import { rowFields, type Catalogue } from '../../topics/catalogue.ts';
import { ruleProblem, type RuleProblem, type RuleRecord } from '../../topics/rules.ts';
import { checkedYaml, refused } from './checked-yaml.ts';
import type { Inventory } from './inventory.ts';
import { knownRuleKeys, rulesSchema, type RuleEntry } from './rules-schema.ts';

export interface RuleSet {
  readonly domain: string;
  readonly rules: readonly RuleRecord[];
}

export interface RuleOptions {
  readonly domain: string;
  readonly catalogue: Catalogue;
  /** Where there is one, rules may name its devices, sites and roles only. */
  readonly inventory?: Inventory | undefined;
  /** Who writes them, and when. */
  readonly createdBy: string;
  readonly nowMs: number;
  /** What messages call the text, such as the file's path. */
  readonly name?: string;
}

/** A device that no inventory knows is named by its address: it may come. */
const BY_ADDRESS = /^ip:/i;

/** @throws ConfigError that lists every problem: line, key, what is wrong, what is near. */
export function parseRules(text: string, options: RuleOptions): RuleSet {
  const { name = 'rules' } = options;
  const { values, where } = checkedYaml(text, {
    name,
    schema: rulesSchema,
    knownKeys: (path, tree) => knownRuleKeys(path, valueAt(tree, [...path, 'kind'])),
  });
  const problems: string[] = [];
  const ids = new Set<string>();
  const rules = values.rules.map((entry, i) => {
    const found = entryProblems(entry, options);
    if (ids.has(entry.id)) found.push({ key: 'id', problem: `is taken: a second rule "${entry.id}"` });
    ids.add(entry.id);
    const rule = found.length === 0 ? ruleRecord(entry, options) : undefined;
    const nonsense = rule && ruleProblem(rule);
    if (nonsense !== undefined) found.push({ key: KEYS[nonsense.field] ?? nonsense.field, ...nonsense });
    problems.push(...found.map(({ key, problem }) => `${where(['rules', i, key])} ${problem}`));
    return rule;
  });
  if (problems.length > 0) throw refused(name, problems);
  return { domain: options.domain.toLowerCase(), rules: rules.filter((rule) => rule !== undefined) };
}

/** The file's key of a field, where it is another. */
const KEYS: Partial<Record<keyof RuleRecord, string>> = {
  rule_id: 'id',
  entity: 'device',
  interface_name: 'interface',
  metric_name: 'metric',
  device_role: 'role',
};

/** Metrics that anomalies are found of. */
export function ruledMetrics(catalogue: Catalogue): string[] {
  const judged = rowFields(catalogue['metric.interface']).filter(
    ({ baseline, transitions }) => baseline || transitions?.states,
  );
  return [...judged.map(({ name }) => name), 'oper_status'];
}

interface EntryProblem {
  readonly key: string;
  readonly problem: RuleProblem['problem'];
}

function entryProblems(entry: RuleEntry, { domain, catalogue, inventory }: RuleOptions): EntryProblem[] {
  const problems: EntryProblem[] = [];
  const known = (key: string, value: string | undefined, names: readonly string[], of: string): void => {
    if (value === undefined || names.includes(value)) return;
    const near = names.length === 0 ? 'there is none' : `the nearest is ${closest(value, names)}`;
    problems.push({ key, problem: `= ${JSON.stringify(value)} is not known to the ${of}: ${near}` });
  };
  if (entry.kind === 'threshold') known('metric', entry.metric, ruledMetrics(catalogue), 'catalogue');
  if (entry.site !== undefined && entry.site_id !== undefined) {
    problems.push({ key: 'site_id', problem: 'and site are given: leave one of them out' });
  }
  if (entry.device !== undefined) {
    try {
      entityKey(domain, 'device', entry.device);
    } catch (error) {
      problems.push({ key: 'device', problem: `is wrong: ${(error as Error).message}` });
    }
  }
  if (inventory === undefined) return problems;
  const { devices, sites } = inventory;
  const names = devices.map(({ entity }) => entity.slice(entity.lastIndexOf('/') + 1));
  if (!BY_ADDRESS.test(entry.device ?? '')) known('device', entry.device?.toLowerCase(), names, 'inventory');
  known(
    'site',
    entry.site?.toLowerCase(),
    sites.map(({ slug }) => slug),
    'inventory',
  );
  known('role', entry.role, [...new Set(devices.flatMap(({ role }) => role ?? []))], 'inventory');
  return problems;
}

function ruleRecord(entry: RuleEntry, options: RuleOptions): RuleRecord {
  const domain = options.domain.toLowerCase();
  const slug = entry.site?.toLowerCase();
  const site = options.inventory?.sites.find((one) => one.slug === slug);
  const limits = entry.kind === 'threshold' ? entry : undefined;
  const window = entry.kind === 'maintenance' ? entry : undefined;
  return {
    domain,
    rule_id: entry.id,
    kind: entry.kind,
    managed_by: 'file',
    entity: entry.device === undefined ? null : entityKey(domain, 'device', entry.device),
    interface_name: entry.interface ?? null,
    metric_name: limits?.metric ?? null,
    device_role: entry.role ?? null,
    site_id: entry.site_id ?? site?.site_id ?? (slug === undefined ? null : siteId(domain, slug)),
    warn_sigma: limits?.warn_sigma ?? null,
    crit_sigma: limits?.crit_sigma ?? null,
    min_deviation: limits?.min_deviation ?? null,
    suppressed: limits?.suppressed ?? null,
    starts_at: window?.starts_at ?? null,
    ends_at: window?.ends_at ?? null,
    // Verdicts are no business of files: they are about one anomaly each.
    anomaly_id: null,
    verdict: null,
    detector: null,
    detector_version: null,
    opened_at: null,
    reason: entry.reason ?? null,
    created_by: options.createdBy,
    created_at: options.nowMs,
  };
}
