/**
 * An agent's engine of SNMPv3 with one user (RFC 3412, 3414; privacy RFC 3826): takes messages apart, puts answers
 * together, and says by a report what is wrong with what came in. Answers are bounded by the agent's own limit alone.
 */
import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import { BerWriter } from './ber-writer.ts';
import { parseOid } from './oid.ts';
import { encodedName } from './oid-table.ts';
import { readV3Message, type V3Message } from './v3-message.ts';
import { localizedKey } from '../usm-keys.ts';
import { AUTHENTICATION, type Authentication, type V3Credential } from './credential.ts';

/** snmpEngineBoots and snmpEngineTime, in seconds. */
export interface EngineClock {
  readonly boots: number;
  readonly time: number;
}

export type Received =
  | { readonly kind: 'request'; readonly message: V3Message; readonly scopedPdu: Uint8Array }
  /** The answer is ready: what is wrong, or who this engine is. */
  | { readonly kind: 'report'; readonly bytes: Buffer }
  | { readonly kind: 'malformed' };

/** usmStats (RFC 3414 5), and the level of the reports about them. */
const REPORTS = {
  unsupportedSecLevels: 1,
  notInTimeWindows: 2,
  unknownUserNames: 3,
  unknownEngineIds: 4,
  wrongDigests: 5,
  decryptionErrors: 6,
} as const;
const USM_STATS = '1.3.6.1.6.3.15.1.1';

const FLAGS = { auth: 1, priv: 2 } as const;
const LEVEL_FLAGS = { noAuthNoPriv: 0, authNoPriv: 1, authPriv: 3 } as const;
const WINDOW_SECONDS = 150;
const USER_SECURITY_MODEL = 3;
const MAX_MESSAGE_BYTES = 65_507;

const SEQUENCE = 0x30;
const OCTETS = 0x04;
const COUNTER32 = 0x41;
const REPORT_PDU = 0xa8;

// One scratch for all engines: a message is written and copied out in one go.
const writer = new BerWriter(MAX_MESSAGE_BYTES + 1_024);

export class UsmEngine {
  /** Octets of a message around its bindings, at most: names and keys of any legal length. */
  static readonly envelopeBytes = 320;
  readonly #engineId: Buffer;
  readonly #user: Buffer;
  readonly #flags: number;
  readonly #authentication: Authentication;
  readonly #authKey: Buffer;
  readonly #privKey: Buffer;
  readonly #counts = new Uint32Array(7);
  #salt = 0n;

