/**
 * Readings into rows, straight from their typed columns: the sink's hot path. Everything about it follows from the
 * catalogue, so a metric added there is a column here. What all rows of a reading share is encoded once.
 */
import type { BrokerRecord } from '../broker/port.ts';
import type { Codec } from '../codec/port.ts';
import { columnKind, INSTANCE_FIELD, QUALITY_FIELD } from '../codec/reading-columns.ts';
import { sqlColumn } from '../db/metric-columns.ts';
import { dayOf } from '../db/partitions.ts';
import { ConfigError } from '../model/errors.ts';
import type { Reading } from '../model/reading.ts';
import { rowFields, type Catalogue } from '../../topics/catalogue.ts';
import { QUALITIES } from '../../topics/interface.ts';
import type { FieldRow } from '../../topics/row.ts';
import { writeValue, type ColumnEncoder } from './column-encoder.ts';
import { CopyBuffer, type ValueFault } from './copy-buffer.ts';
import type { Flush } from './flush.ts';
import type { ReadingProjection } from './projections.ts';
import { describeFault, targetColumn, timeFault, type RowWriter, type TimeRange } from './row-writer.ts';
import type { TableColumn } from './table-columns.ts';

interface FieldWriter {
  readonly name: string;
  /** Writes the field of one row. */
  write(out: CopyBuffer, row: number): ValueFault | undefined;
  /** The value that did not fit, for its dead letter. */
  value(row: number): unknown;
}

/** Envelope fields that are stored, as a Reading holds them. NaN and the empty text are null. */
const ENVELOPE: Readonly<Record<string, (reading: Reading) => string | number | null>> = {
  domain: (reading) => reading.domain,
  entity: (reading) => reading.entity,
  device_ip: (reading) => reading.deviceIp,
  collector_id: (reading) => reading.collectorId,
  poll_id: (reading) => reading.pollId,
  observed_at: (reading) => reading.observedAtMs,
  duration_ms: (reading) => orNull(reading.durationMs),
  interval_ms: (reading) => orNull(reading.intervalMs),
  status: (reading) => reading.status,
  device_id: (reading) => reading.deviceId,
  netbox_device_id: (reading) => orNull(reading.netboxDeviceId),
  site_id: (reading) => orNull(reading.siteId),
  device_role: (reading) => reading.deviceRole,
};

/** @throws ConfigError when the table lacks a column, or has one of a type that does not suit the field. */
export function readingWriter(
  { topic, table: name }: ReadingProjection,
  table: ReadonlyMap<string, TableColumn>,
  from: Catalogue,
  codec: Codec,
  time: TimeRange,
): RowWriter {
  const decoder = codec.readingDecoder(topic);
  const reading = codec.newReading(topic);
  const envelope = envelopeColumns(from[topic].value.fields, name, table);
  const fields = rowFields(from[topic]).flatMap((field) => fieldWriter(field, reading, name, table) ?? []);
  const columns = [...envelope.map(({ column }) => column.name), ...fields.map((field) => field.name)];
  const prefix = new CopyBuffer();

  /** What every row begins with. Returns why the record cannot be stored. */
  function writePrefix(): { reason: ValueFault; detail: string } | undefined {
    prefix.clear();
    prefix.int16(columns.length);
    for (const { column, encoder, read } of envelope) {
      const value = read(reading);
      const reason = writeValue(prefix, encoder, column.required, value);
      if (reason !== undefined) return { reason, detail: describeFault(name, column.name, value) };
    }
    return undefined;
  }

  function addRows(record: BrokerRecord, flush: Flush): void {
    const batch = flush.table(name);
    const { out } = batch;
    const origin = flush.keep(record);
    batch.days.add(dayOf(reading.observedAtMs));
    for (let row = 0; row < reading.rowCount; row += 1) {
      batch.begin();
      out.append(prefix);
      let fault: ValueFault | undefined;
      for (const field of fields) {
        fault = field.write(out, row);
        if (fault !== undefined) {
          flush.reject(record, row, fault, describeFault(name, field.name, field.value(row)));
          break;
        }
      }
      if (fault === undefined) batch.end(origin, row);
      else batch.undo();
    }
  }

  return {
    tables: [{ table: name, columns, merge: undefined }],
    prepare: (values) => decoder.prepare(values),

    add(record, flush, nowMs) {
      if (record.value === null) {
        flush.reject(record, undefined, 'no_value', `topic ${topic} has no tombstones`);
        return;
      }
      const failure = decoder.decode(record.value, reading);
      const fault = failure ?? timeFault(time, reading.observedAtMs, nowMs) ?? writePrefix();
      if (fault === undefined) addRows(record, flush);
      else flush.reject(record, undefined, fault.reason, fault.detail);
    },
  };
}

