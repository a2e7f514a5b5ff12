/** control.rule: what people tell the pipeline. A kind each; readers ignore (and count) what they do not know. */
import type { EnumType, RecordOf, RecordRow } from './row.ts';

export const RULE_KINDS = ['threshold', 'maintenance', 'verdict'] as const;
export type RuleKind = (typeof RULE_KINDS)[number];

/** What people say of one anomaly: seen and taken for real, wrong, or looked into and real. */
export const VERDICTS = ['acknowledged', 'false_positive', 'confirmed'] as const;
export type Verdict = (typeof VERDICTS)[number];

export const VERDICT = { enum: 'Verdict', symbols: ['unknown', ...VERDICTS] } as const satisfies EnumType;
const KIND = { enum: 'RuleKind', symbols: ['unknown', ...RULE_KINDS] } as const satisfies EnumType;

export const controlRule = {
  record: 'Rule',
  doc: 'One rule that people made; a tombstone when it is gone. A selector that is null fits everything.',
  fields: [
    { name: 'domain', type: 'string', required: true, doc: 'Tenant and routing realm: rules reach no further.' },
    { name: 'rule_id', type: 'string', required: true, doc: 'Unique in the domain; the key is domain/rule_id.' },
    { name: 'kind', type: KIND, required: true, doc: 'What it says: which of the fields below count.' },
    { name: 'managed_by', type: 'string', required: true, doc: 'file: removed when the file has it no more; command: a single command made it.' },
    { name: 'entity', type: 'string', doc: "Selector: entity key. verdict: the anomaly's, required." },
    { name: 'interface_name', type: 'string', doc: "Selector: as in metric.interface. verdict: the anomaly's." },
    { name: 'metric_name', type: 'string', doc: "Selector of thresholds: as in insight.anomaly. verdict: the anomaly's." },
    { name: 'device_role', type: 'string', doc: 'Selector: role of the device in the inventory.' },
    { name: 'site_id', type: 'int', doc: 'Selector: site of the device.' },
    { name: 'warn_sigma', type: 'double', doc: 'threshold: an anomaly must be beyond it.' },
    { name: 'crit_sigma', type: 'double', doc: 'threshold: beyond it the severity is warning, beyond twice of it critical.' },
    { name: 'min_deviation', type: 'double', doc: "threshold: least |value - expected| of an anomaly, in the metric's unit." },
    { name: 'suppressed', type: 'boolean', doc: 'threshold: true = there are no anomalies of it.' },
    { name: 'starts_at', type: 'timestamp', doc: 'maintenance: first observed_at of the window.' },
    { name: 'ends_at', type: 'timestamp', doc: 'maintenance: the window ends before this.' },
    { name: 'anomaly_id', type: 'uuid', doc: 'verdict: what it is about; the rule_id is verdict-<anomaly_id>, so an anomaly has one.' },
    { name: 'verdict', type: VERDICT, doc: 'verdict: acknowledged counts as real until it is called false.' },
    { name: 'detector', type: 'string', doc: "verdict: the anomaly's." },
    { name: 'detector_version', type: 'string', doc: "verdict: the anomaly's, where it says one." },
    { name: 'opened_at', type: 'timestamp', doc: "verdict: the anomaly's." },
    { name: 'reason', type: 'string', doc: 'Why, for people; the note of a verdict.' },
    { name: 'created_by', type: 'string', doc: 'Who wrote this version.' },
    { name: 'created_at', type: 'timestamp', required: true, doc: 'When this version was written.' },
  ],
} as const satisfies RecordRow;

export type RuleRecord = RecordOf<typeof controlRule>;

/** A rule without problems of the kind verdict. */
export type VerdictRule = RuleRecord & { readonly kind: 'verdict'; anomaly_id: string; verdict: Verdict; entity: string };

/** The record's key on its topic. */
export function ruleKey({ domain, rule_id: id }: Pick<RuleRecord, 'domain' | 'rule_id'>): string {
  return `${domain}/${id}`;
}

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const IS_UUID = new RegExp(`^${UUID}$`);
const VERDICT_KEY = new RegExp(`^([^/]+)/verdict-(${UUID})$`);

