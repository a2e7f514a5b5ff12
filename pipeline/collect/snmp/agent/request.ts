/** Reading an SNMP v1 or v2c request: bounded, never throwing. What cannot be read is a named reason. */
import { readOidContent, type Oid } from './oid.ts';

export const PDU = { get: 0xa0, getNext: 0xa1, set: 0xa3, getBulk: 0xa5 } as const;
type RequestPdu = (typeof PDU)[keyof typeof PDU];

const REQUEST_PDUS: readonly number[] = Object.values(PDU);

const INTEGER = 0x02;
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
const SEQUENCE = 0x30;

/** The part of a message that differs from request to request of one shape. */
export interface RequestHeader {
  readonly kind: 'header';
  readonly version: 1 | 2;
  readonly community: Uint8Array;
  readonly pdu: RequestPdu;
  readonly requestId: number;
  /** From here to the end of the message: what follows the request id. */
  readonly bodyStart: number;
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

/** malformed: no SNMP message. version: v3 or unknown. pdu: nothing that an agent answers. */
export interface Unreadable {
  readonly kind: 'unreadable';
  readonly reason: 'malformed' | 'version' | 'pdu';
}

const unreadable = (reason: Unreadable['reason']): Unreadable => ({ kind: 'unreadable', reason });

/** Version, community, PDU type and request id (RFC 1157 4.1, RFC 1901 3). */
export function readHeader(bytes: Uint8Array): RequestHeader | Unreadable {
  const cursor = new BerCursor(bytes, 0);
  if (cursor.enter(SEQUENCE) !== bytes.length) return unreadable('malformed');
  const version = cursor.integer();
  if (cursor.failed()) return unreadable('malformed');
  if (version !== 0 && version !== 1) return unreadable('version');
  const communityEnd = cursor.enter(OCTET_STRING);
  const community = bytes.subarray(cursor.at, communityEnd);
  cursor.at = communityEnd;
  const pdu = bytes[cursor.at] ?? 0;
  if (cursor.enter(pdu) !== bytes.length) return unreadable('malformed');
  if (!isRequestPdu(pdu) || (pdu === PDU.getBulk && version === 0)) return unreadable('pdu');
  const requestId = cursor.integer();
  if (cursor.failed()) return unreadable('malformed');
  return { kind: 'header', version: version === 0 ? 1 : 2, community, pdu, requestId, bodyStart: cursor.at };
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

/** A position in BER. After the first thing that does not fit it has `failed`, and what it gives is worthless. */
class BerCursor {
  at: number;
  readonly #bytes: Uint8Array;
  #failed = false;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  failed(): boolean {
    return this.#failed;
  }

  /** Steps behind tag and length; gives where the content ends (definite lengths only, RFC 3417 8). */
  enter(tag: number): number {
    const bytes = this.#bytes;
    if (bytes[this.at] !== tag || this.at + 1 >= bytes.length) return this.#fail();
    const short = bytes[this.at + 1]!;
    this.at += 2;
    let length = short;
    if (short >= 0x80) {
      const octets = short & 0x7f;
      if (octets < 1 || octets > 3 || this.at + octets > bytes.length) return this.#fail();
      length = 0;
      for (let i = 0; i < octets; i += 1) length = length * 256 + bytes[this.at + i]!;
      this.at += octets;
    }
    const end = this.at + length;
    return end > bytes.length ? this.#fail() : end;
  }

  /** A signed integer of up to 32 bits. */
  integer(): number {
    const end = this.enter(INTEGER);
    const length = end - this.at;
    if (this.#failed || length < 1 || length > 4) return this.#fail();
    let value = (this.#bytes[this.at]! << 24) >> 24;
    for (let i = 1; i < length; i += 1) value = (value << 8) | this.#bytes[this.at + i]!;
    this.at = end;
    return value;
  }

  #fail(): number {
    this.#failed = true;
    return -1;
  }
}
