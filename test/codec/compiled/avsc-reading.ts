/** The reference: a Reading to framed Avro through objects that avsc writes. */
import type avro from 'avsc';
import { QUALITIES } from '../../../topics/interface.ts';
import type { FieldRow } from '../../../topics/row.ts';
import type { Reading } from '../../../pipeline/model/reading.ts';
import { frameWriter } from './avsc-frames.ts';
import { Int64 } from '../../../pipeline/codec/int64.ts';
import type { ReadingEncoder } from '../../../pipeline/codec/port.ts';
import {
  columnKind,
  columnSpecs,
  INSTANCE_FIELD,
  QUALITY_FIELD,
} from '../../../pipeline/codec/reading-columns.ts';

type AvroRow = Record<string, unknown>;
type RowReader = (row: number, into: AvroRow) => void;

/** High half of 2^63 - 1: Avro's longs are signed, and a counter is not. */
const MAX_HIGH = 0x7fff_ffff;

export function objectEncoder(
  fields: readonly FieldRow[],
  type: avro.Type,
  schemaId: () => number,
): ReadingEncoder {
  const write = frameWriter(type, schemaId);
  const pool: AvroRow[] = [];
  const rows: AvroRow[] = [];
  const bound = new WeakMap<Reading, RowReader>();

  return {
    encode(reading) {
      let readRow = bound.get(reading);
      if (readRow === undefined) {
        readRow = rowReader(fields, reading);
        bound.set(reading, readRow);
      }
      rows.length = reading.rowCount;
      for (let row = 0; row < reading.rowCount; row += 1) {
        const object = (pool[row] ??= emptyRow(fields));
        readRow(row, object);
        rows[row] = object;
      }
      return write({
        domain: reading.domain,
        entity: reading.entity,
        device_ip: reading.deviceIp,
        collector_id: reading.collectorId,
        poll_id: reading.pollId,
        part: reading.part,
        parts: reading.parts,
        observed_at: reading.observedAtMs,
        duration_ms: nullable(reading.durationMs),
        interval_ms: nullable(reading.intervalMs),
        sys_uptime: nullableLong(reading.sysUptime),
        host_uptime: nullableLong(reading.hostUptime),
        engine_boots: nullableLong(reading.engineBoots),
        engine_time: nullableLong(reading.engineTime),
        status: reading.status,
        errors: reading.errors,
        device_id: reading.deviceId,
        netbox_device_id: nullable(reading.netboxDeviceId),
        site_id: nullable(reading.siteId),
        device_role: reading.deviceRole,
        rows,
        exceptions: reading.exceptions,
      });
    },
  };
}

/** One object with every field in the schema's order, so that all rows share a shape. */
function emptyRow(fields: readonly FieldRow[]): AvroRow {
  return Object.fromEntries(fields.map(({ name }) => [name, null]));
}

function rowReader(fields: readonly FieldRow[], reading: Reading): RowReader {
  reading.add(columnSpecs(fields));
  const readers = fields.map((field) => fieldReader(field, reading));
  return (row, into) => {
    for (const read of readers) read(row, into);
  };
}

function fieldReader(field: FieldRow, reading: Reading): RowReader {
  const { name } = field;
  if (name === INSTANCE_FIELD) return (row, into) => (into[name] = reading.instances[row]);
  if (name === QUALITY_FIELD) return (row, into) => (into[name] = QUALITIES[reading.quality[row]!]);
  switch (columnKind(field)) {
    case 'counter': {
      const column = reading.counter(name);
      const longs: Int64[] = [];
      return (row, into) => {
        if (column.known[row] === 0) into[name] = null;
        else {
          const high = column.hi[row]!;
          if (high > MAX_HIGH) throw tooLarge(name, row, high, column.lo[row]!);
          const long = (longs[row] ??= new Int64(0, 0));
          long.hi = high;
          long.lo = column.lo[row]!;
          into[name] = long;
        }
      };
    }
    case 'number': {
      const column = reading.number(name);
      if (field.type === 'long') return (row, into) => (into[name] = nullableLong(column.values[row]!));
      return (row, into) => (into[name] = nullable(column.values[row]!));
    }
    case 'text': {
      const column = reading.text(name);
      return (row, into) => (into[name] = column.get(row));
    }
  }
}

function tooLarge(name: string, row: number, hi: number, lo: number): RangeError {
  const value = (BigInt(hi) << 32n) | BigInt(lo);
  return new RangeError(
    `${name} of row ${row} is ${value}, which a long cannot hold: counters of 2^63 and more must be left out before`,
  );
}

function nullable(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

function nullableLong(value: number): Int64 | null {
  return Number.isNaN(value) ? null : Int64.fromNumber(value);
}
