/** What can go wrong, or only look wrong, in the simulated network: faults as data, and what each does to it. */
import { OPER_DOWN, OPER_UP, type SimulatedDevice } from './device.ts';
import type { SimulatedNetwork } from './network.ts';
import { COUNTERS, type CounterName } from './port-counters.ts';

interface Span {
  /** Name of the device. */
  readonly device: string;
  readonly startMs: number;
  readonly endMs: number;
}

interface PortSpan extends Span {
  /** ifName. A port has one fault at a time. */
  readonly interface: string;
}

/** Faults: each is to be found. */
export type Fault =
  | (PortSpan & { readonly kind: 'utilization_spike'; readonly factor: number })
  | (PortSpan & { readonly kind: 'traffic_collapse'; readonly factor: number })
  | (PortSpan & { readonly kind: 'error_burst'; readonly errorsPerPacket: number })
  | (PortSpan & { readonly kind: 'link_down' });

export interface WrapMoment {
  readonly interface: string;
  readonly counter: CounterName;
  readonly atMs: number;
}

/** Quiet controls: things that happen in healthy networks. None may be taken for a fault. */
export type QuietControl =
  | (Span & { readonly kind: 'reboot' })
  | (Span & { readonly kind: 'wrap_32'; readonly wraps: readonly WrapMoment[] })
  | (PortSpan & { readonly kind: 'discontinuity' })
  | (Span & { readonly kind: 'untouched' });

/** How much a discontinuity adds: seconds of traffic at this share of the line rate, plausible to a naive eye. */
const JUMP_SECONDS = 4;
const JUMP_LOAD = 0.6;
const JUMP_PACKET_OCTETS = 800;

/**
 * Lets a fault or control happen at its time.
 * @throws RangeError when device or interface do not exist, or its start is past already.
 */
export function schedule(network: SimulatedNetwork, event: Fault | QuietControl): void {
  const device = network.device(event.device);
  switch (event.kind) {
    case 'utilization_spike':
    case 'traffic_collapse':
      onPort(device, event, (state) => (state.factor = event.factor));
      return;
    case 'error_burst':
      onPort(device, event, (state) => (state.errorShare = event.errorsPerPacket));
      return;
    case 'link_down': {
      const port = portNamed(device, event.interface);
      onPort(device, event, (state) => (state.factor = 0));
      device.at(event.startMs, () => (device.operStatus[port] = OPER_DOWN));
      device.at(event.endMs, () => (device.operStatus[port] = OPER_UP));
      return;
    }
    case 'reboot':
      device.reboot(event.startMs, event.endMs);
      return;
    case 'wrap_32':
      for (const wrap of event.wraps) {
        device.alignWrap(portNamed(device, wrap.interface), wrap.counter, wrap.atMs);
      }
      return;
    case 'discontinuity':
      device.at(event.startMs, () => disturb(device, portNamed(device, event.interface), event.startMs));
      return;
    case 'untouched':
      return;
  }
}

function onPort(
  device: SimulatedDevice,
  { interface: name, startMs, endMs }: PortSpan,
  change: (state: SimulatedDevice['ports'][number]['state']) => void,
): void {
  const port = device.ports[portNamed(device, name)]!;
  device.at(startMs, () => {
    port.cut(startMs);
    change(port.state);
  });
  device.at(endMs, () => {
    port.cut(endMs);
    port.state.factor = 1;
    port.state.errorShare = 0;
  });
}

/** RFC 2863: the counters of this port are not continuous across this moment; here they jump ahead. */
function disturb(device: SimulatedDevice, port: number, atMs: number): void {
  const line = (device.spec.ports[port]!.speedMbps * 1e6) / 8;
  const octets = Math.floor(line * JUMP_SECONDS * JUMP_LOAD);
  const counters = device.ports[port]!;
  counters.cut(atMs);
  for (const direction of [0, 1]) {
    counters.add(direction, octets);
    counters.add(COUNTERS.indexOf('in_unicast_packets') + direction, Math.floor(octets / JUMP_PACKET_OCTETS));
  }
  device.discontinuityTicks[port] = device.sysUptimeTicks;
}

function portNamed(device: SimulatedDevice, name: string): number {
  const port = device.spec.ports.findIndex(({ ifName }) => ifName === name);
  if (port < 0) throw new RangeError(`${device.spec.name} has no interface "${name}"`);
  return port;
}
