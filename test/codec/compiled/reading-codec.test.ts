import { describe, expect, it } from '@jest/globals';
import { HEADER_BYTES, writeHeader } from '../../../pipeline/codec/wire-format.ts';
import { codecsOf } from './reference.ts';
import { fillReading } from './random-reading.ts';
import { randomFrom } from '../../support/random-from.ts';

function framed(id: number, body: Buffer): Buffer {
  const value = Buffer.concat([Buffer.alloc(HEADER_BYTES), body]);
  writeHeader(value, 0, id);
  return value;
}

function filled(codecs: ReturnType<typeof codecsOf>, rows: number) {
  const reading = codecs.newReading();
  fillReading(reading, codecs.fields, rows, randomFrom(3));
  return reading;
}

describe('a compiled reader', () => {
  it('takes no name of a schema for code', async () => {
    const codecs = codecsOf('raw.interface');
    const names = ['buf', 'pos', 'cursor', 'return', 'function', 'columns'];
    const added = names.map((name) => ({ name, type: 'string' }));
    const schema = { ...codecs.schema, fields: [...added, ...(codecs.schema['fields'] as object[])] };
    const body = codecs.compiled.encoder.encode(filled(codecs, 2)).subarray(HEADER_BYTES);
    const value = framed(codecs.registry.add(schema), Buffer.concat([Buffer.alloc(names.length), body]));
    await codecs.compiled.decoder.prepare([value]);
    const into = codecs.newReading();
    expect(codecs.compiled.decoder.decode(value, into)).toBeUndefined();
    expect(into.rowCount).toBe(2);
  });

  it('makes no room for rows that a count claims and the bytes cannot hold', async () => {
    const codecs = codecsOf('raw.interface');
    const empty = codecs.compiled.encoder.encode(filled(codecs, 0));
    await codecs.compiled.decoder.prepare([empty]);
    // The count of rows is the last byte. A row of zeros has a byte a field: they hold some 30,000.
    const rows = 1_000_000;
    const zigzag = 2 * rows;
    const count = Buffer.of((zigzag & 127) | 128, ((zigzag >> 7) & 127) | 128, zigzag >> 14);
    const value = Buffer.concat([empty.subarray(0, empty.length - 1), count, Buffer.alloc(rows)]);
    const into = codecs.newReading();
    expect(codecs.compiled.decoder.decode(value, into)).toMatchObject({ reason: 'truncated' });
    expect(into.number('mtu').values.length).toBeLessThanOrEqual(65_536);
  });

  it('refuses an int of more than 32 bits, which nobody could write again', async () => {
    const codecs = codecsOf('raw.interface');
    const head = codecs.compiled.encoder.encode(Object.assign(filled(codecs, 0), { part: 2 ** 31 - 1 }));
    const at = head.indexOf(Buffer.from([0xfe, 0xff, 0xff, 0xff, 0x0f]));
    head[at + 4] = 0x7f;
    await codecs.compiled.decoder.prepare([head]);
    await codecs.reference.decoder.prepare([head]);
    for (const codec of [codecs.compiled, codecs.reference]) {
      expect(codec.decoder.decode(head, codecs.newReading())).toMatchObject({
        reason: 'invalid',
        detail: expect.stringMatching(/is no int/) as unknown,
      });
    }
  });

  it('hands on text that is no UTF-8 as U+FFFD', async () => {
    const codecs = codecsOf('raw.interface');
    const reading = filled(codecs, 1);
    reading.text('if_alias').set(0, 'marker');
    const value = Buffer.from(codecs.compiled.encoder.encode(reading));
    value[value.indexOf('marker')] = 0xff;
    await codecs.compiled.decoder.prepare([value]);
    const into = codecs.newReading();
    expect(codecs.compiled.decoder.decode(value, into)).toBeUndefined();
    expect(into.text('if_alias').get(0)).toBe('\ufffdarker');
    expect(codecs.compiled.encoder.encode(into).includes('\ufffdarker')).toBe(true);
  });
});

describe('a compiled writer', () => {
  it.each([
    ['if_index', 2 ** 31, /^if_index of row 0 is 2147483648, which an int cannot hold/],
    ['if_index', 0.5, /^if_index of row 0 is 0.5/],
    ['if_index', Number.NaN, /^if_index of row 0 is unknown, and required/],
    ['if_speed', 2 ** 53, /is no integer within 2\^53/],
  ])('refuses %s = %s', (name, value, message) => {
    const codecs = codecsOf('raw.interface');
    const reading = filled(codecs, 1);
    reading.number(name).values[0] = value;
    expect(() => codecs.compiled.encoder.encode(reading)).toThrow(message);
  });

  it('leaves what it has written alone when it writes on, and after a refusal', () => {
    const codecs = codecsOf('raw.interface');
    const values: [Buffer, string][] = [];
    const reading = codecs.newReading();
    for (let rows = 0; rows < 400; rows += 1) {
      fillReading(reading, codecs.fields, 1 + (rows % 50), randomFrom(rows));
      const value = codecs.compiled.encoder.encode(reading);
      values.push([value, value.toString('hex')]);
      reading.number('if_index').values[0] = 0.5;
      expect(() => codecs.compiled.encoder.encode(reading)).toThrow(RangeError);
    }
    for (const [value, hex] of values) expect(value.toString('hex') === hex).toBe(true);
  });

  it('writes a lone surrogate as U+FFFD', () => {
    const codecs = codecsOf('raw.interface');
    const reading = filled(codecs, 1);
    reading.text('if_alias').set(0, 'a\ud800b');
    const value = codecs.compiled.encoder.encode(reading);
    expect(value.includes('a\ufffdb')).toBe(true);
  });
});