/** The rule_id of the one verdict that an anomaly may have. */
export function verdictRuleId(anomalyId: string): string {
  return `verdict-${anomalyId}`;
}

/** Whose verdict a record of this key is, or was: a tombstone says no more. undefined for other kinds. */
export function verdictOfKey(key: string): { readonly domain: string; readonly anomalyId: string } | undefined {
  const [, domain, anomalyId] = VERDICT_KEY.exec(key) ?? [];
  return domain === undefined || anomalyId === undefined ? undefined : { domain, anomalyId };
}

/** The record of a key as a verdict to follow; undefined for other kinds and for nonsense, which says nothing. */
export function verdictRule(key: string, rule: RuleRecord): VerdictRule | undefined {
  const valid = rule.kind === 'verdict' && ruleKey(rule) === key && ruleProblem(rule) === undefined;
  return valid ? (rule as VerdictRule) : undefined;
}

/** What a rule says wrongly, by field. What has one is refused at the door, and ignored where it comes in all the same. */
export interface RuleProblem {
  readonly field: keyof RuleRecord;
  readonly problem: string;
}

/** @returns the first problem; undefined when stages can follow the rule. */
export function ruleProblem(rule: RuleRecord): RuleProblem | undefined {
  if (rule.domain === '' || rule.domain.includes('/')) return { field: 'domain', problem: 'is no domain' };
  if (rule.rule_id === '' || rule.rule_id.includes('/')) return { field: 'rule_id', problem: 'is empty or holds "/"' };
  if (rule.entity !== null && !rule.entity.startsWith(`${rule.domain}/`)) {
    return { field: 'entity', problem: `is of another domain than ${rule.domain}` };
  }
  switch (rule.kind) {
    case 'threshold':
      return thresholdProblem(rule);
    case 'maintenance':
      return maintenanceProblem(rule);
    case 'verdict':
      return verdictProblem(rule);
    case 'unknown':
      return { field: 'kind', problem: `is none of ${RULE_KINDS.join(', ')}` };
  }
}

function thresholdProblem({ warn_sigma: warn, crit_sigma: crit, min_deviation: least, suppressed }: RuleRecord): RuleProblem | undefined {
  if (warn !== null && !(warn > 0 && warn < Infinity)) return { field: 'warn_sigma', problem: 'is not above 0' };
  if (crit !== null && !(crit > 0 && crit < Infinity)) return { field: 'crit_sigma', problem: 'is not above 0' };
  if (warn !== null && crit !== null && warn > crit) return { field: 'warn_sigma', problem: `is above crit_sigma, ${crit}` };
  if (least !== null && !(least >= 0 && least < Infinity)) return { field: 'min_deviation', problem: 'is below 0' };
  const says = warn !== null || crit !== null || least !== null || suppressed !== null;
  return says ? undefined : { field: 'kind', problem: 'threshold needs one of warn_sigma, crit_sigma, min_deviation, suppressed' };
}

function maintenanceProblem({ starts_at: start, ends_at: end, metric_name: metric }: RuleRecord): RuleProblem | undefined {
  if (start === null) return { field: 'starts_at', problem: 'is missing' };
  if (end === null) return { field: 'ends_at', problem: 'is missing' };
  if (!(end > start)) return { field: 'ends_at', problem: 'is not after starts_at' };
  // A window is about a place: what is measured there says nothing while people work on it.
  return metric === null ? undefined : { field: 'metric_name', problem: 'is no selector of maintenance' };
}

function verdictProblem({ rule_id: id, anomaly_id: anomalyId, verdict, entity }: RuleRecord): RuleProblem | undefined {
  if (anomalyId === null || !IS_UUID.test(anomalyId)) return { field: 'anomaly_id', problem: 'is no UUID in small letters' };
  if (id !== verdictRuleId(anomalyId)) return { field: 'rule_id', problem: `is not ${verdictRuleId(anomalyId)}` };
  if (verdict === null || verdict === 'unknown') return { field: 'verdict', problem: `is none of ${VERDICTS.join(', ')}` };
  return entity === null ? { field: 'entity', problem: 'is missing' } : undefined;
}
