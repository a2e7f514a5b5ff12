/** What the ports of a device count while nothing is wrong: traffic of one kind, and the small counters beside it. */
import type { WallClock } from '../../../../pipeline/model/wall-clock.ts';
import { Chance } from './chance.ts';
import { NOISES, type Noise } from './noises.ts';
import { SEASONALITIES, type Season } from './seasons.ts';
import type { SignalKind } from './signal-kinds.ts';

/** In this order in what `counts` gives. */
export const COUNTERS = [
  'in_octets',
  'out_octets',
  'in_unicast_packets',
  'out_unicast_packets',
  'in_multicast_packets',
  'out_multicast_packets',
  'in_broadcast_packets',
  'out_broadcast_packets',
  'in_errors',
  'out_errors',
  'in_discards',
  'out_discards',
] as const;

export interface QuietDeviceOptions {
  readonly kind: SignalKind;
  readonly ports: number;
  readonly seed: number;
  readonly clock: WallClock;
}

/** The counters of one direction of a port. */
interface Direction {
  readonly level: number;
  readonly season: Season;
  readonly noise: Noise;
  readonly packetOctets: number;
  readonly multicastPerS: number;
  readonly broadcastPerS: number;
  readonly errorsPerS: number;
  readonly discardsPerS: number;
}

export class QuietDevice {
  readonly ports: number;
  /** Port by port, what each of COUNTERS grew by. Reused. */
  readonly counts: Float64Array;
  /**
   * Octets a second of the unicast traffic alone, in and out, port by port, as the season would have it and as it came.
   * Reused. Noises of another mean than 1 (bursts, idle ports) follow the season at their own level.
   */
  readonly means: Float64Array;
  readonly rates: Float64Array;
  readonly #clock: WallClock;
  readonly #chance: Chance;
  readonly #directions: readonly Direction[];

  constructor({ kind, ports, seed, clock }: QuietDeviceOptions) {
    this.ports = ports;
    this.counts = new Float64Array(ports * COUNTERS.length);
    this.means = new Float64Array(ports * 2);
    this.rates = new Float64Array(ports * 2);
    this.#clock = clock;
    this.#chance = new Chance(seed);
    this.#directions = Array.from({ length: 2 * ports }, () => direction(kind, this.#chance));
  }

  /** Counts the `seconds` before `atMs`, which rises from call to call. */
  count(atMs: number, seconds: number): void {
    const localMs = atMs + this.#clock.offsetMs(atMs);
    for (const [index, direction] of this.#directions.entries()) {
      const port = index >> 1;
      this.#countDirection(direction, port * COUNTERS.length + (index & 1), seconds, index, localMs);
    }
  }

  /** Makes `counts` (as they were given) those of another unicast rate in one direction: 0 = in, 1 = out. */
  setRate(counts: Float64Array, port: number, direction: 0 | 1, rate: number, seconds: number): void {
    const { packetOctets } = this.#directions[2 * port + direction]!;
    setUnicast(counts, port * COUNTERS.length + direction, rate * seconds, packetOctets);
  }

  /** `at`: of the direction's octets; its other counters are every second one behind. */
  #countDirection(of: Direction, at: number, seconds: number, index: number, localMs: number): void {
    const { counts } = this;
    const chance = this.#chance;
    const mean = of.level * of.season(localMs);
    const rate = of.noise(mean, seconds);
    this.means[index] = mean;
    this.rates[index] = rate;
    counts[at + 4] = chance.poisson(of.multicastPerS * seconds);
    // Who asks for one address asks for more.
    counts[at + 6] = chance.poisson(of.broadcastPerS * seconds * chance.lognormal(0.3));
    counts[at + 8] = of.errorsPerS === 0 ? 0 : chance.poisson(of.errorsPerS * seconds);
    counts[at + 10] =
      of.discardsPerS > 0 && chance.is(0.05)
        ? chance.poisson(20 * of.discardsPerS * seconds * chance.lognormal(1))
        : 0;
    const packetOctets = of.packetOctets / Math.max(0.8, 1 + 0.02 * chance.normal());
    setUnicast(counts, at, rate * seconds, packetOctets);
  }
}

/** A link's greetings and requests for addresses are small. */
const SMALL_OCTETS = 90;

function setUnicast(counts: Float64Array, at: number, octets: number, packetOctets: number): void {
  counts[at] = Math.round(octets) + SMALL_OCTETS * (counts[at + 4]! + counts[at + 6]!);
  counts[at + 2] = Math.ceil(octets / packetOctets);
}

/** Most ports have neither errors nor discards. */
function direction({ seasonality, noise }: SignalKind, chance: Chance): Direction {
  const level = chance.spread(2e4, 2e8);
  return {
    level,
    season: SEASONALITIES[seasonality](chance),
    noise: NOISES[noise](chance, level),
    packetOctets: chance.between(300, 1_200),
    multicastPerS: chance.spread(0.01, 0.5),
    broadcastPerS: chance.spread(0.01, 5),
    errorsPerS: chance.is(0.2) ? chance.spread(1e-5, 1e-2) : 0,
    discardsPerS: chance.is(0.2) ? chance.spread(1e-3, 1) : 0,
  };
}
