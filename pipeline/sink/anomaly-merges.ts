/** Anomalies, and what people say of them: two tables that are written from two topics and look at each other. */
import { assignments, list, stagingTable, type Merge } from './merges.ts';

/**
 * Verdicts and anomalies are written by different sinks at the same time, and each looks at the other's table: either
 * would miss what the other has not committed. Anomalies keep off verdicts only, not each other.
 */
const VERDICTS_LOCK = "hashtext('netsigma.verdicts')";

/** Columns of anomaly_events that people own, and what they are by a verdict `v`: nothing without one. */
const PEOPLES = ['verdict', 'acknowledged_at', 'acknowledged_by', 'resolution_notes', 'is_false_positive'];
const SAID = "v.verdict, v.decided_at, v.decided_by, v.note, coalesce(v.verdict = 'false_positive', false)";

/**
 * One row an anomaly. What people own (acknowledged_*, resolution_notes, is_false_positive, verdict) is not touched; a
 * new row has it from a verdict that was here before.
 */
export function mergeAnomalies({ table, columns }: Merge): string[] {
  return [
    `SELECT pg_advisory_xact_lock_shared(${VERDICTS_LOCK})`,
    `INSERT INTO ${table} AS t (${list(columns)}, ${list(PEOPLES)})
     SELECT ${list(columns.map((column) => `s.${column}`))}, ${SAID}
       FROM (SELECT DISTINCT ON (anomaly_id) ${list(columns)} FROM ${stagingTable(table)}
              ORDER BY anomaly_id, revision DESC) s
       LEFT JOIN anomaly_verdicts v
         ON v.domain = s.domain AND v.anomaly_id = s.anomaly_id AND v.withdrawn_at IS NULL
     ON CONFLICT (anomaly_id) DO UPDATE SET ${assignments(columns, ['anomaly_id'])}, ingested_at = now()
      WHERE excluded.revision > t.revision`,
  ];
}

/** One row an anomaly, the last thing that was said of it; and the columns that people own in anomaly_events. */
export function mergeVerdicts({ table, columns }: Merge): string[] {
  const stage = stagingTable(table);
  const same = (a: string, b: string) => `${a}.domain = ${b}.domain AND ${a}.anomaly_id = ${b}.anomaly_id`;
  return [
    `SELECT pg_advisory_xact_lock(${VERDICTS_LOCK})`,
    `DELETE FROM ${stage} a USING ${stage} b WHERE ${same('a', 'b')} AND a.ordinal < b.ordinal`,
    `UPDATE ${table} t SET withdrawn_at = s.withdrawn_at FROM ${stage} s
      WHERE s.withdrawn_at IS NOT NULL AND ${same('t', 's')} AND t.withdrawn_at IS NULL`,
    `INSERT INTO ${table} AS t (${list(columns)}) SELECT ${list(columns)} FROM ${stage} WHERE withdrawn_at IS NULL
     ON CONFLICT (domain, anomaly_id) DO UPDATE SET ${assignments(columns, ['domain', 'anomaly_id'])}, ingested_at = now()`,
    `UPDATE anomaly_events t SET (${list(PEOPLES)}) = (SELECT ${SAID})
       FROM ${stage} s
       LEFT JOIN ${table} v ON ${same('v', 's')} AND v.withdrawn_at IS NULL
      WHERE ${same('t', 's')}`,
  ];
}
