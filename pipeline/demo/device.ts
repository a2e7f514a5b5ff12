/** One simulated device: its clocks, its ports' counters and states at a moment, and what is scheduled to happen. */
import { entityKey, type EntityKey } from '../model/entity.ts';
import { hash32 } from './hash.ts';
import type { localClock } from './local-clock.ts';
import type { DeviceSpec } from './network-layout.ts';
import { COUNTERS, PortCounters, type CounterName, type PortModel } from './port-counters.ts';
import { KNOT_MS, RATES, ratesAtKnot } from './traffic-profile.ts';

const { floor } = Math;

export const OPER_UP = 1;
export const OPER_DOWN = 2;

const COUNTER_COUNT = COUNTERS.length;
const TICK_MS = 10;

interface Instant {
  readonly atMs: number;
  readonly happen: () => void;
}

export interface DeviceOptions {
  readonly spec: DeviceSpec;
  readonly seed: number;
  readonly domain: string;
  readonly startMs: number;
  readonly address: string;
  readonly port: number;
  readonly local: ReturnType<typeof localClock>;
}

export class SimulatedDevice {
  readonly spec: DeviceSpec;
  readonly domain: string;
  readonly entity: EntityKey;
  readonly address: string;
  readonly port: number;
  /** Counters at `nowMs`, `port * COUNTERS.length + counter`. */
  readonly hi: Uint32Array;
  readonly lo: Uint32Array;
  /** ifOperStatus of each port. */
  readonly operStatus: Uint8Array;
  /** ifCounterDiscontinuityTime of each port. */
  readonly discontinuityTicks: Float64Array;
  readonly ports: readonly PortCounters[];
  nowMs: number;
  /** False while the device restarts. */
  answering = true;
  engineBoots: number;
  readonly #startMs: number;
  readonly #models: readonly PortModel[];
  readonly #instants: Instant[] = [];
  #hostStartMs: number;
  #agentStartMs: number;

