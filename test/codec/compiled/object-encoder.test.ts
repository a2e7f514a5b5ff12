/** Records encoded by generated code are avsc's bytes, for every record that the catalogue's schemas allow. */
import { describe, expect, it } from '@jest/globals';
import type avro from 'avsc';
import fc from 'fast-check';
import { avroSchema } from '../../../topics/avro.ts';
import { catalogue, type TopicName } from '../../../topics/catalogue.ts';
import { avroType } from '../../../pipeline/codec/avro-type.ts';
import { objectEncoder } from '../../../pipeline/codec/compiled/object-encoder.ts';
import {
  arrayType,
  enumType,
  isUnion,
  mapType,
  recordType,
} from '../../../pipeline/codec/compiled/type-shapes.ts';
import { frameWriter } from './avsc-frames.ts';

const ID = 7;
const topics = Object.keys(catalogue) as TopicName[];

function valuesOf(type: avro.Type): fc.Arbitrary<unknown> {
  if (isUnion(type)) return fc.oneof(...type.types.map(valuesOf));
  switch (type.typeName) {
    case 'null':
      return fc.constant(null);
    case 'string':
      return fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: 'grapheme', maxLength: 12 }));
    case 'int':
      return fc.integer();
    case 'long':
      // Beyond, avsc's own zigzag is not exact.
      return fc.integer({ min: -(2 ** 52), max: 2 ** 52 });
    case 'abstract:long':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    case 'float':
      return fc.float();
    case 'double':
      return fc.double();
    case 'boolean':
      return fc.boolean();
    case 'bytes':
      return fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes));
    case 'enum':
      return fc.constantFrom(...enumType(type).symbols);
    case 'array':
      return fc.array(valuesOf(arrayType(type).itemsType), { maxLength: 3 });
    case 'map':
      return fc.dictionary(fc.string(), valuesOf(mapType(type).valuesType as avro.Type), { maxKeys: 3 });
    case 'record': {
      const { fields } = recordType(type);
      return fc.record(Object.fromEntries(fields.map((field) => [field.name, valuesOf(field.type)])));
    }
    default:
      throw new TypeError(`no values of type ${type.typeName} are known`);
  }
}

describe('objectEncoder', () => {
  it.each(topics)('writes what avsc writes for %s', (topic) => {
    const schema = avroSchema(catalogue[topic]);
    const type = avroType(schema, 'bigint');
    const expected = frameWriter(type, () => ID);
    const encoder = objectEncoder<unknown>(schema, () => ID);
    fc.assert(
      fc.property(valuesOf(type), (record) => {
        expect(encoder.encode(record).equals(expected(record))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  const schema = {
    type: 'record',
    name: 'Sample',
    fields: [
      { name: 'name', type: 'string' },
      { name: 'count', type: 'int' },
      { name: 'total', type: ['null', 'long'], default: null },
    ],
  } as const;
  const encoder = objectEncoder<unknown>(schema, () => ID);

  it('gives a missing field the default of the schema', () => {
    expect(encoder.encode({ name: 'a', count: 1 })).toEqual(
      encoder.encode({ name: 'a', count: 1, total: null }),
    );
  });

  it.each([
    ['a text for a number', { name: 'a', count: '1' }],
    ['an int of more than 32 bits', { name: 'a', count: 2 ** 31 }],
    ['a number for a text', { name: 1, count: 1 }],
    ['a required field that is missing', { name: 'a' }],
    ['a number for a long', { name: 'a', count: 1, total: 1 }],
    ['a long of more than 64 bits', { name: 'a', count: 1, total: 2n ** 63n }],
    ['no object', null],
  ])('refuses %s', (_, record) => {
    expect(() => encoder.encode(record)).toThrow();
  });

  it('writes the next record whole after one that was refused', () => {
    const whole = encoder.encode({ name: 'a', count: 1 });
    expect(() => encoder.encode({ name: 'a long name', count: 1.5 })).toThrow('1.5 is no int');
    expect(encoder.encode({ name: 'a', count: 1 })).toEqual(whole);
  });

  it('writes records larger than any buffer that it had', () => {
    const name = 'x'.repeat(600_000);
    const type = avroType(schema, 'bigint');
    expect(type.fromBuffer(encoder.encode({ name, count: 1, total: -(2n ** 40n) }).subarray(5))).toEqual({
      name,
      count: 1,
      total: -(2n ** 40n),
    });
  });
});
