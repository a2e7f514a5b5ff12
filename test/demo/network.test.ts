import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { SimulatedDevice } from '../../pipeline/demo/device.ts';
import type { SimulatedNetwork } from '../../pipeline/demo/network.ts';
import { simulatedNetwork } from '../../pipeline/demo/network.ts';
import { COUNTERS } from '../../pipeline/demo/port-counters.ts';
import { deviceId } from '../../pipeline/model/entity.ts';
import { counterOf, DAY_MS, demoNetwork, everyPort, rateBetween, START_MS } from '../support/demo-network.ts';

const MINUTE_MS = 60_000;

describe('the layout', () => {
  it('has every site, role and both kinds of devices, in zones that differ', () => {
    const network = demoNetwork();
    expect(network.sites().map(({ time_zone }) => time_zone)).toEqual([
      'Europe/Berlin',
      'America/New_York',
      'Asia/Tokyo',
      'Asia/Kolkata',
    ]);
    expect(new Set(network.devices.map(({ spec }) => spec.role))).toEqual(
      new Set(['core', 'distribution', 'access']),
    );
    expect(network.devices.filter(({ spec }) => spec.wide)).toHaveLength(8);
  });

  it('gives 32-bit devices only speeds at which 5 minutes are shorter than a wrap', () => {
    for (const { spec } of demoNetwork().devices) {
      if (spec.wide) continue;
      for (const { speedMbps } of spec.ports) expect((2 ** 32 * 8) / (speedMbps * 1e6)).toBeGreaterThan(300);
    }
  });

  it('names ports uniquely on a device, and gives every port its own address', () => {
    const network = demoNetwork();
    for (const { spec } of network.devices) {
      expect(new Set(spec.ports.map(({ ifName }) => ifName)).size).toBe(8);
      expect(new Set(spec.ports.map(({ ifIndex }) => ifIndex)).size).toBe(8);
    }
    const addresses = network.devices.flatMap(({ spec }) =>
      spec.ports.map((p) => Buffer.from(p.physAddress).toString('hex')),
    );
    expect(new Set(addresses).size).toBe(96);
  });

  it('makes inventory records that point at their sites and agents', () => {
    const network = demoNetwork();
    const options = { credential: 'lab', zone: 'default', profile: 'interfaces', intervalMs: 5_000 };
    const [record] = network.inventory(options);
    const sites = new Set(network.sites().map(({ site_id }) => site_id));
    expect(record).toMatchObject({
      domain: 'default',
      entity: 'default/device/ber-core-1',
      device_id: deviceId('default/device/ber-core-1'),
      addresses: ['127.1.0.1'],
      port: 16_161,
      credential: 'lab',
      interval_ms: 5_000,
    });
    for (const { site_id } of network.inventory(options)) expect(sites).toContain(site_id);
    const elsewhere = network.inventory({ ...options, endpoint: () => ({ address: '127.0.0.1', port: 9 }) });
    expect(elsewhere[3]).toMatchObject({ addresses: ['127.0.0.1'], port: 9 });
  });

  it.each([
    [{ devices: 11 }, /12 to 60000/],
    [{ portsPerDevice: 7 }, /8 to 512/],
    [{ seed: 0.5 }, /whole numbers/],
    [{ timeZones: ['Mars/Base'] }, /time zone/i],
    [{ timeZones: [] }, /timeZones/],
  ])('refuses %p', (wrong, message) => {
    const right = { seed: 1, devices: 12, portsPerDevice: 8, startMs: START_MS };
    expect(() => simulatedNetwork({ ...right, ...wrong })).toThrow(message);
  });
});

describe('determinism', () => {
  it('gives exactly the same counters at a moment, whatever the steps that led there', () => {
    const endMs = START_MS + 3 * 3_600_000 + 1_234;
    const oneStep = demoNetwork(5);
    oneStep.advance(endMs);
    const expected = snapshot(oneStep);
    const step = fc.integer({ min: 1, max: 45 * MINUTE_MS });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const network = demoNetwork(5);
        let atMs = START_MS;
        for (const stepMs of steps) {
          atMs += stepMs;
          if (atMs < endMs) network.advance(atMs);
        }
        network.advance(endMs);
        expect(snapshot(network)).toEqual(expected);
      }),
      { numRuns: 15 },
    );
  });

  it('gives other counters for another seed', () => {
    const [one, two] = [demoNetwork(1), demoNetwork(2)];
    one.advance(START_MS + DAY_MS);
    two.advance(START_MS + DAY_MS);
    expect(snapshot(one)).not.toEqual(snapshot(two));
  });

  it('ignores a clock that goes back', () => {
    const network = demoNetwork();
    network.advance(START_MS + MINUTE_MS);
    const before = snapshot(network);
    network.advance(START_MS);
    expect(snapshot(network)).toEqual(before);
  });
});

