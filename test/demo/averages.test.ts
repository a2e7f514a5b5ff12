/** The noise of the simulation does not depend on how often somebody looks. */
import { describe, expect, it } from '@jest/globals';
import type { CounterName } from '../../pipeline/demo/port-counters.ts';
import { DAY_MS, demoNetwork, START_MS } from '../support/demo-network.ts';
import { counterOf } from '../support/demo-network.ts';

const SAMPLES = 28 * 24 * 12;

/** Mean and standard deviation of ln(rate) over windows of `windowMs`, one in every 5 minutes of 28 days. */
function logarithms(port: number, counter: CounterName, windowMs: number): { mean: number; spread: number } {
  const device = demoNetwork(3).devices[0]!;
  const logs: number[] = [];
  for (let i = 0; i < SAMPLES; i += 1) {
    const fromMs = START_MS + 20 * DAY_MS + i * 300_000 + (300_000 - windowMs) / 2;
    device.advance(fromMs);
    const before = counterOf(device, port, counter);
    device.advance(fromMs + windowMs);
    logs.push(Math.log(Number(counterOf(device, port, counter) - before) / (windowMs / 1000)));
  }
  const mean = logs.reduce((sum, log) => sum + log, 0) / SAMPLES;
  return { mean, spread: Math.sqrt(logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / SAMPLES) };
}

describe('averages over 5 s and over 5 minutes', () => {
  it.each([
    ['an uplink', 0, 'in_octets'],
    ['an uplink', 1, 'out_unicast_packets'],
    ['a steady port', 2, 'in_broadcast_packets'],
    ['the bursty port', 6, 'in_octets'],
  ] as const)(
    'of %s (port %i, %s) have one mean within 1 %% and one spread within 3 %%',
    (_what, port, counter) => {
      const short = logarithms(port, counter, 5_000);
      const long = logarithms(port, counter, 300_000);
      expect(Math.abs(short.mean - long.mean)).toBeLessThan(0.01);
      expect(Math.abs(short.spread / long.spread - 1)).toBeLessThan(0.03);
    },
  );
});
