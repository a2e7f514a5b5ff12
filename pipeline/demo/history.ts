/** The past of a simulated network as readings, in the order of time. */
import type { Reading } from '../model/reading.ts';
import type { SimulatedDevice } from './device.ts';
import { pollInto } from './device-reading.ts';
import { hash32 } from './hash.ts';
import type { SimulatedNetwork } from './network.ts';

export interface HistoryOptions {
  readonly network: SimulatedNetwork;
  /** The first step begins here. */
  readonly fromMs: number;
  /** No reading at or after this moment. */
  readonly toMs: number;
  readonly stepMs?: number;
  /** Filled anew for every reading; its columns are those of raw.interface. */
  readonly reading: Reading;
  readonly collectorId?: string;
}

/** Readings that `historyReadings` will give. */
export function historyLength({
  network,
  fromMs,
  toMs,
  stepMs = 300_000,
}: Omit<HistoryOptions, 'reading'>): number {
  let count = 0;
  for (const device of network.devices) {
    count += Math.max(0, Math.ceil((toMs - fromMs - phaseOf(device, stepMs)) / stepMs));
  }
  return count;
}

/**
 * One reading a device and step, all devices interleaved in time: each has its own phase within the step, and the
 * same Reading is filled each time. The devices' time moves along, so that live polling goes on where this ends.
 * @throws RangeError when a device is further on than the reading that is due (something else advanced it).
 */
export function* historyReadings(options: HistoryOptions): Generator<Reading, void, undefined> {
  const { network, fromMs, toMs, stepMs = 300_000, reading, collectorId = 'demo-history' } = options;
  const poll = pollInto(reading, { collectorId, intervalMs: stepMs });
  const order = network.devices
    .map((device) => ({ device, phaseMs: phaseOf(device, stepMs) }))
    .sort((a, b) => a.phaseMs - b.phaseMs || a.device.spec.index - b.device.spec.index);
  for (let stepStartMs = fromMs; stepStartMs < toMs; stepStartMs += stepMs) {
    for (const { device, phaseMs } of order) {
      const atMs = stepStartMs + phaseMs;
      if (atMs >= toMs) return;
      if (device.nowMs > atMs) {
        throw new RangeError(
          `${device.spec.name} is at ${new Date(device.nowMs).toISOString()} already: start its agent after the history`,
        );
      }
      device.advance(atMs);
      poll(device);
      yield reading;
    }
  }
}

function phaseOf(device: SimulatedDevice, stepMs: number): number {
  return hash32(device.spec.index, 23, 0, 0) % stepMs;
}
