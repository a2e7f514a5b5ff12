/** A message of SNMPv3 taken apart (RFC 3412 6, RFC 3414 2.4): bounded, never throwing. */
import { BerCursor } from './ber-cursor.ts';

const SEQUENCE = 0x30;
const OCTETS = 0x04;
const ENCRYPTED = 2;

export interface V3Message {
  /** msgID. */
  readonly id: number;
  /** msgFlags: 1 = authenticated, 2 = encrypted, 4 = reportable. */
  readonly flags: number;
  readonly engineId: Uint8Array;
  readonly boots: number;
  readonly time: number;
  readonly user: Uint8Array;
  readonly authentication: Uint8Array;
  /** Where in the message. */
  readonly authenticationAt: number;
  readonly privacy: Uint8Array;
  /** The scoped PDU, or what it is encrypted to. */
  readonly data: Uint8Array;
}

/** Whether these octets say that they are of version 3. */
export function isV3(bytes: Uint8Array): boolean {
  const cursor = new BerCursor(bytes, 0);
  cursor.enter(SEQUENCE);
  return cursor.integer() === 3;
}

/** The message, or undefined when `bytes` are none. */
export function readV3Message(bytes: Uint8Array): V3Message | undefined {
  const cursor = new BerCursor(bytes, 0);
  if (cursor.enter(SEQUENCE) !== bytes.length || cursor.integer() !== 3) return undefined;
  const globalsEnd = cursor.enter(SEQUENCE);
  const id = cursor.integer();
  cursor.integer(); // msgMaxSize
  const flags = cursor.octets(OCTETS);
  cursor.integer(); // msgSecurityModel
  if (cursor.failed() || cursor.at !== globalsEnd || flags.length !== 1) return undefined;
  const parametersEnd = cursor.enter(OCTETS);
  if (cursor.enter(SEQUENCE) !== parametersEnd) return undefined;
  const engineId = cursor.octets(OCTETS);
  const boots = cursor.integer();
  const time = cursor.integer();
  const user = cursor.octets(OCTETS);
  const authentication = cursor.octets(OCTETS);
  const authenticationAt = cursor.at - authentication.length;
  const privacy = cursor.octets(OCTETS);
  if (cursor.failed() || cursor.at !== parametersEnd) return undefined;
  const data = (flags[0]! & ENCRYPTED) === 0 ? bytes.subarray(cursor.at) : cursor.octets(OCTETS);
  if (cursor.failed()) return undefined;
  return {
    id,
    flags: flags[0]!,
    engineId,
    boots,
    time,
    user,
    authentication,
    authenticationAt,
    privacy,
    data,
  };
}
