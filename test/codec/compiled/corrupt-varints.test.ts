/** What random bytes hardly ever hit: counts, lengths, branches and numbers that no writer would write. */
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import type avro from 'avsc';
import { avroType } from '../../../pipeline/codec/avro-type.ts';
import { smallestSize } from '../../../pipeline/codec/compiled/smallest-size.ts';
import { arrayType, isUnion, recordType } from '../../../pipeline/codec/compiled/type-shapes.ts';
import { HEADER_BYTES, writeHeader } from '../../../pipeline/codec/wire-format.ts';
import { avroSchema } from '../../../topics/avro.ts';
import { catalogue } from '../../../topics/catalogue.ts';
import { randomFrom } from '../../support/random-from.ts';
import { fillReading } from './random-reading.ts';
import { blockyType, evolvedSchema, randomValue } from './random-writer.ts';
import { codecsOf } from './reference.ts';
import { BEYOND_64, sevenBits, strangeForms, varint, varintsOf, zigzag, type Place } from './varints.ts';

type Codecs = ReturnType<typeof codecsOf>;

/** Of both decoders: what they read, or why not. The bytes behind the value in memory look like more of the record. */
async function outcomesOf(codecs: Codecs, known: Buffer) {
  await codecs.compiled.decoder.prepare([known]);
  await codecs.reference.decoder.prepare([known]);
  const spare = { compiled: codecs.newReading(), reference: codecs.newReading() };
  const outcomeOf = (which: 'compiled' | 'reference', value: Buffer) => {
    const failure = codecs[which].decoder.decode(value, spare[which]);
    return failure === undefined ? codecs.contents(spare[which]) : failure.reason;
  };
  return (value: Buffer) => {
    const memory = Buffer.concat([Buffer.alloc(64, 2), value, Buffer.alloc(4096, 2)]);
    const embedded = memory.subarray(64, 64 + value.length);
    return { compiled: outcomeOf('compiled', embedded), reference: outcomeOf('reference', embedded) };
  };
}

function framed(id: number, ...body: Buffer[]): Buffer {
  const value = Buffer.concat([Buffer.alloc(HEADER_BYTES), ...body]);
  writeHeader(value, 0, id);
  return value;
}

function replaced(value: Buffer, { start, end }: Place, by: Buffer): Buffer {
  return Buffer.concat([value.subarray(0, start), by, value.subarray(end)]);
}

describe.each(['raw.interface', 'metric.interface'] as const)('any varint of %s', (topic) => {
  it.each([0, 1, 2, 3, 4, 5])('is told as avsc does, whatever stands there (version %i)', async (version) => {
    const codecs = codecsOf(topic);
    const chance = randomFrom(version);
    const schema = version === 0 ? codecs.schema : evolvedSchema(codecs.schema, chance);
    const type = blockyType(schema, chance);
    const value = framed(codecs.registry.add(schema), type.toBuffer(randomValue(type, chance, 2)));
    const outcomes = await outcomesOf(codecs, value);
    const different: string[] = [];
    for (const place of varintsOf(schema, value, HEADER_BYTES)) {
      for (const bytes of strangeForms(value.subarray(place.start, place.end))) {
        const { compiled, reference } = outcomes(replaced(value, place, bytes));
        if (!isDeepStrictEqual(compiled, reference))
          different.push(`${bytes.toString('hex')} at ${place.start}`);
      }
    }
    expect(different).toEqual([]);
  });
});

/** A record of one row, and which of its varints are of which kind. */
const ENTITY = 'default/device/core-1';
const PART = 7;
const UPTIME = 5;
const VARINTS = { length: 1, branch: 2, int: 6, long: 12, count: 18 } as const;

async function oneRow() {
  const codecs = codecsOf('raw.interface');
  const reading = codecs.newReading();
  fillReading(reading, codecs.fields, 1, randomFrom(3));
  Object.assign(reading, { entity: ENTITY, part: PART, deviceIp: '192.0.2.1', errors: [] });
  Object.assign(reading, { durationMs: Number.NaN, intervalMs: Number.NaN, sysUptime: UPTIME });
  Object.assign(reading, { hostUptime: Number.NaN, engineBoots: Number.NaN, engineTime: Number.NaN });
  const value = codecs.compiled.encoder.encode(reading);
  const places = varintsOf(codecs.schema, value, HEADER_BYTES);
  const outcomes = await outcomesOf(codecs, value);
  return {
    value,
    outcomes,
    of: (kind: keyof typeof VARINTS, bytes: Buffer) =>
      outcomes(replaced(value, places[VARINTS[kind]]!, bytes)),
  };
}

