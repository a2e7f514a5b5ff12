/** What the topics hold, as plain objects: longs are bigint, timestamps milliseconds, absent values null. */

/** A record and where it lay. */
export interface Located<T> {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly appendedAtMs: number;
  readonly key: string | null;
  /** null for a tombstone, and for bytes that could not be decoded. */
  readonly value: T | null;
  readonly undecodable?: string;
}

export type PollStatus = 'unknown' | 'complete' | 'partial' | 'failed';

export interface Envelope {
  readonly domain: string;
  readonly entity: string;
  readonly device_ip: string | null;
  readonly collector_id: string;
  readonly poll_id: string;
  readonly part: number;
  readonly parts: number;
  readonly observed_at: number;
  readonly duration_ms: number | null;
  readonly interval_ms: number | null;
  readonly sys_uptime: bigint | null;
  readonly host_uptime: bigint | null;
  readonly engine_boots: bigint | null;
  readonly engine_time: bigint | null;
  readonly status: PollStatus;
  readonly errors: readonly string[];
}

export type Value = string | number | bigint | boolean | null;

/** One interface, by field name. */
export type Row = Readonly<Record<string, Value>>;

export interface RawRecord extends Envelope {
  readonly rows: readonly Row[];
}

export interface MetricException {
  readonly row: number;
  readonly metric: string;
  readonly reason: string;
}

export interface MetricRecord extends Envelope {
  readonly device_id: string;
  readonly netbox_device_id: number | null;
  readonly site_id: number | null;
  readonly device_role: string | null;
  readonly rows: readonly Row[];
  readonly exceptions: readonly MetricException[];
}

export interface DeviceRecord {
  readonly entity: string;
  readonly netbox_device_id: number | null;
  readonly site_id: number | null;
  readonly role: string | null;
  readonly interfaces: readonly { readonly interface_name: string; readonly speed_mbps: number | null }[];
}

export interface DeadLetterRecord {
  readonly reason: string;
  readonly failed_in: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly row: number | null;
}

export interface AnomalyRecord {
  readonly anomaly_id: string;
  readonly revision: number;
  readonly [field: string]: Value;
}

export interface BaselineRecord {
  readonly domain: string;
  readonly entity: string;
  readonly device_ip: string | null;
  readonly device_id: string;
  readonly netbox_device_id: number | null;
  readonly site_id: number | null;
  readonly calculated_at: number;
  readonly baseline_start: number;
  readonly scope_type: string | null;
  readonly device_role: string | null;
  readonly path_id: string | null;
  readonly rows: readonly {
    readonly interface_name: string;
    readonly cells: readonly Row[];
    readonly periods: readonly Row[];
  }[];
}

export interface DeviationRecord {
  readonly entity: string;
  readonly poll_id: string;
  readonly observed_at: number;
  readonly rows: readonly {
    readonly interface_name: string;
    readonly deviations: readonly { readonly metric_name: string; readonly value: number }[];
  }[];
}

/** Everything that is compared, each topic in log order by partition. */
export interface Topics {
  readonly raw: readonly Located<RawRecord>[];
  readonly inventory: readonly Located<DeviceRecord>[];
  readonly metrics: readonly Located<MetricRecord>[];
  readonly collections: readonly Located<Row>[];
  readonly anomalies: readonly Located<AnomalyRecord>[];
  readonly baselines: readonly Located<BaselineRecord>[];
  readonly deviations: readonly Located<DeviationRecord>[];
  readonly deadLetters: readonly Located<DeadLetterRecord>[];
}
