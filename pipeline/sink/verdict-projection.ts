/** Verdicts out of control.rule: a row each, whatever else people say there. */
import { verdictOfKey, verdictRule, type RuleRecord } from '../../topics/rules.ts';
import { mergeVerdicts } from './anomaly-merges.ts';
import type { Row, TableProjection } from './projections.ts';

export const verdictProjection: TableProjection = {
  table: 'anomaly_verdicts',
  columns: [
    { column: 'domain', from: 'domain' },
    { column: 'anomaly_id', from: 'anomaly_id' },
    { column: 'entity', from: 'entity' },
    { column: 'interface_name', from: 'interface_name' },
    { column: 'metric_name', from: 'metric_name' },
    { column: 'detector', from: 'detector' },
    { column: 'detector_version', from: 'detector_version' },
    { column: 'opened_at', from: 'opened_at' },
    { column: 'verdict', from: 'verdict' },
    { column: 'note', from: 'reason' },
    { column: 'decided_by', from: 'created_by' },
    { column: 'decided_at', from: 'created_at' },
    { column: 'withdrawn_at', from: 'withdrawn_at' },
  ],
  rows: verdictRows,
  tombstone: withdrawal,
  merge: mergeVerdicts,
};

/** A verdict that nobody can follow takes back the one that it replaces, as in the stages. */
function verdictRows(record: RuleRecord, appendedAtMs: number, key: string): Row[] {
  const rule = verdictRule(key, record);
  if (rule !== undefined) return [rule];
  const gone = withdrawal(key, appendedAtMs);
  // Of what takes something back, only that is stored: the other columns are just not null.
  return gone === undefined ? [] : [{ ...record, entity: '', verdict: '', ...gone }];
}

function withdrawal(key: string, withdrawnAtMs: number): Row | undefined {
  const of = verdictOfKey(key);
  return of && { domain: of.domain, anomaly_id: of.anomalyId, withdrawn_at: withdrawnAtMs };
}
