import { beforeAll, describe, expect, it } from '@jest/globals';
import { schedule } from '../../pipeline/demo/faults.ts';
import { historyLength, historyReadings } from '../../pipeline/demo/history.ts';
import type { Codec } from '../../pipeline/codec/port.ts';
import type { Reading } from '../../pipeline/model/reading.ts';
import { startedCodec } from '../support/codec.ts';
import { counterOf, demoNetwork, START_MS } from '../support/demo-network.ts';

const HOUR_MS = 3_600_000;
const STEP_MS = 300_000;

let codec: Codec;
let reading: Reading;

beforeAll(async () => {
  codec = await startedCodec();
  reading = codec.newReading('raw.interface');
});

describe('the history', () => {
  it('gives each device a reading a step, all of them in the order of time', () => {
    const network = demoNetwork();
    const options = { network, fromMs: START_MS, toMs: START_MS + 2 * HOUR_MS, reading };
    const times: number[] = [];
    const byEntity = new Map<string, number[]>();
    for (const { entity, observedAtMs } of historyReadings(options)) {
      times.push(observedAtMs);
      byEntity.set(entity, [...(byEntity.get(entity) ?? []), observedAtMs]);
    }
    expect(times).toHaveLength(12 * 24);
    expect(historyLength(options)).toBe(times.length);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times.at(-1)).toBeLessThan(options.toMs);
    const phases = [...byEntity.values()].map((moments) => {
      for (const [i, ms] of moments.entries()) expect(ms).toBe(moments[0]! + i * STEP_MS);
      return moments[0]! % STEP_MS;
    });
    expect(new Set(phases).size).toBe(12);
  });

  it('counts its readings before, also when the end falls into a step', () => {
    for (const toMs of [START_MS, START_MS + 1, START_MS + 100_000, START_MS + HOUR_MS + 123_456]) {
      const network = demoNetwork();
      const options = { network, fromMs: START_MS, toMs, reading };
      expect(historyLength(options)).toBe([...historyReadings(options)].length);
    }
  });

  it('fills what a poll of raw.interface fills: the envelope and both kinds of devices', () => {
    const network = demoNetwork();
    const seen = new Set<string>();
    for (const one of historyReadings({ network, fromMs: START_MS, toMs: START_MS + STEP_MS, reading })) {
      const device = network.devices.find(({ entity }) => entity === one.entity)!;
      expect(one).toMatchObject({
        domain: 'default',
        deviceIp: device.address,
        intervalMs: STEP_MS,
        status: 'complete',
        errors: [],
        part: 1,
        parts: 1,
        sysUptime: device.sysUptimeTicks,
        engineBoots: device.engineBoots,
        rowCount: 8,
      });
      expect(one.pollId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      seen.add(one.pollId);
      expect(one.text('if_name').get(0)).toBe(device.spec.ports[0]!.ifName);
      expect(one.text('phys_address').get(0)).toMatch(/^02:4e:53(:[0-9a-f]{2}){3}$/);
      const octets = one.counter('in_octets');
      const narrow = one.counter('in_octets_32');
      expect(octets.known[0]).toBe(device.spec.wide ? 1 : 0);
      expect(one.counter('in_unicast_packets_32').known[0]).toBe(device.spec.wide ? 0 : 1);
      expect([narrow.known[0], narrow.hi[0]]).toEqual([1, 0]);
      expect(narrow.lo[0]).toBe(device.lo[0]);
      if (device.spec.wide) {
        expect((BigInt(octets.hi[0]!) << 32n) | BigInt(octets.lo[0]!)).toBe(
          counterOf(device, 0, 'in_octets'),
        );
      }
    }
    expect(seen.size).toBe(12);
  });

  it('can be encoded and decoded as raw.interface without loss', async () => {
    const network = demoNetwork();
    const decoded = codec.newReading('raw.interface');
    const [encoder, decoder] = [codec.readingEncoder('raw.interface'), codec.readingDecoder('raw.interface')];
    for (const one of historyReadings({ network, fromMs: START_MS, toMs: START_MS + STEP_MS, reading })) {
      const bytes = encoder.encode(one);
      await decoder.prepare([bytes]);
      expect(decoder.decode(bytes, decoded)).toBeUndefined();
      expect(decoded.pollId).toBe(one.pollId);
      const wide = one.counter('out_octets').known[7] === 1;
      for (const name of wide
        ? ['out_octets', 'in_unicast_packets', 'in_errors']
        : ['out_octets_32', 'in_errors']) {
        const [before, after] = [one.counter(name), decoded.counter(name)];
        expect([after.hi[7], after.lo[7], after.known[7]]).toEqual([before.hi[7], before.lo[7], 1]);
      }
    }
  });

  it('shows a device that restarts as a failed poll', () => {
    const network = demoNetwork();
    const [device] = network.devices;
    schedule(network, {
      kind: 'reboot',
      device: device!.spec.name,
      startMs: START_MS,
      endMs: START_MS + STEP_MS,
    });
    const polls: string[] = [];
    for (const one of historyReadings({
      network,
      fromMs: START_MS,
      toMs: START_MS + 2 * STEP_MS,
      reading,
    })) {
      if (one.entity === device!.entity) polls.push(`${one.status} ${one.rowCount} ${one.errors.join()}`);
    }
    expect(polls).toEqual(['failed 0 timeout', 'complete 8 ']);
  });

  it('goes over into live polling with continuous counters', () => {
    const toMs = START_MS + HOUR_MS;
    const [loaded, straight] = [demoNetwork(), demoNetwork()];
    expect([...historyReadings({ network: loaded, fromMs: START_MS, toMs, reading })]).toHaveLength(144);
    for (const network of [loaded, straight]) network.advance(toMs + 47_000);
    for (const [d, device] of loaded.devices.entries()) expect(device.lo).toEqual(straight.devices[d]!.lo);
  });

  it('refuses to go back behind a device that something else has advanced', () => {
    const network = demoNetwork();
    network.advance(START_MS + HOUR_MS);
    const readings = historyReadings({ network, fromMs: START_MS, toMs: START_MS + HOUR_MS, reading });
    expect(() => readings.next()).toThrow(/start its agent after the history/);
  });
});
