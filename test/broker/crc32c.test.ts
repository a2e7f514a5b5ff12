/** CRC-32C against the RFC's examples and against kafkajs's. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createRequire } from 'node:module';
import { crc32c } from '../../pipeline/broker/kafka/crc32c.ts';

const require = createRequire(import.meta.url);
const kafkajsCrc = require('kafkajs/src/protocol/recordBatch/crc32C') as (bytes: Buffer) => number;

const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

describe('CRC-32C', () => {
  /** RFC 3720, B.4 shows the checksums as they are sent, lowest byte first. */
  it.each([
    ['32 bytes of zeroes', Buffer.alloc(32), 0x8a9136aa],
    ['32 bytes of ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
    ['32 bytes counting up', Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
    ['32 bytes counting down', Buffer.from(Array.from({ length: 32 }, (_, i) => 31 - i)), 0x113fdb5c],
    [
      'an iSCSI read command',
      hex(`01c00000 00000000 00000000 00000000 14000000 00000400 00000014 00000018
           28000000 00000000 02000000 00000000`),
      0xd9963a56,
    ],
    ['nine digits', Buffer.from('123456789'), 0xe3069283],
    ['nothing', Buffer.alloc(0), 0],
  ])('of %s', (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });

  it('is kafkajs’s, wherever the bytes lie', () => {
    const input = fc.record({
      bytes: fc.uint8Array({ maxLength: 200 }),
      before: fc.nat(9),
      after: fc.nat(9),
    });
    fc.assert(
      fc.property(input, ({ bytes, before, after }) => {
        const around = Buffer.concat([Buffer.alloc(before, 1), bytes, Buffer.alloc(after, 2)]);
        const expected = kafkajsCrc(Buffer.from(bytes));
        expect(crc32c(around, before, before + bytes.length)).toBe(expected);
        expect(crc32c(around.subarray(before, before + bytes.length))).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });
});
