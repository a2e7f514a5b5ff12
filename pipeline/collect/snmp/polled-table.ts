/** The rows of one poll as columns, joined by ifIndex: what a column did not say about a row stays unknown. */
import { columnKind } from '../../codec/reading-columns.ts';
import { newColumn, type Reading, type ReadingColumn } from '../../model/reading.ts';
import type { FieldRow } from '../../../topics/row.ts';

const FIRST_ROWS = 64;

/** The field that the row index itself fills. */
export const INDEX_FIELD = 'if_index';

export class PolledTable {
  readonly #columns = new Map<string, ReadingColumn>();
  readonly #rows = new Map<number, number>();
  #capacity = FIRST_ROWS;

  /** @param fields rows of the topic's catalogue; only those in `wanted` get a column. */
  constructor(fields: readonly FieldRow[], wanted: ReadonlySet<string>) {
    for (const field of fields) {
      if (wanted.has(field.name)) this.#columns.set(field.name, newColumn(columnKind(field)));
    }
  }

  get rowCount(): number {
    return this.#rows.size;
  }

  /** @throws TypeError when the catalogue has no such field. */
  column(field: string): ReadingColumn {
    const column = this.#columns.get(field);
    if (column === undefined) throw new TypeError(`polled table has no column ${field}`);
    return column;
  }

  /** Where row `index` lies in every column; a new index gets a new row, or -1 when there are `maxRows` already. */
  row(index: number, maxRows = Infinity): number {
    const there = this.#rows.get(index);
    if (there !== undefined) return there;
    const row = this.#rows.size;
    if (row >= maxRows) return -1;
    if (row === this.#capacity) this.#grow();
    this.#rows.set(index, row);
    for (const column of this.#columns.values()) clearCell(column, row);
    return row;
  }

  /** Some row has no value (or an empty text) in the column. */
  hasGaps(field: string): boolean {
    const column = this.column(field);
    for (let row = 0; row < this.rowCount; row += 1) if (isUnknown(column, row)) return true;
    return false;
  }

  /** Row indexes in ascending order: the order of rows in readings, whatever order columns came in. */
  indexes(): number[] {
    return [...this.#rows.keys()].sort((a, b) => a - b);
  }

  /** Sets the rows of `reading` to those of `indexes`; its envelope is the caller's. */
  fill(reading: Reading, indexes: readonly number[]): void {
    reading.reset(indexes.length);
    const indexColumn = reading.number(INDEX_FIELD);
    for (const [to, index] of indexes.entries()) indexColumn.values[to] = index;
    for (const [field, column] of this.#columns) {
      for (const [to, index] of indexes.entries())
        copyCell(column, this.#rows.get(index)!, reading, field, to);
    }
  }

  #grow(): void {
    this.#capacity *= 2;
    for (const column of this.#columns.values()) column.grow(this.#capacity);
  }
}

function clearCell(column: ReadingColumn, row: number): void {
  switch (column.kind) {
    case 'counter':
      column.known[row] = 0;
      return;
    case 'number':
      column.values[row] = Number.NaN;
      return;
    case 'text':
      column.set(row, null);
  }
}

/** No value in the cell, or an empty text. */
export function isUnknown(column: ReadingColumn, row: number): boolean {
  switch (column.kind) {
    case 'counter':
      return column.known[row] === 0;
    case 'number':
      return Number.isNaN(column.values[row]);
    case 'text':
      return (column.get(row) ?? '') === '';
  }
}

function copyCell(from: ReadingColumn, row: number, reading: Reading, field: string, to: number): void {
  switch (from.kind) {
    case 'counter': {
      const column = reading.counter(field);
      column.hi[to] = from.hi[row]!;
      column.lo[to] = from.lo[row]!;
      column.known[to] = from.known[row]!;
      return;
    }
    case 'number':
      reading.number(field).values[to] = from.values[row]!;
      return;
    case 'text':
      reading.text(field).set(to, from.get(row));
  }
}
