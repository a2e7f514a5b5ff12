/**
 * The head of an SNMP message (RFC 3416, RFC 3412), read before anything else looks at a datagram: which request it
 * answers and with which protection. Bounded, never throws.
 */

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const OCTETS = 0x04;

/** Report-PDU (RFC 3416): the one message that an agent may send below the security level of the request. */
export const REPORT_PDU = 0xa8;

export interface MessageHeader {
  /** As on the wire: 0 = v1, 1 = v2c, 3 = v3. */
  readonly version: number;
  /** request-id of the PDU, for v3 the msgID. */
  readonly requestId: number;
  /** v3 msgFlags: 1 = authenticated, 2 = encrypted. 0 for the others. */
  readonly flags: number;
  /** Tag of the PDU; -1 while it is encrypted. */
  readonly pdu: number;
  /** The message says that it is longer than the datagram. */
  readonly truncated: boolean;
}

interface Element {
  readonly tag: number;
  readonly start: number;
  /** May lie behind the end of a truncated datagram. */
  readonly end: number;
}

/** The header, or undefined when `bytes` are no SNMP message. */
export function readMessageHeader(bytes: Buffer): MessageHeader | undefined {
  const message = element(bytes, 0, SEQUENCE);
  if (message === undefined) return undefined;
  const truncated = message.end > bytes.length;
  const versionAt = element(bytes, message.start, INTEGER);
  const version = integer(bytes, versionAt);
  if (versionAt === undefined || version === undefined) return undefined;
  if (version === 3) return v3Header(bytes, versionAt.end, truncated);
  const community = element(bytes, versionAt.end, OCTETS);
  const pdu = community && element(bytes, community.end);
  const requestId = pdu && integer(bytes, element(bytes, pdu.start, INTEGER));
  return requestId === undefined ? undefined : { version, requestId, flags: 0, pdu: pdu!.tag, truncated };
}

function v3Header(bytes: Buffer, at: number, truncated: boolean): MessageHeader | undefined {
  const globals = element(bytes, at, SEQUENCE);
  const id = globals && element(bytes, globals.start, INTEGER);
  const maxSize = id && element(bytes, id.end, INTEGER);
  const flags = maxSize && element(bytes, maxSize.end, OCTETS);
  const requestId = integer(bytes, id);
  if (flags === undefined || flags.end !== flags.start + 1 || requestId === undefined) return undefined;
  const parameters = element(bytes, globals!.end, OCTETS);
  const scoped = parameters && element(bytes, parameters.end);
  const pdu = scoped?.tag === SEQUENCE ? scopedPdu(bytes, scoped.start) : -1;
  return { version: 3, requestId, flags: bytes[flags.start] ?? 0, pdu, truncated };
}

function scopedPdu(bytes: Buffer, at: number): number {
  const engine = element(bytes, at, OCTETS);
  const context = engine && element(bytes, engine.end, OCTETS);
  return (context && element(bytes, context.end))?.tag ?? -1;
}

function element(bytes: Buffer, at: number, wanted?: number): Element | undefined {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined || (wanted !== undefined && tag !== wanted)) return undefined;
  if (first < 0x80) return { tag, start: at + 2, end: at + 2 + first };
  const octets = first & 0x7f;
  const start = at + 2 + octets;
  // A datagram has at most 65,507 octets: three octets of length are generous, and indefinite lengths are not BER of SNMP.
  if (octets === 0 || octets > 4 || start > bytes.length) return undefined;
  return { tag, start, end: start + bytes.readUIntBE(at + 2, octets) };
}

function integer(bytes: Buffer, from: Element | undefined): number | undefined {
  if (from === undefined || from.end > bytes.length) return undefined;
  const length = from.end - from.start;
  return length >= 1 && length <= 5 ? bytes.readIntBE(from.start, length) : undefined;
}
