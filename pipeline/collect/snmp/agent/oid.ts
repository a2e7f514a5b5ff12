/** Object identifiers: dotted text, numbers, and content octets (X.690 8.19). */

export type Oid = readonly number[];

const MAX_SUB_IDS = 128;

/** The sub-identifiers of `1.3.6.1...`. @throws RangeError when it is no OID of SMIv2 (2 to 128 parts below 2^32). */
export function parseOid(text: string): Oid {
  const oid = text.split('.').map((part) => (/^\d{1,10}$/.test(part) ? Number(part) : Number.NaN));
  const [first = 3, second = 0] = oid;
  if (
    oid.length < 2 ||
    oid.length > MAX_SUB_IDS ||
    !oid.every((id) => id < 2 ** 32) ||
    first > 2 ||
    (first < 2 && second > 39)
  ) {
    throw new RangeError(
      `"${text.slice(0, 80)}" is no OID: expected 2 to 128 numbers below 2^32 with dots between`,
    );
  }
  return oid;
}

/** Negative, 0 or positive: the lexicographic order of RFC 3416 4.2.2. */
export function compareOid(a: Oid, b: Oid): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i += 1) {
    const difference = a[i]! - b[i]!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Content octets: base 128, most significant first, the first two parts joined as 40 a + b. */
export function oidContent(oid: Oid): Uint8Array {
  const octets: number[] = [];
  appendBase128(octets, oid[0]! * 40 + oid[1]!);
  for (let i = 2; i < oid.length; i += 1) appendBase128(octets, oid[i]!);
  return Uint8Array.from(octets);
}

/** The OID of content octets from `start` to `end`, or null when they are none. */
export function readOidContent(bytes: Uint8Array, start: number, end: number): Oid | null {
  // The last octet of a sub-identifier has the high bit clear (X.690 8.19.2).
  if (end <= start || bytes[end - 1]! >= 0x80) return null;
  const oid: number[] = [];
  let value = 0;
  for (let at = start; at < end; at += 1) {
    const octet = bytes[at]!;
    value = value * 128 + (octet & 0x7f);
    if (value > 0xffffffff) return null;
    if (octet >= 0x80) continue;
    if (oid.length === 0) {
      const first = Math.min(Math.floor(value / 40), 2);
      oid.push(first, value - first * 40);
    } else {
      oid.push(value);
    }
    if (oid.length > MAX_SUB_IDS) return null;
    value = 0;
  }
  return oid;
}

function appendBase128(octets: number[], value: number): void {
  let length = 1;
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) length += 1;
  for (let place = length - 1; place >= 0; place -= 1) {
    const digit = Math.floor(value / 128 ** place) % 128;
    octets.push(place === 0 ? digit : digit | 0x80);
  }
}
