import { describe, expect, it } from '@jest/globals';
import { planned } from '../simulated/plan.ts';
import { COUNTERS } from '../simulated/quiet-device.ts';
import { SIGNAL_KINDS } from '../simulated/signal-kinds.ts';
import { injectInto, recordTraffic } from './recorded-traffic.ts';
import { SHAPES } from './shapes.ts';

const INTERVAL_MS = 300_000;
const FROM = 300;
const PORT = 5;

const gaussian = SIGNAL_KINDS.find(
  ({ noise, seasonality }) => noise === 'gaussian' && seasonality === 'none',
)!;
const traffic = recordTraffic(
  planned(0, { kind: gaussian, intervalMs: INTERVAL_MS, ports: 12, seed: 42 }),
  600,
);

function injected(shape: string, magnitude: number, sign = 1) {
  const tail = traffic.counts.slice(FROM, FROM + 200).map((counts) => counts.slice());
  const what = { shape: SHAPES.find(({ name }) => name === shape)!, magnitude, port: PORT, sign, first: 10 };
  const done = injectInto(tail, FROM, traffic, what);
  return { done, tail };
}

/** Octets that came in through the port, poll by poll. */
const octets = (polls: readonly Float64Array[]) => polls.map((counts) => counts[PORT * COUNTERS.length]!);
const before = traffic.counts.slice(FROM, FROM + 200);
const sigmaOctets = traffic.deviations[PORT]! * traffic.means[FROM]![2 * PORT]! * (INTERVAL_MS / 1_000);

describe('an injection', () => {
  it('moves the traffic of one port, in one direction, by its sigmas, while it lasts', () => {
    const { done, tail } = injected('spike, 3 polls', 8);
    expect(done).toBe(true);
    const moved = octets(tail).map((value, poll) => (value - octets(before)[poll]!) / sigmaOctets);
    for (const [poll, sigmas] of moved.entries()) {
      if (poll >= 10 && poll < 13) expect(sigmas).toBeCloseTo(8, 3);
      else expect(sigmas).toBe(0);
    }
    const own = new Set([0, 2].map((counter) => PORT * COUNTERS.length + counter));
    for (const [poll, counts] of tail.entries())
      for (const [at, value] of counts.entries()) if (!own.has(at)) expect(value).toBe(before[poll]![at]);
  });

  it('of a sigma is what the port itself varies by', () => {
    // 3 - 12 % of the mean, drawn for each port.
    for (const deviation of traffic.deviations) {
      expect(deviation).toBeGreaterThan(0.025);
      expect(deviation).toBeLessThan(0.13);
    }
  });

  it('that would be below zero is not made', () => {
    const { done, tail } = injected('drop, 3 polls', 60);
    expect(done).toBe(false);
    expect(tail).toEqual(before);
    expect(injected('level shift', 60, -1).done).toBe(false);
    expect(injected('level shift', 60, 1).done).toBe(true);
  });

  it('of a flatline repeats all that came in, to the last octet', () => {
    const { tail } = injected('flatline', Number.NaN);
    expect(new Set(octets(tail.slice(9, 9 + 72))).size).toBe(1);
    expect(octets(tail.slice(10 + 72))).toEqual(octets(before.slice(10 + 72)));
  });

  it('to zero leaves the small packets', () => {
    const { tail } = injected('drop to zero', Number.NaN);
    const counts = tail[12]!.subarray(PORT * COUNTERS.length);
    expect(counts[0]).toBe(90 * (counts[4]! + counts[6]!));
    expect(counts[2]).toBe(0);
  });
});
