/** Keys of the User-based Security Model: passwords to keys, localised to one engine (RFC 3414 2.6, A.2; RFC 7860). */
import { createHash } from 'node:crypto';

/** node:crypto's name of a digest. */
export type Digest = 'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';

interface UserKey {
  readonly key: Buffer;
  /** By engine, its octets as latin1. */
  readonly localized: Map<string, Buffer>;
}

/** A password is repeated to so many octets. */
const PASSWORD_OCTETS = 1 << 20;

/** Engines whose keys are kept; a key is made again in 3 us. */
const MAX_ENGINES = 65_536;

/** Half a millisecond of work and more each, and the same for all engines. As many as there are credentials. */
const userKeys = new Map<string, UserKey>();

/** The key of `password` for the engine `engineId`: as long as the digest, the same object each time. */
export function localizedKey(digest: Digest, password: string, engineId: Buffer): Buffer {
  const of = `${digest} ${password}`;
  let user = userKeys.get(of);
  if (user === undefined) {
    const key = createHash(digest).update(Buffer.alloc(PASSWORD_OCTETS, password)).digest();
    userKeys.set(of, (user = { key, localized: new Map() }));
  }
  const engine = engineId.toString('latin1');
  let localized = user.localized.get(engine);
  if (localized === undefined) {
    localized = createHash(digest).update(user.key).update(engineId).update(user.key).digest();
    if (user.localized.size >= MAX_ENGINES) user.localized.clear();
    user.localized.set(engine, localized);
  }
  return localized;
}
