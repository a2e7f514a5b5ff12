/** Counter64 as it lies in an answer, to two 32-bit halves: exact, without BigInt. */

export interface Halves {
  hi: number;
  lo: number;
}

/**
 * Reads 1 to 9 octets as an unsigned number. Some agents leave out the leading zero of values with the top bit set
 * and some add one too many, so the octets are taken as unsigned whatever BER says about their sign.
 * @returns false when the number does not fit into 64 bits or there are no octets: `into` is then undefined.
 */
export function readCounter64(octets: Uint8Array, into: Halves): boolean {
  const { length } = octets;
  if (length === 0 || length > 9 || (length === 9 && octets[0] !== 0)) return false;
  let hi = 0;
  let lo = 0;
  const split = length - 4;
  for (let at = 0; at < split; at += 1) hi = ((hi << 8) | octets[at]!) >>> 0;
  for (let at = Math.max(split, 0); at < length; at += 1) lo = ((lo << 8) | octets[at]!) >>> 0;
  into.hi = hi;
  into.lo = lo;
  return true;
}

/** Values from 2^63 on fit neither Avro nor PostgreSQL; the all-ones one among them means "not supported". */
export function exceedsSigned64({ hi }: Halves): boolean {
  return hi >= 0x8000_0000;
}
