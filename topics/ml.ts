/** What models learn from and how good they are: features of closed windows, labels, evaluations of the detectors. */
import { ANOMALY_SEVERITY, ANOMALY_TYPE } from './anomaly.ts';
import { identityFields } from './envelope.ts';
import { placeFields } from './insight.ts';
import type { EnumType, RecordOf, RecordRow } from './row.ts';
import { VERDICT } from './rules.ts';

const SNAPSHOT_TYPE = { enum: 'SnapshotType', symbols: ['unknown', 'features', 'labels'] } as const satisfies EnumType;

const metricFeatures = {
  record: 'MetricFeatures',
  doc: 'One metric of one interface in the window. Only values of good polls of a port that is up count, outside of maintenance.',
  fields: [
    { name: 'metric_name', type: 'string', required: true, doc: "The metric's field and column name." },
    { name: 'count', type: 'int', required: true, doc: 'Values; at least 1.' },
    { name: 'mean', type: 'float', required: true, doc: 'Of the values.' },
    { name: 'stddev', type: 'float', doc: 'Of the values (n - 1); null for one value.' },
    { name: 'min', type: 'float', required: true, doc: 'Of the values.' },
    { name: 'max', type: 'float', required: true, doc: 'Of the values.' },
    { name: 'last', type: 'float', required: true, doc: 'Last value.' },
    { name: 'slope', type: 'float', doc: 'Least squares of the values over time, per hour; null below 3 values, or where some polls of the row had no value.' },
    { name: 'repeats', type: 'float', doc: 'Share of values that equal the one before (as float32); null for one value.' },
    { name: 'judged', type: 'int', required: true, doc: 'Values that the baseline expected something of; the fields below are about these, and null without any.' },
    { name: 'expected', type: 'float', doc: 'Mean of what was expected.' },
    { name: 'mean_abs_sigma', type: 'float', doc: 'Mean of |sigma|, see insight.deviation.' },
    { name: 'max_abs_sigma', type: 'float', doc: 'Largest |sigma|.' },
    { name: 'max_score', type: 'float', doc: 'Largest score: above 1 it had never been this far off.' },
    { name: 'beyond_warn', type: 'float', doc: 'Share with |sigma| beyond detect.warn_sigma.' },
    { name: 'crossings', type: 'int', doc: 'How often the value went from one side of what was expected to the other.' },
  ],
} as const satisfies RecordRow;

const featureRow = {
  record: 'FeatureRow',
  doc: 'One interface.',
  fields: [
    { name: 'interface_name', type: 'string', required: true, doc: 'As in metric.interface.' },
    { name: 'polls', type: 'int', required: true, doc: 'Polls of the window that had the row.' },
    { name: 'good_polls', type: 'int', required: true, doc: 'Of them with the quality good.' },
    { name: 'gap_polls', type: 'int', required: true, doc: 'Of them with the quality gap; the rest had no rates to speak of.' },
    { name: 'down_polls', type: 'int', required: true, doc: 'Of them with the port down.' },
    { name: 'maintenance_polls', type: 'int', required: true, doc: 'Of them in maintenance.' },
    { name: 'metrics', type: { array: metricFeatures }, required: true, doc: 'Metrics with at least one value.' },
  ],
} as const satisfies RecordRow;

const windowAnomaly = {
  record: 'WindowAnomaly',
  doc: 'features: an anomaly that was active in the window. labels: what the label is about.',
  fields: [
    { name: 'anomaly_id', type: 'uuid', required: true, doc: 'As in insight.anomaly: labels join by it.' },
    { name: 'interface_name', type: 'string', doc: 'As in insight.anomaly.' },
    { name: 'metric_name', type: 'string', doc: 'As in insight.anomaly.' },
    { name: 'detector', type: 'string', doc: 'As in insight.anomaly.' },
    { name: 'detector_version', type: 'string', doc: 'As in insight.anomaly.' },
    { name: 'anomaly_type', type: ANOMALY_TYPE, doc: 'As in insight.anomaly; null in the label of an anomaly of long ago.' },
    { name: 'severity', type: ANOMALY_SEVERITY, doc: 'Highest so far; null in the label of an anomaly of long ago.' },
    { name: 'opened_at', type: 'timestamp', doc: 'As in insight.anomaly.' },
    { name: 'closed_at', type: 'timestamp', doc: 'null while it goes on.' },
    { name: 'verdict', type: VERDICT, doc: 'labels: what people say; null = withdrawn. Null in features.' },
    { name: 'decided_by', type: 'string', doc: 'labels: who says so.' },
    { name: 'decided_at', type: 'timestamp', doc: 'labels: when it was said.' },
  ],
} as const satisfies RecordRow;

export const mlFeature = {
  record: 'Feature',
  doc: 'Features of one closed window of one entity, or a label: what people say of one anomaly, in all windows that it was active in.',
  fields: [
    { name: 'snapshot_type', type: SNAPSHOT_TYPE, required: true, doc: 'features or labels.' },
    { name: 'feature_version', type: 'string', required: true, doc: 'Another one: the same names may mean something else.' },
    ...identityFields,
    ...placeFields,
    { name: 'device_role', type: 'string', doc: 'features: from the inventory.' },
    { name: 'window_start', type: 'timestamp', required: true, doc: 'features: a full hour in UTC. labels: start of the first window that the anomaly was active in.' },
    { name: 'window_end', type: 'timestamp', required: true, doc: 'features: an hour later. labels: end of the last window (so far, where it goes on).' },
    { name: 'hour_of_week', type: 'int', doc: "features: 0-167 from Sunday 00:00, at the window's start, wall clock of the site." },
    { name: 'rows', type: { array: featureRow }, required: true, doc: 'features: interfaces. A large device has several records a window.' },
    { name: 'anomalies', type: { array: windowAnomaly }, required: true, doc: 'features: active on these interfaces in the window, at most 1,000. labels: one.' },
  ],
} as const satisfies RecordRow;

export const mlEvaluation = {
  record: 'Evaluation',
  doc: 'How often one version of a detector was right on one entity, as people say: counts so far, whole in each record.',
  fields: [
    ...identityFields,
    ...placeFields,
    { name: 'model_name', type: 'string', required: true, kind: 'key', doc: 'The detector, as in insight.anomaly.' },
    { name: 'model_version', type: 'string', required: true, kind: 'key', doc: 'detector_version.' },
    { name: 'revision', type: 'int', required: true, doc: '1, 2, ... of this entity, detector and version: the highest holds.' },
    { name: 'predictions_made', type: 'int', required: true, doc: 'Anomalies opened.' },
    { name: 'true_positives', type: 'int', required: true, doc: 'Of them confirmed or acknowledged.' },
    { name: 'acknowledged', type: 'int', required: true, doc: 'Of the true positives only acknowledged.' },
    { name: 'false_positives', type: 'int', required: true, doc: 'Of them called false.' },
    { name: 'precision_score', type: 'double', doc: 'true / (true + false); null before the first verdict.' },
    { name: 'evaluated_at', type: 'timestamp', required: true, doc: 'Time of the poll or verdict behind this revision.' },
  ],
} as const satisfies RecordRow;

export type FeatureRecord = RecordOf<typeof mlFeature>;
export type EvaluationRecord = RecordOf<typeof mlEvaluation>;
