/** Produce requests in one buffer: the bytes of kafkajs's own encoder, and what that one refuses. */
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { createRequire } from 'node:module';
import type { Message } from 'kafkajs';
import { encodeProduce, type ProduceRequest } from '../../pipeline/broker/kafka/produce-encoder.ts';
import { messagesByPartition } from '../../pipeline/broker/kafka/produce-patch.ts';
import { recordBatches } from '../../pipeline/broker/kafka/record-batches.ts';
import '../../pipeline/broker/kafka/patches.ts';

interface Encoder {
  readonly buffer: Buffer;
}

interface Produce {
  readonly request: { encode(): Promise<Encoder> };
}

const require = createRequire(import.meta.url);
const stockRequest = require('kafkajs/src/protocol/requests/produce/v3/request') as (
  request: object,
) => Produce['request'];
const { protocol } = require('kafkajs/src/protocol/requests/produce') as {
  protocol(options: { version: number }): (request: object) => Produce;
};
const frame = require('kafkajs/src/protocol/request') as (options: object) => Promise<Encoder>;

const NOW_MS = 1_780_000_000_123;

beforeEach(() => {
  jest.spyOn(Date, 'now').mockReturnValue(NOW_MS);
});
afterEach(() => {
  jest.restoreAllMocks();
});

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((each) => Buffer.from(each)),
  text,
);
/** kafkajs compares times as text: of other lengths than today's, deltas become negative. */
const timestamp = fc.oneof(
  fc.integer({ min: NOW_MS - 100_000, max: NOW_MS + 100_000 }),
  fc.integer({ min: 1, max: 2 ** 51 }),
);
const message = fc.record(
  {
    key: fc.option(bytes),
    value: fc.option(bytes),
    timestamp: timestamp.map(String),
    headers: fc.dictionary(text, fc.oneof(bytes, fc.array(bytes, { maxLength: 3 })), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
  },
  { requiredKeys: ['key', 'value'] },
);
const partition = fc.record({
  partition: fc.nat(2 ** 31 - 1),
  firstSequence: fc.nat(2 ** 31 - 1),
  messages: fc.array(message, { minLength: 1, maxLength: 12 }),
});
const request: fc.Arbitrary<ProduceRequest> = fc.record({
  acks: fc.constantFrom(-1, 0, 1),
  timeout: fc.nat(2 ** 31 - 1),
  transactionalId: fc.constantFrom(null, undefined, 'netsigma-entity-7', 'ü'.repeat(100)),
  producerId: fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(String), fc.constant(-1)),
  producerEpoch: fc.nat(2 ** 15 - 1),
  topicData: fc.array(
    fc.record({
      topic: fc.constantFrom('metric.interface', 'événements'),
      partitions: fc.array(partition, { maxLength: 3 }),
    }),
    { maxLength: 3 },
  ),
  nowMs: fc.constant(NOW_MS),
});

const stock = async (given: object): Promise<Buffer> => (await stockRequest(given).encode()).buffer;

/** The request's only batch. */
function batchOf(messages: Message[], compression: number) {
  const given = {
    ...PLAIN,
    compression,
    topicData: [{ topic: 't', partitions: [{ partition: 0, messages }] }],
  };
  const body = encodeProduce(given, 0);
  const data = body.subarray(2 + 2 + 4 + 4 + (2 + 1) + 4 + 4 + 4);
  const [batch, ...others] = [...recordBatches(data, { topic: 't', partition: 0 })];
  expect(others).toEqual([]);
  return { batch: batch!, codec: data.readInt16BE(21) & 7, bytes: data.length };
}

const PLAIN = { acks: -1, timeout: 30_000, producerId: '12', producerEpoch: 1, nowMs: NOW_MS };

