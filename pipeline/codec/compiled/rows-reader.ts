/**
 * Rows of a writer's schema into the columns of a Reading: one generated loop a writer. It has the usual encoding of
 * each field inline and leaves everything else (long texts, odd varints, rare types, the record's end) to the field's
 * closure, which starts at the field's first byte and knows all.
 */
import type avro from 'avsc';
import type { Reading, ReadingColumn } from '../../model/reading.ts';
import { readLong, readShortInt, type Cursor } from './cursor.ts';
import { fieldSteps, type FieldStep } from './fields-reader.ts';
import { smallestSize } from './smallest-size.ts';
import type { Place, Places } from './places.ts';
import { nullable, type Nullable } from './nullable.ts';
import { evaluate } from './source.ts';
import { columnOf, qualityCode, targetOf } from './targets.ts';
import { resolvedSymbols, valueReader, type Read } from './value-reader.ts';
import { enumType } from './type-shapes.ts';

/** Reads rows from..to-1, or those before the record's end. */
type RowLoop = (cursor: Cursor, reading: Reading, from: number, to: number) => void;
/** The generated code with the columns and closures of one Reading. */
type BindLoop = (
  columns: readonly (ReadingColumn | undefined)[],
  closures: readonly Read[],
  tables: readonly (Uint8Array | undefined)[],
) => RowLoop;

/** Code `255` in a table of qualities: not a byte of the usual encoding. */
const NO_CODE = 255;

/** @returns what binds the reader of an array of rows to a Reading. */
export function rowsReader(
  reader: avro.types.RecordType,
  writer: avro.types.RecordType,
  places: Places,
): (reading: Reading) => Read {
  const rowBytes = Math.max(1, smallestSize(writer));
  let bindLoop: BindLoop | undefined;

  return (reading) => {
    const steps = fieldSteps(reader, writer, (name) => {
      const place = places.get(name);
      if (place === undefined) return undefined;
      const target = targetOf(place, reading);
      return (inReader, inWriter) => valueReader(inReader, inWriter, target);
    }).filter(({ isNull }) => !isNull);
    const fields = steps.map((step) => usualField(step, places));
    bindLoop ??= generate(fields);
    const loop = bindLoop(
      fields.map((field) =>
        field?.place.kind === 'column' ? columnOf(reading, field.place.column) : undefined,
      ),
      steps.map(({ read }) => read),
      fields.map((field) => field?.table),
    );
    return (cursor) => {
      cursor.blocks((items) => readBlock(cursor, reading, loop, items, rowBytes));
    };
  };
}

/** A block's count is a claim: room is made for no more rows than the bytes that are left can hold. */
function readBlock(cursor: Cursor, reading: Reading, loop: RowLoop, items: number, rowBytes: number): void {
  for (let left = items; left > 0 && !cursor.truncated;) {
    const batch = Math.min(left, Math.max(1, Math.floor((cursor.end - cursor.pos) / rowBytes)));
    const from = reading.rowCount;
    reading.extend(from + batch);
    loop(cursor, reading, from, from + batch);
    left -= batch;
  }
}

/** A field whose usual encoding is generated. */
interface UsualField {
  readonly place: Place;
  readonly kind: 'counter' | 'int' | 'long' | 'double' | 'text' | 'quality';
  readonly union: Nullable['union'];
  readonly table: Uint8Array | undefined;
}

function usualField({ wanted }: FieldStep, places: Places): UsualField | undefined {
  if (wanted === undefined) return undefined;
  const place = places.get(wanted.name)!;
  const reader = nullable(wanted.reader);
  const writer = nullable(wanted.writer);
  if (reader === undefined || writer === undefined) return undefined;
  if (writer.union !== undefined && reader.union === undefined) return undefined;
  const kind = usualKind(place, reader.type, writer.type);
  if (kind === undefined) return undefined;
  const table = kind === 'quality' ? qualityTable(reader.type, writer.type) : undefined;
  return { place, kind, union: writer.union, table };
}

function usualKind(place: Place, reader: avro.Type, writer: avro.Type): UsualField['kind'] | undefined {
  if (reader.typeName !== writer.typeName) return undefined;
  if (place.kind === 'quality') return 'quality';
  if (place.kind !== 'column') return undefined;
  switch (reader.typeName) {
    case 'abstract:long':
      return place.column.kind === 'counter' ? 'counter' : 'long';
    case 'int':
    case 'double':
      return reader.typeName;
    case 'string':
      return 'text';
    default:
      return undefined;
  }
}

