/** An SNMP agent of one device without its socket: request octets in, answer octets out. */
import {
  ERROR_STATUS,
  NO_SUCH_INSTANCE,
  NO_SUCH_OBJECT,
  planAnswer,
  type AnswerPlan,
  type ErrorPlan,
  type ValuesPlan,
} from './answer-plan.ts';
import { BerWriter } from './ber-writer.ts';
import { distortedView } from './distorted-view.ts';
import { SCALARS } from './if-mib.ts';
import type { Counter64, MibInstance, MibView } from './mib-view.ts';
import { isWireMisbehaviour, type Misbehaviour, type WireMisbehaviour } from './misbehaviour.ts';
import { oidTable, type OidTable } from './oid-table.ts';
import { parseOid } from './oid.ts';
import {
  readBody,
  readHeader,
  readScopedHeader,
  type RequestHeader,
  type ScopedHeader,
  type Unreadable,
} from './request.ts';
import { UsmEngine, type EngineClock } from './usm-engine.ts';
import type { V3Credential } from './credential.ts';
import { isV3 } from './v3-message.ts';

/** Why a packet got no answer. */
export type DropReason = Unreadable['reason'] | 'community' | 'not_running';

/** The largest message over UDP on IPv4. */
const MAX_MESSAGE_BYTES = 65_507;
/** Shapes of requests remembered: a poller has a handful, a stranger must not fill the memory. */
const MAX_PLANS = 256;

/** Octets of a v1 or v2c message around its bindings, community apart: headers, version, request id, status, index. */
const ENVELOPE_OCTETS = 32;

const ENGINE_BOOTS = parseOid(SCALARS.snmpEngineBoots);
const ENGINE_TIME = parseOid(SCALARS.snmpEngineTime);

const RESPONSE = 0xa2;
const SEQUENCE = 0x30;
const TAGS = {
  octets: 0x04,
  oid: 0x06,
  counter32: 0x41,
  gauge32: 0x42,
  timeticks: 0x43,
  counter64: 0x46,
} as const;

// One scratch for all devices: an answer is written and copied out in one go.
const writer = new BerWriter(MAX_MESSAGE_BYTES);
const wide: Counter64 = { hi: 0, lo: 0 };

export interface ResponderOptions {
  readonly view: MibView;
  readonly community: string;
  /** Who may ask by v3; nobody unless told. */
  readonly user?: V3Credential | undefined;
  /** Answers are kept to this size: GetBulk gives fewer rows, others tooBig. At least 484 (RFC 3417 3.2.1). */
  readonly maxMessageBytes?: number;
}

export class Responder {
  readonly #view: MibView;
  readonly #community: Buffer;
  readonly #maxMessageBytes: number;
  readonly #usm: UsmEngine | undefined;
  #plans: Map<string, AnswerPlan>;
  #served: MibView;
  #table: OidTable;
  #misbehaviours: readonly WireMisbehaviour[] = [];

  /** @throws RangeError when the MIB has a bad or double OID, or the user is one that cannot be served. */
  constructor({ view, community, user, maxMessageBytes = 16_384 }: ResponderOptions) {
    this.#view = view;
    this.#served = view;
    this.#community = Buffer.from(community);
    this.#maxMessageBytes = Math.min(Math.max(maxMessageBytes, 484), MAX_MESSAGE_BYTES);
    this.#table = oidTable(view.instances());
    this.#plans = this.#sharedPlans();
    this.#usm = user && new UsmEngine(engineId(view.name), user);
  }

  get misbehaviours(): readonly WireMisbehaviour[] {
    return this.#misbehaviours;
  }

  /** Replaces what this agent does wrong; none makes it right again. */
  misbehave(misbehaviours: readonly Misbehaviour[], nowMs: number): void {
    this.#misbehaviours = misbehaviours.filter(isWireMisbehaviour);
    const ofValues = misbehaviours.filter((one) => !isWireMisbehaviour(one));
    this.#served = ofValues.length === 0 ? this.#view : distortedView(this.#view, ofValues, nowMs);
    this.#table = oidTable(this.#served.instances());
    this.#plans = misbehaviours.length === 0 ? this.#sharedPlans() : new Map<string, AnswerPlan>();
  }

