import { describe, expect, it } from '@jest/globals';
import { wallClock } from '../../../../pipeline/model/wall-clock.ts';
import { inWorkers } from '../in-workers.ts';
import { plannedDevices } from './plan.ts';
import { COUNTERS, QuietDevice } from './quiet-device.ts';
import { SIGNAL_KINDS } from './signal-kinds.ts';

const START = Date.UTC(2026, 2, 2, 12);

describe('simulated devices', () => {
  const device = (seed: number, kind = SIGNAL_KINDS[0]!) =>
    new QuietDevice({ kind, ports: 4, seed, clock: wallClock('Europe/Berlin') });

  it('count the same for the same seed', () => {
    const counted = [device(1), device(1), device(2)].map((one) => {
      for (let poll = 1; poll < 20; poll += 1) one.count(START + poll * 60_000, 60);
      return [...one.counts];
    });
    expect(counted[0]).toEqual(counted[1]);
    expect(counted[0]).not.toEqual(counted[2]);
  });

  it('count whole numbers, and octets that their packets can carry, whatever the traffic', () => {
    for (const kind of SIGNAL_KINDS) {
      const one = device(5, kind);
      for (let poll = 1; poll < 30; poll += 1) {
        one.count(START + poll * 300_000, 300);
        expect(one.counts.every((value) => Number.isSafeInteger(value) && value >= 0)).toBe(true);
        for (let at = 0; at < one.counts.length; at += COUNTERS.length)
          for (const direction of [0, 1]) {
            const [octets, , unicast, , multicast, , broadcast] = one.counts.subarray(at + direction);
            const packets = unicast! + multicast! + broadcast!;
            if (packets === 0) continue;
            expect(octets! / packets).toBeLessThan(1_500);
            if (packets > 20) expect(octets! / packets).toBeGreaterThan(46);
          }
      }
    }
  });

  it('can be given another rate in one direction, their small packets as they were', () => {
    const one = device(3);
    one.count(START, 60);
    const before = one.counts.slice();
    one.setRate(one.counts, 1, 0, 0, 60);
    const at = COUNTERS.length;
    expect(one.counts[at]).toBe(90 * (before[at + 4]! + before[at + 6]!));
    expect(one.counts[at + 2]).toBe(0);
    one.counts[at] = before[at]!;
    one.counts[at + 2] = before[at + 2]!;
    expect(one.counts).toEqual(before);
  });
});

describe('tasks on several threads', () => {
  it('fail with what one of them throws', async () => {
    const [device] = plannedDevices(1, SIGNAL_KINDS, 1);
    const nowhere = { ...device!, site: { ...device!.site, time_zone: 'Mars/Olympus' } };
    const worker = new URL('../false-alarms/quiet-worker.ts', import.meta.url);
    const tasks = inWorkers(worker, [{ device: nowhere, days: 1 }], () => undefined);
    await expect(tasks).rejects.toThrow('Mars/Olympus');
  });
});
