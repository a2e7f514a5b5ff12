/** Records of anomalies, baselines, inventory and audits into rows. */
import type { BrokerRecord } from '../broker/port.ts';
import type { Codec } from '../codec/port.ts';
import { writeValue } from './column-encoder.ts';
import type { Flush } from './flush.ts';
import type { RecordProjection, Row } from './projections.ts';
import type { RowBatch } from './row-batch.ts';
import { describeFault, targetColumn, timeFault, type RowWriter, type TimeRange } from './row-writer.ts';
import type { TableColumn } from './table-columns.ts';
import { dayOf } from '../db/partitions.ts';

/** The staging table's last column: the row's place in the flush. */
export const ORDINAL = 'ordinal';

interface Target {
  readonly flush: Flush;
  readonly nowMs: number;
  /** false for tombstones: most of their columns are null. */
  readonly complete: boolean;
}

/** @throws ConfigError when the table lacks a column. */
export function recordWriter(
  projection: RecordProjection,
  table: ReadonlyMap<string, TableColumn>,
  codec: Codec,
  time: TimeRange | undefined,
): RowWriter {
  const { topic, table: name, columns, onlyPartition } = projection;
  const decoder = codec.recordDecoder(topic);
  const staged = projection.merge !== undefined;
  const targets = columns.map(({ column, from }) => ({ ...targetColumn(name, table, column), from }));
  const fields = targets.length + (staged ? 1 : 0);
  const timeSource = columns.find(({ column }) => column === time?.column)?.from;
  const timeOf = (row: Row) => (timeSource === undefined ? Number.NaN : (row[timeSource] as number));

  function writeRow(batch: RowBatch, row: Row, complete: boolean) {
    const { out } = batch;
    out.int16(fields);
    for (const { column, encoder, from } of targets) {
      const reason = writeValue(out, encoder, complete && column.required, row[from]);
      if (reason !== undefined) return { reason, detail: describeFault(name, column.name, row[from]) };
    }
    if (staged) out.int8(batch.added);
    return undefined;
  }

  function addRow(record: BrokerRecord, origin: number, rowNumber: number, row: Row, to: Target) {
    const { flush, nowMs, complete } = to;
    const batch = flush.table(name);
    const ms = timeOf(row);
    const late = time === undefined ? undefined : timeFault(time, ms, nowMs);
    batch.begin();
    const fault = late ?? writeRow(batch, row, complete);
    if (fault === undefined) {
      if (time !== undefined) batch.days.add(dayOf(ms));
      batch.end(origin, rowNumber);
    } else {
      batch.undo();
      flush.reject(record, rowNumber, fault.reason, fault.detail);
    }
  }

  function addRows(record: BrokerRecord, rows: Iterable<Row>, to: Target) {
    const origin = to.flush.keep(record);
    let rowNumber = 0;
    for (const row of rows) {
      addRow(record, origin, rowNumber, row, to);
      rowNumber += 1;
    }
  }

  return {
    columns: [...columns.map(({ column }) => column), ...(staged ? [ORDINAL] : [])],
    prepare: (values) => decoder.prepare(values),

    add(record, flush, nowMs) {
      if (onlyPartition !== undefined && record.partition !== onlyPartition) return;
      if (record.value === null) {
        const gone = tombstoneRow(projection, record);
        if (typeof gone === 'string') {
          const reason = projection.tombstone === undefined ? 'no_value' : 'invalid_key';
          flush.reject(record, undefined, reason, gone);
        } else addRows(record, [gone], { flush, nowMs, complete: false });
        return;
      }
      const decoded = decoder.decode(record.value);
      if (decoded.kind === 'deadLetter') flush.reject(record, undefined, decoded.reason, decoded.detail);
      else {
        const rows = projection.rows(decoded.record, record.appendedAtMs);
        addRows(record, rows, { flush, nowMs, complete: true });
      }
    },
  };
}

/** The row, or why there is none. */
function tombstoneRow(projection: RecordProjection, record: BrokerRecord): Row | string {
  if (projection.tombstone === undefined) return `topic ${projection.topic} has no tombstones`;
  if (record.key === null) return 'a tombstone without a key';
  try {
    return projection.tombstone(record.key.toString('utf8'), record.appendedAtMs);
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}
