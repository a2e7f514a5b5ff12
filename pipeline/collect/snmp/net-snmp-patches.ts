/**
 * All that reaches into net-snmp (exact version pinned): two changes, neither of what it gives, each with a test.
 *
 * Keys: net-snmp derives a v3 user's key (a digest over 1 MiB) anew for every engine: 2 ms a device at first contact,
 * so that 10,000 devices keep a core busy for 20 s of their first minute. The key before localisation (RFC 3414 A.2)
 * is the same for all engines: here it is made once a password.
 *
 * Names: spelling the OIDs of an answer was the largest part of reading it.
 */
import { createRequire } from 'node:module';
import snmp from 'net-snmp';
import { oidText } from './oid-text.ts';
import { localizedKey, type Digest } from './usm-keys.ts';

/** What net-snmp exports beside its published types. */
export interface Authentication {
  passwordToKey(protocol: number, password: unknown, engineId: Buffer): Buffer;
}

/** asn1-ber's reader, as far as it is used here. */
export interface BerReader {
  readonly _buf: Buffer;
  readonly _size: number;
  _offset: number;
  _len: number;
  readOID(tag?: number): string | null;
}

type ReadOid = (this: BerReader, tag?: number) => string | null;

const DIGESTS: Readonly<Record<number, Digest>> = {
  [snmp.AuthProtocols.md5]: 'md5',
  [snmp.AuthProtocols.sha]: 'sha1',
  [snmp.AuthProtocols.sha224]: 'sha224',
  [snmp.AuthProtocols.sha256]: 'sha256',
  [snmp.AuthProtocols.sha384]: 'sha384',
  [snmp.AuthProtocols.sha512]: 'sha512',
};

const OBJECT_IDENTIFIER = 0x06;

/** Keys through `localizedKey`, where `original` would derive a user's key for each engine. */
export function userKeysOnce(original: Authentication['passwordToKey']): Authentication['passwordToKey'] {
  return (protocol, password, engineId) => {
    const digest = DIGESTS[protocol];
    // The long AES keys of Reeder's draft are derived from keys, which are octets and each an engine's own.
    return digest === undefined || typeof password !== 'string'
      ? original(protocol, password, engineId)
      : localizedKey(digest, password, engineId);
  };
}

/** Names through `oidText`; what is unusual or wrong is left to `original`. */
export function namesLookedUp(original: ReadOid): ReadOid {
  return function (tag) {
    const { _buf: bytes, _offset: at } = this;
    const length = bytes[at + 1] ?? 0;
    const end = at + 2 + length;
    if (tag === undefined && bytes[at] === OBJECT_IDENTIFIER && length < 0x80 && end <= this._size) {
      const text = oidText(bytes, at + 2, end);
      if (text !== undefined) {
        this._len = length;
        this._offset = end;
        return text;
      }
    }
    return original.call(this, tag);
  };
}

/** The reader's class that net-snmp uses. */
export function berReader(): { readonly prototype: BerReader } {
  const require = createRequire(import.meta.url);
  const { Ber } = createRequire(require.resolve('net-snmp'))('asn1-ber') as {
    Ber: { Reader: { prototype: BerReader } };
  };
  return Ber.Reader;
}

/** Changes net-snmp in this process, once. */
export function patchNetSnmp(): void {
  if (patched) return;
  patched = true;
  const { Authentication } = snmp as unknown as { Authentication: Authentication };
  Authentication.passwordToKey = userKeysOnce(Authentication.passwordToKey.bind(Authentication));
  const { prototype } = berReader();
  prototype.readOID = namesLookedUp(Reflect.get(prototype, 'readOID'));
}

let patched = false;
