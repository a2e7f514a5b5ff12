/**
 * The counters of one port: exact integrals of its rates. Between two knots a rate is a straight line, so the count
 * up to any moment is a closed formula; whole counts and the remaining fraction are folded only at knots and cuts.
 * Counts therefore depend on the moment alone, never on how often or where anybody looked.
 */
import { eventsBefore, eventsInSpan } from './rare-events.ts';
import { KNOT_MS, RATES } from './traffic-profile.ts';

const { floor } = Math;

export const COUNTERS = [...RATES, 'in_discards', 'out_discards'] as const;
export type CounterName = (typeof COUNTERS)[number];

const KNOT_S = KNOT_MS / 1000;
const IN_ERRORS = COUNTERS.indexOf('in_errors');
/** in_errors, out_errors, in_discards, out_discards: these also have single events. */
const FIRST_EVENTS = IN_ERRORS;
const EVENT_COUNTERS = COUNTERS.length - FIRST_EVENTS;

/** What changes a port's traffic, from a cut on. */
export interface PortState {
  /** Multiplies all rates; 0 stops the counters. */
  factor: number;
  /** Receive errors per packet received, on top of the port's own. */
  errorShare: number;
}

export interface PortModel {
  readonly seed: number;
  /** Number of the port in the network: the coordinate of its chance. */
  readonly port: number;
  /** Fills `into` with the rates per second at a knot. */
  ratesAt(knot: number, into: Float64Array): void;
  readonly errorsPerPacket: number;
  readonly discardsPerPacket: number;
}

export class PortCounters {
  readonly state: PortState = { factor: 1, errorShare: 0 };
  /** Where each counter started, 64 bits in halves; what was counted since is below 2^53. */
  readonly startHi = new Uint32Array(COUNTERS.length);
  readonly startLo = new Uint32Array(COUNTERS.length);
  readonly #model: PortModel;
  readonly #counted = new Float64Array(COUNTERS.length);
  readonly #fraction = new Float64Array(COUNTERS.length);
  readonly #spanEvents = new Float64Array(EVENT_COUNTERS);
  /** Events of the span before the last cut, which `counted` holds already. */
  readonly #eventsAtCut = new Float64Array(EVENT_COUNTERS);
  /** The span of straight lines: its knot, and the rates at its two ends. */
  #knot: number;
  #from = new Float64Array(RATES.length);
  #to = new Float64Array(RATES.length);
  #cutMs: number;

  constructor(model: PortModel, startMs: number) {
    this.#model = model;
    this.#cutMs = startMs;
    this.#knot = floor(startMs / KNOT_MS);
    model.ratesAt(this.#knot, this.#from);
    model.ratesAt(this.#knot + 1, this.#to);
    this.#drawEvents();
    this.#rememberEvents(startMs);
  }

  /** Folds everything counted up to `atMs`, which must not lie before an earlier cut; `state` may change then. */
  cut(atMs: number): void {
    this.advance(atMs);
    this.#fold(atMs);
  }

  /** Passes the knots before `toMs`. */
  advance(toMs: number): void {
    while (toMs >= (this.#knot + 1) * KNOT_MS) {
      this.#fold((this.#knot + 1) * KNOT_MS);
      this.#knot += 1;
      [this.#from, this.#to] = [this.#to, this.#from];
      this.#model.ratesAt(this.#knot + 1, this.#to);
      this.#drawEvents();
      this.#rememberEvents(this.#cutMs);
    }
  }

  /** What counter `index` counted since the start, up to `atMs` in the current span: an integer below 2^53. */
  counted(index: number, atMs: number): number {
    return this.#counted[index]! + floor(this.#fraction[index]! + this.#sinceCut(index, atMs));
  }

  /** The rate of `RATES[index]` now, per second, before faults. */
  rate(index: number, atMs: number): number {
    const x = (atMs - this.#knot * KNOT_MS) / KNOT_MS;
    return this.#from[index]! * (1 - x) + this.#to[index]! * x;
  }

  /** Sets counter `index` to `hi`, `lo` from the last cut on. */
  restart(index: number, hi: number, lo: number): void {
    this.#counted[index] = 0;
    this.#fraction[index] = 0;
    this.startHi[index] = hi;
    this.startLo[index] = lo;
  }

  /** Lets counter `index` jump ahead at the last cut. */
  add(index: number, count: number): void {
    this.#counted[index] = this.#counted[index]! + count;
  }

  #fold(atMs: number): void {
    for (let i = 0; i < COUNTERS.length; i += 1) {
      const sum = this.#fraction[i]! + this.#sinceCut(i, atMs);
      const whole = floor(sum);
      this.#counted[i] = this.#counted[i]! + whole;
      this.#fraction[i] = sum - whole;
    }
    this.#rememberEvents(atMs);
    this.#cutMs = atMs;
  }

  #sinceCut(index: number, atMs: number): number {
    let count = index < RATES.length ? this.#integral(index, atMs) : 0;
    if (index >= FIRST_EVENTS) {
      const event = index - FIRST_EVENTS;
      count += this.#eventsBefore(event, atMs) - this.#eventsAtCut[event]!;
      if (index === IN_ERRORS && this.state.errorShare > 0) {
        const packets = this.#integral(2, atMs) + this.#integral(4, atMs) + this.#integral(6, atMs);
        count += packets * this.state.errorShare;
      }
    }
    return count * this.state.factor;
  }

  /** Integral of a rate from the last cut to `atMs`. */
  #integral(index: number, atMs: number): number {
    const spanMs = this.#knot * KNOT_MS;
    const a = (this.#cutMs - spanMs) / 1000;
    const b = (atMs - spanMs) / 1000;
    const slope = (this.#to[index]! - this.#from[index]!) / KNOT_S;
    return (b - a) * (this.#from[index]! + (slope * (a + b)) / 2);
  }

  #drawEvents(): void {
    const { seed, port, errorsPerPacket, discardsPerPacket } = this.#model;
    for (let event = 0; event < EVENT_COUNTERS; event += 1) {
      const direction = event % 2;
      const packets = ((this.#from[2 + direction]! + this.#to[2 + direction]!) / 2) * KNOT_S;
      const mean = packets * (event < 2 ? errorsPerPacket : discardsPerPacket);
      this.#spanEvents[event] = eventsInSpan(seed, port * EVENT_COUNTERS + event, this.#knot, mean);
    }
  }

  #eventsBefore(event: number, atMs: number): number {
    const total = this.#spanEvents[event]!;
    if (total === 0) return 0;
    const { seed, port } = this.#model;
    const x = (atMs - this.#knot * KNOT_MS) / KNOT_MS;
    return eventsBefore(seed, port * EVENT_COUNTERS + event, this.#knot, total, x);
  }

  #rememberEvents(atMs: number): void {
    for (let event = 0; event < EVENT_COUNTERS; event += 1) {
      this.#eventsAtCut[event] = this.#eventsBefore(event, atMs);
    }
  }
}