describe('a produce request', () => {
  it('has the bytes of kafkajs’s', async () => {
    await fc.assert(
      fc.asyncProperty(request, async (given) => {
        expect(encodeProduce(given, 0)).toEqual(await stock(given));
      }),
      { numRuns: 300 },
    );
  });

  it('of thousands of records has the bytes of kafkajs’s', async () => {
    const messages = Array.from({ length: 20_000 }, (_, i) => ({
      key: Buffer.from(`key ${i}`),
      value: i % 1000 === 0 ? Buffer.alloc(2 ** 15 + i, i) : Buffer.from(String(i)),
    }));
    const given = { ...PLAIN, topicData: [{ topic: 't', partitions: [{ partition: 3, messages }] }] };
    const [ours, theirs] = [encodeProduce(given, 0), await stock(given)];
    // Not by a matcher, which would print megabytes.
    expect(ours.equals(theirs)).toBe(true);
  });

  it('leaves room before it', async () => {
    const given = { ...PLAIN, topicData: [] };
    expect(encodeProduce(given, 100).subarray(100)).toEqual(await stock(given));
  });

  it('takes a header without a value, which kafkajs does not', async () => {
    const headers = Object.fromEntries([
      ['none', null],
      ['empty', ''],
    ]) as unknown as NonNullable<Message['headers']>;
    const messages = [{ key: null, value: null, headers }];
    const given = { ...PLAIN, topicData: [{ topic: 't', partitions: [{ partition: 0, messages }] }] };
    await expect(stock(given)).rejects.toThrow(/Received null/);
    const body = encodeProduce(given, 0);
    expect(body.subarray(-14).toString('latin1')).toBe('\x04\x08none\x01\x0aempty\x00');
  });
});

describe('records that are packed', () => {
  const long = fc.array(message, { minLength: 20, maxLength: 40 });

  it.each([
    ['gzip', 1],
    ['zstd', 4],
  ])('with %s are the same when unpacked', (_, codec) => {
    fc.assert(
      fc.property(long, (messages) => {
        const padded = [...messages, { key: null, value: Buffer.alloc(2000, 7) }];
        const packed = batchOf(padded, codec);
        const plain = batchOf(padded, 0);
        expect(packed.codec).toBe(codec);
        expect(packed.bytes).toBeLessThan(plain.bytes);
        expect(packed.batch.unpacked().records).toEqual(plain.batch.unpacked().records);
      }),
    );
  });

  it('stay as they are where there is little to save', () => {
    const { batch, codec } = batchOf([{ key: null, value: 'x'.repeat(500) }], 4);
    expect(codec).toBe(0);
    expect(batch.unpacked().records[0]!.value!.toString()).toBe('x'.repeat(500));
  });
});

describe('kafkajs', () => {
  const messages: Message[] = [{ key: 'key', value: 'x'.repeat(5000), timestamp: String(NOW_MS) }];
  const given = (compression: number, isFast: boolean) => {
    const lists = { 2: messages.map((each) => ({ ...each })) };
    messagesByPartition(lists, isFast);
    return {
      ...PLAIN,
      compression,
      topicData: [{ topic: 't', partitions: [{ partition: 2, messages: lists[2] }] }],
    };
  };

  it.each([3, 4, 5, 6, 7])('sends the same request of version %d', async (version) => {
    for (const clientId of ['netsigma', 'ä', 'x'.repeat(600)]) {
      const frames = [true, false].map(async (isFast) => {
        const { request: made } = protocol({ version })(given(0, isFast));
        const whole = await frame({ correlationId: 77, clientId, request: made });
        return whole.buffer;
      });
      const [ours, theirs] = await Promise.all(frames);
      expect(ours).toEqual(theirs);
      expect(ours!.includes(clientId)).toBe(true);
    }
  });

  it('encodes itself what is packed with what Node has not', async () => {
    const { request: made } = protocol({ version: 7 })(given(3, true));
    await expect(made.encode()).rejects.toThrow(/LZ4 compression not implemented/);
  });

  it('encodes itself what did not come from here', async () => {
    const encode = jest.spyOn(Buffer, 'allocUnsafe');
    const of = async (isFast: boolean) => {
      encode.mockClear();
      await protocol({ version: 7 })(given(0, isFast)).request.encode();
      return encode.mock.calls.length;
    };
    expect(await of(true)).toBe(1);
    expect(await of(false)).toBe(0);
  });

  it('takes lists of messages as they are', () => {
    const group = require('kafkajs/src/producer/groupMessagesPerPartition') as (options: object) => object;
    const lists = { 0: [...messages], 7: [...messages] };
    const partitioner = () => {
      throw new Error('the partitions are known');
    };
    const grouped = group({
      topic: 't',
      partitionMetadata: [{}],
      messages: messagesByPartition(lists, true),
      partitioner,
    });
    expect(grouped).toBe(lists);
  });
});
