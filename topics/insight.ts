/** What baselines and detection say about a poll: packed per entity. */
import { identityFields } from './envelope.ts';
import type { FieldRow, RecordOf, RecordRow } from './row.ts';

export const placeFields = [
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

/** What a baseline is of: a port, all ports of a device, a path, or all devices of a site, a role, a domain. */
export const BASELINE_SCOPES = ['interface', 'device', 'path', 'site', 'device_role', 'network'] as const;
export type BaselineScope = (typeof BASELINE_SCOPES)[number];

const metricFields = [
  { name: 'metric_name', type: 'string', required: true, doc: "The metric's field and column name." },
  { name: 'metric_unit', type: 'string', sqlType: 'text', doc: 'UCUM.' },
] as const satisfies readonly FieldRow[];

const statistics = [
  { name: 'sample_count', type: 'int', required: true, doc: 'Visits, not readings: days of an hour of the day and of a whole day, weeks of an hour of the week and of a weekday.' },
  { name: 'baseline_mean', type: 'double', required: true, doc: 'Decaying mean.' },
  { name: 'baseline_median', type: 'double', required: true, doc: "Mean plus the residuals' median x scale." },
  { name: 'baseline_stddev', type: 'double', required: true, doc: 'One sigma, floored.' },
  { name: 'baseline_min', type: 'double', doc: "Mean plus the lower edge of the residuals' lowest non-empty bucket x scale; null before the first residual." },
  { name: 'baseline_max', type: 'double', doc: "Mean plus the upper edge of the residuals' highest non-empty bucket x scale; null before the first residual." },
  { name: 'baseline_p5', type: 'double', doc: 'From the residual quantiles.' },
  { name: 'baseline_p95', type: 'double', doc: 'From the residual quantiles.' },
  { name: 'baseline_p99', type: 'double', doc: 'From the residual quantiles.' },
  { name: 'warn_threshold_low', type: 'double', doc: 'Mean - 2 sigma.' },
  { name: 'warn_threshold_high', type: 'double', doc: 'Mean + 2 sigma.' },
  { name: 'crit_threshold_low', type: 'double', doc: 'Mean - 3 sigma.' },
  { name: 'crit_threshold_high', type: 'double', doc: 'Mean + 3 sigma.' },
  { name: 'confidence_score', type: 'double', required: true, doc: '0-100.' },
] as const satisfies readonly FieldRow[];

const baselineCell = {
  record: 'BaselineCell',
  doc: 'One seasonal cell of one metric.',
  fields: [
    ...metricFields,
    { name: 'hour_of_day', type: 'int', required: true, doc: '0-23, wall clock of the site.' },
    { name: 'day_of_week', type: 'int', doc: '0 = Sunday; null for an hour-of-day cell.' },
    ...statistics,
    { name: 'baseline_start', type: 'timestamp', sql: false, doc: "Start of the range that the cell effectively covers; null where it is the record's, within an hour." },
  ],
} as const satisfies RecordRow;

const baselinePeriod = {
  record: 'BaselinePeriod',
  doc: 'One metric over whole days: a mixture of the cells of their hours.',
  fields: [
    ...metricFields,
    { name: 'time_period', type: 'string', required: true, doc: 'daily: any day; weekly: one day of the week.' },
    { name: 'day_of_week', type: 'int', doc: '0 = Sunday; null for daily.' },
    ...statistics,
    { name: 'baseline_start', type: 'timestamp', required: true, sql: false, doc: 'Start of the range that its cells effectively cover.' },
  ],
} as const satisfies RecordRow;

const baselineRow = {
  record: 'BaselineRow',
  doc: 'One interface, or the whole of a scope that has none.',
  fields: [
    { name: 'interface_name', type: 'string', required: true, doc: 'As in metric.interface; empty for the whole of the scope.' },
    { name: 'cells', type: { array: baselineCell }, required: true, doc: 'Cells of one hour: hour of day, hour of week.' },
    { name: 'periods', type: { array: baselinePeriod }, required: true, doc: 'Whole days; written apart from the cells.' },
  ],
} as const satisfies RecordRow;

export const baseline = {
  record: 'Baseline',
  doc: 'Seasonal cells of one entity, or of one site, role or network, for one hour, written when the hour has closed, or its whole days, when a day has.',
  fields: [
    ...identityFields,
    ...placeFields,
    { name: 'calculated_at', type: 'timestamp', required: true, doc: "The entity's time when the cells were read." },
    { name: 'baseline_start', type: 'timestamp', required: true, doc: 'Start of the range that the decaying cells effectively cover.' },
    { name: 'rows', type: { array: baselineRow }, required: true, doc: 'Interfaces.' },
    { name: 'scope_type', type: 'string', doc: `${BASELINE_SCOPES.join(', ')}; null: interface.` },
    { name: 'device_role', type: 'string', doc: 'The role that a baseline of scope device_role is of; else null.' },
    { name: 'path_id', type: 'string', doc: 'The path that a baseline of scope path is of; else null.' },
  ],
} as const satisfies RecordRow;

export type BaselineRecord = RecordOf<typeof baseline>;
export type DeviationRecord = RecordOf<typeof deviation>;
