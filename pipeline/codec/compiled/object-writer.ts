/**
 * Plain objects to Avro, by a schema: one generated function a record type, so that the fields of a record are read by
 * name at one place each. A Baseline has thousands of cells of 18 fields, and avsc asks each union which branch it is.
 * What is rare in our records (maps, enums, other unions) is left to avsc. Recursive schemas, which the catalogue cannot
 * express, are not for this.
 */
import { inspect } from 'node:util';
import type avro from 'avsc';
import { nullable } from './nullable.ts';
import { evaluate } from './source.ts';
import { arrayType, recordType } from './type-shapes.ts';
import type { FrameSink } from './frame-sink.ts';

export type WriteValue = (sink: FrameSink, value: unknown) => void;

/** @returns what writes a value of the type. It throws RangeError or avsc's Error for a value that the type cannot hold. */
export function valueOf(type: avro.Type): WriteValue {
  switch (type.typeName) {
    case 'string':
      return (sink, value) => {
        if (typeof value !== 'string') throw invalid(value, type);
        sink.text(value);
      };
    case 'int':
      return (sink, value) => {
        if (typeof value !== 'number' || (value | 0) !== value) throw invalid(value, type);
        sink.int(value);
      };
    case 'double':
      return (sink, value) => {
        if (typeof value !== 'number') throw invalid(value, type);
        sink.double(value);
      };
    case 'long':
      return (sink, value) => {
        if (typeof value !== 'number') throw invalid(value, type);
        sink.long(value);
      };
    case 'abstract:long':
      return (sink, value) => {
        if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) throw invalid(value, type);
        sink.bigLong(value);
      };
    case 'float':
      return (sink, value) => {
        if (typeof value !== 'number') throw invalid(value, type);
        sink.float(value);
      };
    case 'boolean':
      return (sink, value) => {
        if (typeof value !== 'boolean') throw invalid(value, type);
        sink.byte(value ? 1 : 0);
      };
    case 'array': {
      const write = valueOf(arrayType(type).itemsType);
      return (sink, value) => {
        if (!Array.isArray(value)) throw invalid(value, type);
        if (value.length > 0) sink.int(value.length);
        for (const item of value) write(sink, item);
        sink.byte(0);
      };
    }
    case 'record':
      return recordWriter(recordType(type));
    default:
      return nullableWriter(type) ?? ((sink, value) => sink.encoded(type.toBuffer(value)));
  }
}

/** Of a type or null; undefined where the type is no such union, or holds what avsc writes. */
function nullableWriter(type: avro.Type): WriteValue | undefined {
  const { type: inner, union } = nullable(type) ?? { type, union: undefined };
  if (union === undefined) return undefined;
  const write = valueOf(inner);
  return (sink, value) => {
    if (value === null) return sink.byte(union.none);
    sink.byte(union.value);
    write(sink, value);
  };
}

function recordWriter(type: avro.types.RecordType): WriteValue {
  const { fields } = type;
  const refuse = (value: unknown): never => {
    throw invalid(value, type);
  };
  const args: Record<string, unknown> = { refuse };
  const body = fields.map((field, i) => {
    args[`name${i}`] = field.name;
    args[`default${i}`] = () => field.defaultValue() as unknown;
    args[`write${i}`] = valueOf(field.type);
    return `value = record[name${i}];
      write${i}(sink, value === undefined ? default${i}() : value);`;
  });
  return evaluate(
    args,
    `return (sink, record) => {
      if (typeof record !== 'object' || record === null) refuse(record);
      let value;
      ${body.join('\n')}
    };`,
  ) as WriteValue;
}

function invalid(value: unknown, type: avro.Type): RangeError {
  return new RangeError(`${inspect(value, { depth: 0 })} is no ${type.typeName}, as the schema wants it`);
}
