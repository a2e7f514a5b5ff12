/**
 * The one change to net-snmp: keys of v3 users. It derives a user's key (a digest over 1 MiB) anew for every engine:
 * 2 ms a device at first contact, so that 10,000 devices keep a core busy for 20 s of their first minute. The key
 * before localisation (RFC 3414 A.2) is the same for all engines: here it is made once a password.
 */
import snmp from 'net-snmp';
import { localizedKey, type Digest } from './usm-keys.ts';

/** What net-snmp exports beside its published types. */
interface Authentication {
  passwordToKey(protocol: number, password: unknown, engineId: Buffer): Buffer;
}

const DIGESTS: Readonly<Record<number, Digest>> = {
  [snmp.AuthProtocols.md5]: 'md5',
  [snmp.AuthProtocols.sha]: 'sha1',
  [snmp.AuthProtocols.sha224]: 'sha224',
  [snmp.AuthProtocols.sha256]: 'sha256',
  [snmp.AuthProtocols.sha384]: 'sha384',
  [snmp.AuthProtocols.sha512]: 'sha512',
};

/** Makes net-snmp derive keys through `localizedKey`, in all its sessions. */
export function withUserKeysOnce(): void {
  const authentication = (snmp as unknown as { Authentication: Authentication }).Authentication;
  const original = authentication.passwordToKey;
  authentication.passwordToKey = (protocol, password, engineId) => {
    const digest = DIGESTS[protocol];
    // The long AES keys of Reeder's draft are derived from keys, which are octets and each an engine's own.
    return digest === undefined || typeof password !== 'string'
      ? original.call(authentication, protocol, password, engineId)
      : localizedKey(digest, password, engineId);
  };
}
