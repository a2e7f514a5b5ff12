/** Source of the statements that write one field of a row: `pos` moves over `bytes`, room for the row is made before. */
import type avro from 'avsc';
import { QUALITIES } from '../../../topics/interface.ts';
import type { ColumnSpec } from '../../model/reading.ts';
import type { Element, Place, Places } from './places.ts';
import { nullable, type Nullable } from './nullable.ts';
import { arrayType, enumType, recordType } from './type-shapes.ts';

/** What the generated code is given besides its text: it names them by their index. */
export interface RowParts {
  readonly columns: ColumnSpec[];
  /** Names of fields, for what is thrown. */
  readonly names: string[];
  /** Symbol indexes by quality code. */
  readonly tables: number[][];
  /** For each list of elements: the source that counts those of `row`. */
  readonly counts: string[];
}

const VARINT32_BYTES = 5;
const VARINT64_BYTES = 10;

export interface FieldSource {
  readonly source: string;
  /** Bytes that the field takes at most, texts not counted. */
  readonly bytes: number;
}

/** Fields in the schema's order. @throws TypeError when a required field has no place, or none of its type. */
export function fieldsSource(
  type: avro.types.RecordType,
  places: Places,
  parts: RowParts,
  isElement = false,
): FieldSource {
  const fields = type.fields.map((field) => {
    const shape = nullable(field.type);
    if (shape === undefined)
      throw new TypeError(`field ${field.name} is a union of more than null and one type`);
    return fieldSource(field.name, shape, places.get(field.name), parts, isElement);
  });
  return {
    source: fields.map(({ source }) => source).join('\n'),
    bytes: fields.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

function fieldSource(
  name: string,
  { type, union }: Nullable,
  place: Place | undefined,
  parts: RowParts,
  isElement: boolean,
): FieldSource {
  const field = index(parts.names, name);
  const begin = union === undefined ? '' : `bytes[pos++] = ${union.value};`;
  const none = union === undefined ? `throw unknown(${field}, row);` : `bytes[pos++] = ${union.none};`;
  switch (place?.kind) {
    case undefined:
      if (union === undefined) throw new TypeError(`nothing in a reading fills the required field ${name}`);
      return { source: none, bytes: 1 };
    case 'instance':
      expectType(name, type, 'string');
      return {
        source: `${begin} ${textSource('sink.text(instances[row]); sink.room(spare);')}`,
        bytes: 1 + VARINT32_BYTES,
      };
    case 'quality': {
      expectType(name, type, 'enum');
      const { symbols } = enumType(type);
      const table = index(
        parts.tables,
        QUALITIES.map((quality) => symbols.indexOf(quality)),
      );
      const source = `code = table${table}[quality[row]];
        if (!(code >= 0)) throw noSymbol(${field}, row, quality[row]);
        ${begin} pos = writeVarint32(bytes, pos, code << 1);`;
      return { source, bytes: 1 + VARINT32_BYTES };
    }
    case 'constant':
      expectType(name, type, 'string');
      return constantSource(begin, place.text);
    case 'each':
      expectType(name, type, 'array');
      return eachSource(begin, arrayType(type).itemsType, place.elements, parts);
    case 'column':
      return columnSource(
        { name, field, type, begin, none, isRequired: union === undefined },
        place.column,
        parts,
        isElement,
      );
    case 'text':
    case 'number':
    case 'status':
    case 'errors':
    case 'exceptions':
    case 'rows':
      throw new TypeError(`field ${name} of a row cannot be filled from a place of kind ${place.kind}`);
  }
}

interface ColumnField {
  readonly name: string;
  /** Its index in the parts' names. */
  readonly field: number;
  readonly type: avro.Type;
  /** Statements before a value, and instead of one. */
  readonly begin: string;
  readonly none: string;
  readonly isRequired: boolean;
}

function columnSource(to: ColumnField, spec: ColumnSpec, parts: RowParts, isElement: boolean): FieldSource {
  const { name, field, type, begin, none } = to;
  const column = columnIndex(parts, spec);
  switch (spec.kind) {
    case 'counter':
      expectType(name, type, 'abstract:long');
      return {
        source: `if (known${column}[row] === 0) { ${none} } else {
          if (hi${column}[row] > 0x7fffffff) throw tooLarge(${field}, row, hi${column}[row], lo${column}[row]);
          ${begin} pos = writeLong(bytes, pos, hi${column}[row], lo${column}[row]); }`,
        bytes: 1 + VARINT64_BYTES,
      };
    case 'text':
      expectType(name, type, 'string');
      return {
        source: `if (starts${column}[row] === noText) { ${none} } else { ${begin} ${textSource(`sink.cell(column${column}, row, spare);`)} }`,
        bytes: 1,
      };
    case 'number': {
      const write = numberSource(name, type, field);
      // An element is there because something of it is known: NaN in it is a number that could not be computed.
      const isFloat = type.typeName === 'float' || type.typeName === 'double';
      const value = `value = values${column}[row];`;
      if (isElement && isFloat && to.isRequired) return { source: `${value} ${write}`, bytes: 8 };
      return {
        source: `${value} if (value !== value) { ${none} } else { ${begin} ${write} }`,
        bytes: 1 + VARINT64_BYTES,
      };
    }
  }
}

/** Texts are of any length: the sink makes room for them and for the rest of the row. */
function textSource(call: string): string {
  return `sink.pos = pos; ${call} pos = sink.pos; bytes = sink.bytes; view = sink.view;`;
}

function numberSource(name: string, type: avro.Type, field: number): string {
  switch (type.typeName) {
    case 'int':
      return `short = value | 0;
        if (short !== value) throw noInt(${field}, row, value);
        short = (short << 1) ^ (short >> 31);
        if ((short & ~127) === 0) bytes[pos++] = short; else pos = writeVarint32(bytes, pos, short);`;
    case 'long':
    case 'abstract:long':
      return 'pos = writeLongNumber(bytes, pos, value);';
    case 'float':
      return 'view.setFloat32(pos, value, true); pos += 4;';
    case 'double':
      return 'view.setFloat64(pos, value, true); pos += 8;';
    default:
      throw new TypeError(`field ${name} of type ${type.typeName} cannot be filled from a number`);
  }
}

/** The bytes of a constant as numbers, four at a time. */
function constantSource(begin: string, text: string): FieldSource {
  const utf8 = Buffer.from(text);
  if (utf8.length > 63) throw new RangeError(`constant ${text} is longer than 63 bytes`);
  const all = Buffer.concat([Buffer.of(utf8.length << 1), utf8]);
  const words = Math.floor(all.length / 4);
  const lines = [
    ...Array.from(
      { length: words },
      (_, i) => `view.setInt32(pos + ${4 * i}, ${all.readInt32LE(4 * i)}, true);`,
    ),
    ...[...all.subarray(4 * words)].map((byte, i) => `bytes[pos + ${4 * words + i}] = ${byte};`),
  ];
  return { source: `${begin} ${lines.join(' ')} pos += ${all.length};`, bytes: 1 + all.length };
}

function eachSource(
  begin: string,
  items: avro.Type,
  elements: readonly Element[],
  parts: RowParts,
): FieldSource {
  const item = nullable(items);
  if (item === undefined || !('fields' in item.type)) throw new TypeError('elements of a row are records');
  const type = recordType(item.type);
  const { union } = item;
  const sources = elements.map(({ known, fields }) => {
    const column = columnIndex(parts, { name: known, kind: 'number' });
    const { source, bytes } = fieldsSource(type, fields, parts, true);
    return { column, source, bytes: bytes + 1 };
  });
  const bytes = 2 * VARINT32_BYTES + sources.reduce((sum, each) => sum + each.bytes, 0);
  const isKnown = (column: number) => `values${column}[row] === values${column}[row]`;
  if (union !== undefined) {
    // One for each element by its position: a row is written whatever is known.
    const body = sources.map(
      ({ column, source }) =>
        `if (${isKnown(column)}) { bytes[pos++] = ${union.value}; ${source} } else bytes[pos++] = ${union.none};`,
    );
    const count = elements.length === 0 ? '' : `pos = writeVarint32(bytes, pos, ${2 * elements.length});`;
    return { source: `${begin} ${count} ${body.join('\n')} bytes[pos++] = 0;`, bytes: bytes + 1 };
  }
  const list = index(
    parts.counts,
    sources.map(({ column }) => `(${isKnown(column)} ? 1 : 0)`).join(' + ') || '0',
  );
  const body = sources.map(({ column, source }) => `if (${isKnown(column)}) { ${source} }`);
  return {
    source: `${begin} if (count${list} > 0) pos = writeVarint32(bytes, pos, count${list} << 1);
      ${body.join('\n')} bytes[pos++] = 0;`,
    bytes: bytes + 1,
  };
}

function columnIndex({ columns }: RowParts, spec: ColumnSpec): number {
  const there = columns.findIndex(({ name }) => name === spec.name);
  return there < 0 ? index(columns, spec) : there;
}

function index<T>(list: T[], item: T): number {
  return list.push(item) - 1;
}

function expectType(name: string, type: avro.Type, wanted: string): void {
  if (type.typeName !== wanted) {
    throw new TypeError(`field ${name} of type ${type.typeName} cannot be filled: it must be ${wanted}`);
  }
}
