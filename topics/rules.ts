/** control.rule: what people tell the pipeline. A kind each; readers ignore (and count) what they do not know. */
import type { EnumType, RecordOf, RecordRow } from './row.ts';

export const RULE_KINDS = ['threshold', 'maintenance'] as const;
export type RuleKind = (typeof RULE_KINDS)[number];

const KIND = { enum: 'RuleKind', symbols: ['unknown', ...RULE_KINDS] } as const satisfies EnumType;

export const controlRule = {
  record: 'Rule',
  doc: 'One rule that people made; a tombstone when it is gone. A selector that is null fits everything.',
  fields: [
    { name: 'domain', type: 'string', required: true, doc: 'Tenant and routing realm: rules reach no further.' },
    { name: 'rule_id', type: 'string', required: true, doc: 'Unique in the domain; the key is domain/rule_id.' },
    { name: 'kind', type: KIND, required: true, doc: 'What it says: which of the fields below count.' },
    { name: 'managed_by', type: 'string', required: true, doc: 'file: removed when the file has it no more; command: a single command made it.' },
    { name: 'entity', type: 'string', doc: 'Selector: entity key.' },
    { name: 'interface_name', type: 'string', doc: 'Selector: as in metric.interface.' },
    { name: 'metric_name', type: 'string', doc: 'Selector of thresholds: as in insight.anomaly.' },
    { name: 'device_role', type: 'string', doc: 'Selector: role of the device in the inventory.' },
    { name: 'site_id', type: 'int', doc: 'Selector: site of the device.' },
    { name: 'warn_sigma', type: 'double', doc: 'threshold: an anomaly must be beyond it.' },
    { name: 'crit_sigma', type: 'double', doc: 'threshold: beyond it the severity is warning, beyond twice of it critical.' },
    { name: 'min_deviation', type: 'double', doc: "threshold: least |value - expected| of an anomaly, in the metric's unit." },
    { name: 'suppressed', type: 'boolean', doc: 'threshold: true = there are no anomalies of it.' },
    { name: 'starts_at', type: 'timestamp', doc: 'maintenance: first observed_at of the window.' },
    { name: 'ends_at', type: 'timestamp', doc: 'maintenance: the window ends before this.' },
    { name: 'reason', type: 'string', doc: 'Why, for people.' },
    { name: 'created_by', type: 'string', doc: 'Who wrote this version.' },
    { name: 'created_at', type: 'timestamp', required: true, doc: 'When this version was written.' },
  ],
} as const satisfies RecordRow;

export type RuleRecord = RecordOf<typeof controlRule>;

/** The record's key on its topic. */
export function ruleKey({ domain, rule_id: id }: Pick<RuleRecord, 'domain' | 'rule_id'>): string {
  return `${domain}/${id}`;
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
