import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import avro from 'avsc';
import { avroSchema } from '../../topics/avro.ts';
import { catalogue, rowFields, withFields } from '../../topics/catalogue.ts';
import type { DeadLetterRecord } from '../../topics/ops.ts';
import { avroType } from '../../pipeline/codec/avro-type.ts';
import { embeddedRegistry } from '../../pipeline/codec/embedded-registry.ts';
import { columnKind } from '../../pipeline/codec/reading-columns.ts';
import { HEADER_BYTES } from '../../pipeline/codec/wire-format.ts';
import type { Reading } from '../../pipeline/model/reading.ts';
import { startedCodec } from '../support/codec.ts';
import { readingRecord } from '../support/reading-record.ts';

const POLL_ID = '0190b5a0-0000-7000-8000-000000000001';

function fill(reading: Reading, rows: number): Reading {
  reading.reset(rows);
  Object.assign(reading, {
    domain: 'default',
    entity: 'default/device/core-1',
    deviceIp: '192.0.2.1',
    collectorId: 'c1',
    pollId: POLL_ID,
    observedAtMs: 1_700_000_000_123,
    durationMs: 12,
    intervalMs: 60_000,
    sysUptime: 4_294_967_295,
    status: 'partial',
    errors: ['timeout:ifXTable'],
  });
  for (let row = 0; row < rows; row += 1) {
    reading.number('if_index').values[row] = row + 1;
    reading.text('if_name').set(row, `Gi1/0/${row + 1}`);
  }
  return reading;
}

