import { describe, expect, it } from '@jest/globals';
import { localizedKey } from '../../../pipeline/collect/snmp/usm-keys.ts';

/** Of the examples of RFC 3414 A.3. */
const ENGINE = Buffer.from('000000000000000000000002', 'hex');

describe('keys of v3 users', () => {
  it.each([
    ['md5', '526f5eed9fcce26f8964c2930787d82b'],
    ['sha1', '6695febc9288e36282235fc7151f128497b38f3f'],
  ] as const)('by %s are those of RFC 3414 A.3', (digest, key) => {
    expect(localizedKey(digest, 'maplesyrup', ENGINE).toString('hex')).toBe(key);
    expect(localizedKey(digest, 'maplesyrup', ENGINE).toString('hex')).toBe(key);
  });

  it('differ by engine and by password', () => {
    const keys = [
      localizedKey('sha256', 'maplesyrup', ENGINE),
      localizedKey('sha256', 'maplesyrup', Buffer.from('another engine')),
      localizedKey('sha256', 'another password', ENGINE),
    ].map((key) => key.toString('hex'));
    expect(new Set(keys).size).toBe(3);
  });
});
