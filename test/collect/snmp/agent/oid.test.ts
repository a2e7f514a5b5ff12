import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  compareOid,
  oidContent,
  parseOid,
  readOidContent,
} from '../../../../pipeline/collect/snmp/agent/oid.ts';

const subId = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 0xffffffff }));
const anyOid = fc
  .tuple(
    fc.oneof(
      fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 39 })),
      fc.tuple(fc.constant(2), fc.integer({ min: 0, max: 0xffffff })),
    ),
    fc.array(subId, { maxLength: 20 }),
  )
  .map(([first, rest]) => [...first, ...rest]);

describe('OIDs', () => {
  it('encode as X.690 says: 1.3.6.1.4.1.32473 is 2b 06 01 04 01 81 fd 59', () => {
    expect(Buffer.from(oidContent(parseOid('1.3.6.1.4.1.32473'))).toString('hex')).toBe('2b0601040181fd59');
  });

  it('come back from their content octets', () => {
    fc.assert(
      fc.property(anyOid, (oid) => {
        const content = oidContent(oid);
        expect(readOidContent(content, 0, content.length)).toEqual(oid);
      }),
    );
  });

  it('are ordered number by number, a prefix first', () => {
    const texts = ['1.3.6.1.10', '1.3.6.1.2', '1.3.6.1', '1.3.6.1.2.0', '1.3.6.1.4294967295'];
    expect(texts.sort((a, b) => compareOid(parseOid(a), parseOid(b)))).toEqual([
      '1.3.6.1',
      '1.3.6.1.2',
      '1.3.6.1.2.0',
      '1.3.6.1.10',
      '1.3.6.1.4294967295',
    ]);
  });

  it.each(['', '1', '1.40', '3.1', '1.3.4294967296', '1.3.x', '1..3', `1.3${'.1'.repeat(127)}`])(
    'refuse %p',
    (text) => {
      expect(() => parseOid(text)).toThrow(RangeError);
    },
  );

  it.each([[''], ['2b86'], ['2b8fffffff7f01'.slice(0, 12) + '8fffffffff7f']])(
    'refuse content octets %p',
    (hex) => {
      const bytes = Buffer.from(hex, 'hex');
      expect(readOidContent(bytes, 0, bytes.length)).toBeNull();
    },
  );
});
