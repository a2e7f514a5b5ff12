/** The reference: framed Avro to a Reading through avsc's objects. */
import { QUALITIES, type Quality } from '../../../topics/interface.ts';
import type { FieldRow } from '../../../topics/row.ts';
import type {
  CounterColumn,
  NumberColumn,
  PollStatus,
  Reading,
  TextColumn,
} from '../../../pipeline/model/reading.ts';
import { Int64 } from '../../../pipeline/codec/int64.ts';
import type { ReadingDecoder } from '../../../pipeline/codec/port.ts';
import {
  columnKind,
  columnSpecs,
  INSTANCE_FIELD,
  QUALITY_FIELD,
} from '../../../pipeline/codec/reading-columns.ts';
import type { ObjectReader } from '../../../pipeline/codec/object-reader.ts';

type AvroRow = Readonly<Record<string, unknown>>;

/** The record as avsc gives it: longs are Int64, absent values null. */
export interface AvroReading {
  domain: string;
  entity: string;
  device_ip: string | null;
  collector_id: string;
  poll_id: string;
  part: number;
  parts: number;
  observed_at: number;
  duration_ms: number | null;
  interval_ms: number | null;
  sys_uptime: Int64 | null;
  host_uptime: Int64 | null;
  engine_boots: Int64 | null;
  engine_time: Int64 | null;
  status: PollStatus;
  errors: string[];
  rows: AvroRow[];
  device_id?: string;
  netbox_device_id?: number | null;
  site_id?: number | null;
  device_role?: string | null;
  exceptions?: { row: number; metric: string; reason: string }[];
}

const QUALITY_CODES = new Map<string, number>(QUALITIES.map((quality, code) => [quality, code]));
const UNKNOWN_QUALITY = QUALITIES.indexOf('unknown' satisfies Quality);

export function objectDecoder(fields: readonly FieldRow[], writers: ObjectReader): ReadingDecoder {
  const bound = new WeakMap<Reading, (rows: readonly AvroRow[], into: Reading) => void>();
  return {
    prepare: (values) => writers.prepare(values),

    decode(value, into) {
      const outcome = writers.decode(value);
      if (outcome.kind !== 'value') return outcome;
      const record = outcome.value as AvroReading;
      let fillRows = bound.get(into);
      if (fillRows === undefined) {
        fillRows = rowFiller(fields, into);
        bound.set(into, fillRows);
      }
      into.reset(record.rows.length);
      fillEnvelope(record, into);
      fillRows(record.rows, into);
      return undefined;
    },
  };
}

function fillEnvelope(record: AvroReading, into: Reading): void {
  into.domain = record.domain;
  into.entity = record.entity;
  into.deviceIp = record.device_ip;
  into.collectorId = record.collector_id;
  into.pollId = record.poll_id;
  into.part = record.part;
  into.parts = record.parts;
  into.observedAtMs = record.observed_at;
  into.durationMs = record.duration_ms ?? Number.NaN;
  into.intervalMs = record.interval_ms ?? Number.NaN;
  into.sysUptime = numberOf(record.sys_uptime);
  into.hostUptime = numberOf(record.host_uptime);
  into.engineBoots = numberOf(record.engine_boots);
  into.engineTime = numberOf(record.engine_time);
  into.status = record.status;
  into.errors = record.errors;
  into.deviceId = record.device_id ?? '';
  into.netboxDeviceId = record.netbox_device_id ?? Number.NaN;
  into.siteId = record.site_id ?? Number.NaN;
  into.deviceRole = record.device_role ?? null;
  for (const { row, metric, reason } of record.exceptions ?? [])
    into.exceptions.push({ row, metric, reason });
}

/** The fields by kind with their columns looked up once; `add` here makes the columns exist. */
function rowFiller(fields: readonly FieldRow[], reading: Reading) {
  reading.add(columnSpecs(fields));
  const columns = fields.filter(({ name }) => name !== INSTANCE_FIELD && name !== QUALITY_FIELD);
  const counters: [string, CounterColumn][] = [];
  const numbers: [string, NumberColumn][] = [];
  const texts: [string, TextColumn][] = [];
  for (const field of columns) {
    const kind = columnKind(field);
    if (kind === 'counter') counters.push([field.name, reading.counter(field.name)]);
    else if (kind === 'number') numbers.push([field.name, reading.number(field.name)]);
    else texts.push([field.name, reading.text(field.name)]);
  }
  const hasInstance = fields.some(({ name }) => name === INSTANCE_FIELD);
  const hasQuality = fields.some(({ name }) => name === QUALITY_FIELD);

  return (rows: readonly AvroRow[], into: Reading): void => {
    for (let row = 0; row < rows.length; row += 1) {
      const from = rows[row]!;
      for (const [name, column] of counters) {
        const value = from[name] as Int64 | null;
        if (value !== null) {
          column.hi[row] = value.hi;
          column.lo[row] = value.lo;
          column.known[row] = 1;
        }
      }
      for (const [name, column] of numbers) {
        const value = from[name];
        if (value !== null) column.values[row] = value instanceof Int64 ? numberOf(value) : (value as number);
      }
      for (const [name, column] of texts) column.set(row, from[name] as string | null);
      if (hasInstance) into.instances[row] = from[INSTANCE_FIELD] as string;
      if (hasQuality) into.quality[row] = QUALITY_CODES.get(from[QUALITY_FIELD] as string) ?? UNKNOWN_QUALITY;
    }
  };
}

/** Doubles hold no more than 2^53 exactly, and no field of theirs means that much: such a value is unknown. */
function numberOf(value: Int64 | null): number {
  const number = value === null ? Number.NaN : value.toNumber();
  return Number.isSafeInteger(number) ? number : Number.NaN;
}
