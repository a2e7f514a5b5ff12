import { afterEach, describe, expect, it } from '@jest/globals';
import { Dispatcher, type PlannedPoll } from '../../../pipeline/collect/snmp/dispatcher.ts';
import { phaseOf } from '../../../pipeline/collect/snmp/schedule.ts';
import { until } from '../../support/until.ts';

interface Running extends PlannedPoll {
  readonly atMs: number;
  end(): void;
}

let dispatcher: Dispatcher | undefined;
let polls: Running[] = [];
let missed: string[] = [];
let skewMs = 0;

function started(maxInFlight: number): Dispatcher {
  polls = [];
  missed = [];
  skewMs = 0;
  dispatcher = new Dispatcher({
    clock: () => Date.now() + skewMs,
    maxInFlight,
    run: (planned) =>
      new Promise((end) => {
        polls.push({ ...planned, atMs: Date.now() + skewMs, end });
      }),
    missed: (reason, count) => void missed.push(...new Array<string>(count).fill(reason)),
  });
  dispatcher.start();
  return dispatcher;
}

afterEach(async () => {
  const stopped = dispatcher?.stop();
  for (const { end } of polls) end();
  await stopped;
});

describe('the dispatcher', () => {
  it('starts a device at its phase, each interval, without drift', async () => {
    started(8).set('a', 50);
    await until(() => {
      for (const one of polls) one.end();
      return polls.length >= 10;
    }, '10 polls');
    for (const { plannedAtMs, atMs } of polls) {
      expect(plannedAtMs % 50).toBe(phaseOf('a', 50));
      expect(atMs).toBeGreaterThanOrEqual(plannedAtMs);
    }
  });

  it('never starts a device twice; what its long poll passes over is missed', async () => {
    // Longer than a busy machine holds this process up: what passes unseen would be overload.
    started(8).set('a', 150);
    await until(() => missed.length >= 3, 'three missed polls');
    expect(polls).toHaveLength(1);
    expect(new Set(missed)).toEqual(new Set(['still_running']));
    const before = missed.length;
    polls[0]!.end();
    await until(() => polls.length === 2, 'the next poll');
    expect(polls[1]!.missed).toBeGreaterThanOrEqual(before);
  });

  it('runs no more than its limit, in order, and queues a device once', async () => {
    const limited = started(2);
    for (const key of ['a', 'b', 'c', 'd']) limited.set(key, 30);
    await until(() => missed.includes('overload'), 'overload');
    expect(polls).toHaveLength(2);
    expect(limited.inFlight).toBe(2);
    polls[0]!.end();
    polls[1]!.end();
    await until(() => polls.length === 4, 'the waiting ones');
    expect(new Set(polls.map(({ key }) => key)).size).toBe(4);
  });

  it('forgets a device that is deleted while it waits', async () => {
    const limited = started(1);
    limited.set('a', 20);
    limited.set('b', 20);
    await until(() => polls.length === 1 && missed.includes('overload'), 'one waits');
    const waiting = polls[0]!.key === 'a' ? 'b' : 'a';
    limited.delete(waiting);
    limited.delete(polls[0]!.key);
    polls[0]!.end();
    await until(() => limited.inFlight === 0, 'idle');
    expect(polls).toHaveLength(1);
  });

  it.each([
    ['back', -86_400_000],
    ['forth', 86_400_000],
  ])('goes on when the clock is set %s by a day, without a burst', async (_name, jumpMs) => {
    started(8).set('a', 100);
    await until(() => polls.length === 1, 'the first poll');
    polls[0]!.end();
    skewMs = jumpMs;
    await until(() => polls.length >= 2, 'a poll after the jump', 3_000);
    expect(Math.abs(polls[1]!.atMs - Date.now() - jumpMs)).toBeLessThan(1_000);
    expect(polls).toHaveLength(2);
    expect(missed.includes('clock_jump')).toBe(jumpMs > 0);
  });
});
