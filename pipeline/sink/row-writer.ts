/** One topic's records into rows of its tables: what readings and records have in common. */
import type { BrokerRecord } from '../broker/port.ts';
import { ConfigError } from '../model/errors.ts';
import { columnEncoder, type ColumnEncoder } from './column-encoder.ts';
import type { Flush } from './flush.ts';
import type { Merge } from './merges.ts';
import type { TableColumn } from './table-columns.ts';

/** A table that the sink writes. */
export interface WrittenTable {
  readonly table: string;
  /** In the order in which the rows have them: COPY names them. */
  readonly columns: readonly string[];
  /** Identities: staged, then merged. */
  readonly merge: ((merge: Merge) => string[]) | undefined;
}

export interface RowWriter {
  readonly tables: readonly WrittenTable[];
  /** Makes the values decodable without waiting. */
  prepare(values: Iterable<Buffer | null>): Promise<void>;
  /** The record's rows, or its dead letters, into the flush. */
  add(record: BrokerRecord, flush: Flush, nowMs: number): void;
}

/** Rows of a partitioned table whose time is outside are dead letters: bad clocks must not make partitions. */
export interface TimeRange {
  readonly column: string;
  range(nowMs: number): { readonly fromMs: number; readonly toMs: number };
}

export function timeFault(
  time: TimeRange,
  ms: number,
  nowMs: number,
): { reason: 'future' | 'out_of_retention'; detail: string } | undefined {
  const { fromMs, toMs } = time.range(nowMs);
  if (ms >= fromMs && ms <= toMs) return undefined;
  const at = Number.isFinite(ms) && Math.abs(ms) < 8.64e15 ? new Date(ms).toISOString() : String(ms);
  return ms > toMs
    ? { reason: 'future', detail: `${time.column} ${at} is more than a day ahead of the sink's clock` }
    : { reason: 'out_of_retention', detail: `${time.column} ${at} is older than what the table keeps` };
}

export interface TargetColumn {
  readonly column: TableColumn;
  readonly encoder: ColumnEncoder;
}

/** @throws ConfigError when the table has no such column, or one of a type that the sink cannot write. */
export function targetColumn(
  table: string,
  columns: ReadonlyMap<string, TableColumn>,
  name: string,
): TargetColumn {
  const column = columns.get(name);
  if (column === undefined) {
    throw new ConfigError(`table ${table} has no column ${name}: run "netsigma migrate"`);
  }
  const encoder = columnEncoder(column);
  if (encoder === undefined) {
    throw new ConfigError(
      `column ${table}.${name} has the type ${column.type}, which the sink cannot write: alter the column ` +
        '(numeric needs a precision and a scale)',
    );
  }
  return { column, encoder };
}

/** What a dead letter says about a value: enough to find it, never a whole document. */
export function describeFault(table: string, column: string, value: unknown): string {
  const shown = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return `${table}.${column} cannot hold ${shown.slice(0, 80)}`;
}
