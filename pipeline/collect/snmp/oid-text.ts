/**
 * OIDs of answers as text. The names of a walk differ in their last part alone: what is before it is looked up by its
 * octets instead of being spelled anew, which takes a third of the time (1,200 names a poll of 48 ports).
 */

/** Prefixes remembered: direct-mapped, a few walks' columns and what comes by chance. */
const SLOTS = 256;

interface Prefix {
  readonly octets: Uint8Array;
  /** With the dot behind it. */
  readonly text: string;
}

const prefixes = new Array<Prefix | undefined>(SLOTS);

/**
 * The text of the OID whose content octets (X.690 8.19) lie in `bytes` from `start` to `end`; sub-identifiers are taken
 * modulo 2^32. undefined where it has fewer than two of them encoded or ends in the middle of one.
 */
export function oidText(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start < 2 || bytes[end - 1]! >= 0x80) return undefined;
  let lastAt = end - 1;
  while (lastAt > start && bytes[lastAt - 1]! >= 0x80) lastAt -= 1;
  if (lastAt === start) return undefined;
  let last = 0;
  for (let at = lastAt; at < end; at += 1) last = (last << 7) | (bytes[at]! & 0x7f);
  let hash = 0;
  for (let at = start; at < lastAt; at += 1) hash = (Math.imul(hash, 31) + bytes[at]!) | 0;
  const slot = (hash ^ (hash >>> 8)) & (SLOTS - 1);
  let prefix = prefixes[slot];
  if (prefix === undefined || !isSame(prefix.octets, bytes, start, lastAt)) {
    prefix = { octets: bytes.slice(start, lastAt), text: `${spelled(bytes, start, lastAt)}.` };
    prefixes[slot] = prefix;
  }
  return `${prefix.text}${last >>> 0}`;
}

function isSame(octets: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (octets.length !== end - start) return false;
  for (let i = 0; i < octets.length; i += 1) if (octets[i] !== bytes[start + i]) return false;
  return true;
}

function spelled(bytes: Uint8Array, start: number, end: number): string {
  const parts: number[] = [];
  let value = 0;
  for (let at = start; at < end; at += 1) {
    value = (value << 7) | (bytes[at]! & 0x7f);
    if (bytes[at]! >= 0x80) continue;
    // The first encoded one holds two parts. As net-snmp has it: 2.48 and beyond come out as 3.8 and so on.
    if (parts.length === 0) parts.push(Math.floor((value >>> 0) / 40), (value >>> 0) % 40);
    else parts.push(value >>> 0);
    value = 0;
  }
  return parts.join('.');
}
