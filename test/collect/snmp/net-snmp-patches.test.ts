/** Changes of net-snmp give what it gave without them. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import snmp from 'net-snmp';
import { oidContent } from '../../../pipeline/collect/snmp/agent/oid.ts';
import {
  berReader,
  namesLookedUp,
  userKeysOnce,
  type Authentication,
  type BerReader,
} from '../../../pipeline/collect/snmp/net-snmp-patches.ts';

const ENGINE = Buffer.from('000000000000000000000002', 'hex');

interface Exported {
  Authentication: Authentication;
  Encryption: {
    generateLocalizedKeyReeder(aes: object, protocol: number, password: string, engine: Buffer): Buffer;
  };
}

describe('keys of v3 users', () => {
  it("are net-snmp's own, also the long ones of AES-256 that are derived from keys", () => {
    const { Authentication, Encryption } = snmp as unknown as Exported;
    const { md5, sha, sha224, sha256, sha384, sha512 } = snmp.AuthProtocols;
    const all = () => [
      ...[md5, sha, sha224, sha256, sha384, sha512].map((protocol) =>
        Authentication.passwordToKey(protocol, 'maplesyrup', ENGINE),
      ),
      ...[md5, sha].map((protocol) =>
        Encryption.generateLocalizedKeyReeder({ KEY_LENGTH: 32 }, protocol, 'maplesyrup', ENGINE),
      ),
    ];
    const original = Authentication.passwordToKey.bind(Authentication);
    const expected = all();
    Authentication.passwordToKey = userKeysOnce(original);
    try {
      expect(all()).toEqual(expected);
    } finally {
      Authentication.passwordToKey = original;
    }
  });
});

describe('names of answers', () => {
  const Reader = berReader() as unknown as new (bytes: Buffer) => BerReader;
  const original = Reflect.get(Reader.prototype, 'readOID') as (
    this: BerReader,
    tag?: number,
  ) => string | null;
  const changed = namesLookedUp(original);

  /** What is read, or what is thrown, and where the reader stands then. */
  function outcome(read: typeof original, bytes: Buffer): unknown {
    const reader = new Reader(bytes);
    const found = [];
    try {
      for (let i = 0; i < 3 && reader._offset < bytes.length; i += 1) found.push(read.call(reader));
    } catch (error) {
      found.push((error as Error).message);
    }
    return { found, offset: reader._offset };
  }

  const expectSame = (bytes: Buffer): void =>
    expect(outcome(changed, bytes)).toEqual(outcome(original, bytes));

  const encoded = (oid: readonly number[]): Buffer => {
    const content = oidContent(oid);
    return Buffer.concat([Buffer.from([0x06, content.length]), content]);
  };

  it('are spelled as net-snmp spells them', () => {
    const part = fc.oneof(fc.nat(200), fc.nat(2 ** 32 - 1));
    const oid = fc.tuple(fc.nat(1), fc.nat(39), fc.array(part, { minLength: 0, maxLength: 20 }));
    fc.assert(
      fc.property(fc.array(oid, { minLength: 1, maxLength: 3 }), (oids) => {
        const whole = oids.map(([first, second, rest]) => encoded([first, second, ...rest]));
        expectSame(Buffer.concat(whole));
      }),
    );
  });

  it('of one column that follow each other differ in their last part', () => {
    const column = [1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 6];
    for (const index of [1, 127, 128, 16_384, 2 ** 31 - 1, 2 ** 32 - 1]) {
      expect(outcome(changed, encoded([...column, index]))).toMatchObject({
        found: [`${column.join('.')}.${index}`],
      });
    }
  });

  it('that share a slot of the memory are not mistaken for each other', () => {
    for (let column = 0; column < 5_000; column += 1) expectSame(encoded([1, 3, 6, 1, column, 7]));
  });

  it.each([
    ['nothing', ''],
    ['another type', '020101'],
    ['no content', '0600'],
    ['one octet', '06012b'],
    ['an end in the middle of a part', '06032b0681'],
    ['a length beyond the end', '06052b06'],
    ['a length of two octets', '0681022b06'],
    ['parts beyond 32 bits', '06082bffffffffffff7f'],
    ['a first part beyond 40', '0603883703'],
  ])('are left to it where there is %s', (_what, hex) => {
    expectSame(Buffer.from(hex, 'hex'));
  });

  it('come out the same from any octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 24 }), (octets) => {
        expectSame(Buffer.from([0x06, octets.length, ...octets]));
        expectSame(Buffer.from(octets));
      }),
      { numRuns: 500 },
    );
  });
});
