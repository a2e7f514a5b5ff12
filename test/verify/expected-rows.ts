/** What each table should hold, out of its topic. */
import { shown } from './differences.ts';
import type { ExpectedRow, TableCheck } from './tables.ts';
import type { DeadLetterRecord, Located, Row, Topics } from './records.ts';

export type TableName =
  'interface_metrics' | 'poll_history' | 'data_collection_audit' | 'anomaly_events' | 'metric_baselines';

type Expectation = Omit<TableCheck, 'found' | 'table'>;

/** Columns of interface_metrics that are not called like their field. */
const RENAMED: Readonly<Record<string, string>> = {
  if_index: 'interface_index',
  in_octets: 'rx_bytes',
  out_octets: 'tx_bytes',
  in_unicast_packets: 'rx_packets',
  out_unicast_packets: 'tx_packets',
  in_errors: 'rx_errors',
  out_errors: 'tx_errors',
  in_discards: 'rx_discards',
  out_discards: 'tx_discards',
};
const NOT_STORED: ReadonlySet<string> = new Set(['if_type', 'mtu']);

/** Made by the database. */
const MADE = ['id', 'ingested_at', 'created_at'];

export function expectations(topics: Topics): Readonly<Record<TableName, Expectation>> {
  const refused = new Refused(topics.deadLetters);
  return {
    interface_metrics: {
      expected: metricRows(topics, refused),
      keyOf: (row) => key(row, 'device_id', 'interface_name', 'recorded_at'),
      ignored: new Set(MADE),
    },
    poll_history: {
      expected: collectionRows(topics, refused, (record) => without(record, 'entity')),
      keyOf: (row) => key(row, 'poll_id'),
      ignored: new Set(MADE),
    },
    data_collection_audit: {
      expected: collectionRows(topics, refused, auditColumns),
      keyOf: (row) => key(row, 'operation_id'),
      ignored: new Set(MADE),
    },
    anomaly_events: {
      expected: anomalyRows(topics, refused),
      keyOf: (row) => key(row, 'anomaly_id'),
      ignored: new Set([
        ...MADE,
        ...['acknowledged_at', 'acknowledged_by', 'resolution_notes', 'is_false_positive', 'verdict'],
        ...['baseline_id', 'correlation_group_id', 'root_cause_event_id'],
      ]),
    },
    metric_baselines: {
      expected: baselineRows(topics, refused),
      keyOf: cellOf,
      ignored: new Set(MADE),
    },
  };
}

function* metricRows({ metrics }: Topics, refused: Refused): Iterable<ExpectedRow> {
  for (const origin of metrics) {
    const record = origin.value;
    if (record === null) continue;
    const { domain, device_id, device_ip, netbox_device_id, site_id, observed_at } = record;
    for (const [at, row] of record.rows.entries()) {
      if (refused.has(origin, at)) continue;
      const columns: Record<string, unknown> = {
        ...{ domain, device_id, device_ip, netbox_device_id, site_id, recorded_at: observed_at },
      };
      for (const [field, value] of Object.entries(row)) {
        if (!NOT_STORED.has(field)) columns[RENAMED[field] ?? field] = value;
      }
      yield { origin, key: key(columns, 'device_id', 'interface_name', 'recorded_at'), columns };
    }
  }
}

function* collectionRows(
  { collections }: Topics,
  refused: Refused,
  columnsOf: (record: Row) => Readonly<Record<string, unknown>>,
): Iterable<ExpectedRow> {
  for (const origin of collections) {
    if (origin.value === null || refused.has(origin, 0)) continue;
    yield { origin, key: key(origin.value, 'poll_id'), columns: columnsOf(origin.value) };
  }
}

/** All collection is by SNMP so far; what is not said of it is zero. */
function auditColumns(record: Row): Readonly<Record<string, unknown>> {
  const {
    domain,
    device_id,
    collector_id,
    poll_id,
    job_type,
    started_at,
    duration_ms,
    status,
    error_message,
  } = record;
  const warnings = ['retries', 'missed_polls'].flatMap((name) =>
    record[name] ? [[name, record[name]]] : [],
  );
  return {
    ...{
      domain,
      time: started_at,
      device_id,
      operation_id: poll_id,
      data_type: job_type,
      duration_ms,
      status,
      error_message,
    },
    ...{
      collection_method: 'snmp',
      collection_source: collector_id,
      records_created: record['records_collected'],
    },
    ...{ force_refresh: false, cache_hit: false, ssh_command_count: 0, records_updated: 0 },
    ...{ data_size_bytes: null, freshness_threshold: null },
    warnings: warnings.length === 0 ? null : JSON.stringify(Object.fromEntries(warnings)),
  };
}

