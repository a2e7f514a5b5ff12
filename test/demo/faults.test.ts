import { describe, expect, it } from '@jest/globals';
import { schedule, type Fault, type QuietControl } from '../../pipeline/demo/faults.ts';
import { COUNTERS, type CounterName } from '../../pipeline/demo/port-counters.ts';
import { counterOf, DAY_MS, demoNetwork, rateBetween, START_MS } from '../support/demo-network.ts';

const AT_MS = START_MS + DAY_MS + 9 * 3_600_000;
const END_MS = AT_MS + 120_000;
const NAME = 'ber-core-1';

/** The same port of the same network, with `event` scheduled and without it. */
function twins(event: Fault | QuietControl) {
  const [touched, untouched] = [demoNetwork(), demoNetwork()];
  schedule(touched, event);
  return { touched: touched.device(event.device), untouched: untouched.device(event.device) };
}

function ratios(event: Fault, counter: CounterName): { before: number; during: number; after: number } {
  const { touched, untouched } = twins(event);
  const port = touched.spec.ports.findIndex(({ ifName }) => ifName === event.interface);
  const ratio = (fromMs: number): number =>
    rateBetween(touched, port, counter, fromMs, fromMs + 60_000) /
    rateBetween(untouched, port, counter, fromMs, fromMs + 60_000);
  return { before: ratio(AT_MS - 60_000), during: ratio(AT_MS + 5_000), after: ratio(END_MS) };
}

const onPort = { device: NAME, interface: 'Te1/0/3', startMs: AT_MS, endMs: END_MS } as const;

describe('faults', () => {
  it.each(['in_octets', 'out_octets', 'in_unicast_packets', 'out_broadcast_packets'] as const)(
    'utilization_spike multiplies %s while it lasts',
    (counter) => {
      const { before, during, after } = ratios({ kind: 'utilization_spike', ...onPort, factor: 5 }, counter);
      expect(before).toBeCloseTo(1, 2);
      expect(during).toBeCloseTo(5, 2);
      expect(after).toBeCloseTo(1, 2);
    },
  );

  it('traffic_collapse leaves a twentieth', () => {
    const { before, during, after } = ratios(
      { kind: 'traffic_collapse', ...onPort, factor: 0.05 },
      'out_octets',
    );
    expect([before, during, after].map((ratio) => Math.round(ratio * 1000))).toEqual([1000, 50, 1000]);
  });

  it('error_burst adds receive errors in proportion to the packets received, and leaves traffic as it is', () => {
    const event: Fault = { kind: 'error_burst', ...onPort, errorsPerPacket: 0.015 };
    const { touched } = twins(event);
    const port = 2;
    const fromMs = AT_MS + 10_000;
    touched.advance(fromMs);
    const before = COUNTERS.map((counter) => counterOf(touched, port, counter));
    touched.advance(fromMs + 60_000);
    const gained = Object.fromEntries(
      COUNTERS.map((counter, i) => [counter, Number(counterOf(touched, port, counter) - before[i]!)]),
    ) as Record<CounterName, number>;
    const packets = gained.in_unicast_packets + gained.in_multicast_packets + gained.in_broadcast_packets;
    expect(gained.in_errors / packets).toBeCloseTo(0.015, 4);
    expect(gained.out_errors).toBeLessThan(5);
    expect(ratios(event, 'in_octets').during).toBeCloseTo(1, 6);
  });

  it('link_down stops all counters and says so in ifOperStatus, then both go on', () => {
    const { touched } = twins({ kind: 'link_down', ...onPort });
    touched.advance(AT_MS);
    const before = COUNTERS.map((counter) => counterOf(touched, 2, counter));
    touched.advance(END_MS - 1);
    expect(COUNTERS.map((counter) => counterOf(touched, 2, counter))).toEqual(before);
    expect([...touched.operStatus]).toEqual([1, 1, 2, 1, 1, 1, 1, 1]);
    touched.advance(END_MS + 10_000);
    expect(touched.operStatus[2]).toBe(1);
    expect(counterOf(touched, 2, 'in_octets')).toBeGreaterThan(before[0]!);
  });

  it('touch no other port and no other device', () => {
    const [touched, untouched] = [demoNetwork(), demoNetwork()];
    schedule(touched, { kind: 'utilization_spike', ...onPort, factor: 5 });
    for (const network of [touched, untouched]) network.advance(END_MS + 60_000);
    for (const [d, device] of touched.devices.entries()) {
      const differs = device.spec.ports
        .map((_, port) => port)
        .filter(
          (port) =>
            counterOf(device, port, 'in_octets') !== counterOf(untouched.devices[d]!, port, 'in_octets'),
        );
      expect(differs).toEqual(device.spec.name === NAME ? [2] : []);
    }
  });

  it('give the same counters whatever the steps through them', () => {
    const events: Fault[] = [{ kind: 'error_burst', ...onPort, errorsPerPacket: 0.01 }];
    const [fine, coarse] = [demoNetwork(), demoNetwork()];
    for (const network of [fine, coarse]) for (const event of events) schedule(network, event);
    for (let ms = AT_MS - 3_000; ms < END_MS; ms += 777) fine.device(NAME).advance(ms);
    for (const network of [fine, coarse]) network.device(NAME).advance(END_MS + 5_000);
    expect(fine.device(NAME).lo).toEqual(coarse.device(NAME).lo);
  });

  it('are refused for what is past, and for devices and ports that do not exist', () => {
    const network = demoNetwork();
    network.advance(AT_MS + 1);
    expect(() => schedule(network, { kind: 'link_down', ...onPort })).toThrow(/already/);
    const later = { ...onPort, startMs: AT_MS + 5, endMs: AT_MS + 6 };
    expect(() => schedule(network, { kind: 'link_down', ...later, interface: 'Gi9/9' })).toThrow(
      /no interface "Gi9\/9"/,
    );
    expect(() => schedule(network, { kind: 'link_down', ...later, device: 'x' })).toThrow(/"x"/);
  });
});

