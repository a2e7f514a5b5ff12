/** IP addresses in one spelling, so that the same agent has the same name everywhere. */
import { isIP, isIPv4 } from 'node:net';

/** ::ffff:0:0/96 in the hexadecimal spelling of the WHATWG URL parser. */
const MAPPED_IPV4 = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

/**
 * The address as RFC 5952 spells it (IPv6) or in dotted decimals (IPv4); an IPv4-mapped IPv6 address is its IPv4
 * address. undefined when `text` is no address; zone indices (`fe80::1%eth0`) mean something on one host only and
 * are refused too.
 */
export function canonicalAddress(text: string): string | undefined {
  if (isIPv4(text)) return text;
  if (isIP(text) !== 6 || text.includes('%')) return undefined;
  // RFC 5952 4 is what WHATWG URLs serialise: lower case, the longest run of zeros compressed, no leading zeros.
  const address = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const mapped = MAPPED_IPV4.exec(address);
  if (mapped === null) return address;
  const [high, low] = [Number.parseInt(mapped[1]!, 16), Number.parseInt(mapped[2]!, 16)];
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}
