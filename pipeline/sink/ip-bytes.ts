/** IP addresses as bytes in network order. */
import { isIPv6 } from 'node:net';

/** 4 or 16 bytes; undefined for what is no plain address (a mask, a zone index, a name). */
export function ipBytes(text: string): number[] | undefined {
  const v4 = ipv4Bytes(text);
  if (v4 !== undefined) return v4;
  // isIPv6 accepts a zone index; inet has no place for it.
  return !text.includes('%') && isIPv6(text) ? ipv6Bytes(text) : undefined;
}

function ipv4Bytes(text: string): number[] | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part))) return undefined;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte < 256) ? bytes : undefined;
}

/** @param text is valid: isIPv6 has said so. */
function ipv6Bytes(text: string): number[] {
  const [head = '', tail] = text.split('::');
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  return [...left, ...Array<number>(16 - left.length - right.length).fill(0), ...right];
}

function groups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return ipv4Bytes(group)!;
    const word = Number.parseInt(group, 16);
    return [word >>> 8, word & 255];
  });
}
