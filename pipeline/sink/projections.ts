/** Which topic becomes which tables. A column is a catalogue field wherever it can be; the rest is said here. */
import { deviceId, parseEntityKey, siteUuid } from '../model/entity.ts';
import type { Catalogue, TopicName } from '../../topics/catalogue.ts';
import type { BaselineRecord } from '../../topics/insight.ts';
import type { InventoryDeviceRecord, SiteRecord } from '../../topics/inventory.ts';
import type { CollectionRecord } from '../../topics/ops.ts';
import type { RecordRow } from '../../topics/row.ts';
import { METRIC_TABLES, sqlColumn } from '../db/metric-columns.ts';
import { mergeAnomalies } from './anomaly-merges.ts';
import { mergeBaselines, mergeDevices, mergeEvaluations, mergeSites, type Merge } from './merges.ts';
import { snapshotProjection } from './snapshot-projection.ts';
import { verdictProjection } from './verdict-projection.ts';

/** A row by the names in `Source.from`; what a column cannot hold is found when it is written. */
export type Row = Readonly<Record<string, unknown>>;

/** A column and the property of a row that it takes. */
export interface Source {
  readonly column: string;
  readonly from: string;
}

/** Rows of readings, appended: all columns follow from the catalogue. */
export interface ReadingProjection {
  readonly kind: 'reading';
  readonly topic: TopicName;
  readonly table: string;
}

/** Each record is decoded once and becomes rows of one table or of several. */
export interface RecordProjection {
  readonly kind: 'record';
  readonly topic: TopicName;
  readonly tables: readonly TableProjection[];
  /** A broadcast topic says the same in each partition. */
  readonly onlyPartition?: number;
}

export interface TableProjection {
  readonly table: string;
  readonly columns: readonly Source[];
  /** The record's rows. Method syntax: each projection knows its own record. */
  rows(record: unknown, appendedAtMs: number, key: string): Iterable<Row>;
  /** The row that says "gone"; undefined where the key is of nothing in this table. @throws RangeError for a key that is none. */
  tombstone?(key: string, deletedAtMs: number): Row | undefined;
  /** Statements that merge the staged rows; without them rows are appended. */
  readonly merge?: (merge: Merge) => string[];
}

export type Projection = ReadingProjection | RecordProjection;

export function projections(from: Catalogue): readonly Projection[] {
  return [
    { kind: 'reading', topic: 'metric.interface', table: METRIC_TABLES['metric.interface']! },
    record(
      'ops.collection',
      {
        table: 'poll_history',
        columns: derived(from['ops.collection'].value),
        rows: (row: Row) => [row],
      },
      {
        table: 'data_collection_audit',
        columns: AUDIT_COLUMNS,
        rows: auditRow,
      },
    ),
    // Before the anomalies: a flush takes its locks in this order.
    { ...record('control.rule', verdictProjection), onlyPartition: 0 },
    record('insight.anomaly', {
      table: 'anomaly_events',
      columns: derived(from['insight.anomaly'].value),
      rows: (row: Row) => [row],
      merge: mergeAnomalies,
    }),
    record('insight.baseline', {
      table: 'metric_baselines',
      columns: baselineColumns(from['insight.baseline'].value),
      rows: baselineRows,
      merge: mergeBaselines,
    }),
    record('ml.feature', snapshotProjection),
    record('ml.evaluation', {
      table: 'ml_model_metrics',
      columns: [...derived(from['ml.evaluation'].value), ...same(['scope_type'])],
      rows: (row: Row) => [{ ...row, scope_type: 'device' }],
      merge: mergeEvaluations,
    }),
    record('inventory.device', {
      table: 'devices',
      columns: same(DEVICE_COLUMNS),
      rows: deviceRow,
      tombstone: deviceTombstone,
      merge: mergeDevices,
    }),
    {
      ...record('control.site', {
        table: 'sites',
        columns: same(SITE_COLUMNS),
        rows: siteRow,
        tombstone: siteTombstone,
        merge: mergeSites,
      }),
      onlyPartition: 0,
    },
  ];
}

function record(topic: TopicName, ...tables: TableProjection[]): RecordProjection {
  return { kind: 'record', topic, tables };
}

function derived(record: RecordRow): Source[] {
  return record.fields.flatMap((field) => {
    const column = sqlColumn(field);
    return column === undefined ? [] : [{ column: column.name, from: field.name }];
  });
}

function same(columns: readonly string[]): Source[] {
  return columns.map((column) => ({ column, from: column }));
}

const AUDIT_COLUMNS: readonly Source[] = [
  { column: 'domain', from: 'domain' },
  { column: 'time', from: 'started_at' },
  { column: 'device_id', from: 'device_id' },
  { column: 'operation_id', from: 'poll_id' },
  { column: 'data_type', from: 'job_type' },
  { column: 'collection_method', from: 'collection_method' },
  { column: 'collection_source', from: 'collector_id' },
  { column: 'duration_ms', from: 'duration_ms' },
  { column: 'status', from: 'status' },
  { column: 'error_message', from: 'error_message' },
  { column: 'warnings', from: 'warnings' },
  { column: 'records_created', from: 'records_collected' },
];

