/** Rows out of the columns of a Reading: one generated loop a schema. */
import type avro from 'avsc';
import { QUALITIES } from '../../../topics/interface.ts';
import { NO_TEXT, type Reading, type ReadingColumn } from '../../model/reading.ts';
import { writeLong, writeLongNumber, writeVarint32, type FrameSink } from './frame-sink.ts';
import type { Places } from './places.ts';
import { fieldsSource, type RowParts } from './row-source.ts';
import { evaluate } from './source.ts';
import { columnOf } from './targets.ts';

export interface RowsWriter {
  /** Rows that there is something to write of: all but those whose list of elements would be empty. */
  count(reading: Reading): number;
  /** Writes the array of `rows` rows. @throws RangeError naming field, row and value that cannot be written. */
  write(sink: FrameSink, reading: Reading, rows: number): void;
}

type BindRows = (columns: readonly ReadingColumn[]) => RowsWriter;

/** @returns what binds the writer to a Reading. @throws TypeError when a field cannot be filled from its place. */
export function rowsWriter(type: avro.types.RecordType, places: Places): (reading: Reading) => RowsWriter {
  const parts: RowParts = { columns: [], names: [], tables: [], counts: [] };
  const { source, bytes } = fieldsSource(type, places, parts);
  const { columns, names, tables, counts } = parts;
  const total = counts.map((_, list) => `count${list}`).join(' + ');
  const countRow = counts.map((each, list) => `const count${list} = ${each};`).join('\n');
  const body = `
    return function bind(columns) {
      ${columns.map((_, i) => `const column${i} = columns[${i}];`).join('\n')}
      ${tables.map((table, i) => `const table${i} = [${table.join()}];`).join('\n')}
      return {
        count(reading) {
          ${counts.length === 0 ? 'return reading.rowCount;' : ''}
          let rows = 0;
          ${arraysOf(parts)}
          for (let row = 0; row < reading.rowCount; row += 1) { ${countRow} if (${total || '1'}) rows += 1; }
          return rows;
        },
        write(sink, reading, rows) {
          const { instances, quality } = reading;
          ${arraysOf(parts)}
          const spare = ${bytes + 16};
          sink.room(spare);
          let { bytes, view, pos } = sink;
          let value = 0, short = 0, code = 0;
          if (rows > 0) pos = writeVarint32(bytes, pos, rows << 1);
          for (let row = 0; row < reading.rowCount; row += 1) {
            ${countRow}
            ${counts.length === 0 ? '' : `if (${total} === 0) continue;`}
            if (pos + spare > bytes.length) { sink.pos = pos; sink.room(spare); pos = sink.pos; bytes = sink.bytes; view = sink.view; }
            ${source}
          }
          sink.pos = pos;
          sink.byte(0);
        },
      };
    };`;
  const bind = evaluate(
    { writeVarint32, writeLong, writeLongNumber, noText: NO_TEXT, ...faults(names) },
    body,
  ) as BindRows;
  return (reading) => bind(columns.map((column) => columnOf(reading, column)));
}

/** Columns replace their arrays when they grow: they are looked up in each call. */
function arraysOf({ columns }: RowParts): string {
  return columns
    .map(({ kind }, i) => {
      switch (kind) {
        case 'counter':
          return `const hi${i} = column${i}.hi, lo${i} = column${i}.lo, known${i} = column${i}.known;`;
        case 'number':
          return `const values${i} = column${i}.values;`;
        case 'text':
          return `const starts${i} = column${i}.starts;`;
      }
    })
    .join('\n');
}

/** What is thrown, by the index of the field's name. */
function faults(names: readonly string[]) {
  const place = (field: number, row: number) => `${names[field]!} of row ${row}`;
  return {
    unknown: (field: number, row: number) => new RangeError(`${place(field, row)} is unknown, and required`),
    noInt: (field: number, row: number, value: number) =>
      new RangeError(`${place(field, row)} is ${value}, which an int cannot hold`),
    noSymbol: (field: number, row: number, code: number) =>
      new RangeError(`${place(field, row)} is ${QUALITIES[code] ?? code}, which is no symbol of the schema`),
    tooLarge: (field: number, row: number, hi: number, lo: number) =>
      new RangeError(
        `${place(field, row)} is ${(BigInt(hi) << 32n) | BigInt(lo)}, which a long cannot hold: ` +
          'counters of 2^63 and more must be left out before',
      ),
  };
}
