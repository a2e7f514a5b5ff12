import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { phaseOf, Schedule } from '../../../pipeline/collect/snmp/schedule.ts';

describe('a schedule', () => {
  it('has each device at its phase plus whole intervals, however late it is taken', () => {
    const schedule = new Schedule();
    schedule.set('a', 1_000, 0);
    const planned = [];
    for (let now = 0; now < 10_000; now += 137) {
      for (let due = schedule.take(now); due !== undefined; due = schedule.take(now))
        planned.push(due.plannedAtMs);
    }
    const phase = phaseOf('a', 1_000);
    expect(planned).toEqual(Array.from({ length: planned.length }, (_, k) => phase + k * 1_000));
    expect(planned.length).toBeGreaterThanOrEqual(9);
  });

  it('does not depend on when a device was added', () => {
    const [early, late] = [new Schedule(), new Schedule()];
    early.set('a', 60_000, 5);
    late.set('a', 60_000, 600_011);
    expect(late.nextDueMs()! % 60_000).toBe(early.nextDueMs()! % 60_000);
  });

  it('counts what was passed over, and takes the device once', () => {
    const schedule = new Schedule();
    schedule.set('a', 1_000, 0);
    const first = schedule.nextDueMs()!;
    expect(schedule.take(first + 3_500)).toEqual({ key: 'a', plannedAtMs: first + 3_000, skipped: 3 });
    expect(schedule.take(first + 3_500)).toBeUndefined();
  });

  it('spreads first contacts over the interval', () => {
    const tenths = new Array<number>(10).fill(0);
    for (let device = 0; device < 10_000; device += 1) {
      tenths[Math.floor(phaseOf(`default/device/r${device}`, 60_000) / 6_000)]! += 1;
    }
    expect(Math.min(...tenths)).toBeGreaterThan(800);
  });

  it('plans anew after the clock was set, back or forth', () => {
    const schedule = new Schedule();
    schedule.set('a', 1_000, 1_000_000);
    const passed: string[] = [];
    schedule.replan(5_000, (key) => passed.push(key));
    expect(schedule.nextDueMs()).toBeLessThanOrEqual(6_000);
    expect(passed).toEqual([]);
    schedule.replan(60_000, (key) => passed.push(key));
    expect(passed).toEqual(['a']);
    expect(schedule.nextDueMs()).toBeGreaterThan(60_000);
  });

  it('gives what is due in order and nothing that was deleted (model: a sorted list)', () => {
    const operation = fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      action: fc.constantFrom('set', 'delete', 'take'),
      stepMs: fc.nat(3_000),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const schedule = new Schedule();
        const model = new Map<string, number>();
        let now = 0;
        for (const { key, action, stepMs } of operations) {
          now += stepMs;
          if (action === 'set') {
            schedule.set(key, 1_000, now);
            model.set(
              key,
              phaseOf(key, 1_000) + (Math.floor((now - phaseOf(key, 1_000)) / 1_000) + 1) * 1_000,
            );
          } else if (action === 'delete') {
            schedule.delete(key);
            model.delete(key);
          } else {
            const due = schedule.take(now);
            const earliest = Math.min(...model.values());
            if (due === undefined) expect(earliest).toBeGreaterThan(now);
            else {
              expect(model.get(due.key)).toBe(earliest);
              model.set(due.key, due.plannedAtMs + 1_000);
            }
          }
          expect(schedule.size).toBe(model.size);
        }
      }),
    );
  });
});