  /** The answer to one datagram, or why there is none. Never throws on what came in. */
  answer(request: Uint8Array, nowMs: number): Buffer | DropReason {
    if (this.#usm !== undefined && isV3(request)) return this.#answerV3(this.#usm, request, nowMs);
    const header = readHeader(request);
    if (header.kind === 'unreadable') return header.reason;
    if (!this.#community.equals(header.community)) return 'community';
    if (!this.#served.refresh(nowMs)) return 'not_running';
    const plan = this.#planFor(request, header);
    if (typeof plan === 'string') return plan;
    this.#writeResponse(header, plan);
    const community = writer.length;
    writer.octets(this.#community);
    writer.header(TAGS.octets, community);
    writer.integer(header.version === 1 ? 0 : 1);
    writer.header(SEQUENCE, 0);
    return writer.toBuffer();
  }

  #answerV3(usm: UsmEngine, request: Uint8Array, nowMs: number): Buffer | DropReason {
    if (!this.#served.refresh(nowMs)) return 'not_running';
    const clock = this.#engineClock(nowMs);
    const received = usm.receive(request, clock);
    if (received.kind === 'malformed') return 'malformed';
    if (received.kind === 'report') return received.bytes;
    const { message, scopedPdu } = received;
    const header = readScopedHeader(scopedPdu);
    if (header.kind === 'unreadable') return header.reason;
    const plan = this.#planFor(scopedPdu, header);
    if (typeof plan === 'string') return plan;
    this.#writeResponse(header, plan);
    writeScope(header);
    return usm.answer(message, writer.toBuffer(), clock);
  }

  #engineClock(nowMs: number): EngineClock {
    const { instances } = this.#table;
    const read = (position: number, otherwise: number): number => {
      const instance = instances[position];
      return instance?.type === 'integer' ? instance.read() : otherwise;
    };
    return {
      boots: read(this.#table.indexOf(ENGINE_BOOTS), 1),
      time: read(this.#table.indexOf(ENGINE_TIME), Math.floor(nowMs / 1_000) & 0x7fff_ffff),
    };
  }

  #envelopeBytes(version: RequestHeader['version']): number {
    return version === 3 ? UsmEngine.envelopeBytes : ENVELOPE_OCTETS + this.#community.length;
  }

  /** Devices of one table answer alike, while they answer right. */
  #sharedPlans(): Map<string, AnswerPlan> {
    const key = `${this.#maxMessageBytes} ${this.#community.length}`;
    const ofTable = plansOf.get(this.#table) ?? new Map<string, Map<string, AnswerPlan>>();
    plansOf.set(this.#table, ofTable);
    const plans = ofTable.get(key) ?? new Map<string, AnswerPlan>();
    ofTable.set(key, plans);
    return plans;
  }

  /** Requests that differ in nothing but their request id share one plan. */
  #planFor(request: Uint8Array, header: RequestHeader): AnswerPlan | DropReason {
    const body = Buffer.from(
      request.buffer,
      request.byteOffset + header.bodyStart,
      request.length - header.bodyStart,
    );
    const shape = `${header.version}${header.pdu}${body.toString('latin1')}`;
    const known = this.#plans.get(shape);
    if (known !== undefined) return known;
    const parsed = readBody(request, header.bodyStart);
    if (parsed.kind === 'unreadable') return parsed.reason;
    const plan = planAnswer(header, parsed, {
      table: this.#table,
      maxMessageBytes: this.#maxMessageBytes,
      envelopeBytes: this.#envelopeBytes(header.version),
      misbehaviours: this.#misbehaviours,
    });
    if (this.#plans.size >= MAX_PLANS) this.#plans.clear();
    // An error carries its request's octets, up to 64 KB: not worth keeping.
    if (plan.kind === 'values') this.#plans.set(shape, plan);
    return plan;
  }

  /** The response PDU, as the content of a message. */
  #writeResponse(header: RequestHeader, plan: AnswerPlan): void {
    if (plan.kind === 'error') return this.#writeError(header, plan);
    const limit = this.#maxMessageBytes - this.#envelopeBytes(header.version);
    for (let count = plan.entries.length; ; count -= 1) {
      writer.clear();
      this.#writeBindings(plan, count);
      if (writer.length <= limit) return this.#writePdu(header, 0, 0);
      // Only text that grew since the plan was made leads here.
      if (!plan.mayBeCut || count === 0) {
        const bindings = new Uint8Array(0);
        return this.#writeError(header, { kind: 'error', status: ERROR_STATUS.tooBig, index: 0, bindings });
      }
    }
  }

  #writeError(header: RequestHeader, plan: ErrorPlan): void {
    writer.clear();
    writer.octets(plan.bindings);
    writer.header(SEQUENCE, 0);
    this.#writePdu(header, plan.status, plan.index);
  }

  #writeBindings(plan: ValuesPlan, count: number): void {
    const { instances } = this.#table;
    for (let i = count - 1; i >= 0; i -= 1) {
      const before = writer.length;
      const entry = plan.entries[i]!;
      if (entry >= 0) writeValue(instances[entry]!);
      else writer.header(exceptionTag(entry), writer.length);
      writer.octets(plan.names[i]!);
      writer.header(SEQUENCE, before);
    }
    writer.header(SEQUENCE, 0);
  }

  #writePdu(header: RequestHeader, status: number, index: number): void {
    const wrongId = this.#misbehaviours.some((one) => one.kind === 'wrong_request_id');
    writer.integer(index);
    writer.integer(status);
    writer.integer(wrongId ? header.requestId ^ 0x155 : header.requestId);
    writer.header(RESPONSE, 0);
  }
}

/** By limits of answers. */
const plansOf = new WeakMap<OidTable, Map<string, Map<string, AnswerPlan>>>();

/** RFC 3411 5: enterprise number with the high bit set, format 4 (text), at most 32 octets. */
function engineId(name: string): Buffer {
  return Buffer.from(`\x80\x00\x7e\xd9\x04${name}`.slice(0, 32), 'latin1');
}

/** Around the PDU: the context that was asked. */
function writeScope({ contextName, contextEngineId }: ScopedHeader): void {
  for (const content of [contextName, contextEngineId]) {
    const before = writer.length;
    writer.octets(content);
    writer.header(TAGS.octets, before);
  }
  writer.header(SEQUENCE, 0);
}

/** noSuchObject, noSuchInstance, endOfMibView: context tags 0 to 2 (RFC 3416 3). */
function exceptionTag(entry: number): number {
  if (entry === NO_SUCH_OBJECT) return 0x80;
  return entry === NO_SUCH_INSTANCE ? 0x81 : 0x82;
}

function writeValue(instance: MibInstance): void {
  switch (instance.type) {
    case 'integer':
      writer.integer(instance.read());
      return;
    case 'counter32':
    case 'gauge32':
    case 'timeticks':
      writer.unsigned32(TAGS[instance.type], instance.read());
      return;
    case 'counter64':
      instance.read(wide);
      writer.unsigned64(TAGS.counter64, wide.hi, wide.lo);
      return;
    case 'octets':
    case 'oid':
    case 'raw_timeticks': {
      const before = writer.length;
      writer.octets(instance.read());
      writer.header(instance.type === 'raw_timeticks' ? TAGS.timeticks : TAGS[instance.type], before);
    }
  }
}
