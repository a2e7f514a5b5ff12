/**
 * What a request is answered with, values left open: positions in the OID table, found once for each shape of
 * request and used again for every request of that shape.
 */
import type { MibInstance } from './mib-view.ts';
import type { WireMisbehaviour } from './misbehaviour.ts';
import { encodedName, type OidTable } from './oid-table.ts';
import type { Oid } from './oid.ts';
import { PDU, type RequestBody, type RequestHeader } from './request.ts';

/** Entries below 0 stand for the exceptions of RFC 3416 3, by their tags. */
export const NO_SUCH_OBJECT = -1;
export const NO_SUCH_INSTANCE = -2;
const END_OF_MIB_VIEW = -3;

/** error-status of RFC 3416 3. */
export const ERROR_STATUS = { tooBig: 1, noSuchName: 2, notWritable: 17 } as const;

export interface ValuesPlan {
  readonly kind: 'values';
  /** Position of the instance in the table, or an exception. */
  readonly entries: readonly number[];
  /** Encoded name of each binding. */
  readonly names: readonly Uint8Array[];
  /** GetBulk: an answer that came out too long is cut, not refused. */
  readonly mayBeCut: boolean;
}

export interface ErrorPlan {
  readonly kind: 'error';
  readonly status: number;
  readonly index: number;
  /** Bindings as they go out, without the header of their sequence. */
  readonly bindings: Uint8Array;
}

export type AnswerPlan = ValuesPlan | ErrorPlan;

const NO_BINDINGS = new Uint8Array(0);

export interface PlanContext {
  readonly table: OidTable;
  readonly maxMessageBytes: number;
  /** Octets of a message around its bindings, at most. */
  readonly envelopeBytes: number;
  readonly misbehaviours: readonly WireMisbehaviour[];
}

/** The plan for one request: RFC 3416 4.2.1-4.2.3, for v1 RFC 1157 4.1.2, 4.1.3 and RFC 3584 4.2.2. */
export function planAnswer(header: RequestHeader, body: RequestBody, context: PlanContext): AnswerPlan {
  const { misbehaviours } = context;
  const { bindings } = body;
  if (header.pdu === PDU.set) {
    const status = header.version === 1 ? ERROR_STATUS.noSuchName : ERROR_STATUS.notWritable;
    return { kind: 'error', status, index: body.oids.length === 0 ? 0 : 1, bindings };
  }
  const tooBig: ErrorPlan = {
    kind: 'error',
    status: ERROR_STATUS.tooBig,
    index: 0,
    bindings: header.version === 1 ? bindings : NO_BINDINGS,
  };
  const limit = misbehaviours.find((one) => one.kind === 'too_big');
  if (limit !== undefined && bindingsAsked(header, body) > limit.aboveVarbinds) return tooBig;

  const plan = new BindingList(context);
  if (header.pdu === PDU.getBulk) {
    fillBulk(plan, body);
    return { kind: 'values', entries: plan.entries, names: plan.names, mayBeCut: true };
  }
  for (const [i, oid] of body.oids.entries()) {
    const entry = header.pdu === PDU.get ? plan.exact(oid) : plan.next(oid, header.version === 1).entry;
    // v1 knows neither exceptions nor Counter64: the whole request fails at this binding.
    if (header.version === 1 && (entry < 0 || plan.isCounter64(entry))) {
      return { kind: 'error', status: ERROR_STATUS.noSuchName, index: i + 1, bindings };
    }
    if (plan.full()) return tooBig;
  }
  return { kind: 'values', entries: plan.entries, names: plan.names, mayBeCut: false };
}

function bindingsAsked(header: RequestHeader, body: RequestBody): number {
  if (header.pdu !== PDU.getBulk) return body.oids.length;
  const { nonRepeaters, repetitions } = bulkShape(body);
  return nonRepeaters + repetitions * (body.oids.length - nonRepeaters);
}

function bulkShape(body: RequestBody): { nonRepeaters: number; repetitions: number } {
  return {
    nonRepeaters: Math.min(Math.max(body.first, 0), body.oids.length),
    repetitions: Math.max(body.second, 0),
  };
}