describe('reading codec', () => {
  it('carries the envelope, and NaN as null', async () => {
    const codec = await startedCodec();
    const value = codec.readingEncoder('raw.interface').encode(fill(codec.newReading('raw.interface'), 2));
    const decoder = codec.readingDecoder('raw.interface');
    await decoder.prepare([value]);
    const into = codec.newReading('raw.interface');
    expect(decoder.decode(value, into)).toBeUndefined();
    expect(into).toMatchObject({
      entity: 'default/device/core-1',
      deviceIp: '192.0.2.1',
      sysUptime: 4_294_967_295,
      hostUptime: Number.NaN,
      status: 'partial',
      errors: ['timeout:ifXTable'],
      rowCount: 2,
    });
    expect([0, 1].map((row) => into.text('if_name').get(row))).toEqual(['Gi1/0/1', 'Gi1/0/2']);
    expect(into.number('mtu').values[0]).toBeNaN();
    expect(into.counter('in_octets').known[0]).toBe(0);
  });

  it('keeps every bit of a counter, end to end', async () => {
    const codec = await startedCodec();
    const encoder = codec.readingEncoder('raw.interface');
    const decoder = codec.readingDecoder('raw.interface');
    const counters = rowFields(catalogue['raw.interface']).filter((field) => columnKind(field) === 'counter');
    const from = codec.newReading('raw.interface');
    const into = codec.newReading('raw.interface');
    await decoder.prepare([encoder.encode(fill(from, 1))]);
    fc.assert(
      fc.property(fc.array(fc.bigInt(0n, 2n ** 63n - 1n), { minLength: 1, maxLength: 70 }), (values) => {
        fill(from, values.length);
        for (const [row, value] of values.entries()) {
          for (const { name } of counters) {
            const column = from.counter(name);
            column.hi[row] = Number(value >> 32n);
            column.lo[row] = Number(value & 0xffff_ffffn);
            column.known[row] = 1;
          }
        }
        expect(decoder.decode(encoder.encode(from), into)).toBeUndefined();
        for (const [row, value] of values.entries()) {
          for (const { name } of counters) {
            const column = into.counter(name);
            expect((BigInt(column.hi[row]!) << 32n) | BigInt(column.lo[row]!)).toBe(value);
          }
        }
      }),
    );
  });

  it('refuses a counter of 2^63 instead of writing a negative one', async () => {
    const codec = await startedCodec();
    const reading = fill(codec.newReading('raw.interface'), 2);
    Object.assign(reading.counter('in_octets'), { known: Uint8Array.of(0, 1) });
    reading.counter('in_octets').hi[1] = 2 ** 31;
    expect(() => codec.readingEncoder('raw.interface').encode(reading)).toThrow(
      'in_octets of row 1 is 9223372036854775808, which a long cannot hold',
    );
  });

  it('refuses numbers that are no exact integers for a long', async () => {
    const codec = await startedCodec();
    const reading = fill(codec.newReading('raw.interface'), 1);
    for (const sysUptime of [2 ** 63, 2 ** 53, 0.5, Number.POSITIVE_INFINITY]) {
      Object.assign(reading, { sysUptime });
      expect(() => codec.readingEncoder('raw.interface').encode(reading)).toThrow(RangeError);
    }
  });

  it('takes a long of 2^53 and more for unknown where a column holds doubles', async () => {
    const codec = await startedCodec();
    const reading = fill(codec.newReading('raw.interface'), 1);
    const record = await readingRecord(codec, 'raw.interface', reading);
    const changes = { sys_uptime: 2n ** 63n - 1n, engine_time: -(2n ** 53n), engine_boots: -1n };
    const rows = [{ ...record.rows[0]!, if_speed: 2n ** 53n, discontinuity_time: 2n ** 53n - 1n }];
    const value = codec.recordEncoder('raw.interface').encode({ ...record, ...changes, rows });
    const decoder = codec.readingDecoder('raw.interface');
    await decoder.prepare([value]);
    const into = codec.newReading('raw.interface');
    expect(decoder.decode(value, into)).toBeUndefined();
    expect(into).toMatchObject({ sysUptime: Number.NaN, engineTime: Number.NaN, engineBoots: -1 });
    expect(into.number('if_speed').values[0]).toBeNaN();
    expect(into.number('discontinuity_time').values[0]).toBe(2 ** 53 - 1);
  });

  it('writes what avsc itself reads: plain Avro behind five bytes of header', async () => {
    const codec = await startedCodec();
    const value = codec.readingEncoder('raw.interface').encode(fill(codec.newReading('raw.interface'), 3));
    const plain = avro.Type.forSchema(avroSchema(catalogue['raw.interface']) as unknown as avro.Schema);
    const record = plain.fromBuffer(value.subarray(HEADER_BYTES)) as {
      rows: { if_name: string }[];
      entity: string;
    };
    expect(record.entity).toBe('default/device/core-1');
    expect(record.rows.map((row) => row.if_name)).toEqual(['Gi1/0/1', 'Gi1/0/2', 'Gi1/0/3']);
  });

  it('reads a writer with a field less and a writer with a field more', async () => {
    const registry = embeddedRegistry();
    const narrow = await startedCodec(catalogue, registry);
    const wideCatalogue = withFields(catalogue, 'raw.interface', [
      { name: 'in_unknown_protos', type: 'long', kind: 'counter', width: 32, doc: 'ifInUnknownProtos.' },
    ]);
    const wide = await startedCodec(wideCatalogue, registry);
    const oldValue = narrow
      .readingEncoder('raw.interface')
      .encode(fill(narrow.newReading('raw.interface'), 1));
    const wideReading = fill(wide.newReading('raw.interface'), 1);
    wideReading.counter('in_unknown_protos').lo[0] = 7;
    wideReading.counter('in_unknown_protos').known[0] = 1;
    const newValue = wide.readingEncoder('raw.interface').encode(wideReading);
    for (const [codec, value] of [
      [narrow, newValue],
      [wide, oldValue],
    ] as const) {
      const decoder = codec.readingDecoder('raw.interface');
      await decoder.prepare([value]);
      const into = codec.newReading('raw.interface');
      expect(decoder.decode(value, into)).toBeUndefined();
      expect(into.text('if_name').get(0)).toBe('Gi1/0/1');
    }
  });
});

