/** What baselines and detection say about a poll: packed per entity. */
import { identityFields } from './envelope.ts';
import type { FieldRow, RecordOf, RecordRow } from './row.ts';

const placeFields = [
  { name: 'device_id', type: 'uuid', required: true, kind: 'key', doc: 'UUIDv5 of the entity.' },
  { name: 'netbox_device_id', type: 'int', kind: 'key', doc: 'From the inventory.' },
  { name: 'site_id', type: 'int', kind: 'key', doc: 'From the inventory.' },
] as const satisfies readonly FieldRow[];

const metricDeviation = {
  record: 'MetricDeviation',
  doc: 'One metric of one interface against its baseline.',
  fields: [
    { name: 'metric_name', type: 'string', required: true, doc: "The metric's field and column name." },
    { name: 'value', type: 'float', required: true, doc: 'Observed.' },
    { name: 'expected', type: 'float', required: true, doc: 'Mean of the seasonal cell in use.' },
    { name: 'scale', type: 'float', required: true, doc: 'One sigma, floored.' },
    { name: 'sigma', type: 'float', required: true, doc: '(value - expected) / scale.' },
    { name: 'score', type: 'float', required: true, doc: "Residual over the series' own decaying record: above 1 it has never been this far off." },
    { name: 'confidence', type: 'float', required: true, doc: '0-1: how much the baseline has seen.' },
  ],
} as const satisfies RecordRow;

const deviationRow = {
  record: 'DeviationRow',
  doc: 'One interface.',
  fields: [
    { name: 'interface_name', type: 'string', required: true, doc: 'As in metric.interface.' },
    { name: 'if_index', type: 'int', required: true, doc: 'ifIndex of this poll.' },
    { name: 'deviations', type: { array: metricDeviation }, required: true, doc: 'Metrics with a value and a baseline.' },
  ],
} as const satisfies RecordRow;

export const deviation = {
  record: 'Deviation',
  doc: 'One poll against its baselines, for every metric that has one.',
  fields: [
    ...identityFields,
    ...placeFields,
    { name: 'poll_id', type: 'uuid', required: true, doc: 'Poll that was judged.' },
    { name: 'observed_at', type: 'timestamp', required: true, doc: 'Of the poll.' },
    { name: 'rows', type: { array: deviationRow }, required: true, doc: 'Interfaces with at least one judged metric.' },
  ],
} as const satisfies RecordRow;

const baselineCell = {
  record: 'BaselineCell',
  doc: 'One seasonal cell of one metric.',
  fields: [
    { name: 'metric_name', type: 'string', required: true, doc: "The metric's field and column name." },
    { name: 'metric_unit', type: 'string', sqlType: 'text', doc: 'UCUM.' },
    { name: 'hour_of_day', type: 'int', required: true, doc: '0-23, wall clock of the site.' },
    { name: 'day_of_week', type: 'int', doc: '0 = Sunday; null for an hour-of-day cell.' },
    { name: 'sample_count', type: 'int', required: true, doc: 'Visits (another day or another week), not readings.' },
    { name: 'baseline_mean', type: 'double', required: true, doc: 'Decaying mean of the cell.' },
    { name: 'baseline_median', type: 'double', required: true, doc: "Mean plus the residuals' median x scale." },
    { name: 'baseline_stddev', type: 'double', required: true, doc: 'Scale of the cell, floored.' },
    { name: 'baseline_min', type: 'double', doc: "Mean plus the lower edge of the residuals' lowest non-empty bucket x scale; null before the first residual." },
    { name: 'baseline_max', type: 'double', doc: "Mean plus the upper edge of the residuals' highest non-empty bucket x scale; null before the first residual." },
    { name: 'baseline_p5', type: 'double', doc: 'From the residual quantiles.' },
    { name: 'baseline_p95', type: 'double', doc: 'From the residual quantiles.' },
    { name: 'baseline_p99', type: 'double', doc: 'From the residual quantiles.' },
    { name: 'warn_threshold_low', type: 'double', doc: 'Mean - 2 scales.' },
    { name: 'warn_threshold_high', type: 'double', doc: 'Mean + 2 scales.' },
    { name: 'crit_threshold_low', type: 'double', doc: 'Mean - 3 scales.' },
    { name: 'crit_threshold_high', type: 'double', doc: 'Mean + 3 scales.' },
    { name: 'confidence_score', type: 'double', required: true, doc: '0-100.' },
  ],
} as const satisfies RecordRow;

const baselineRow = {
  record: 'BaselineRow',
  doc: 'One interface.',
  fields: [
    { name: 'interface_name', type: 'string', required: true, doc: 'As in metric.interface.' },
    { name: 'cells', type: { array: baselineCell }, required: true, doc: 'Cells of one hour: hour of day, hour of week.' },
  ],
} as const satisfies RecordRow;

export const baseline = {
  record: 'Baseline',
  doc: 'Seasonal cells of one entity, or of one site, role or network, for one hour, written when the hour has closed.',
  fields: [
    ...identityFields,
    ...placeFields,
    { name: 'scope_type', type: 'string', doc: 'What the rows are about: interface (also null), site, device_role, network.' },
    { name: 'device_role', type: 'string', doc: 'Role that a baseline of the scope device_role is about.' },
    { name: 'calculated_at', type: 'timestamp', required: true, doc: "The entity's time when the cells were read." },
    { name: 'baseline_start', type: 'timestamp', required: true, doc: 'Start of the range that the decaying cells effectively cover.' },
    { name: 'rows', type: { array: baselineRow }, required: true, doc: 'Interfaces.' },
  ],
} as const satisfies RecordRow;

export type BaselineRecord = RecordOf<typeof baseline>;
export type DeviationRecord = RecordOf<typeof deviation>;
