/** Versions of a schema that other writers might have, values of them, and their bytes in any legal blocking. */
import avro from 'avsc';
import { Int64, halvesLong } from '../../../pipeline/codec/int64.ts';
import type { AvroSchema } from '../../../pipeline/codec/port.ts';
import { pick, TEXTS, type Chance } from './random-reading.ts';
import {
  arrayType,
  enumType,
  fixedType,
  mapType,
  recordType,
  unionType,
} from '../../../pipeline/codec/compiled/type-shapes.ts';

type Json = Record<string, unknown>;
type Field = Json & { name: string; type: unknown };

/** Fields added, removed, reordered and of types that are promoted; symbols added to enums. It still resolves. */
export function evolvedSchema(schema: AvroSchema, chance: Chance): AvroSchema {
  let added = 0;
  const evolve = (node: unknown): unknown => {
    if (Array.isArray(node))
      return chance() < 0.2
        ? evolve(node[1])
        : chance() < 0.2
          ? [node[1], node[0]].map(evolve)
          : node.map(evolve);
    if (typeof node === 'string') return promoted(node, chance);
    const object = node as Json;
    if (object['type'] === 'record') {
      const fields = (object['fields'] as Field[])
        .filter((field) => !('default' in field) || chance() > 0.15)
        .map((field) => ({ ...field, type: evolve(field.type) }));
      for (const field of fields) delete (field as Json)['default'];
      while (chance() < 0.5) {
        added += 1;
        fields.push({ name: `added_${added}`, type: strangeType(added, chance) });
      }
      return { ...object, fields: chance() < 0.5 ? fields : shuffled(fields, chance) };
    }
    if (object['type'] === 'array') return { ...object, items: evolve(object['items']) };
    if (object['type'] === 'enum') {
      const symbols = [...(object['symbols'] as string[]), ...(chance() < 0.5 ? ['brand_new'] : [])];
      return { ...object, symbols: shuffled(symbols, chance) };
    }
    return object;
  };
  return evolve(schema) as AvroSchema;
}

function promoted(type: string, chance: Chance): string {
  const from: Record<string, readonly string[]> = {
    long: ['long', 'long', 'int'],
    float: ['float', 'int', 'long'],
    double: ['double', 'double', 'float', 'int', 'long'],
    string: ['string', 'string', 'string', 'bytes'],
  };
  return pick(chance, from[type] ?? [type]);
}

function strangeType(number: number, chance: Chance): unknown {
  const name = `Added${number}`;
  return pick<() => unknown>(chance, [
    () => 'boolean',
    () => 'int',
    () => 'long',
    () => 'float',
    () => 'double',
    () => 'string',
    () => 'bytes',
    () => 'null',
    () => ({ type: 'long', logicalType: 'timestamp-millis' }),
    () => ({ type: 'fixed', name, size: 5 }),
    () => ({ type: 'enum', name, symbols: ['a', 'b'] }),
    () => ({ type: 'map', values: 'long' }),
    () => ({ type: 'array', items: ['null', 'long'] }),
    () => ['null', 'string', 'double', { type: 'enum', name, symbols: ['x'] }].slice(0, 3),
    () => ({
      type: 'record',
      name,
      fields: [
        { name: 'of', type: 'int' },
        { name: 'next', type: ['null', name] },
      ],
    }),
  ])();
}

function shuffled<T>(list: readonly T[], chance: Chance): T[] {
  return list
    .map((item) => ({ item, key: chance() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

interface Tap {
  pos: number;
  writeLong(value: number): void;
}
interface Items {
  _write(tap: Tap, value: unknown): void;
  encode(value: unknown, into: Buffer, at: number): number;
}

/** `toBuffer` shares one buffer among all types: an item within an item needs its own. */
const scratch = Buffer.alloc(1 << 16);

/** The schema's type, which writes arrays in blocks of any size, some with their byte size before them. */
export function blockyType(schema: AvroSchema, chance: Chance): avro.Type {
  // avsc writes a value twice when its buffer was too small: both times must split alike.
  const salt = Math.floor(chance() * 1000);
  class BlockyArrayType extends avro.types.ArrayType {
    _write(tap: Tap, values: unknown[]): void {
      const items = (this as unknown as { itemsType: Items }).itemsType;
      for (let from = 0; from < values.length;) {
        const block = values.slice(from, from + 1 + ((salt + 7 * from) % values.length));
        if ((salt + from) % 2 === 0) tap.writeLong(block.length);
        else {
          tap.writeLong(-block.length);
          tap.writeLong(block.reduce<number>((sum, item) => sum + items.encode(item, scratch, 0), 0));
        }
        for (const item of block) items._write(tap, item);
        from += block.length;
      }
      tap.writeLong(0);
    }
  }
  return avro.Type.forSchema(schema as unknown as avro.Schema, {
    typeHook: (node: unknown, options: unknown): avro.Type | undefined => {
      if (node === 'long') return halvesLong;
      if (typeof node === 'object' && node !== null && 'type' in node && node.type === 'array') {
        return new (BlockyArrayType as unknown as new (node: unknown, options: unknown) => avro.Type)(
          node,
          options,
        );
      }
      return undefined;
    },
  });
}

const HALVES = [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];

/** A value of the type; `rows` items where rows are. */
export function randomValue(type: avro.Type, chance: Chance, rows: number, depth = 0): unknown {
  switch (type.typeName) {
    case 'null':
      return null;
    case 'boolean':
      return chance() < 0.5;
    case 'int':
      return pick(chance, [0, 1, -1, 63, 64, -65, 2 ** 27, 2 ** 31 - 1, -(2 ** 31)]);
    case 'abstract:long':
      return chance() < 0.3
        ? Int64.fromNumber(Math.floor(chance() * 1000))
        : new Int64(pick(chance, HALVES), pick(chance, HALVES));
    case 'long':
      return pick(chance, [0, 1_700_000_000_000, -1, 9007199254740990]);
    case 'float':
      return pick(chance, [0, -0, 0.5, Infinity, Math.fround(1 / 3)]);
    case 'double':
      return pick(chance, [0, -0, 1 / 3, Number.NaN, -Infinity, 1e300]);
    case 'string':
      return pick(chance, TEXTS);
    case 'bytes':
      return pick(chance, [
        Buffer.alloc(0),
        Buffer.from('plain'),
        Buffer.from([0xff, 0x41]),
        Buffer.from('ü'),
      ]);
    case 'fixed':
      return Buffer.alloc(fixedType(type).size, 7);
    case 'enum':
      return pick(chance, enumType(type).symbols);
    case 'array': {
      const { itemsType } = arrayType(type);
      const length = 'fields' in itemsType ? rows : Math.floor(chance() * 3);
      return Array.from({ length }, () => randomValue(itemsType, chance, rows, depth + 1));
    }
    case 'map':
      return Object.fromEntries(
        TEXTS.slice(0, Math.floor(chance() * 3)).map((key) => [
          key,
          randomValue(mapType(type).valuesType as avro.Type, chance, rows, depth + 1),
        ]),
      );
    case 'union:unwrapped': {
      const { types } = unionType(type);
      // What holds itself must end.
      return randomValue(depth > 6 ? types[0]! : pick(chance, types), chance, rows, depth + 1);
    }
    default:
      return Object.fromEntries(
        recordType(type).fields.map((field) => [
          field.name,
          randomValue(field.type, chance, rows, depth + 1),
        ]),
      );
  }
}
