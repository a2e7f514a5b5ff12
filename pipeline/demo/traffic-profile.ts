/**
 * What a port carries at a moment: its profile, the site's local time and noise. The model is asked only at knots,
 * KNOT_MS apart; between two knots every rate is a straight line. Nothing moves faster than that, so the mean over
 * 5 s and the mean over 5 minutes have nearly the same distribution.
 */
import { bell } from './hash.ts';
import type { LocalTime } from './local-clock.ts';

const { abs, exp, floor, max, min } = Math;

export const KNOT_MS = 600_000;

/** Rates per second, in the order of RATES. */
export const RATES = [
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
] as const;

/** office: people's hours. server: nearly flat. evening: guests after work. */
export type DailyCurve = 'office' | 'server' | 'evening';

export interface TrafficProfile {
  /** steady and backup ports are predictable; bursty ones are not, and idle ones carry next to nothing. */
  readonly kind: 'steady' | 'backup' | 'bursty' | 'idle' | 'dirty';
  readonly curve: DailyCurve;
  /** Mean load at the height of a working day, octets per second, each direction. */
  readonly inOctets: number;
  readonly outOctets: number;
  /** Share of the height that is left on Saturday and Sunday. */
  readonly weekend: number;
  /** Octets per unicast packet. */
  readonly inPacketOctets: number;
  readonly outPacketOctets: number;
  /** Packets per second each direction: hellos and ARP, which do not follow what people do. */
  readonly multicastRate: number;
  readonly broadcastRate: number;
  /** Relative size of the noise (standard deviation of the logarithm). */
  readonly noise: number;
  /** Octets per second that a nightly job adds to outOctets from 01:00 to 03:00 local time; 0 for none. */
  readonly nightlyOutOctets: number;
  /** A damaged cable: receive errors per second, steady. */
  readonly steadyErrors: number;
  /** Single errors and discards per packet, as chance has them. */
  readonly errorsPerPacket: number;
  readonly discardsPerPacket: number;
}

const MIN_PACKET_OCTETS = 64;
const BACKGROUND_PACKET_OCTETS = 110;
const MAX_PACKET_OCTETS = 1_480;
/** No direction is ever loaded above this share of the line rate by its own doing. */
const MAX_LOAD = 0.92;

/** Fills `into` with the rates of the port at knot `knot` (RATES' order). `line`: octets per second at line rate. */
export function ratesAtKnot(
  profile: TrafficProfile,
  line: number,
  seed: number,
  port: number,
  knot: number,
  local: LocalTime,
  into: Float64Array,
): void {
  const level = daily(profile.curve, local) * (local.weekend ? profile.weekend : 1);
  // Both directions share most of what people do; the rest is their own.
  const shared = noiseAt(seed, port, 0, knot);
  const inNoise = exp(profile.noise * (0.8 * shared + 0.6 * noiseAt(seed, port, 1, knot)));
  const outNoise = exp(profile.noise * (0.8 * shared + 0.6 * noiseAt(seed, port, 2, knot)));
  const job = local.hour >= 1 && local.hour < 3 ? profile.nightlyOutOctets : 0;
  const inOctets = min(profile.inOctets * level * inNoise + job * 0.02, line * MAX_LOAD);
  const outOctets = min((profile.outOctets * level + job) * outNoise, line * MAX_LOAD);
  const inSize = profile.inPacketOctets * (1 + 0.06 * noiseAt(seed, port, 3, knot));
  const outSize = profile.outPacketOctets * (1 + 0.06 * noiseAt(seed, port, 4, knot));
  fillDirection(into, 0, inOctets, inSize, profile, noiseAt(seed, port, 6, knot));
  fillDirection(into, 1, outOctets, outSize, profile, noiseAt(seed, port, 7, knot));
  into[8] = profile.steadyErrors * exp(0.1 * noiseAt(seed, port, 5, knot));
  into[9] = 0;
}

/** One direction: people's octets as unicast packets of about `packetSize`, and the background beside them. */
function fillDirection(
  into: Float64Array,
  direction: 0 | 1,
  octets: number,
  packetSize: number,
  profile: TrafficProfile,
  noise: number,
): void {
  const multicast = profile.multicastRate * exp(0.1 * noise);
  const broadcast = profile.broadcastRate * exp(-0.1 * noise);
  const size = min(max(packetSize, MIN_PACKET_OCTETS), MAX_PACKET_OCTETS);
  into[direction] = octets + (multicast + broadcast) * BACKGROUND_PACKET_OCTETS;
  into[2 + direction] = octets / size;
  into[4 + direction] = multicast;
  into[6 + direction] = broadcast;
}

/** Value noise, variance about 1: octaves with knots 10 minutes, an hour and six hours apart. */
function noiseAt(seed: number, port: number, channel: number, knot: number): number {
  return (
    0.7 * bell(seed, port, channel, knot) +
    0.5 * smoothNoise(seed, port, channel + 16, knot / 6) +
    0.5 * smoothNoise(seed, port, channel + 32, knot / 36)
  );
}

function smoothNoise(seed: number, port: number, channel: number, position: number): number {
  const before = floor(position);
  const x = position - before;
  const from = bell(seed, port, channel, before);
  return from + (bell(seed, port, channel, before + 1) - from) * x * x * (3 - 2 * x);
}

/** 0 to 1 over the day. Slopes are gentle: nothing doubles within half an hour. */
function daily(curve: DailyCurve, { hour }: LocalTime): number {
  switch (curve) {
    case 'office':
      return 0.15 + 0.85 * max(hill(hour, 10.5, 2.2), 0.95 * hill(hour, 14.8, 2.4));
    case 'server':
      return 0.7 + 0.3 * hill(hour, 13, 5);
    case 'evening':
      return 0.2 + 0.8 * max(hill(hour, 20.5, 2.6), 0.5 * hill(hour, 12.5, 3));
  }
}

/** 1 at `centre`, falling as a bell of the given width in hours; the day is a circle. */
function hill(hour: number, centre: number, width: number): number {
  const apart = abs(hour - centre);
  const distance = min(apart, 24 - apart) / width;
  return exp(-0.5 * distance * distance);
}
