/** Rules as records, from the fields that matter. */
import { verdictRuleId, type RuleRecord, type Verdict } from '../../topics/rules.ts';

const NOTHING: RuleRecord = {
  domain: 'default',
  rule_id: 'r',
  kind: 'threshold',
  managed_by: 'file',
  entity: null,
  interface_name: null,
  metric_name: null,
  device_role: null,
  site_id: null,
  warn_sigma: null,
  crit_sigma: null,
  min_deviation: null,
  suppressed: null,
  starts_at: null,
  ends_at: null,
  anomaly_id: null,
  verdict: null,
  detector: null,
  detector_version: null,
  opened_at: null,
  reason: null,
  created_by: null,
  created_at: 1_700_000_000_000,
};

export const threshold = (fields: Partial<RuleRecord>): RuleRecord => ({ ...NOTHING, ...fields });

export const maintenance = (
  startsAtMs: number,
  endsAtMs: number,
  fields: Partial<RuleRecord> = {},
): RuleRecord => ({
  ...NOTHING,
  kind: 'maintenance',
  starts_at: startsAtMs,
  ends_at: endsAtMs,
  ...fields,
});

export const verdict = (anomalyId: string, what: Verdict, fields: Partial<RuleRecord> = {}): RuleRecord => ({
  ...NOTHING,
  rule_id: verdictRuleId(anomalyId),
  kind: 'verdict',
  managed_by: 'command',
  entity: 'default/device/r1',
  anomaly_id: anomalyId,
  verdict: what,
  ...fields,
});
