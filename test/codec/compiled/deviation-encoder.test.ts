import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { avroSchema } from '../../../topics/avro.ts';
import { catalogue } from '../../../topics/catalogue.ts';
import { avroType } from '../../../pipeline/codec/avro-type.ts';
import { deviationPlaces } from '../../../pipeline/codec/compiled/places.ts';
import { insightEncoder, readingEncoder } from '../../../pipeline/codec/compiled/reading-encoder.ts';
import { frameWriter } from './avsc-frames.ts';
import { HEADER_BYTES } from '../../../pipeline/codec/wire-format.ts';
import { Reading } from '../../../pipeline/model/reading.ts';
import { randomFrom } from '../../support/random-from.ts';
import { deviationRecord } from './deviation-record.ts';
import { pick, TEXTS } from './random-reading.ts';

const METRICS = ['rx_bps', 'tx_broadcast_pps', 'x'];
const FIELDS = ['', '.expected', '.scale', '.confidence', '.sigma', '.score'];
const FLOATS = [0, -0, 1, -1.5, 1 / 3, 1e39, -Infinity, Number.NaN, 5e-324];

function judged(rows: number, seed: number, known = 0.5): Reading {
  const chance = randomFrom(seed);
  const reading = new Reading().add([{ name: 'if_index', kind: 'number' }]);
  for (const metric of METRICS)
    for (const field of FIELDS) reading.add([{ name: metric + field, kind: 'number' }]);
  reading.reset(rows);
  reading.domain = 'default';
  reading.entity = 'default/device/core-1';
  reading.deviceIp = chance() < 0.5 ? null : '192.0.2.1';
  reading.deviceId = 'id';
  reading.pollId = 'poll';
  reading.observedAtMs = 1_700_000_000_000;
  reading.siteId = chance() < 0.5 ? 7 : Number.NaN;
  for (let row = 0; row < rows; row += 1) {
    reading.instances[row] = pick(chance, TEXTS);
    reading.number('if_index').values[row] = Math.floor(chance() * 2 ** 31);
    for (const metric of METRICS) {
      for (const field of FIELDS) reading.number(metric + field).values[row] = pick(chance, FLOATS);
      reading.number(`${metric}.sigma`).values[row] = chance() < known ? chance() : Number.NaN;
    }
  }
  return reading;
}

describe('insight.deviation', () => {
  const schema = avroSchema(catalogue['insight.deviation']);
  const encoder = insightEncoder(schema, deviationPlaces(METRICS), () => 9);
  const write = frameWriter(avroType(schema, 'bigint'), () => 9);

  it('is what avsc writes of the rows and metrics whose sigma is known', () => {
    fc.assert(
      fc.property(fc.integer(), fc.oneof(fc.nat(4), fc.constant(500)), (seed, rows) => {
        const reading = judged(rows, seed);
        const record = deviationRecord(reading, METRICS)();
        const expected = record === undefined ? undefined : write(record).toString('hex');
        expect(encoder.encode(reading)?.toString('hex')).toBe(expected);
      }),
      { numRuns: 100 },
    );
  });

  it('is no record where no metric of any row was judged', () => {
    expect(encoder.encode(judged(3, 1, 0))).toBeUndefined();
    expect(encoder.encode(judged(0, 1))).toBeUndefined();
  });
});

it('writes one element a metric by its position, null where unknown, where items may be null', () => {
  const floats = ['value', 'expected', 'sigma'].map((name) => ({ name, type: 'float' }));
  const element = { type: 'record', name: 'E', fields: floats };
  const row = {
    type: 'record',
    name: 'R',
    fields: [{ name: 'deviations', type: { type: 'array', items: ['null', element] } }],
  };
  const schema = {
    type: 'record',
    name: 'Lean',
    fields: [
      { name: 'poll_number', type: 'long' },
      { name: 'rows', type: { type: 'array', items: row } },
    ],
  };
  const places = new Map([
    ...deviationPlaces(METRICS),
    ['poll_number', { kind: 'number', property: 'engineTime', absent: 0 }] as const,
  ]);
  const reading = judged(20, 5);
  reading.engineTime = 2 ** 40 + 1;
  const value = readingEncoder(schema, places, () => 1).encode(reading);
  const rows = Array.from({ length: 20 }, (_, at) => ({
    deviations: METRICS.map((metric) => {
      const of = (name: string) => Math.fround(reading.number(metric + name).values[at]!);
      return Number.isNaN(of('.sigma'))
        ? null
        : { value: of(''), expected: of('.expected'), sigma: of('.sigma') };
    }),
  }));
  expect(avroType(schema, 'bigint').fromBuffer(value.subarray(HEADER_BYTES))).toEqual({
    poll_number: 2n ** 40n + 1n,
    rows,
  });
});
