import { describe, expect, it } from '@jest/globals';
import { demoFaults, type DemoFaults } from '../../pipeline/demo/demo-faults.ts';
import type { SimulatedNetwork } from '../../pipeline/demo/network.ts';
import { counterOf, DAY_MS, demoNetwork, rateBetween, START_MS } from '../support/demo-network.ts';

const LIVE_MS = START_MS + 28 * DAY_MS + 37 * 60_000;

function begun(
  seed: number,
  liveStartMs = LIVE_MS,
  lateMs = 45_000,
): { network: SimulatedNetwork } & DemoFaults {
  const network = demoNetwork(seed, liveStartMs - 28 * DAY_MS);
  const plan = demoFaults({ network, seed, liveStartMs });
  network.advance(liveStartMs + lateMs);
  return { network, ...plan.begin(liveStartMs + lateMs) };
}

describe('the faults of the demo', () => {
  it('are the four kinds and five quiet controls, each on a device of its own', () => {
    const { faults, controls } = begun(1);
    expect(faults.map(({ kind }) => kind).sort()).toEqual([
      'error_burst',
      'link_down',
      'traffic_collapse',
      'utilization_spike',
    ]);
    expect(controls.map(({ kind }) => kind).sort()).toEqual([
      'discontinuity',
      'reboot',
      'untouched',
      'untouched',
      'wrap_32',
    ]);
    expect(new Set([...faults, ...controls].map(({ device }) => device)).size).toBe(9);
  });

  it('are the same for one seed, and begin relative to when polling began', () => {
    expect(begun(4).faults).toEqual(begun(4).faults);
    const moved = begun(4, LIVE_MS, 65_000).faults.map(({ startMs }) => startMs - 20_000);
    expect(moved).toEqual(begun(4).faults.map(({ startMs }) => startMs));
  });

  it('are found at any time of a week and for any seed', () => {
    for (let hour = 0; hour < 168; hour += 5) {
      const network = demoNetwork(hour, START_MS);
      expect(() =>
        demoFaults({ network, seed: hour, liveStartMs: START_MS + hour * 3_600_000 }),
      ).not.toThrow();
    }
  });

  it.each([1, 2, 3, 4, 5, 6])('stand out from what their port does otherwise (seed %i)', (seed) => {
    const { network, faults } = begun(seed, LIVE_MS + seed * 7 * 3_600_000);
    for (const fault of faults) {
      const device = network.device(fault.device);
      const port = device.spec.ports.findIndex(({ ifName }) => ifName === fault.interface);
      const { speedMbps, profile } = device.spec.ports[port]!;
      expect(profile.kind).toBe('steady');
      const counter = profile.inOctets > profile.outOctets ? 'in_octets' : 'out_octets';
      const usual = rateBetween(device, port, counter, fault.startMs - 8_000, fault.startMs);
      const during = rateBetween(device, port, counter, fault.startMs + 1_000, fault.startMs + 11_000);
      const peak = Math.max(profile.inOctets, profile.outOctets);
      switch (fault.kind) {
        case 'utilization_spike':
          expect(during / usual).toBeGreaterThan(3.5);
          expect(during / peak).toBeGreaterThan(2);
          expect((during * 8) / (speedMbps * 1e6)).toBeLessThan(0.98);
          break;
        case 'traffic_collapse':
          expect(during / usual).toBeLessThan(0.07);
          expect(usual / peak).toBeGreaterThan(0.3);
          break;
        case 'link_down':
          expect(during).toBe(0);
          expect(usual / peak).toBeGreaterThan(0.2);
          break;
        case 'error_burst':
          expect(
            rateBetween(device, port, 'in_errors', fault.startMs + 11_000, fault.startMs + 21_000),
          ).toBeGreaterThan(3);
          break;
      }
    }
  });

  it('let 32-bit counters wrap one after another from the expected beginning on', () => {
    const network = demoNetwork(1, LIVE_MS - 28 * DAY_MS);
    demoFaults({ network, seed: 1, liveStartMs: LIVE_MS });
    const before = new Map<string, bigint>();
    const wrapped = new Set<string>();
    for (let ms = LIVE_MS; ms <= LIVE_MS + 240_000; ms += 5_000) {
      for (const device of network.devices.filter(({ spec }) => !spec.wide)) {
        device.advance(ms);
        for (const [port, { ifName }] of device.spec.ports.entries()) {
          for (const counter of ['in_octets', 'out_octets'] as const) {
            const key = `${device.spec.name} ${ifName} ${counter}`;
            const now = counterOf(device, port, counter);
            if (now < (before.get(key) ?? 0n)) wrapped.add(key);
            before.set(key, now);
          }
        }
      }
    }
    expect(wrapped.size).toBeGreaterThanOrEqual(14);
  });

  it('cannot be chosen after the history, whose counters would jump', () => {
    const network = demoNetwork();
    network.advance(START_MS + 1);
    expect(() => demoFaults({ network, seed: 1, liveStartMs: LIVE_MS })).toThrow(/before the history/);
  });
});
