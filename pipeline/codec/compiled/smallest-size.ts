/** How many bytes a value of a type has at least: what bounds the rows that a record can hold. */
import type avro from 'avsc';
import { fixedType, recordType } from './type-shapes.ts';

export function smallestSize(type: avro.Type): number {
  return sizeOf(type, new Set());
}

function sizeOf(type: avro.Type, within: ReadonlySet<avro.Type>): number {
  switch (type.typeName) {
    case 'null':
      return 0;
    case 'float':
      return 4;
    case 'double':
      return 8;
    case 'fixed':
      return fixedType(type).size;
    case 'record':
    case 'error':
      // A record in itself only ends through a union or an array, which have their byte.
      if (within.has(type)) return 0;
      return recordType(type).fields.reduce(
        (sum, field) => sum + sizeOf(field.type, new Set([...within, type])),
        0,
      );
    default:
      return 1;
  }
}
