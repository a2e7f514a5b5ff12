/** insight.anomaly: one anomaly, opened, updated, closed. What ML jobs read. */
import { identityFields } from './envelope.ts';
import type { EnumType, RecordOf, RecordRow } from './row.ts';

export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

const STATE = { enum: 'AnomalyState', symbols: ['unknown', 'opened', 'updated', 'closed'] } as const satisfies EnumType;
export const ANOMALY_SEVERITY = { enum: 'Severity', symbols: ['unknown', ...SEVERITIES] } as const satisfies EnumType;
export const ANOMALY_TYPE = { enum: 'AnomalyType', symbols: ['unknown', 'spike', 'drop', 'trend', 'flatline', 'oscillation'] } as const satisfies EnumType;

export const anomaly = {
  record: 'Anomaly',
  doc: 'One anomaly; each change is a record of the same id with the next revision.',
  fields: [
    { name: 'anomaly_id', type: 'uuid', required: true, kind: 'key', doc: 'UUIDv5 over series, detector and opening time.' },
    { name: 'revision', type: 'int', required: true, doc: '1, 2, ...' },
    { name: 'state', type: STATE, required: true, doc: 'opened, updated or closed by this record.' },
    ...identityFields,
    { name: 'device_id', type: 'uuid', required: true, kind: 'key', doc: 'UUIDv5 of the entity.' },
    { name: 'netbox_device_id', type: 'int', kind: 'key', doc: 'From the inventory.' },
    { name: 'site_id', type: 'int', kind: 'key', doc: 'From the inventory.' },
    { name: 'interface_name', type: 'string', kind: 'key', doc: 'As in metric.interface.' },
    { name: 'interface_index', type: 'int', doc: 'ifIndex when last seen.' },
    { name: 'metric_name', type: 'string', required: true, kind: 'key', doc: "The metric's field and column name." },
    { name: 'detector', type: 'string', required: true, doc: 'deviation, flatline, transition or status.' },
    { name: 'detector_version', type: 'string', doc: 'Version of the detectors that found it; null before there were versions.' },
    { name: 'anomaly_type', type: ANOMALY_TYPE, required: true, doc: 'What it looks like.' },
    { name: 'severity', type: ANOMALY_SEVERITY, required: true, doc: 'Highest so far.' },
    { name: 'metric_value', type: 'double', required: true, doc: 'Value at the worst poll so far.' },
    { name: 'baseline_mean', type: 'double', doc: 'Expected at that poll.' },
    { name: 'baseline_stddev', type: 'double', doc: 'Scale at that poll.' },
    { name: 'deviation_sigma', type: 'double', doc: '(value - mean) / stddev at that poll.' },
    { name: 'deviation_pct', type: 'double', doc: '100 x (value - mean) / |mean|; null over zero.' },
    { name: 'score', type: 'double', doc: 'Calibrated score at that poll.' },
    { name: 'confidence', type: 'double', doc: '0-1: how much the baseline had seen.' },
    { name: 'polls', type: 'int', required: true, doc: 'Anomalous polls so far.' },
    { name: 'opened_at', type: 'timestamp', required: true, doc: 'observed_at of the first anomalous poll.' },
    { name: 'updated_at', type: 'timestamp', required: true, doc: 'observed_at of the poll behind this revision.' },
    { name: 'closed_at', type: 'timestamp', doc: 'When it ended; null while it is active.' },
    { name: 'close_reason', type: 'string', doc: 'recovered, no_data, level_shift, maintenance, suppressed or reconciled (another version judged it otherwise).' },
    { name: 'description', type: 'string', required: true, doc: 'One sentence for people.' },
    { name: 'peak_at', type: 'timestamp', doc: 'observed_at of the worst poll so far.' },
    { name: 'duration_seconds', type: 'double', doc: 'From opened_at to the last anomalous poll, or to closed_at.' },
    { name: 'correlation_group_id', type: 'uuid', doc: 'The story: anomaly_id of the first of the anomalies of this device that opened together.' },
  ],
} as const satisfies RecordRow;

export type AnomalyRecord = RecordOf<typeof anomaly>;
