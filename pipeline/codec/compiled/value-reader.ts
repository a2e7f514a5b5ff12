/**
 * A value of a writer's type into where a reader's type puts it, by the rules of schema resolution (Avro 1.11,
 * "Schema Resolution"). Works for every pair of types that avsc has found to resolve; one closure a value: the
 * envelope is read like this, and of rows what the generated code does not know.
 */
import type avro from 'avsc';
import type { Cursor } from './cursor.ts';
import { branchOf, repeat, symbolIndex } from './skip.ts';
import { arrayType, enumType, isUnion } from './type-shapes.ts';

export type Read = (cursor: Cursor, row: number) => void;

/** Where the values of one field go. A method that is missing is a field that cannot have such values. */
export interface Target {
  setNull?(row: number): void;
  setNumber?(value: number, row: number): void;
  /** The cursor's `hi` and `lo`. */
  takeLong?(cursor: Cursor, row: number): void;
  /** Reads the string at the cursor. */
  takeText?(cursor: Cursor, row: number): void;
  setSymbol?(symbol: string, row: number): void;
  /** Before an array's first item. */
  begin?(row: number): void;
  /** Reads an item at the cursor. */
  item?(reader: avro.Type, writer: avro.Type): Read;
}

/** @throws TypeError when the target takes no such value. */
export function valueReader(reader: avro.Type, writer: avro.Type, target: Target): Read {
  if (isUnion(writer)) {
    const branches = writer.types.map((type) => valueReader(reader, type, target));
    return (cursor, row) => branchOf(cursor, branches)(cursor, row);
  }
  if (isUnion(reader)) return valueReader(branchFor(reader, writer), writer, target);
  switch (reader.typeName) {
    case 'null': {
      const { setNull } = needed(target, 'setNull');
      return (_cursor, row) => setNull(row);
    }
    case 'abstract:long': {
      const { takeLong } = needed(target, 'takeLong');
      if (writer.typeName !== 'int') {
        return (cursor, row) => {
          cursor.long();
          takeLong(cursor, row);
        };
      }
      return (cursor, row) => {
        cursor.lo = cursor.int();
        cursor.hi = cursor.lo >> 31;
        takeLong(cursor, row);
      };
    }
    case 'boolean':
    case 'int':
    case 'long':
    case 'float':
    case 'double': {
      const { setNumber } = needed(target, 'setNumber');
      const number = numberReader(reader, writer);
      return (cursor, row) => setNumber(number(cursor), row);
    }
    case 'string': {
      const { takeText } = needed(target, 'takeText');
      return takeText;
    }
    case 'enum': {
      const { setSymbol } = needed(target, 'setSymbol');
      const symbols = resolvedSymbols(enumType(reader), enumType(writer));
      return (cursor, row) => setSymbol(symbols[symbolIndex(cursor, symbols.length)]!, row);
    }
    case 'array': {
      const { item } = needed(target, 'item');
      const read = item(arrayType(reader).itemsType, arrayType(writer).itemsType);
      return (cursor, row) => {
        target.begin?.(row);
        cursor.blocks((items) => repeat(items, cursor, () => read(cursor, row)));
      };
    }
    default:
      throw new TypeError(`a reading has no place for ${reader.typeName}`);
  }
}

/** The writer's symbols as the reader knows them: its default for those that it does not. */
export function resolvedSymbols(reader: avro.types.EnumType, writer: avro.types.EnumType): string[] {
  const fallback = (reader as unknown as { readonly default?: string }).default;
  return writer.symbols.map((symbol) => (reader.symbols.includes(symbol) ? symbol : fallback!));
}

/** The first branch that can read what the writer has. */
function branchFor(reader: avro.types.UnwrappedUnionType, writer: avro.Type): avro.Type {
  const branch = reader.types.find((type) => {
    try {
      type.createResolver(writer);
      return true;
    } catch {
      return false;
    }
  });
  if (branch === undefined) throw new TypeError(`no branch reads ${writer.typeName}`);
  return branch;
}

function numberReader(reader: avro.Type, writer: avro.Type): (cursor: Cursor) => number {
  switch (writer.typeName) {
    case 'boolean':
      return (cursor) => Number(cursor.boolean());
    case 'int':
      return (cursor) => cursor.int();
    case 'long':
    case 'abstract:long':
      // Into a long that is a number: a timestamp. Into a float or double whatever it is, rounded.
      return reader.typeName === 'long' ? (cursor) => cursor.timestamp() : (cursor) => cursor.number();
    case 'float':
      return (cursor) => cursor.float();
    case 'double':
      return (cursor) => cursor.double();
    default:
      throw new TypeError(`${reader.typeName} does not read ${writer.typeName}`);
  }
}

function needed<K extends keyof Target>(target: Target, method: K): Required<Pick<Target, K>> {
  if (target[method] === undefined) throw new TypeError(`a field's place in the reading lacks ${method}`);
  return target as Required<Pick<Target, K>>;
}
