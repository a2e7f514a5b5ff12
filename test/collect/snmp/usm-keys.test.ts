import { describe, expect, it } from '@jest/globals';
import snmp from 'net-snmp';
import { withUserKeysOnce } from '../../../pipeline/collect/snmp/net-snmp-keys.ts';
import { localizedKey } from '../../../pipeline/collect/snmp/usm-keys.ts';

/** Of the examples of RFC 3414 A.3. */
const ENGINE = Buffer.from('000000000000000000000002', 'hex');

interface Exported {
  Authentication: { passwordToKey(protocol: number, password: string | Buffer, engine: Buffer): Buffer };
  Encryption: {
    generateLocalizedKeyReeder(algorithm: object, protocol: number, password: string, engine: Buffer): Buffer;
  };
}

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

  it("are net-snmp's own, also the long ones of AES-256 that are derived from keys", () => {
    const { Authentication, Encryption } = snmp as unknown as Exported;
    const own = Authentication.passwordToKey.bind(Authentication);
    const { md5, sha, sha224, sha256, sha384, sha512 } = snmp.AuthProtocols;
    const short = [md5, sha, sha224, sha256, sha384, sha512];
    const long = (protocol: number) =>
      Encryption.generateLocalizedKeyReeder({ KEY_LENGTH: 32 }, protocol, 'maplesyrup', ENGINE);
    const all = () => [
      ...short.map((protocol) => Authentication.passwordToKey(protocol, 'maplesyrup', ENGINE)),
      long(md5),
      long(sha),
    ];
    const expected = all();
    withUserKeysOnce();
    expect(Authentication.passwordToKey).not.toBe(own);
    expect(all()).toEqual(expected);
  });
});
