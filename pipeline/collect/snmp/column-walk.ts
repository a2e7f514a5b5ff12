/** The walk of one column: where it stands, what of an answer belongs to it, and how it ended. */
import type { Varbind } from 'net-snmp';
import type { ColumnRead } from './column-memory.ts';
import { columnIndex } from './oid.ts';
import type { ReadingColumn } from '../../model/reading.ts';
import { isUnknown, type PolledTable } from './polled-table.ts';
import type { ValueReason, WalkReason } from './reasons.ts';
import { isException, storeValue } from './varbind.ts';

export interface WalkSink {
  readonly table: PolledTable;
  /** Rows that a poll may have; one more ends it. */
  readonly maxRows: number;
  rejected(reason: ValueReason, field: string): void;
}

export class ColumnWalk {
  readonly read: ColumnRead;
  /** Name to ask on from. */
  cursor: string;
  rows = 0;
  /** Come to its end, rightly or not; asked no more. */
  ended = false;
  /** Why it was ended before its end. */
  problem: WalkReason | undefined;
  #lastIndex = -1;

  constructor(read: ColumnRead) {
    this.read = read;
    this.cursor = read.oid;
  }

  /** Takes this column's part of an answer. */
  take(varbinds: readonly Varbind[], sink: WalkSink): void {
    const column = sink.table.column(this.read.profile.field);
    for (const varbind of varbinds) {
      if (this.ended) return;
      this.#takeOne(varbind, column, sink);
    }
  }

  end(problem?: WalkReason): void {
    this.ended = true;
    this.problem ??= problem;
  }

  #takeOne(varbind: Varbind, column: ReadingColumn, { table, maxRows, rejected }: WalkSink): void {
    if (isException(varbind)) return this.end();
    const index = columnIndex(this.read.oid, varbind.oid);
    if (index === 'outside') return this.end();
    if (index === 'bad') return this.end('bad_index');
    // Agents that answer with a name at or before the one they were asked for would be walked for ever.
    if (index <= this.#lastIndex) return this.end('oid_not_increasing');
    const row = table.row(index, maxRows);
    if (row < 0) return this.end('too_many_rows');
    this.#lastIndex = index;
    this.cursor = varbind.oid;
    this.rows += 1;
    if (this.read.isFallback && !isUnknown(column, row)) return;
    const { field, type } = this.read.profile;
    for (const reason of storeValue(varbind, type, column, row)) rejected(reason, field);
  }
}