/** Every job of today asks over SNMP. */
function auditRow(record: CollectionRecord): Row[] {
  const { retries, missed_polls } = record;
  const met = Object.entries({ retries, missed_polls }).filter(([, count]) => count > 0);
  const warnings = met.length === 0 ? null : JSON.stringify(Object.fromEntries(met));
  return [{ ...record, collection_method: 'snmp', warnings }];
}

const BASELINE_SCOPE = [
  'domain',
  'scope_type',
  'device_id',
  'device_ip',
  'netbox_device_id',
  'site_id',
  'interface_name',
  'device_role',
  'path_id',
  'time_period',
  'baseline_start_date',
  'baseline_end_date',
  'calculated_at',
];

/** Units as the tables spell them, where that is not UCUM. */
const TABLE_UNITS: Readonly<Record<string, string>> = { '%': 'percent', '[ppm]': 'ppm' };

function baselineColumns(baseline: RecordRow): Source[] {
  return [...same(BASELINE_SCOPE), ...derived(listed(listed(baseline, 'rows'), 'cells'))];
}

/** The records in a list field. */
function listed(record: RecordRow, name: string): RecordRow {
  const type = record.fields.find((field) => field.name === name)?.type;
  if (typeof type !== 'object' || !('array' in type) || type.array === 'string') {
    throw new TypeError(`record ${record.record} has no list of records ${name}`);
  }
  return type.array;
}

/** Scopes that are of one device. Others name what they are of themselves, and belong to no device. */
const DEVICE_SCOPES: readonly string[] = ['interface', 'device'];

function* baselineRows(record: BaselineRecord): Iterable<Row> {
  const { domain, device_ip, netbox_device_id, site_id, device_role, path_id, calculated_at } = record;
  const scope_type = record.scope_type ?? 'interface';
  const device_id = DEVICE_SCOPES.includes(scope_type) ? record.device_id : null;
  const scope = { domain, scope_type, device_id, device_ip, netbox_device_id, site_id, device_role, path_id };
  for (const { interface_name, cells, periods } of record.rows) {
    const of = { ...scope, interface_name: interface_name === '' ? null : interface_name, calculated_at };
    for (const cell of cells) yield { ...of, ...cellColumns(record, cell), time_period: 'hourly' };
    for (const period of periods) yield { ...of, ...cellColumns(record, period), hour_of_day: null };
  }
}

function cellColumns(
  { baseline_start, calculated_at }: BaselineRecord,
  cell: { readonly metric_unit: string | null; readonly baseline_start: number | null },
) {
  return {
    ...cell,
    metric_unit: cell.metric_unit === null ? null : (TABLE_UNITS[cell.metric_unit] ?? cell.metric_unit),
    baseline_start_date: cell.baseline_start ?? baseline_start,
    baseline_end_date: calculated_at,
  };
}

const DEVICE_COLUMNS = [
  'device_id',
  'domain',
  'entity',
  'netbox_device_id',
  'hostname',
  'ip_address',
  'addresses',
  'device_type',
  'manufacturer',
  'role',
  'site_id',
  'site_slug',
  'zone',
  'profile',
  'interval_ms',
  'tags',
  'updated_at',
  'deleted_at',
];

function deviceRow(record: InventoryDeviceRecord, appendedAtMs: number): Row[] {
  return [{ ...record, ip_address: record.addresses[0] ?? null, updated_at: appendedAtMs, deleted_at: null }];
}

function deviceTombstone(key: string, deletedAtMs: number): Row {
  const { domain } = parseEntityKey(key);
  return { device_id: deviceId(key), domain, entity: key, updated_at: deletedAtMs, deleted_at: deletedAtMs };
}

const SITE_COLUMNS = [
  'domain',
  'site_id',
  'uuid',
  'slug',
  'name',
  'time_zone',
  'country',
  'latitude',
  'longitude',
  'updated_at',
  'deleted_at',
];

function siteRow(record: SiteRecord, appendedAtMs: number): Row[] {
  return [{ ...record, uuid: record.site_uuid, updated_at: appendedAtMs, deleted_at: null }];
}

function siteTombstone(key: string, deletedAtMs: number): Row {
  const slash = key.indexOf('/');
  if (slash < 1 || slash === key.length - 1)
    throw new RangeError(`"${key.slice(0, 80)}" is no <domain>/<slug>`);
  const domain = key.slice(0, slash);
  const slug = key.slice(slash + 1);
  return { domain, slug, uuid: siteUuid(domain, slug), updated_at: deletedAtMs, deleted_at: deletedAtMs };
}