/** Quality codes by the byte of the symbol's index. */
function qualityTable(reader: avro.Type, writer: avro.Type): Uint8Array {
  const table = new Uint8Array(128).fill(NO_CODE);
  const symbols = resolvedSymbols(enumType(reader), enumType(writer));
  for (const [index, symbol] of symbols.slice(0, 64).entries()) table[2 * index] = qualityCode(symbol);
  return table;
}

function generate(fields: readonly (UsualField | undefined)[]): BindLoop {
  const arrays = fields.map((field, i) => (field === undefined ? '' : arraysOf(field.kind, i)));
  const body = `
    return function bind(columns, closures, tables) {
      ${fields.map((_, i) => `const column${i} = columns[${i}], closure${i} = closures[${i}], table${i} = tables[${i}];`).join('\n')}
      return function rows(cursor, reading, from, to) {
        const buf = cursor.buf, end = cursor.end;
        ${fields.some((field) => field?.kind === 'double') ? 'const view = cursor.view();' : ''}
        ${arrays.join('\n')}
        let pos = cursor.pos, byte = 0, next = 0;
        for (let row = from; row < to && pos <= end; row += 1) {
          ${fields.map((field, i) => (field === undefined ? closure(i) : fieldSource(field, i))).join('\n')}
        }
        cursor.pos = pos;
      };
    };`;
  return evaluate({ readLong, readShortInt, long: readLongNumber }, body) as BindLoop;
}

function arraysOf(kind: UsualField['kind'], i: number): string {
  switch (kind) {
    case 'counter':
      return `const hi${i} = column${i}.hi, lo${i} = column${i}.lo, known${i} = column${i}.known;`;
    case 'int':
    case 'long':
    case 'double':
      return `const values${i} = column${i}.values;`;
    case 'text':
      return `const starts${i} = column${i}.starts, ends${i} = column${i}.ends;`;
    case 'quality':
      return `const values${i} = reading.quality;`;
  }
}

function closure(i: number): string {
  return `cursor.pos = pos; closure${i}(cursor, row); pos = cursor.pos;`;
}

/** Columns are unknown beforehand, so null is a step over its byte. */
function fieldSource({ kind, union }: UsualField, i: number): string {
  const otherwise = closure(i);
  if (union === undefined) return valueSource(kind, i, 'pos', otherwise);
  return `byte = buf[pos];
    if (byte === ${union.value}) { ${valueSource(kind, i, 'pos + 1', otherwise)} }
    else if (byte === ${union.none}) pos += 1;
    else { ${otherwise} }`;
}

function valueSource(kind: UsualField['kind'], i: number, at: string, otherwise: string): string {
  switch (kind) {
    case 'counter':
      return `pos = readLong(buf, ${at}, hi${i}, lo${i}, row); known${i}[row] = 1;`;
    case 'int':
    case 'long':
      return `byte = buf[${at}];
        if (byte < 128) { values${i}[row] = (byte >>> 1) ^ -(byte & 1); pos = ${at} + 1; }
        else if ((next = readShortInt(buf, ${at}, values${i}, row)) >= 0) pos = next;
        else { ${kind === 'int' ? otherwise : `pos = long(buf, ${at}, values${i}, row);`} }`;
    case 'double':
      return `next = ${at} + 8; values${i}[row] = next <= end ? view.getFloat64(${at}, true) : 0; pos = next;`;
    case 'text':
      return `byte = buf[${at}];
        if (byte < 128 && (byte & 1) === 0) { starts${i}[row] = ${at} + 1; pos = ${at} + 1 + (byte >> 1); ends${i}[row] = pos; }
        else { ${otherwise} }`;
    case 'quality':
      return `byte = buf[${at}];
        if (byte < 128 && table${i}[byte] !== ${NO_CODE}) { values${i}[row] = table${i}[byte]; pos = ${at} + 1; }
        else { ${otherwise} }`;
  }
}

const hi = new Uint32Array(1);
const lo = new Uint32Array(1);

/** A long into a column of doubles: NaN where it is not exact. @returns the position behind it. */
function readLongNumber(buf: Buffer, pos: number, values: Float64Array, row: number): number {
  const next = readLong(buf, pos, hi, lo, 0);
  const value = (hi[0]! | 0) * 4294967296 + lo[0]!;
  values[row] = Number.isSafeInteger(value) ? value : Number.NaN;
  return next;
}
