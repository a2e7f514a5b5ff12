/** Octet strings of agents as text: whatever people and vendors put into ifAlias, it comes out printable and bounded. */
import { isUtf8 } from 'node:buffer';
import type { ValueReason } from './reasons.ts';

/** DisplayString and SnmpAdminString hold at most 255; so do the columns that keep them. */
export const MAX_TEXT_LENGTH = 255;

/** UTF-8 takes at most 3 octets a UTF-16 unit: what lies behind these cannot survive the cut. */
const MAX_OCTETS = 4 * MAX_TEXT_LENGTH;

// eslint-disable-next-line no-control-regex -- control characters are exactly what is removed here
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

/**
 * `octets` as UTF-8, else latin1, without NUL and control characters, at most 255 UTF-16 units.
 * What had to be changed is added to `changes`.
 */
export function agentText(octets: Buffer, changes: ValueReason[]): string {
  let text: string;
  if (isUtf8(octets)) {
    // Decoded before the cut: a cut in the middle of a character would make it invalid.
    text = octets.toString('utf8');
  } else {
    changes.push('not_utf8');
    text = octets.subarray(0, MAX_OCTETS).toString('latin1');
  }
  if (text.includes('\0')) {
    changes.push('nul_stripped');
    text = text.replaceAll('\0', '');
  }
  const printable = text.replace(CONTROL, '');
  if (printable.length !== text.length) changes.push('control_characters_removed');
  if (printable.length <= MAX_TEXT_LENGTH) return printable;
  changes.push('text_cut');
  // Half a surrogate pair is no character.
  const whole = /[\ud800-\udbff]/.test(printable[MAX_TEXT_LENGTH - 1]!)
    ? MAX_TEXT_LENGTH - 1
    : MAX_TEXT_LENGTH;
  return printable.slice(0, whole);
}

/** ifPhysAddress as lower-case hexadecimal octets with colons; null when there is none. */
export function physAddress(octets: Buffer, changes: ValueReason[]): string | null {
  if (octets.length === 0) return null;
  const kept = octets.subarray(0, (MAX_TEXT_LENGTH + 1) / 3);
  if (kept.length < octets.length) changes.push('text_cut');
  return [...kept].map((octet) => octet.toString(16).padStart(2, '0')).join(':');
}
