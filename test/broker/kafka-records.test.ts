/** Record batches of a fetch, decoded: against kafkajs's encoder, and what its decoder loses. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createRequire } from 'node:module';
import { zstdCompressSync } from 'node:zlib';
import { committedRecords } from '../../pipeline/broker/kafka/committed-records.ts';
import { crc32c } from '../../pipeline/broker/kafka/crc32c.ts';
import { recordBatches } from '../../pipeline/broker/kafka/record-batches.ts';
import { PermanentError } from '../../pipeline/model/errors.ts';
import '../../pipeline/broker/kafka/patches.ts';

interface Encoder {
  readonly buffer: Buffer;
  writeVarLong(value: bigint): Encoder;
}

const require = createRequire(import.meta.url);
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0') as {
  RecordBatch(options: object): Promise<Encoder>;
};
const encodeRecord = require('kafkajs/src/protocol/recordBatch/record/v0') as (options: object) => Encoder;
const NewEncoder = require('kafkajs/src/protocol/encoder') as new () => Encoder;

const OF = { topic: 'topic', partition: 3 };
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

interface Given {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Record<string, string>;
}

interface BatchOptions {
  readonly attributes?: number;
  readonly compression?: number;
  readonly producerId?: bigint;
  /** Records that are left of as many; all unless told. */
  readonly keep?: (index: number) => boolean;
}

async function batch(
  baseOffset: number,
  given: readonly Given[],
  options: BatchOptions = {},
): Promise<Buffer> {
  const { attributes = 0, compression = 0, producerId = -1n, keep = () => true } = options;
  const records = given.flatMap((each, offsetDelta) =>
    keep(offsetDelta) ? encodeRecord({ ...each, offsetDelta, timestampDelta: offsetDelta * 1000 }) : [],
  );
  const encoder = await RecordBatch({
    compression,
    firstOffset: String(baseOffset),
    firstTimestamp: 1_700_000_000_000,
    maxTimestamp: 1_700_000_000_000 + given.length * 1000,
    producerId: String(producerId),
    producerEpoch: 0,
    lastOffsetDelta: given.length - 1,
    records,
    transactional: false,
  });
  const bytes = Buffer.from(encoder.buffer);
  bytes.writeInt16BE(bytes.readInt16BE(21) | attributes, 21);
  return withChecksum(bytes);
}

function withChecksum(bytes: Buffer): Buffer {
  bytes.writeUInt32BE(crc32c(bytes, 21), 17);
  return bytes;
}

/** A batch of records that are packed as zstd. */
async function packed(baseOffset: number, count: number, records: Buffer): Promise<Buffer> {
  const header = (await batch(baseOffset, [value('a')], { attributes: 4 })).subarray(0, 61);
  const bytes = Buffer.concat([header, zstdCompressSync(records)]);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeInt32BE(count - 1, 23);
  bytes.writeInt32BE(count, 57);
  return withChecksum(bytes);
}

/** A record with a value of zeroes. */
function zeroes(length: number): Buffer {
  const tail = Buffer.concat([varint(-1), varint(length), Buffer.alloc(length), varint(0)]);
  const body = Buffer.concat([Buffer.from([0, 0, 0]), tail]);
  return Buffer.concat([varint(body.length), body]);
}

const varint = (number: number) => new NewEncoder().writeVarLong(BigInt(number)).buffer;

const value = (text: string): Given => ({ key: null, value: Buffer.from(text), headers: {} });

/** Version 0, type abort or commit. */
const marker = (type: number): Given => ({
  key: Buffer.from([0, 0, 0, type]),
  value: Buffer.alloc(6),
  headers: {},
});

const answer = (data: Buffer, aborted: { producerId: bigint; firstOffset: number }[] = []) => ({
  ...OF,
  errorCode: 0,
  lastStableOffset: 100,
  aborted,
  data,
});

