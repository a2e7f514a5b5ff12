/** A verdict as a label: which anomaly, in which windows. */
import { deviceId } from '../../model/entity.ts';
import type { FeatureRecord } from '../../../topics/ml.ts';
import { HOURS } from '../../../topics/row.ts';
import type { VerdictRule } from '../../../topics/rules.ts';
import { FEATURE_VERSION } from '../features/feature-version.ts';
import type { RecentAnomaly } from './recent-anomalies.ts';

type Labelled = FeatureRecord['anomalies'][number];
/** What people say; null = no longer. */
export type Saying = Pick<Labelled, 'verdict' | 'decided_by' | 'decided_at'>;

export const WITHDRAWN: Saying = { verdict: null, decided_by: null, decided_at: null };

export function sayingOf({
  verdict,
  created_by,
  created_at,
}: Pick<VerdictRule, 'verdict' | 'created_by' | 'created_at'>): Saying {
  return { verdict, decided_by: created_by, decided_at: created_at };
}

/** The label of an anomaly that is remembered. */
export function labelOf(anomaly: RecentAnomaly, saying: Saying): FeatureRecord {
  const { domain, entity, device_ip, device_id, netbox_device_id, site_id, ...about } = anomaly;
  const { anomaly_id, interface_name, metric_name, detector, detector_version } = about;
  const { anomaly_type, severity, opened_at, updated_at, closed_at } = about;
  return {
    ...{ domain, entity, device_ip, device_id, netbox_device_id, site_id },
    ...inWindows(opened_at, closed_at ?? saying.decided_at ?? updated_at),
    anomalies: [
      {
        ...{ anomaly_id, interface_name, metric_name, detector, detector_version, anomaly_type, severity },
        ...{ opened_at, closed_at },
        ...saying,
      },
    ],
  };
}

/** The label of an anomaly of which the verdict alone tells. */
export function labelOfForgotten(rule: VerdictRule): FeatureRecord {
  const { domain, entity, anomaly_id, interface_name, metric_name, detector, detector_version, opened_at } =
    rule;
  return {
    ...{
      domain,
      entity,
      device_ip: null,
      device_id: deviceId(entity),
      netbox_device_id: null,
      site_id: null,
    },
    ...inWindows(opened_at ?? rule.created_at, opened_at ?? rule.created_at),
    anomalies: [
      {
        ...{ anomaly_id, interface_name, metric_name, detector, detector_version },
        ...{ anomaly_type: null, severity: null, opened_at, closed_at: null },
        ...sayingOf(rule),
      },
    ],
  };
}

/** From the window that has the first instant to the one that has the last. */
function inWindows(fromMs: number, toMs: number) {
  return {
    snapshot_type: 'labels' as const,
    feature_version: FEATURE_VERSION,
    device_role: null,
    window_start: Math.floor(fromMs / HOURS) * HOURS,
    window_end: (Math.floor(Math.max(fromMs, toMs) / HOURS) + 1) * HOURS,
    hour_of_week: null,
    rows: [],
  };
}