describe('quiet controls', () => {
  it('reboot: silent, then uptimes and counters begin anew and engine boots rise by one', () => {
    const { touched } = twins({ kind: 'reboot', device: NAME, startMs: AT_MS, endMs: AT_MS + 8_000 });
    const boots = touched.engineBoots;
    touched.advance(AT_MS + 7_999);
    expect(touched.answering).toBe(false);
    touched.advance(AT_MS + 8_000);
    expect(touched.answering).toBe(true);
    expect([touched.sysUptimeTicks, touched.engineTimeS, touched.engineBoots]).toEqual([0, 0, boots + 1]);
    expect(touched.hostUptimeTicks).toBe(800);
    expect(COUNTERS.map((counter) => counterOf(touched, 0, counter))).toEqual(COUNTERS.map(() => 0n));
    touched.advance(AT_MS + 18_000);
    expect(touched.sysUptimeTicks).toBe(1_000);
    expect(counterOf(touched, 0, 'in_octets')).toBeGreaterThan(1_000_000n);
  });

  it('wrap_32: the counter passes 2^32 at its moment, by the traffic alone', () => {
    const network = demoNetwork();
    const device = network.devices.find(({ spec }) => !spec.wide)!;
    const { ifName } = device.spec.ports[0]!;
    const wraps = [{ interface: ifName, counter: 'in_octets' as const, atMs: AT_MS }];
    schedule(network, { kind: 'wrap_32', device: device.spec.name, startMs: AT_MS, endMs: AT_MS, wraps });
    device.advance(AT_MS - 5_000);
    const before = counterOf(device, 0, 'in_octets');
    device.advance(AT_MS);
    const after = counterOf(device, 0, 'in_octets');
    expect(Number(before)).toBeGreaterThan(0.9 * 2 ** 32);
    expect(after).toBe(0n);
    // What it gained is what the same port gained without the control: no jump anywhere.
    const plain = demoNetwork().device(device.spec.name);
    const gained = rateBetween(plain, 0, 'in_octets', AT_MS - 5_000, AT_MS) * 5;
    expect(Number(2n ** 32n - before)).toBeCloseTo(gained, -1);
  });

  it('wrap_32 is refused once the device has counted', () => {
    const network = demoNetwork();
    network.advance(START_MS + 1);
    const wraps = [{ interface: 'Te1/1/1', counter: 'in_octets' as const, atMs: AT_MS }];
    expect(() =>
      schedule(network, { kind: 'wrap_32', device: NAME, startMs: AT_MS, endMs: AT_MS, wraps }),
    ).toThrow(/before the history/);
  });

  it('discontinuity: counters jump ahead by a plausible amount and ifCounterDiscontinuityTime says when', () => {
    const { touched, untouched } = twins({ kind: 'discontinuity', ...onPort, endMs: AT_MS });
    for (const device of [touched, untouched]) device.advance(AT_MS + 2_500);
    const jumped = Number(counterOf(touched, 2, 'in_octets') - counterOf(untouched, 2, 'in_octets'));
    const line = (touched.spec.ports[2]!.speedMbps * 1e6) / 8;
    expect(jumped / 5 / line).toBeGreaterThan(0.3);
    expect(jumped / 5 / line).toBeLessThan(1);
    expect(touched.discontinuityTicks[2]).toBe(touched.sysUptimeTicks - 250);
    expect(touched.discontinuityTicks.filter((ticks) => ticks !== 0)).toHaveLength(1);
  });
});