describe('a compiled reader, as avsc,', () => {
  it.each([
    ['a length of 11 bytes', 'length', varint(BigInt(ENTITY.length), 11)],
    ['a branch of 11 bytes', 'branch', varint(1n, 11)],
    ['an int of 6 bytes', 'int', varint(BigInt(PART), 6)],
    ['an int of 11 bytes', 'int', varint(BigInt(PART), 11)],
    ['a long of 10 bytes', 'long', varint(BigInt(UPTIME), 10)],
    ['a long with bits beyond 64', 'long', sevenBits(zigzag(BigInt(UPTIME)) | BEYOND_64, 10)],
    ['a count of 11 bytes', 'count', varint(1n, 11)],
    ['a block of 0 bytes by its own account', 'count', Buffer.concat([varint(-1n), varint(0n)])],
    ['a block of -2^63 bytes', 'count', Buffer.concat([varint(-1n), varint(-(2n ** 63n))])],
    ['a block of 2^40 bytes, in 20', 'count', Buffer.concat([varint(-1n), varint(2n ** 40n, 20)])],
  ] as const)('reads the record that has %s', async (_, kind, bytes) => {
    const { value, outcomes, of } = await oneRow();
    const expected = outcomes(value).reference;
    expect(expected).toHaveProperty('rows');
    expect(of(kind, bytes)).toEqual({ compiled: expected, reference: expected });
  });

  it.each([
    ['an int of 33 bits', 'int', varint(2n ** 31n), 'invalid'],
    ['a long of 11 bytes', 'long', varint(BigInt(UPTIME), 11), 'invalid'],
    ['branch -1', 'branch', varint(-1n), 'invalid'],
    ['branch 2 of 2', 'branch', varint(2n), 'invalid'],
    ['branch 2^53', 'branch', varint(2n ** 53n), 'invalid'],
    ['branch 2^64', 'branch', varint(2n ** 64n), 'invalid'],
    ['a length of -1', 'length', varint(-1n), 'truncated'],
    ['a length of -2^63', 'length', varint(-(2n ** 63n)), 'truncated'],
    ['a length beyond the end', 'length', varint(10_000n), 'truncated'],
    ['a length of 2^53', 'length', varint(2n ** 53n), 'truncated'],
    ['a length of 2^63', 'length', varint(2n ** 63n), 'truncated'],
    ['a length of 150 bytes', 'length', varint(BigInt(ENTITY.length), 150), 'truncated'],
    ['a count of a million', 'count', varint(1_000_000n), 'invalid'],
    ['a count of minus a million', 'count', varint(-1_000_000n), 'invalid'],
    ['a count of 2^53 - 1', 'count', varint(2n ** 53n - 1n), 'invalid'],
    ['a count of 2^53', 'count', varint(2n ** 53n), 'invalid'],
    ['a count of -2^53', 'count', varint(-(2n ** 53n)), 'invalid'],
    ['a count of 2^63 - 1', 'count', varint(2n ** 63n - 1n), 'invalid'],
    ['a count of -2^63', 'count', varint(-(2n ** 63n)), 'invalid'],
    ['a count of 2^64', 'count', varint(2n ** 64n), 'invalid'],
    ['a count of 150 bytes', 'count', varint(1n, 150), 'invalid'],
  ] as const)('refuses %s', async (_, kind, bytes, reason) => {
    expect((await oneRow()).of(kind, bytes)).toEqual({ compiled: reason, reference: reason });
  });

  it.each([
    ['one block after the other', { type: 'array', items: 'null' }, Buffer.of(8, 8, 8, 0)],
    [
      'blocks within blocks',
      { type: 'array', items: { type: 'array', items: 'null' } },
      Buffer.of(6, 10, 0, 4, 0, 2, 0, 0),
    ],
  ])('believes no more items of no bytes than the record has bytes: %s', async (_, type, blocks) => {
    const codecs = codecsOf('raw.interface');
    const { value } = await oneRow();
    const fields = [{ name: 'nothing', type }, ...(codecs.schema['fields'] as object[])];
    const writer = codecs.registry.add({ ...codecs.schema, fields });
    const body = value.subarray(HEADER_BYTES);
    const honest = framed(writer, blocks, body);
    const outcomes = await outcomesOf(codecs, honest);
    expect(outcomes(honest).compiled).toHaveProperty('rows');
    // Ten times as many items in blocks of which none claims more than there are bytes left.
    const claim = varint(BigInt(body.length));
    const most = framed(writer, Buffer.concat(Array.from({ length: 10 }, () => claim)), blocks, body);
    expect(outcomes(most)).toEqual({ compiled: 'invalid', reference: 'invalid' });
  });
});

describe('an item of an array', () => {
  it.each(Object.values(catalogue))('has a byte at least in $name', (topic) => {
    for (const items of itemsWithin(avroType(avroSchema(topic), 'bigint')))
      expect(smallestSize(items)).toBeGreaterThan(0);
  });

  function itemsWithin(type: avro.Type): avro.Type[] {
    if (isUnion(type)) return type.types.flatMap(itemsWithin);
    if (type.typeName === 'record')
      return recordType(type).fields.flatMap((field) => itemsWithin(field.type));
    if (type.typeName !== 'array') return [];
    const { itemsType } = arrayType(type);
    return [itemsType, ...itemsWithin(itemsType)];
  }
});
