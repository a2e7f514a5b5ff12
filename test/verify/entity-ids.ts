/** Ids that follow from a key, by RFC 9562 alone. */
import { createHash } from 'node:crypto';

/** Part of the contract with every consumer: it never changes. */
const NAMESPACE = '5d9c1f0e-6b3a-5c47-9e21-7f0d8a4b6c13';

/** UUIDv5 (RFC 9562 5.5) of a name in the pipeline's namespace. */
export function uuidv5(name: string): string {
  const hash = createHash('sha1')
    .update(Buffer.from(NAMESPACE.replaceAll('-', ''), 'hex'))
    .update(name)
    .digest();
  hash[6] = (hash[6]! & 0x0f) | 0x50;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
}

export function deviceIdOf(entity: string): string {
  return uuidv5(JSON.stringify(['device', entity]));
}
