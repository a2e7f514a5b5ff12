/** Against kafkajs's encoder. */
import { createRequire } from 'node:module';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { VarintReader } from '../../pipeline/broker/kafka/varint-reader.ts';

const require = createRequire(import.meta.url);
const NewEncoder = require('kafkajs/src/protocol/encoder') as new () => {
  writeVarLong(value: bigint): { readonly buffer: Buffer };
};

it('reads varints that are exact up to 2^52, of either sign', () => {
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), fc.nat(2 ** 21), (low, high) => {
      const number = high * 2 ** 31 + low;
      const { buffer } = new NewEncoder().writeVarLong(BigInt(number));
      const reader = new VarintReader(buffer, 0);
      expect(reader.next()).toBe(number);
      expect(reader.at).toBe(buffer.length);
    }),
  );
});
