/** Reads anomaly_events as a user would: what has been committed, newest revision of each. */
import type { Pool } from 'pg';
import type { AnomalyRow } from './verdict.ts';

export interface CommittedAnomaly extends AnomalyRow {
  readonly revision: number;
  readonly state: string;
  readonly updatedAtMs: number;
  readonly value: number;
  readonly expected: number | null;
  readonly sigma: number | null;
}

const COMMITTED = `
  SELECT a.anomaly_id, a.revision, a.state, coalesce(d.hostname, host(a.device_ip)) AS device,
         coalesce(a.interface_name, '') AS interface, a.metric_name, a.anomaly_type, a.severity,
         a.opened_at, a.updated_at,
         a.metric_value::float8 AS value, a.baseline_mean::float8 AS expected, a.deviation_sigma::float8 AS sigma
    FROM anomaly_events a
    LEFT JOIN devices d ON d.device_id = a.device_id
   WHERE a.opened_at >= $1
   ORDER BY a.updated_at, a.anomaly_id`;

interface Row {
  anomaly_id: string;
  revision: number;
  state: string;
  device: string;
  interface: string;
  metric_name: string;
  anomaly_type: string;
  severity: string;
  opened_at: Date;
  updated_at: Date;
  value: number;
  expected: number | null;
  sigma: number | null;
}

export interface AnomalyFeed {
  /** Reads the table. @returns the anomalies whose revision is new since the last call. */
  poll(nowMs: number): Promise<CommittedAnomaly[]>;
  /** Every anomaly as last read. */
  all(): CommittedAnomaly[];
}

export function anomalyFeed(pool: Pool, openedFromMs: number): AnomalyFeed {
  const known = new Map<string, CommittedAnomaly>();
  return {
    async poll(nowMs) {
      const { rows } = await pool.query<Row>(COMMITTED, [new Date(openedFromMs)]);
      const changed: CommittedAnomaly[] = [];
      for (const row of rows) {
        const before = known.get(row.anomaly_id);
        if (before !== undefined && before.revision >= row.revision) continue;
        const anomaly = committed(row, before?.seenAtMs ?? nowMs);
        known.set(anomaly.anomalyId, anomaly);
        changed.push(anomaly);
      }
      return changed;
    },
    all: () => [...known.values()],
  };
}

function committed(row: Row, seenAtMs: number): CommittedAnomaly {
  return {
    anomalyId: row.anomaly_id,
    revision: row.revision,
    state: row.state,
    device: row.device,
    interface: row.interface,
    metric: row.metric_name,
    type: row.anomaly_type,
    severity: row.severity,
    openedAtMs: row.opened_at.getTime(),
    updatedAtMs: row.updated_at.getTime(),
    seenAtMs,
    value: row.value,
    expected: row.expected,
    sigma: row.sigma,
  };
}
