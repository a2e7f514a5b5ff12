/** What the simulated agents know of a v3 credential: digests, and how much of them a message carries (RFC 3414, 7860). */
import type { SnmpCredential } from '../../../model/secret.ts';
import type { Digest } from '../usm-keys.ts';

export type V3Credential = Extract<SnmpCredential, { version: 'v3' }>;

export interface Authentication {
  readonly digest: Digest;
  /** Of the digest in a message. */
  readonly octets: number;
}

export const AUTHENTICATION: Readonly<Record<V3Credential['authProtocol'], Authentication>> = {
  md5: { digest: 'md5', octets: 12 },
  sha: { digest: 'sha1', octets: 12 },
  sha224: { digest: 'sha224', octets: 16 },
  sha256: { digest: 'sha256', octets: 24 },
  sha384: { digest: 'sha384', octets: 32 },
  sha512: { digest: 'sha512', octets: 48 },
};