/** RFC 3416 4.2.3: row after row, until all columns are at the end or the message is full. */
function fillBulk(plan: BindingList, body: RequestBody): void {
  const { nonRepeaters, repetitions } = bulkShape(body);
  for (let i = 0; i < nonRepeaters; i += 1) plan.next(body.oids[i]!, false);
  const last = body.oids.slice(nonRepeaters);
  for (let row = 0; row < repetitions && last.length > 0 && !plan.full(); row += 1) {
    let ended = 0;
    for (let column = 0; column < last.length && !plan.full(); column += 1) {
      const { entry, oid } = plan.next(last[column]!, false);
      last[column] = oid;
      if (entry === END_OF_MIB_VIEW) ended += 1;
    }
    if (ended === last.length) return;
  }
}

/** Bindings collected until the message is full. The one that did not fit is not in the list. */
class BindingList {
  readonly entries: number[] = [];
  readonly names: Uint8Array[] = [];
  readonly #table: OidTable;
  readonly #endless: 'growing' | 'looping' | null;
  #octetsLeft: number;
  #full = false;

  constructor({ table, maxMessageBytes, envelopeBytes, misbehaviours }: PlanContext) {
    this.#table = table;
    this.#octetsLeft = maxMessageBytes - envelopeBytes;
    this.#endless = misbehaviours.find((one) => one.kind === 'endless_walk')?.order ?? null;
  }

  full(): boolean {
    return this.#full;
  }

  isCounter64(entry: number): boolean {
    return this.#table.instances[entry]?.type === 'counter64';
  }

  exact(oid: Oid): number {
    const at = this.#table.indexOf(oid);
    if (at >= 0) return this.#add(at, this.#table.names[at]!);
    return this.#add(this.#table.hasObject(oid) ? NO_SUCH_INSTANCE : NO_SUCH_OBJECT, encodedName(oid));
  }

  /** Adds the successor of `oid`; gives it and its name, from which a repetition goes on. */
  next(oid: Oid, skipCounter64: boolean): { entry: number; oid: Oid } {
    const { instances, oids, names } = this.#table;
    let at = this.#table.after(oid);
    while (skipCounter64 && this.isCounter64(at)) at += 1;
    if (
      this.#endless !== null &&
      at > 0 &&
      !sameColumn(oids[at], oids[at - 1]!) &&
      isBehind(oid, oids[at - 1]!)
    ) {
      return this.#beyond(oid, at - 1, this.#endless);
    }
    if (at >= instances.length) {
      this.#add(END_OF_MIB_VIEW, encodedName(oid));
      return { entry: END_OF_MIB_VIEW, oid };
    }
    return { entry: this.#add(at, names[at]!), oid: oids[at]! };
  }

  /** What an endless walk answers behind `end`, the last row of a column: that row's value under another name. */
  #beyond(oid: Oid, end: number, order: 'growing' | 'looping'): { entry: number; oid: Oid } {
    const { oids } = this.#table;
    let name: Oid = [...oid.slice(0, -1), oid.at(-1)! + 1];
    if (order === 'looping') {
      let first = end;
      while (first > 0 && sameColumn(oids[first - 1], oids[end]!)) first -= 1;
      name = oids[first]!;
    }
    return { entry: this.#add(end, encodedName(name)), oid: name };
  }

  #add(entry: number, name: Uint8Array): number {
    // A binding's own header takes 2 octets, 4 above 127 octets of content.
    this.#octetsLeft -= 4 + name.length + (entry < 0 ? 2 : largestValue(this.#table.instances[entry]!));
    if (this.#octetsLeft < 0) {
      this.#full = true;
    } else {
      this.entries.push(entry);
      this.names.push(name);
    }
    return entry;
  }
}

function sameColumn(a: Oid | undefined, b: Oid): boolean {
  return a?.length === b.length && a.every((id, i) => i === b.length - 1 || id === b[i]);
}

/** At or behind `end` in the same column. */
function isBehind(oid: Oid, end: Oid): boolean {
  return sameColumn(oid, end) && oid.at(-1)! >= end.at(-1)!;
}

/** Octets that a value takes at most, with tag and length; text as long as it is now. */
function largestValue(instance: MibInstance): number {
  switch (instance.type) {
    case 'integer':
      return 6;
    case 'counter32':
    case 'gauge32':
    case 'timeticks':
      return 7;
    case 'counter64':
      return 11;
    case 'octets':
    case 'oid':
    case 'raw_timeticks':
      return 4 + instance.read().length;
  }
}