/** One row an anomaly: its highest revision. */
function* anomalyRows({ anomalies }: Topics, refused: Refused): Iterable<ExpectedRow> {
  const newest = new Map<string, (typeof anomalies)[number]>();
  for (const record of anomalies) {
    if (record.value === null || refused.has(record, 0)) continue;
    const before = newest.get(record.value.anomaly_id)?.value?.revision ?? 0;
    if (record.value.revision > before) newest.set(record.value.anomaly_id, record);
  }
  for (const origin of newest.values()) {
    const record = without(origin.value!, 'entity');
    const columns = { ...record, detected_at: record['opened_at'], resolved_at: record['closed_at'] };
    yield { origin, key: key(record, 'anomaly_id'), columns };
  }
}

/** Of a device's cells the site is no part: it may move. */
const CELL = [
  'device_id',
  'interface_name',
  'metric_name',
  'hour_of_day',
  'day_of_week',
  'time_period',
  'scope_type',
  'domain',
  'scope_site_id',
  'device_role',
  'path_id',
] as const;
const UNITS: Readonly<Record<string, string>> = { '%': 'percent', '[ppm]': 'ppm' };

/** One active row a cell: the newest calculation. A device that left the inventory has none; a site, role or network is no device. */
function* baselineRows({ baselines, inventory }: Topics, refused: Refused): Iterable<ExpectedRow> {
  const gone = new Map(inventory.map(({ key: entity, value }) => [entity, value === null]));
  const newest = new Map<string, ExpectedRow & { readonly calculatedAt: number }>();
  for (const origin of baselines) {
    const record = origin.value;
    if (record === null || gone.get(record.entity) === true) continue;
    const { domain, device_ip, netbox_device_id, site_id, device_role, path_id, calculated_at } = record;
    const scope_type = record.scope_type ?? 'interface';
    const ofDevice = scope_type === 'interface' || scope_type === 'device';
    let at = -1;
    for (const row of record.rows) {
      const hours = row.cells.map((cell) => ({ ...cell, time_period: 'hourly' }));
      const days = row.periods.map((period) => ({ ...period, hour_of_day: null }));
      for (const all of [...hours, ...days]) {
        const { metric_unit: unit, confidence_score: confidence, baseline_start: start, ...cell }: Row = all;
        at += 1;
        if (refused.has(origin, at)) continue;
        const columns = {
          ...cell,
          ...{
            domain,
            scope_type,
            device_ip,
            netbox_device_id,
            site_id,
            device_role,
            path_id,
            calculated_at,
          },
          device_id: ofDevice ? record.device_id : null,
          interface_name: row.interface_name || null,
          metric_unit: typeof unit === 'string' ? (UNITS[unit] ?? unit) : null,
          baseline_start_date: day((start as number | null) ?? record.baseline_start),
          baseline_end_date: day(calculated_at),
          // numeric(5,2)
          confidence_score: Number((confidence as number).toFixed(2)),
          is_active: true,
        };
        const cellKey = cellOf(columns);
        const before = newest.get(cellKey)?.calculatedAt ?? -Infinity;
        if (calculated_at > before)
          newest.set(cellKey, { origin, key: cellKey, columns, calculatedAt: calculated_at });
      }
    }
  }
  yield* newest.values();
}

function cellOf(columns: Readonly<Record<string, unknown>>): string {
  const scope_site_id = columns['scope_type'] === 'site' ? columns['site_id'] : null;
  return key({ ...columns, scope_site_id }, ...CELL);
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** What the sink could not store, and said so. */
class Refused {
  readonly #places = new Set<string>();

  constructor(deadLetters: readonly Located<DeadLetterRecord>[]) {
    for (const { value } of deadLetters) {
      if (value?.failed_in !== 'sink') continue;
      this.#places.add(`${value.topic}/${value.partition}/${value.offset}/${value.row ?? '*'}`);
    }
  }

  has(
    { topic, partition, offset }: Pick<Located<unknown>, 'topic' | 'partition' | 'offset'>,
    row: number,
  ): boolean {
    if (this.#places.size === 0) return false;
    const place = `${topic}/${partition}/${offset}`;
    return this.#places.has(`${place}/*`) || this.#places.has(`${place}/${row}`);
  }
}

function without(record: Row, field: string): Row {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== field));
}

function key(columns: Readonly<Record<string, unknown>>, ...names: readonly string[]): string {
  return names.map((name) => shown(columns[name] ?? null)).join(' ');
}