describe('bytes that are no record', () => {
  it('are told apart by reason', async () => {
    const codec = await startedCodec();
    const value = codec.readingEncoder('raw.interface').encode(fill(codec.newReading('raw.interface'), 2));
    const decoder = codec.readingDecoder('raw.interface');
    await decoder.prepare([value]);
    const into = codec.newReading('raw.interface');
    const reasonOf = (bytes: Buffer) => decoder.decode(bytes, into)?.reason;
    const unknownId = Buffer.from(value);
    unknownId.writeInt32BE(4711, 1);
    await decoder.prepare([unknownId]);
    expect(reasonOf(Buffer.from('{"json":1}'))).toBe('not_framed');
    expect(reasonOf(Buffer.alloc(0))).toBe('not_framed');
    expect(reasonOf(unknownId)).toBe('unknown_schema');
    expect(reasonOf(Buffer.concat([value, Buffer.from([0])]))).toBe('trailing_bytes');
    expect(reasonOf(value.subarray(0, 40))).toBe('truncated');
  });

  it('never throw, hang or read out of bounds, wherever they are cut or changed', async () => {
    const codec = await startedCodec();
    const value = codec.readingEncoder('raw.interface').encode(fill(codec.newReading('raw.interface'), 4));
    const decoder = codec.readingDecoder('raw.interface');
    await decoder.prepare([value]);
    const into = codec.newReading('raw.interface');
    for (let length = 0; length < value.length; length += 1) {
      expect(decoder.decode(value.subarray(0, length), into)).toMatchObject({ kind: 'deadLetter' });
    }
    fc.assert(
      fc.property(fc.nat(value.length - 1), fc.nat(255), (at, byte) => {
        const corrupt = Buffer.from(value);
        corrupt[at] = byte;
        const outcome = decoder.decode(corrupt, into);
        expect([undefined, 'deadLetter']).toContain(outcome?.kind);
      }),
      { numRuns: 2_000 },
    );
  });

  it('leave the bytes of later records as they are, also with a length that is no number', () => {
    const type = avroType({ type: 'bytes' }, 'bigint');
    const bytes = Buffer.of(6, 1, 2, 3);
    // A varint of 150 bytes: its last factor is infinite.
    const noNumber = Buffer.concat([Buffer.alloc(149, 128), Buffer.of(0)]);
    expect(type.decode(noNumber, 0)).toEqual({ value: undefined, offset: -1 });
    expect(type.fromBuffer(bytes)).toEqual(Buffer.of(1, 2, 3));
  });

  it('include an array that claims more items than there are bytes', () => {
    const type = avroType({ type: 'array', items: 'long' }, 'bigint');
    expect((): unknown => type.fromBuffer(Buffer.from([0xfe, 0xff, 0xff, 0xff, 0x0f, 2, 0]))).toThrow(
      /array of 2147483647/,
    );
  });
});

describe('record codec', () => {
  it('gives back every topic value it wrote, longs as bigint', async () => {
    const codec = await startedCodec();
    const record: DeadLetterRecord = {
      id: POLL_ID,
      reason: 'truncated',
      detail: null,
      failed_in: 'entity',
      topic: 'raw.interface',
      partition: 3,
      offset: 2n ** 53n + 1n,
      row: null,
      key: Buffer.from('k'),
      value: Buffer.from([0, 255]),
      failed_at: 1_700_000_000_000,
    };
    const value = codec.recordEncoder('netsigma.dead-letter').encode(record);
    const decoder = codec.recordDecoder('netsigma.dead-letter');
    await decoder.prepare([value]);
    expect(decoder.decode(value)).toMatchObject({ kind: 'record', record });
  });

  it.each([-(2n ** 63n), -1n, 0n, 63n, 64n, 2n ** 31n, 2n ** 62n + 1n, 2n ** 63n - 1n])(
    'is exact for %s',
    (long) => {
      const type = avroType({ type: 'record', name: 'L', fields: [{ name: 'v', type: 'long' }] }, 'bigint');
      expect(type.fromBuffer(type.toBuffer({ v: long }))).toEqual({ v: long });
    },
  );

  it.each([2n ** 63n, 2n ** 64n - 1n, -(2n ** 63n) - 1n])('refuses %s', (long) => {
    const codec = avroType({ type: 'record', name: 'L', fields: [{ name: 'v', type: 'long' }] }, 'bigint');
    expect(() => codec.encode({ v: long }, Buffer.alloc(20), 0)).toThrow(`${long} is no long`);
  });
});
