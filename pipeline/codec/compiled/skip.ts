/** Moves a cursor over a value of any type: what a writer has and the reader does not know. */
import type avro from 'avsc';
import type { Cursor } from './cursor.ts';
import { arrayType, enumType, fixedType, mapType, recordType, unionType } from './type-shapes.ts';

export type Skip = (cursor: Cursor) => void;

/** @throws TypeError for a type that Avro does not have. */
export function skipper(type: avro.Type): Skip {
  return skipOf(type, false, new Map());
}

/**
 * As avsc does, items of arrays and maps are looked at (`checked`: an enum's index, a long's length) although nobody wants
 * them, and all else is not.
 */
function skipOf(type: avro.Type, checked: boolean, known: Map<string, Skip>): Skip {
  switch (type.typeName) {
    case 'null':
      return () => undefined;
    case 'boolean':
      return (cursor) => void (cursor.pos += 1);
    case 'int':
      return checked ? (cursor) => void cursor.int() : (cursor) => cursor.skipVarint();
    case 'abstract:long':
      return checked ? (cursor) => cursor.long() : (cursor) => cursor.skipVarint();
    case 'long':
      return checked ? (cursor) => void cursor.timestamp() : (cursor) => cursor.skipVarint();
    case 'float':
      return (cursor) => void (cursor.pos += 4);
    case 'double':
      return (cursor) => void (cursor.pos += 8);
    case 'string':
    case 'bytes':
      return (cursor) => void cursor.range();
    case 'fixed': {
      const { size } = fixedType(type);
      return (cursor) => void (cursor.pos += size);
    }
    case 'enum': {
      const { symbols } = enumType(type);
      return checked ? (cursor) => void symbolIndex(cursor, symbols.length) : (cursor) => cursor.skipVarint();
    }
    case 'array': {
      const skip = skipOf(arrayType(type).itemsType, true, known);
      return (cursor) => cursor.blocks((items) => repeat(items, cursor, skip));
    }
    case 'map': {
      const skipValue = skipOf(mapType(type).valuesType as avro.Type, true, known);
      const skip = (cursor: Cursor) => {
        cursor.range();
        skipValue(cursor);
      };
      return (cursor) => cursor.blocks((items) => repeat(items, cursor, skip));
    }
    case 'union:unwrapped':
    case 'union:wrapped': {
      const branches = unionType(type).types.map((each) => skipOf(each, checked, known));
      return (cursor) => branchOf(cursor, branches)(cursor);
    }
    case 'record':
    case 'error':
      return recordSkipper(recordType(type), checked, known);
    default:
      throw new TypeError(`cannot skip ${type.typeName}`);
  }
}

/** A record may hold itself: its skipper is found by name before it is made. */
function recordSkipper(type: avro.types.RecordType, checked: boolean, known: Map<string, Skip>): Skip {
  const key = `${type.name ?? ''} ${checked}`;
  const there = known.get(key);
  if (there !== undefined) return there;
  const fields: Skip[] = [];
  const skip = (cursor: Cursor) => {
    for (const field of fields) field(cursor);
  };
  if (type.name !== undefined) known.set(key, skip);
  for (const field of type.fields) fields.push(skipOf(field.type, checked, known));
  return skip;
}

/** The items of a block, or those before the record's end. */
export function repeat(items: number, cursor: Cursor, read: (cursor: Cursor) => void): void {
  for (let item = 0; item < items && !cursor.truncated; item += 1) read(cursor);
}

/** @throws RangeError for a branch that the union does not have. */
export function branchOf<T>(cursor: Cursor, branches: readonly T[]): T {
  const index = cursor.number();
  const branch = branches[index];
  if (branch === undefined) throw new RangeError(`union has no branch ${index}`);
  return branch;
}

/** @throws RangeError for a symbol that the enum does not have. */
export function symbolIndex(cursor: Cursor, symbols: number): number {
  const index = cursor.number();
  if (!(index >= 0 && index < symbols)) throw new RangeError(`enum has no symbol ${index}`);
  return index;
}
