/** Reading an SNMP request: bounded, never throwing. What cannot be read is a named reason. */
import { BerCursor } from './ber-cursor.ts';
import { readOidContent, type Oid } from './oid.ts';

export const PDU = { get: 0xa0, getNext: 0xa1, set: 0xa3, getBulk: 0xa5 } as const;
type RequestPdu = (typeof PDU)[keyof typeof PDU];

const REQUEST_PDUS: readonly number[] = Object.values(PDU);

const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
const SEQUENCE = 0x30;

/** The part of a message that differs from request to request of one shape. */
export interface RequestHeader {
  readonly kind: 'header';
  readonly version: 1 | 2 | 3;
  readonly pdu: RequestPdu;
  readonly requestId: number;
  /** From here to the end of the message: what follows the request id. */
  readonly bodyStart: number;
}

export interface CommunityHeader extends RequestHeader {
  readonly community: Uint8Array;
}

export interface ScopedHeader extends RequestHeader {
  readonly contextEngineId: Uint8Array;
  readonly contextName: Uint8Array;
}

export interface RequestBody {
  readonly kind: 'body';
  /** error-status of most PDUs, non-repeaters of GetBulk. */
  readonly first: number;
  /** error-index of most PDUs, max-repetitions of GetBulk. */
  readonly second: number;
  readonly oids: readonly Oid[];
  /** The variable bindings as they came, without the header of their sequence. */
  readonly bindings: Uint8Array;
}

/** malformed: no SNMP message. version: one that is not served. pdu: nothing that an agent answers. */
export interface Unreadable {
  readonly kind: 'unreadable';
  readonly reason: 'malformed' | 'version' | 'pdu';
}

const unreadable = (reason: Unreadable['reason']): Unreadable => ({ kind: 'unreadable', reason });

/** Version, community, PDU type and request id (RFC 1157 4.1, RFC 1901 3). */
export function readHeader(bytes: Uint8Array): CommunityHeader | Unreadable {
  const cursor = new BerCursor(bytes, 0);
  if (cursor.enter(SEQUENCE) !== bytes.length) return unreadable('malformed');
  const version = cursor.integer();
  if (cursor.failed()) return unreadable('malformed');
  if (version !== 0 && version !== 1) return unreadable('version');
  const community = cursor.octets(OCTET_STRING);
  const header = readPdu(bytes, cursor, version === 0 ? 1 : 2);
  return header.kind === 'header' ? { ...header, community } : header;
}

/** What a v3 message carries once it is decrypted: contextEngineID, contextName, PDU (RFC 3412 6.8). */
export function readScopedHeader(bytes: Uint8Array): ScopedHeader | Unreadable {
  const cursor = new BerCursor(bytes, 0);
  if (cursor.enter(SEQUENCE) !== bytes.length) return unreadable('malformed');
  const contextEngineId = cursor.octets(OCTET_STRING);
  const contextName = cursor.octets(OCTET_STRING);
  const header = readPdu(bytes, cursor, 3);
  return header.kind === 'header' ? { ...header, contextEngineId, contextName } : header;
}

function readPdu(
  bytes: Uint8Array,
  cursor: BerCursor,
  version: RequestHeader['version'],
): RequestHeader | Unreadable {
  const pdu = bytes[cursor.at] ?? 0;
  if (cursor.enter(pdu) !== bytes.length) return unreadable('malformed');
  if (!isRequestPdu(pdu) || (pdu === PDU.getBulk && version === 1)) return unreadable('pdu');
  const requestId = cursor.integer();
  if (cursor.failed()) return unreadable('malformed');
  return { kind: 'header', version, pdu, requestId, bodyStart: cursor.at };
}

/** The two integers and the variable bindings that follow the request id; the values of bindings are skipped. */
export function readBody(bytes: Uint8Array, bodyStart: number): RequestBody | Unreadable {
  const cursor = new BerCursor(bytes, bodyStart);
  const first = cursor.integer();
  const second = cursor.integer();
  if (cursor.enter(SEQUENCE) !== bytes.length) return unreadable('malformed');
  const bindings = bytes.subarray(cursor.at);
  const oids: Oid[] = [];
  while (!cursor.failed() && cursor.at < bytes.length) {
    const end = cursor.enter(SEQUENCE);
    const nameEnd = cursor.enter(OBJECT_IDENTIFIER);
    const oid = nameEnd <= end ? readOidContent(bytes, cursor.at, nameEnd) : null;
    cursor.at = nameEnd;
    if (oid === null || cursor.enter(bytes[cursor.at] ?? 0) !== end) return unreadable('malformed');
    cursor.at = end;
    oids.push(oid);
  }
  return cursor.failed() ? unreadable('malformed') : { kind: 'body', first, second, oids, bindings };
}

function isRequestPdu(tag: number): tag is RequestPdu {
  return REQUEST_PDUS.includes(tag);
}