  constructor({ spec, seed, domain, startMs, address, port, local }: DeviceOptions) {
    this.spec = spec;
    this.domain = domain;
    this.entity = entityKey(domain, 'device', spec.name);
    this.address = address;
    this.port = port;
    this.nowMs = startMs;
    this.#startMs = startMs;
    this.engineBoots = spec.engineBoots;
    this.#hostStartMs = startMs - spec.upForMs - 30_000;
    this.#agentStartMs = startMs - spec.upForMs;
    this.hi = new Uint32Array(spec.ports.length * COUNTER_COUNT);
    this.lo = new Uint32Array(spec.ports.length * COUNTER_COUNT);
    this.operStatus = new Uint8Array(spec.ports.length).fill(OPER_UP);
    this.discontinuityTicks = new Float64Array(spec.ports.length);
    this.#models = spec.ports.map(({ number, profile, speedMbps }) => ({
      seed,
      port: number,
      ratesAt: (knot, into) =>
        ratesAtKnot(profile, (speedMbps * 1e6) / 8, seed, number, knot, local(knot * KNOT_MS), into),
      errorsPerPacket: profile.errorsPerPacket,
      discardsPerPacket: profile.discardsPerPacket,
    }));
    this.ports = this.#models.map((model) => new PortCounters(model, startMs));
    this.#chooseStarts(seed);
    this.#read();
  }

  /** sysUpTime in hundredths of a second, 32 bits. */
  get sysUptimeTicks(): number {
    return floor((this.nowMs - this.#agentStartMs) / TICK_MS) % 2 ** 32;
  }

  /** hrSystemUptime in hundredths of a second, 32 bits. */
  get hostUptimeTicks(): number {
    return floor((this.nowMs - this.#hostStartMs) / TICK_MS) % 2 ** 32;
  }

  /** snmpEngineTime in seconds. */
  get engineTimeS(): number {
    return floor((this.nowMs - this.#agentStartMs) / 1000);
  }

  /** Brings everything to `toMs`; a moment that is past already changes nothing. */
  advance(toMs: number): void {
    if (toMs <= this.nowMs) return;
    for (let next = this.#instants[0]; next !== undefined && next.atMs <= toMs; next = this.#instants[0]) {
      this.nowMs = next.atMs;
      this.#instants.shift();
      next.happen();
    }
    this.nowMs = toMs;
    for (const port of this.ports) port.advance(toMs);
    this.#read();
  }

  /** Lets something happen at `atMs`. @throws RangeError when that is past for this device. */
  at(atMs: number, happen: () => void): void {
    if (atMs < this.nowMs) {
      throw new RangeError(
        `${this.spec.name} is at ${new Date(this.nowMs).toISOString()} already: nothing can be scheduled at ${new Date(atMs).toISOString()}`,
      );
    }
    this.#instants.push({ atMs, happen });
    this.#instants.sort((a, b) => a.atMs - b.atMs);
  }

  /** The restart of the whole device, down from `downMs` to `upMs`: counters, uptimes begin anew, boots rise. */
  reboot(downMs: number, upMs: number): void {
    this.at(downMs, () => {
      this.answering = false;
      this.#cutAll(downMs, 0);
    });
    this.at(upMs, () => {
      this.answering = true;
      this.engineBoots += 1;
      this.#hostStartMs = downMs;
      this.#agentStartMs = upMs;
      this.discontinuityTicks.fill(0);
      this.operStatus.fill(OPER_UP);
      this.#cutAll(upMs, 1);
      for (const port of this.ports) COUNTERS.forEach((_, index) => port.restart(index, 0, 0));
    });
  }

  /**
   * Chooses where a counter starts so that its low 32 bits pass 2^32 at `atMs` if nothing disturbs the port.
   * @throws RangeError once the simulation of this device has begun.
   */
  alignWrap(port: number, counter: CounterName, atMs: number): void {
    if (this.nowMs !== this.#startMs) {
      throw new RangeError(
        `${this.spec.name} has counted already: choose where its counters start before the history`,
      );
    }
    const index = COUNTERS.indexOf(counter);
    const trial = new PortCounters(this.#models[port]!, this.#startMs);
    trial.advance(atMs);
    const counted = trial.counted(index, atMs) % 2 ** 32;
    this.ports[port]!.restart(index, 0, (2 ** 32 - counted) % 2 ** 32);
    this.#read();
  }

  /** Rates per second of RATES at the knot before `atMs`, as the port has them without faults. */
  usualRates(port: number, atMs: number): Float64Array {
    const rates = new Float64Array(RATES.length);
    this.#models[port]!.ratesAt(floor(atMs / KNOT_MS), rates);
    return rates;
  }

  #cutAll(atMs: number, factor: number): void {
    for (const port of this.ports) {
      port.cut(atMs);
      port.state.factor = factor;
    }
  }

  /** Counters do not start at 0, and one device's octets are above 2^53: more than a double holds exactly. */
  #chooseStarts(seed: number): void {
    for (const [p, port] of this.ports.entries()) {
      for (let index = 0; index < COUNTER_COUNT; index += 1) {
        const chance = hash32(seed, this.spec.ports[p]!.number, index, 13);
        const isRate = index < COUNTERS.indexOf('in_errors');
        const hi = isRate ? (this.spec.index === 0 && index < 2 ? 0x00300000 : chance & 0x3f) : 0;
        port.restart(index, hi, isRate ? hash32(chance, index, 0, 0) : chance & 0xffff);
      }
    }
  }

  #read(): void {
    for (let p = 0; p < this.ports.length; p += 1) {
      const port = this.ports[p]!;
      for (let index = 0; index < COUNTER_COUNT; index += 1) {
        const counted = port.counted(index, this.nowMs);
        const high = floor(counted / 2 ** 32);
        const low = port.startLo[index]! + (counted - high * 2 ** 32);
        const at = p * COUNTER_COUNT + index;
        this.lo[at] = low;
        this.hi[at] = port.startHi[index]! + high + (low >= 2 ** 32 ? 1 : 0);
      }
    }
  }
}
