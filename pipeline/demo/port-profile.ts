/** What a port of the simulated network usually carries, drawn from its seed by its place on the device. */
import { uniform } from './hash.ts';
import type { DailyCurve, TrafficProfile } from './traffic-profile.ts';

export interface PortPlace {
  readonly seed: number;
  /** Unique in the network. */
  readonly number: number;
  readonly device: number;
  readonly port: number;
  /** Ports of the device. */
  readonly ports: number;
  readonly speedMbps: number;
  readonly uplink: boolean;
}

/** Two uplinks, the last port idle, and one port in some with a habit of its own; the rest are steady. */
export function portProfile(place: PortPlace): TrafficProfile {
  const between = (what: number, low: number, high: number): number =>
    low + (high - low) * uniform(place.seed, place.number, what, 11);
  const kind = kindOf(place);
  const curve = curveOf(place);
  const line = (place.speedMbps * 1e6) / 8;
  const busy = kind === 'idle' ? 0 : line * (place.uplink ? between(0, 0.09, 0.2) : between(0, 0.02, 0.11));
  // Access ports receive what people ask for; a server's port sends it.
  const quieter = busy * between(1, 0.12, 0.6);
  const [inOctets, outOctets] = between(2, 0, 1) < 0.5 ? [busy, quieter] : [quieter, busy];
  const idle = between(3, 1_500, 4_000);
  const profile = {
    kind,
    curve,
    inOctets: kind === 'idle' ? idle : inOctets,
    outOctets: kind === 'idle' ? idle * 0.6 : outOctets,
    weekend: curve === 'office' ? between(4, 0.3, 0.5) : between(4, 0.8, 1),
    inPacketOctets: kind === 'idle' ? 110 : inOctets === busy ? between(5, 700, 1_100) : between(5, 180, 420),
    outPacketOctets:
      kind === 'idle' ? 110 : outOctets === busy ? between(6, 700, 1_100) : between(6, 180, 420),
    multicastRate: between(7, 5, 30),
    broadcastRate: between(8, 10, 40),
    noise: kind === 'bursty' ? between(9, 0.5, 0.7) : between(9, 0.08, 0.14),
    nightlyOutOctets: kind === 'backup' ? line * between(10, 0.08, 0.16) : 0,
    steadyErrors: kind === 'dirty' ? between(11, 1.5, 3) : 0,
  };
  const unicast = profile.inOctets / profile.inPacketOctets + profile.outOctets / profile.outPacketOctets;
  const packets = unicast + 2 * (profile.multicastRate + profile.broadcastRate);
  return {
    ...profile,
    // A few single events an hour, whatever the port carries.
    errorsPerPacket: between(12, 0.0002, 0.002) / packets,
    discardsPerPacket: between(13, 0.0002, 0.003) / packets,
  };
}

function kindOf({ device, port, ports, uplink }: PortPlace): TrafficProfile['kind'] {
  if (uplink) return 'steady';
  if (port === ports - 1) return 'idle';
  if (port === ports - 2 && device % 3 === 0) return 'bursty';
  if (port === ports - 2 && device % 3 === 1) return 'backup';
  return port === ports - 3 && device % 5 === 2 ? 'dirty' : 'steady';
}

function curveOf(place: PortPlace): DailyCurve {
  if (place.uplink) return 'office';
  const draw = uniform(place.seed, place.number, 14, 11);
  if (draw < 0.55) return 'office';
  return draw < 0.85 ? 'server' : 'evening';
}
