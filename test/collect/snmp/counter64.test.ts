import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { exceedsSigned64, readCounter64 } from '../../../pipeline/collect/snmp/counter64.ts';

const into = { hi: 0, lo: 0 };
const read = (octets: Uint8Array): bigint | undefined =>
  readCounter64(octets, into) ? (BigInt(into.hi) << 32n) | BigInt(into.lo) : undefined;

describe('a Counter64', () => {
  it('of any 1 to 8 octets is exact to the last bit', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 8 }), (octets) => {
        expect(read(octets)).toBe(BigInt(`0x${Buffer.from(octets).toString('hex')}`));
      }),
    );
  });

  it('of any 64 bits is exact in the nine octets of BER', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
        expect(read(Buffer.from(`00${value.toString(16).padStart(16, '0')}`, 'hex'))).toBe(value);
      }),
    );
  });

  it('of no octets, or of more than 64 bits, is none', () => {
    expect(read(Buffer.alloc(0))).toBeUndefined();
    expect(read(Buffer.alloc(10))).toBeUndefined();
    expect(read(Buffer.from('010000000000000000', 'hex'))).toBeUndefined();
  });

  it('exceeds a signed long from 2^63 on', () => {
    expect(exceedsSigned64({ hi: 0x7fff_ffff, lo: 0xffff_ffff })).toBe(false);
    expect(exceedsSigned64({ hi: 0x8000_0000, lo: 0 })).toBe(true);
    expect(exceedsSigned64({ hi: 0xffff_ffff, lo: 0xffff_ffff })).toBe(true);
  });
});