function envelopeColumns(fields: readonly FieldRow[], name: string, table: ReadonlyMap<string, TableColumn>) {
  return fields.flatMap((field) => {
    // Lists (rows, exceptions, errors) are no columns of a row.
    if (typeof field.type === 'object' && 'array' in field.type) return [];
    const column = sqlColumn(field);
    if (column === undefined) return [];
    const read = ENVELOPE[field.name];
    if (read === undefined) {
      throw new ConfigError(`field ${field.name} is stored, but a Reading does not hold it: say sql: false`);
    }
    return [{ ...targetColumn(name, table, column.name), read }];
  });
}

function fieldWriter(
  field: FieldRow,
  reading: Reading,
  name: string,
  table: ReadonlyMap<string, TableColumn>,
): FieldWriter | undefined {
  const sql = sqlColumn(field);
  if (sql === undefined) return undefined;
  const { column, encoder } = targetColumn(name, table, sql.name);
  const nothing: ValueFault | undefined = column.required ? 'null_in_required' : undefined;
  const unsuited = (kind: string) =>
    new ConfigError(`column ${name}.${sql.name} has the type ${column.type}, which takes no ${kind}`);

  if (field.name === INSTANCE_FIELD || field.name === QUALITY_FIELD) {
    const write = encoder.text;
    if (write === undefined) throw unsuited('text');
    const value =
      field.name === INSTANCE_FIELD
        ? (row: number) => reading.instances[row]!
        : (row: number) => QUALITIES[reading.quality[row]!] ?? 'unknown';
    return { name: sql.name, value, write: (out, row) => write(out, value(row)) };
  }
  const kind = columnKind(field);
  switch (kind) {
    case 'counter':
      return counterWriter(sql.name, reading.counter(field.name), encoder, nothing, unsuited(kind));
    case 'number': {
      const from = reading.number(field.name);
      const write = encoder.number;
      if (write === undefined) throw unsuited(kind);
      return {
        name: sql.name,
        value: (row) => from.values[row],
        write(out, row) {
          const value = from.values[row]!;
          if (value === value) return write(out, value);
          if (nothing === undefined) out.null();
          return nothing;
        },
      };
    }
    case 'text': {
      const from = reading.text(field.name);
      const write = encoder.text;
      if (write === undefined) throw unsuited(kind);
      return {
        name: sql.name,
        value: (row) => from.get(row),
        write(out, row) {
          const value = from.get(row);
          if (value !== null) return write(out, value);
          if (nothing === undefined) out.null();
          return nothing;
        },
      };
    }
  }
}

function counterWriter(
  name: string,
  from: ReturnType<Reading['counter']>,
  { counter: write }: ColumnEncoder,
  nothing: ValueFault | undefined,
  unsuited: ConfigError,
): FieldWriter {
  if (write === undefined) throw unsuited;
  return {
    name,
    value: (row) => (BigInt(from.hi[row]!) << 32n) | BigInt(from.lo[row]!),
    write(out, row) {
      if (from.known[row] === 1) return write(out, from.hi[row]!, from.lo[row]!);
      if (nothing === undefined) out.null();
      return nothing;
    },
  };
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