  /** @throws RangeError for a credential that it cannot serve: without a key, or with another privacy than AES-128. */
  constructor(engineId: Uint8Array, credential: V3Credential) {
    const { level, authProtocol, authKey, privProtocol, privKey } = credential;
    this.#engineId = Buffer.from(engineId);
    this.#user = Buffer.from(credential.user);
    this.#flags = LEVEL_FLAGS[level];
    this.#authentication = AUTHENTICATION[authProtocol];
    if (this.#isPrivate && privProtocol !== 'aes') {
      throw new RangeError(`simulated agents encrypt by aes, not by ${privProtocol}`);
    }
    const key = (wanted: boolean, password: string | undefined): Buffer => {
      if (!wanted) return Buffer.alloc(0);
      if (password === undefined)
        throw new RangeError(`a simulated agent's user of level ${level} lacks a key`);
      return localizedKey(this.#authentication.digest, password, this.#engineId);
    };
    this.#authKey = key((this.#flags & FLAGS.auth) !== 0, authKey?.reveal());
    this.#privKey = key(this.#isPrivate, privKey?.reveal()).subarray(0, 16);
  }

  /** RFC 3414 3.2. Never throws on what came in. */
  receive(bytes: Uint8Array, clock: EngineClock): Received {
    const message = readV3Message(bytes);
    if (message === undefined) return { kind: 'malformed' };
    const report = (what: keyof typeof REPORTS): Received => ({
      kind: 'report',
      bytes: this.#report(message, what, clock),
    });
    if (!this.#engineId.equals(message.engineId)) return report('unknownEngineIds');
    if (!this.#user.equals(message.user)) return report('unknownUserNames');
    if ((message.flags & LEVEL_FLAGS.authPriv) !== this.#flags) return report('unsupportedSecLevels');
    if ((this.#flags & FLAGS.auth) !== 0) {
      if (!this.#isAuthentic(bytes, message)) return report('wrongDigests');
      const apart = Math.abs(message.time - clock.time);
      if (message.boots !== clock.boots || apart > WINDOW_SECONDS) return report('notInTimeWindows');
    }
    if (!this.#isPrivate) return { kind: 'request', message, scopedPdu: message.data };
    if (message.privacy.length !== 8) return report('decryptionErrors');
    const cipher = createDecipheriv('aes-128-cfb', this.#privKey, iv(message, message.privacy));
    return { kind: 'request', message, scopedPdu: cipher.update(message.data) };
  }

  /** The message that carries `scopedPdu` in answer to `request`, at its level. */
  answer(request: V3Message, scopedPdu: Uint8Array, clock: EngineClock): Buffer {
    return this.#message(request, scopedPdu, this.#flags, clock);
  }

  get #isPrivate(): boolean {
    return (this.#flags & FLAGS.priv) !== 0;
  }

  #isAuthentic(bytes: Uint8Array, { authentication, authenticationAt }: V3Message): boolean {
    if (authentication.length !== this.#authentication.octets) return false;
    const cleared = Buffer.from(bytes);
    cleared.fill(0, authenticationAt, authenticationAt + authentication.length);
    return timingSafeEqual(this.#digest(cleared), authentication);
  }

  #digest(bytes: Uint8Array): Buffer {
    const { digest, octets } = this.#authentication;
    return createHmac(digest, this.#authKey).update(bytes).digest().subarray(0, octets);
  }

  #report(request: V3Message, what: keyof typeof REPORTS, clock: EngineClock): Buffer {
    const id = REPORTS[what];
    this.#counts[id] = this.#counts[id]! + 1;
    writer.clear();
    writer.unsigned32(COUNTER32, this.#counts[id]);
    writer.octets(encodedName(parseOid(`${USM_STATS}.${id}.0`)));
    writer.header(SEQUENCE, 0);
    writer.header(SEQUENCE, 0);
    writer.integer(0);
    writer.integer(0);
    // RFC 3412 7.1: 0 where the request's id cannot be read; requests are matched by msgID.
    writer.integer(0);
    writer.header(REPORT_PDU, 0);
    string(new Uint8Array(0));
    string(this.#engineId);
    writer.header(SEQUENCE, 0);
    // RFC 3414 3.2 7: a report about the time is authenticated, the others cannot be.
    const flags = what === 'notInTimeWindows' ? FLAGS.auth : 0;
    return this.#message(request, writer.toBuffer(), flags, clock);
  }

  #message({ id, user }: V3Message, scopedPdu: Uint8Array, flags: number, clock: EngineClock): Buffer {
    const isPrivate = (flags & FLAGS.priv) !== 0;
    const isAuthenticated = (flags & FLAGS.auth) !== 0;
    const salt = Buffer.alloc(isPrivate ? 8 : 0);
    if (isPrivate) salt.writeBigUInt64BE((this.#salt += 1n));
    writer.clear();
    if (isPrivate) string(createCipheriv('aes-128-cfb', this.#privKey, iv(clock, salt)).update(scopedPdu));
    else writer.octets(scopedPdu);
    const parameters = writer.length;
    string(salt);
    writer.octets(new Uint8Array(isAuthenticated ? this.#authentication.octets : 0));
    const digestEnd = writer.length;
    writer.header(OCTETS, digestEnd - (isAuthenticated ? this.#authentication.octets : 0));
    string(user);
    writer.integer(clock.time);
    writer.integer(clock.boots);
    string(this.#engineId);
    writer.header(SEQUENCE, parameters);
    writer.header(OCTETS, parameters);
    const globals = writer.length;
    writer.integer(USER_SECURITY_MODEL);
    string(Uint8Array.of(flags));
    writer.integer(MAX_MESSAGE_BYTES);
    writer.integer(id);
    writer.header(SEQUENCE, globals);
    writer.integer(3);
    writer.header(SEQUENCE, 0);
    const bytes = writer.toBuffer();
    if (isAuthenticated) this.#digest(bytes).copy(bytes, bytes.length - digestEnd);
    return bytes;
  }
}

function string(content: Uint8Array): void {
  const before = writer.length;
  writer.octets(content);
  writer.header(OCTETS, before);
}

/** RFC 3826 3.1.2.1: boots, time and the salt of the message. */
function iv({ boots, time }: EngineClock, salt: Uint8Array): Buffer {
  const octets = Buffer.alloc(16);
  octets.writeInt32BE(boots | 0, 0);
  octets.writeInt32BE(time | 0, 4);
  octets.set(salt, 8);
  return octets;
}
