import { describe, expect, it } from '@jest/globals';
import { canonicalAddress } from '../../pipeline/collect/address.ts';

describe('an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0db8::0001:0', '2001:db8::1:0'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::1', '::1'],
  ])('%s is %s (RFC 5952)', (text, canonical) => {
    expect(canonicalAddress(text)).toBe(canonical);
  });

  it.each(['', 'router-1', '192.0.2.300', '192.0.2.1/24', 'fe80::1%eth0', '1:2:3'])('%j is none', (text) => {
    expect(canonicalAddress(text)).toBeUndefined();
  });
});