describe('record batches', () => {
  it('decode to what kafkajs has encoded, compressed or not', async () => {
    const bytes = fc.uint8Array({ maxLength: 300 }).map((each) => Buffer.from(each));
    const given = fc.record({
      key: fc.option(bytes),
      value: fc.option(bytes),
      headers: fc.dictionary(fc.string({ minLength: 1 }), fc.string(), { noNullPrototype: true }),
    });
    const property = fc.asyncProperty(
      fc.nat(2 ** 40),
      fc.array(given, { minLength: 1, maxLength: 20 }),
      fc.constantFrom(0, 1, 4),
      async (baseOffset, records, compression) => {
        const [found, ...others] = [...recordBatches(await batch(baseOffset, records, { compression }), OF)];
        expect(others).toEqual([]);
        expect(found).toMatchObject({
          baseOffset,
          lastOffset: baseOffset + records.length - 1,
          kind: 'data',
        });
        const expected = records.map(({ key, value, headers }, i) => ({
          ...OF,
          offset: baseOffset + i,
          appendedAtMs: 1_700_000_000_000 + i * 1000,
          key,
          value,
          ...(Object.keys(headers).length > 0 && { headers }),
        }));
        expect(found!.unpacked().records).toEqual(expected);
      },
    );
    await fc.assert(property);
  });

  it('keep a header that has the name of an accessor of objects', async () => {
    const headers = Object.fromEntries([['__proto__', 'a']]);
    const [found] = recordBatches(await batch(0, [{ key: null, value: null, headers }]), OF);
    expect(Object.entries(found!.unpacked().records[0]!.headers!)).toEqual([['__proto__', 'a']]);
  });

  it('leave out one that the answer has cut off', async () => {
    const whole = await batch(0, [value('a'), value('b')]);
    const cut = (await batch(2, [value('c')])).subarray(0, -1);
    const found = committedRecords(answer(Buffer.concat([whole, cut])), 0);
    expect(found.records.map(({ offset }) => offset)).toEqual([0, 1]);
    expect(found.nextOffset).toBe(2);
  });

  it('say the append time of the log where it has one', async () => {
    const [found] = recordBatches(await batch(0, [value('a'), value('b')], { attributes: 0x08 }), OF);
    expect(found!.unpacked().records.map(({ appendedAtMs }) => appendedAtMs)).toEqual([
      1_700_000_002_000, 1_700_000_002_000,
    ]);
  });

  it('that compaction has emptied, in part or in whole, move the position on', async () => {
    const data = Buffer.concat([
      await batch(0, [value('a'), value('b'), value('c')], { keep: (i) => i === 1 }),
      await batch(3, [value('d'), value('e')], { keep: () => false }),
    ]);
    const found = committedRecords(answer(data), 0);
    expect(found.records.map(({ offset }) => offset)).toEqual([1]);
    expect(found.nextOffset).toBe(5);
    expect(committedRecords(answer(data), 2)).toEqual({ records: [], nextOffset: 5 });
    expect(committedRecords(answer(data), 0, 4).nextOffset).toBe(4);
  });

  it('that begin behind the end of a range end it', async () => {
    const data = await batch(8, [value('a')]);
    expect(committedRecords(answer(data), 2, 6)).toEqual({ records: [], nextOffset: 6 });
  });

  it('of aborted transactions are left out up to their marker, per producer', async () => {
    const transactional = { attributes: TRANSACTIONAL };
    const control = { attributes: TRANSACTIONAL | CONTROL };
    const data = Buffer.concat([
      await batch(0, [value('never')], { ...transactional, producerId: 7n }),
      await batch(1, [value('kept')], { ...transactional, producerId: 8n }),
      await batch(2, [value('plain')], { producerId: 7n }),
      await batch(3, [marker(0)], { ...control, producerId: 7n }),
      await batch(4, [value('kept later')], { ...transactional, producerId: 7n }),
      await batch(5, [marker(1)], { ...control, producerId: 8n }),
      await batch(6, [marker(1)], { ...control, producerId: 7n }),
    ]);
    const found = committedRecords(answer(data, [{ producerId: 7n, firstOffset: 0 }]), 0);
    expect(found.records.map((each) => each.value!.toString())).toEqual(['kept', 'plain', 'kept later']);
    expect(found.nextOffset).toBe(7);
  });

  it('do not take a record for a marker because of its key', async () => {
    const key = Buffer.from([0, 0, 0, 0]);
    const transactional = { attributes: TRANSACTIONAL, producerId: 7n };
    const data = Buffer.concat([
      await batch(0, [{ ...value('never'), key }, value('never')], transactional),
      await batch(2, [value('never')], transactional),
    ]);
    expect(committedRecords(answer(data, [{ producerId: 7n, firstOffset: 0 }]), 0).records).toEqual([]);
  });

  it('with a codec that Node has not are refused with a way out', async () => {
    const lz4 = await batch(0, [value('a')], { attributes: 3 });
    expect(() => committedRecords(answer(lz4), 0)).toThrow(/topic\[3\].*lz4.*zstd or gzip/);
  });
});