describe('counters', () => {
  it('never fall while nothing is injected', () => {
    const network = demoNetwork();
    const ports = everyPort(network).filter(({ device }) => device.spec.wide);
    let before = ports.map(() => COUNTERS.map(() => 0n));
    for (const stepMs of [1, 10, 1_000, 5_000, 599_999, 300_000, 7_000_000, 1, 2]) {
      network.advance(network.devices[0]!.nowMs + stepMs);
      const now = ports.map(({ device, port }) =>
        COUNTERS.map((counter) => counterOf(device, port, counter)),
      );
      for (const [p, counters] of now.entries()) {
        for (const [c, value] of counters.entries()) expect(value).toBeGreaterThanOrEqual(before[p]![c]!);
      }
      before = now;
    }
  });

  it('go beyond 2^53 on one device, exact to the last octet', () => {
    const device = demoNetwork().devices[0]!;
    const before = counterOf(device, 0, 'in_octets');
    expect(before).toBeGreaterThan(2n ** 53n);
    const rates: bigint[] = [];
    for (let ms = 1; ms <= 5; ms += 1) {
      device.advance(START_MS + ms);
      rates.push(counterOf(device, 0, 'in_octets') - before);
    }
    // Steps of a millisecond differ by single octets: nothing is rounded to the 2 octets of a double up there.
    const steps = rates.map((value, i) => value - (rates[i - 1] ?? 0n));
    expect(steps.some((value) => value % 2n === 1n)).toBe(true);
  });

  it('keep octets per packet between 60 and 1500 on every port, at every hour of a working day and a Sunday', () => {
    const network = demoNetwork();
    for (const dayMs of [START_MS, START_MS + 6 * DAY_MS]) {
      for (let hour = 0; hour < 24; hour += 1) {
        const fromMs = dayMs + hour * 3_600_000;
        network.advance(fromMs);
        const before = everyPort(network).map(({ device, port }) => packetsAndOctets(device, port));
        network.advance(fromMs + 120_000);
        for (const [i, { device, port }] of everyPort(network).entries()) {
          const after = packetsAndOctets(device, port);
          for (const direction of [0, 1]) {
            const packets = after.packets[direction]! - before[i]!.packets[direction]!;
            const octets = after.octets[direction]! - before[i]!.octets[direction]!;
            expect(octets / packets).toBeGreaterThan(60);
            expect(octets / packets).toBeLessThan(1500);
          }
        }
      }
    }
  });

  it('stay below line rate and follow the day of their site', () => {
    const network = demoNetwork();
    // Wednesday noon and night in Berlin (UTC+2).
    const [noonMs, nightMs] = [START_MS + 2 * DAY_MS + 10 * 3_600_000, START_MS + 3 * DAY_MS + 1 * 3_600_000];
    for (const device of network.devices.filter(({ spec }) => spec.site.slug === 'ber')) {
      const [noon, night] = [noonMs, nightMs].map((ms) =>
        rateBetween(device, 0, 'in_octets', ms, ms + 300_000),
      );
      expect(noon! / night!).toBeGreaterThan(2);
      expect(noon! * 8).toBeLessThan(device.spec.ports[0]!.speedMbps * 1e6);
    }
  });

  it('carry a job from 01:00 to 03:00 local time on backup ports', () => {
    const network = demoNetwork();
    const found = everyPort(network).find(
      ({ device, port }) => device.spec.ports[port]!.profile.kind === 'backup',
    );
    const { device, port } = found!;
    expect(device.spec.site.timeZone).toBe('America/New_York');
    // 01:00 in New York is 05:00 UTC in June.
    const [before, during, after] = [3.5, 6, 8].map((hour) => {
      const fromMs = START_MS + DAY_MS + hour * 3_600_000;
      return rateBetween(device, port, 'out_octets', fromMs, fromMs + 300_000);
    });
    expect(during! / before!).toBeGreaterThan(2);
    expect(during! / after!).toBeGreaterThan(2);
  });
});

describe('uptimes', () => {
  it('wrap after 497.1 days on the device that has run for long, while its engine time goes on', () => {
    const device = demoNetwork().devices[3]!;
    device.advance(START_MS + 9 * DAY_MS - 1_000);
    const [ticks, seconds] = [device.sysUptimeTicks, device.engineTimeS];
    expect(ticks).toBe(2 ** 32 - 100);
    device.advance(START_MS + 9 * DAY_MS + 1_000);
    expect(device.sysUptimeTicks).toBe(100);
    expect(device.engineTimeS).toBe(seconds + 2);
  });
});

function snapshot(network: SimulatedNetwork): string[] {
  return network.devices.map((device) => `${device.hi.join()} ${device.lo.join()} ${device.sysUptimeTicks}`);
}

/** Packets and octets in and out, as numbers since the start of the port. */
function packetsAndOctets(device: SimulatedDevice, port: number): { octets: number[]; packets: number[] } {
  const counted = (counter: (typeof COUNTERS)[number]): number =>
    device.ports[port]!.counted(COUNTERS.indexOf(counter), device.nowMs);
  return {
    octets: [counted('in_octets'), counted('out_octets')],
    packets: (['in', 'out'] as const).map(
      (way) =>
        counted(`${way}_unicast_packets`) +
        counted(`${way}_multicast_packets`) +
        counted(`${way}_broadcast_packets`),
    ),
  };
}
