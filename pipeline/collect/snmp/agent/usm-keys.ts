/** Keys of the User-based Security Model: passwords to keys, localised to one engine (RFC 3414 2.6, A.2; RFC 7860). */
import { createHash } from 'node:crypto';
import type { SnmpCredential } from '../../../model/secret.ts';

export type V3Credential = Extract<SnmpCredential, { version: 'v3' }>;

/** Digest and the octets of it that a message carries. */
export const AUTHENTICATION: Readonly<
  Record<V3Credential['authProtocol'], { readonly digest: string; readonly octets: number }>
> = {
  md5: { digest: 'md5', octets: 12 },
  sha: { digest: 'sha1', octets: 12 },
  sha224: { digest: 'sha224', octets: 16 },
  sha256: { digest: 'sha256', octets: 24 },
  sha384: { digest: 'sha384', octets: 32 },
  sha512: { digest: 'sha512', octets: 48 },
};

/** A password is repeated to so many octets. */
const PASSWORD_OCTETS = 1 << 20;

/** A millisecond of work each, and the same for all engines. */
const userKeys = new Map<string, Buffer>();

/** The key of `password` for the engine `engineId`. */
export function localizedKey(
  protocol: V3Credential['authProtocol'],
  password: string,
  engineId: Uint8Array,
): Buffer {
  const { digest } = AUTHENTICATION[protocol];
  const of = `${digest} ${password}`;
  let userKey = userKeys.get(of);
  if (userKey === undefined) {
    userKey = createHash(digest).update(Buffer.alloc(PASSWORD_OCTETS, password)).digest();
    userKeys.set(of, userKey);
  }
  return createHash(digest).update(userKey).update(engineId).update(userKey).digest();
}