describe('record batches that cannot be right', () => {
  const read = (data: Buffer) => committedRecords(answer(data), 0);

  it('are refused when any byte behind the checksum is another', async () => {
    const whole = await batch(7, [value('a'), value('b')], { compression: 4 });
    fc.assert(
      fc.property(
        fc.integer({ min: 21, max: whole.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        (at, by) => {
          const bytes = Buffer.from(whole);
          bytes[at]! ^= by;
          expect(() => read(bytes)).toThrow(/batch at offset 7 of topic\[3\] is spoilt/);
        },
      ),
    );
  });

  it('are refused, or read within their bounds, whatever their records are', async () => {
    const whole = await batch(0, [value('a'), value('b')]);
    const tail = fc.uint8Array({ maxLength: 80 });
    fc.assert(
      fc.property(tail, fc.nat(40), fc.constantFrom(0, 1, 4), (random, count, codec) => {
        const bytes = Buffer.concat([whole.subarray(0, 61), random]);
        bytes.writeInt32BE(bytes.length - 12, 8);
        bytes.writeInt16BE(codec, 21);
        bytes.writeInt32BE(count, 57);
        let records: readonly { readonly value: Buffer | null }[] = [];
        try {
          ({ records } = read(withChecksum(bytes)));
        } catch (error) {
          expect(error).toBeInstanceOf(PermanentError);
        }
        for (const each of records) expect(each.value?.length ?? 0).toBeLessThanOrEqual(random.length);
      }),
      { numRuns: 1000 },
    );
  });

  it('are refused when their length is none', async () => {
    const bytes = await batch(5, [value('a')]);
    bytes.writeInt32BE(-12, 8);
    expect(() => read(bytes)).toThrow(/batch at offset 5 of topic\[3\] is spoilt/);
  });

  it('are refused when they claim more records than they have room for', async () => {
    const bytes = await packed(0, 400_000, zeroes(10));
    expect(() => read(bytes)).toThrow(/is spoilt/);
    expect(() => read(withCount(bytes, 2 ** 31 - 1))).toThrow(/more records than the 500000/);
  });

  function withCount(bytes: Buffer, count: number): Buffer {
    bytes.writeInt32BE(count, 57);
    return withChecksum(bytes);
  }

  it('are refused when they unpack to more than a batch may hold', async () => {
    const bomb = await packed(9, 1, zeroes((64 << 20) + 1));
    expect(bomb.length).toBeLessThan(20_000);
    expect(() => read(bomb)).toThrow(
      /batch at offset 9 of topic\[3\] unpacks to more bytes than the 67108864/,
    );
  });
});

describe('an answer that unpacks to a lot', () => {
  it('is taken in parts', async () => {
    const half = await packed(0, 1, zeroes(33 << 20));
    const bytes = Buffer.concat(
      [0, 1, 2, 3].map((offset) => {
        const each = Buffer.from(half);
        each.writeInt32BE(offset, 4);
        return each;
      }),
    );
    const first = committedRecords(answer(bytes), 0);
    expect(first.records.map(({ offset }) => offset)).toEqual([0, 1]);
    expect(first.nextOffset).toBe(2);
    const second = committedRecords(answer(bytes.subarray(2 * half.length)), first.nextOffset);
    expect(second.records.map(({ offset }) => offset)).toEqual([2, 3]);
  });
});
