/** A device with two ports, an hour of polls and three anomalies, for queries that should find something. */
import type { Pool } from 'pg';

export const DEVICE = '6f2f8e0c-3f59-5d0b-9d0a-0d5b5f6f3a01';
export const PORTS = ['Te1/1/1', "odd'port"] as const;
export const FROM = new Date('2026-11-21T09:00:00Z');
export const TO = new Date('2026-11-21T10:00:00Z');

const ROWS = `
INSERT INTO devices (device_id, domain, entity, hostname, ip_address, site_slug, interval_ms)
VALUES ($1, 'default', 'default/device/a', 'a', '192.0.2.1', 'main', 60000),
       (gen_random_uuid(), 'default', 'default/device/silent', 'silent', '192.0.2.2', 'main', 60000);

INSERT INTO interface_metrics (domain, device_id, interface_name, interface_index, recorded_at, ingested_at,
  admin_status, oper_status, speed_mbps, quality, rx_bps, tx_bps, rx_unicast_pps, tx_unicast_pps, rx_multicast_pps,
  tx_multicast_pps, rx_broadcast_pps, tx_broadcast_pps, rx_error_rate, tx_error_rate, rx_discard_rate,
  tx_discard_rate, utilization_pct, error_rate_ppm)
SELECT 'default', $1, port, 1, at, at + interval '300 ms', 1, CASE WHEN n = 30 THEN 2 ELSE 1 END, 10000,
       CASE WHEN n = 10 THEN 'gap' ELSE 'good' END, n * 1e6, n * 2e6, n, n, n, n, n, n, 0, 0, 0, 1, n, 0
  FROM unnest($2::text[]) port,
       generate_series(0, 59) n,
       LATERAL (SELECT $3::timestamptz + n * interval '1 minute' AS at) polled;

INSERT INTO poll_history (domain, device_id, collector_id, poll_id, job_type, started_at, duration_ms, status,
  error_message, retries, late_ms, missed_polls)
SELECT 'default', $1, 'c', gen_random_uuid(), 'interface', $3::timestamptz + n * interval '1 minute', 20 + n,
       CASE WHEN n < 50 THEN 'success' ELSE 'timeout' END, CASE WHEN n >= 50 THEN 'no answer' END, n % 2, n, 0
  FROM generate_series(0, 59) n;

INSERT INTO anomaly_events (anomaly_id, revision, domain, device_id, interface_name, metric_name, detector, state,
  anomaly_type, severity, metric_value, deviation_sigma, deviation_pct, polls, description, opened_at, updated_at,
  closed_at)
SELECT gen_random_uuid(), 1, 'default', $1, $4, 'rx_bps', 'deviation', 'opened', 'spike', severity, 1, 5, 50, 2,
       'more than usual', $3::timestamptz + interval '20 minutes', $3::timestamptz + interval '21 minutes',
       CASE WHEN severity = 'info' THEN $3::timestamptz + interval '40 minutes' END
  FROM unnest(ARRAY['info', 'warning', 'critical']) severity`;

export async function insertSampleRows(pool: Pool): Promise<void> {
  const day = FROM.toISOString().slice(0, 10);
  for (const table of ['interface_metrics', 'poll_history'])
    await pool.query('SELECT make_partitions($1, ARRAY[$2::date])', [table, day]);
  const parameters = [
    `'${DEVICE}'::uuid`,
    `ARRAY['Te1/1/1', 'odd''port']`,
    `'${FROM.toISOString()}'`,
    `'Te1/1/1'`,
  ];
  await pool.query(ROWS.replaceAll(/\$(\d)/g, (_, n: string) => parameters[Number(n) - 1]!));
}
