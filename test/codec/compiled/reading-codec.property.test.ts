import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { HEADER_BYTES, writeHeader } from '../../../pipeline/codec/wire-format.ts';
import { randomFrom } from '../../support/random-from.ts';
import { fillReading } from './random-reading.ts';
import { blockyType, evolvedSchema, randomValue } from './random-writer.ts';
import { codecsOf, type ReadingTopic } from './reference.ts';

const TOPICS: readonly ReadingTopic[] = ['raw.interface', 'metric.interface'];
const seed = fc.integer();
const rowCount = fc.oneof(fc.nat(5), fc.constantFrom(0, 64, 65, 500));

describe.each(TOPICS)('compiled codec of %s', (topic) => {
  const codecs = codecsOf(topic);
  const { compiled, reference, contents, newReading } = codecs;
  const spare = { compiled: newReading(), reference: newReading() };

  it('writes what avsc writes, byte by byte', () => {
    const reading = newReading();
    fc.assert(
      fc.property(seed, rowCount, (start, rows) => {
        fillReading(reading, codecs.fields, rows, randomFrom(start));
        const expected = reference.encoder.encode(reading);
        expect(compiled.encoder.encode(reading).equals(expected)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('reads what avsc reads, and writes it again as it was', async () => {
    const from = newReading();
    const into = newReading();
    await compiled.decoder.prepare([compiled.encoder.encode(filled(0, 1))]);
    await reference.decoder.prepare([compiled.encoder.encode(filled(0, 1))]);
    fc.assert(
      fc.property(seed, rowCount, (start, rows) => {
        fillReading(from, codecs.fields, rows, randomFrom(start));
        const value = reference.encoder.encode(from);
        expect(compiled.decoder.decode(value, into)).toBeUndefined();
        expect(reference.decoder.decode(value, from)).toBeUndefined();
        expect(contents(into)).toEqual(contents(from));
        expect(compiled.encoder.encode(into).equals(value)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('reads versions with fields added, removed, reordered and of other types as avsc does', async () => {
    await fc.assert(
      fc.asyncProperty(seed, fc.nat(4), async (start, rows) => {
        const chance = randomFrom(start);
        const value = await foreignValue(chance, rows);
        expect(outcomeOf('compiled', value)).toEqual(outcomeOf('reference', value));
        expect(outcomeOf('compiled', value)).toHaveProperty('rows');
      }),
      { numRuns: 300 },
    );
  });

  it('tells every prefix of a record as avsc does', async () => {
    for (let start = 1; start <= 4; start += 1) {
      const value =
        start === 1 ? compiled.encoder.encode(filled(start, 2)) : await foreignValue(randomFrom(start), 2);
      await prepare(value);
      for (let length = HEADER_BYTES; length < value.length; length += 1) {
        // A copy: bytes behind the end would be somebody else's.
        const prefix = Buffer.from(value.subarray(0, length));
        expect([length, outcomeOf('compiled', prefix)]).toEqual([length, outcomeOf('reference', prefix)]);
        expect(outcomeOf('compiled', prefix)).not.toHaveProperty('rows');
      }
    }
  });

  it('tells corrupt records as avsc does, and reads the same where they can be read', async () => {
    let read = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(seed, fc.boolean(), async (start, foreign) => {
        const chance = randomFrom(start);
        const value = foreign ? await foreignValue(chance, 3) : compiled.encoder.encode(filled(start, 3));
        await prepare(value);
        for (let tries = 0; tries < 20; tries += 1) {
          const corrupt = Buffer.from(value);
          for (let flips = 1 + Math.floor(chance() * 3); flips > 0; flips -= 1) {
            const at = HEADER_BYTES + Math.floor(chance() * (value.length - HEADER_BYTES));
            corrupt[at] = Math.floor(chance() * 256);
          }
          const outcome = outcomeOf('compiled', corrupt);
          expect(outcome).toEqual(outcomeOf('reference', corrupt));
          if ('rows' in outcome) read += 1;
          else refused += 1;
        }
      }),
      { numRuns: 150 },
    );
    expect(read).toBeGreaterThan(100);
    expect(refused).toBeGreaterThan(100);
  });

  function filled(start: number, rows: number) {
    fillReading(spare.reference, codecs.fields, rows, randomFrom(start));
    return spare.reference;
  }

  /** A record of another version of the schema, known to both decoders. */
  async function foreignValue(chance: () => number, rows: number): Promise<Buffer> {
    const schema = evolvedSchema(codecs.schema, chance);
    const type = blockyType(schema, chance);
    const body = type.toBuffer(randomValue(type, chance, rows));
    const value = Buffer.concat([Buffer.alloc(HEADER_BYTES), body]);
    writeHeader(value, 0, codecs.registry.add(schema));
    await prepare(value);
    return value;
  }

  async function prepare(value: Buffer): Promise<void> {
    await compiled.decoder.prepare([value]);
    await reference.decoder.prepare([value]);
  }

  /** What the reading holds, or the reason why there is none. */
  function outcomeOf(which: 'compiled' | 'reference', value: Buffer) {
    const into = spare[which];
    const failure = codecs[which].decoder.decode(value, into);
    return failure === undefined ? contents(into) : { reason: failure.reason };
  }
});
