/** Anomalies with everything that a client could get wrong: nulls, extremes, all of Unicode. */
import { anomalyId, deviceId } from '../../../pipeline/model/entity.ts';
import type { AnomalyRecord } from '../../../topics/anomaly.ts';

export function oddAnomaly(at: number, startMs: number): AnomalyRecord {
  const entity = `default/device/gerät-${at % 7}`;
  const openedAt = startMs + at * 60_000;
  const isClosed = at % 3 === 0;
  return {
    anomaly_id: anomalyId(entity, 'Te1/1/1', 'rx_bps', 'deviation', openedAt),
    revision: 1 + (at % 4),
    state: isClosed ? 'closed' : 'opened',
    domain: 'default',
    entity,
    device_ip: at % 2 === 0 ? '2001:db8::1' : null,
    device_id: deviceId(entity),
    netbox_device_id: at % 2 === 0 ? 2 ** 31 - 1 : null,
    site_id: null,
    interface_name: at % 5 === 0 ? null : `Te1/1/${at} „Rand“ 🚦`,
    interface_index: 2 ** 24 + at,
    metric_name: 'rx_bps',
    detector: 'deviation',
    detector_version: at % 2 === 0 ? '1' : null,
    anomaly_type: 'spike',
    severity: 'warning',
    metric_value: 1 / 3 + at * 1e9,
    baseline_mean: 5e-324,
    baseline_stddev: Number.MAX_VALUE,
    deviation_sigma: -0.1,
    deviation_pct: null,
    score: 1.5,
    confidence: 0.1 + 0.2,
    polls: at,
    opened_at: openedAt,
    updated_at: openedAt + 1,
    closed_at: isClosed ? openedAt + 2 : null,
    close_reason: isClosed ? 'recovered' : null,
    description: 'Ein Satz für Menschen: "über 3 σ"\nund eine Zeile mehr',
    peak_at: null,
    duration_seconds: null,
    correlation_group_id: null,
  };
}
