/** Records of anomalies, baselines, inventory and audits into rows. */
import type { BrokerRecord } from '../broker/port.ts';
import type { Codec } from '../codec/port.ts';
import { writeValue } from './column-encoder.ts';
import type { Flush } from './flush.ts';
import type { RecordProjection, Row, TableProjection } from './projections.ts';
import type { RowBatch } from './row-batch.ts';
import { describeFault, targetColumn, timeFault, type RowWriter, type TimeRange } from './row-writer.ts';
import type { TableColumn } from './table-columns.ts';
import { dayOf } from '../db/partitions.ts';

/** The staging table's last column: the row's place in the flush. */
export const ORDINAL = 'ordinal';

/** How a table takes rows. */
export interface BoundTable {
  readonly columns: ReadonlyMap<string, TableColumn>;
  /** Of time series. */
  readonly time: TimeRange | undefined;
}

interface Target {
  readonly flush: Flush;
  readonly nowMs: number;
  /** false for tombstones: most of their columns are null. */
  readonly complete: boolean;
}

/** @throws ConfigError when a table lacks a column. */
export function recordWriter(
  { topic, tables, onlyPartition }: RecordProjection,
  bound: (table: string) => BoundTable,
  codec: Codec,
): RowWriter {
  const decoder = codec.recordDecoder(topic);
  const written = tables.map((projection) => ({
    projection,
    ...tableRows(projection, bound(projection.table)),
  }));

  function addTombstone(record: BrokerRecord, flush: Flush, nowMs: number): void {
    const all = written.map(({ projection, addRows }) => ({
      gone: tombstoneRow(topic, projection, record),
      addRows,
    }));
    for (const { gone, addRows } of all) {
      if (gone.kind === 'row')
        addRows(record, flush.keep(record), [gone.row], { flush, nowMs, complete: false });
    }
    // A record is one dead letter, however many tables it is for.
    const refused = all.find(({ gone }) => gone.kind === 'none')?.gone;
    if (refused?.kind === 'none') flush.reject(record, undefined, refused.reason, refused.detail);
  }

  return {
    tables: written.map(({ columns, projection: { table, merge } }) => ({ table, columns, merge })),
    prepare: (values) => decoder.prepare(values),

    add(record, flush, nowMs) {
      if (onlyPartition !== undefined && record.partition !== onlyPartition) return;
      if (record.value === null) {
        addTombstone(record, flush, nowMs);
        return;
      }
      const decoded = decoder.decode(record.value);
      if (decoded.kind === 'deadLetter') {
        flush.reject(record, undefined, decoded.reason, decoded.detail);
        return;
      }
      const origin = flush.keep(record);
      for (const { projection, addRows } of written) {
        const rows = projection.rows(decoded.record, record.appendedAtMs, record.key?.toString('utf8') ?? '');
        addRows(record, origin, rows, { flush, nowMs, complete: true });
      }
    },
  };
}

/** One table's share. */
function tableRows({ table: name, columns, merge }: TableProjection, { columns: table, time }: BoundTable) {
  const staged = merge !== undefined;
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

  return {
    columns: [...columns.map(({ column }) => column), ...(staged ? [ORDINAL] : [])],

    addRows(record: BrokerRecord, origin: number, rows: Iterable<Row>, to: Target): void {
      let rowNumber = 0;
      for (const row of rows) {
        addRow(record, origin, rowNumber, row, to);
        rowNumber += 1;
      }
    },
  };
}

type Tombstone =
  | { readonly kind: 'row'; readonly row: Row }
  /** Nothing in this table. */
  | { readonly kind: 'ignored' }
  | { readonly kind: 'none'; readonly reason: 'no_value' | 'invalid_key'; readonly detail: string };

function tombstoneRow(
  topic: string,
  { tombstone }: TableProjection,
  { key, appendedAtMs }: BrokerRecord,
): Tombstone {
  if (tombstone === undefined) {
    return { kind: 'none', reason: 'no_value', detail: `topic ${topic} has no tombstones` };
  }
  if (key === null) return { kind: 'none', reason: 'invalid_key', detail: 'a tombstone without a key' };
  try {
    const row = tombstone(key.toString('utf8'), appendedAtMs);
    return row === undefined ? { kind: 'ignored' } : { kind: 'row', row };
  } catch (error) {
    if (error instanceof RangeError) return { kind: 'none', reason: 'invalid_key', detail: error.message };
    throw error;
  }
}
