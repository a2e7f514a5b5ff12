/** ml.feature as rows of ml_training_snapshots: one for each interface of a window, one for each label. */
import type { FeatureRecord } from '../../topics/ml.ts';
import type { Row, Source, TableProjection } from './projections.ts';

type FeatureRow = FeatureRecord['rows'][number];

const MODEL = 'anomaly_detector';
/** What a float32 holds for certain: the rest is noise of its decimal form. */
const DIGITS = 7;

const COLUMNS: readonly (string | Source)[] = [
  'domain',
  'model_name',
  'snapshot_type',
  'feature_version',
  'scope_type',
  'device_id',
  'device_ip',
  'netbox_device_id',
  'site_id',
  'interface_name',
  'feature_vector',
  'label',
  { column: 'data_start_time', from: 'window_start' },
  { column: 'data_end_time', from: 'window_end' },
];

export const snapshotProjection: TableProjection = {
  table: 'ml_training_snapshots',
  columns: COLUMNS.map((one) => (typeof one === 'string' ? { column: one, from: one } : one)),
  rows: snapshotRows,
};

function snapshotRows(record: FeatureRecord): Row[] {
  const { rows, anomalies } = record;
  switch (record.snapshot_type) {
    case 'features':
      return rows.map((row) => ({
        ...record,
        model_name: MODEL,
        scope_type: 'interface',
        interface_name: row.interface_name,
        feature_vector: JSON.stringify(featureVector(record, row)),
        label: null,
      }));
    case 'labels':
      return anomalies.map((anomaly) => ({
        ...record,
        model_name: MODEL,
        scope_type: anomaly.interface_name === null ? 'device' : 'interface',
        interface_name: anomaly.interface_name,
        feature_vector: null,
        label: JSON.stringify(labelOf(anomaly)),
      }));
    case 'unknown':
      return [];
  }
}

/** Times as people and databases read them. */
function labelOf(anomaly: FeatureRecord['anomalies'][number]): object {
  const { opened_at, closed_at, decided_at, ...label } = anomaly;
  const text = (atMs: number | null) => (atMs === null ? null : new Date(atMs).toISOString());
  return { ...label, opened_at: text(opened_at), closed_at: text(closed_at), decided_at: text(decided_at) };
}

/** The row, its metrics by name, and what holds for all rows of the window. */
function featureVector({ hour_of_week, device_role, anomalies }: FeatureRecord, row: FeatureRow): object {
  const { interface_name: name, metrics, ...polls } = row;
  const active = anomalies.filter((one) => one.interface_name === name || one.interface_name === null);
  return {
    hour_of_week,
    device_role,
    ...polls,
    metrics: Object.fromEntries(
      metrics.map(({ metric_name, ...features }) => [metric_name, known(features)]),
    ),
    anomalies: active.map(
      ({ anomaly_id, metric_name, detector, detector_version, anomaly_type, severity }) => ({
        ...{ anomaly_id, metric_name, detector, detector_version, anomaly_type, severity },
      }),
    ),
  };
}

/** Without what is not known; JSON has no infinity either. */
function known(features: Readonly<Record<string, number | null>>): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [name, value] of Object.entries(features)) {
    if (value === null || !Number.isFinite(value)) continue;
    found[name] = Number.isInteger(value) ? value : Number(value.toPrecision(DIGITS));
  }
  return found;
}
