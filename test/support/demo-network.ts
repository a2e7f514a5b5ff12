/** Simulated networks and their counters for tests. */
import type { SimulatedDevice } from '../../pipeline/demo/device.ts';
import { simulatedNetwork, type SimulatedNetwork } from '../../pipeline/demo/network.ts';
import { COUNTERS, type CounterName } from '../../pipeline/demo/port-counters.ts';

/** A Monday, 2026-06-01, midnight UTC. */
export const START_MS = Date.UTC(2026, 5, 1);
export const DAY_MS = 86_400_000;

export function demoNetwork(seed = 1, startMs = START_MS): SimulatedNetwork {
  return simulatedNetwork({ seed, devices: 12, portsPerDevice: 8, startMs });
}

/** The counter's whole value; its low 32 bits on a device that has no more. */
export function counterOf(device: SimulatedDevice, port: number, counter: CounterName): bigint {
  const at = port * COUNTERS.length + COUNTERS.indexOf(counter);
  const high = device.spec.wide ? BigInt(device.hi[at]!) << 32n : 0n;
  return high | BigInt(device.lo[at]!);
}

/** What the counter gained per second from `fromMs` to `toMs`; wraps of 32 bits are added. */
export function rateBetween(
  device: SimulatedDevice,
  port: number,
  counter: CounterName,
  fromMs: number,
  toMs: number,
): number {
  device.advance(fromMs);
  const before = counterOf(device, port, counter);
  device.advance(toMs);
  const width = device.spec.wide ? 64 : 32;
  const gained = BigInt.asUintN(width, counterOf(device, port, counter) - before);
  return (Number(gained) * 1000) / (toMs - fromMs);
}

/** Every device and port. */
export function everyPort(network: SimulatedNetwork): { device: SimulatedDevice; port: number }[] {
  return network.devices.flatMap((device) => device.spec.ports.map((_, port) => ({ device, port })));
}
