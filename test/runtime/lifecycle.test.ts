import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Component } from '../../pipeline/model/component.ts';
import { systemClock } from '../../pipeline/runtime/clock.ts';
import { until } from '../support/until.ts';
import { lifecycle, StoppedWhileStarting } from '../../pipeline/runtime/lifecycle.ts';

interface Behaviour {
  readonly start?: () => Promise<void>;
  readonly stop?: () => Promise<void>;
}

function recorder() {
  const events: string[] = [];
  const component = (name: string, { start, stop }: Behaviour = {}): Component => ({
    name,
    async start() {
      events.push(`start ${name}`);
      await start?.();
      events.push(`started ${name}`);
    },
    async stop() {
      events.push(`stop ${name}`);
      await stop?.();
    },
  });
  const messages: string[] = [];
  const say = (_fields: object, message: string) => void messages.push(message);
  return { events, component, messages, log: { debug: say, info: say, warn: say, error: say } };
}

const rejecting = (message: string) => async () => {
  throw new Error(message);
};

describe('lifecycle', () => {
  it('starts in order, each after the one before, and stops in reverse', async () => {
    const { events, component, log } = recorder();
    const life = lifecycle([component('a'), component('b')], log);
    expect(events).toEqual([]);
    await life.start();
    await life.stop();
    expect(events).toEqual(['start a', 'started a', 'start b', 'started b', 'stop b', 'stop a']);
  });

  it('stops what had started when one cannot start, and throws its error', async () => {
    const { events, component, log } = recorder();
    const life = lifecycle(
      [component('a'), component('b'), component('c', { start: rejecting('no c') }), component('d')],
      log,
    );
    await expect(life.start()).rejects.toThrow('no c');
    expect(events.slice(-3)).toEqual(['start c', 'stop b', 'stop a']);
    await life.stop();
    expect(events.slice(-3)).toEqual(['start c', 'stop b', 'stop a']);
  });

  it('throws the error of the start also when stopping the others fails', async () => {
    const { component, log, messages } = recorder();
    const life = lifecycle(
      [component('a', { stop: rejecting('stuck') }), component('b', { start: rejecting('no b') })],
      log,
    );
    await expect(life.start()).rejects.toThrow('no b');
    expect(messages).toContain('components could not stop after a failed start');
  });

  it('stops every component though some cannot, and names them all', async () => {
    const { events, component, log } = recorder();
    const life = lifecycle(
      [component('a', { stop: rejecting('x') }), component('b'), component('c', { stop: rejecting('y') })],
      log,
    );
    await life.start();
    const error: unknown = await life.stop().catch((thrown: unknown) => thrown);
    expect(events.slice(-3)).toEqual(['stop c', 'stop b', 'stop a']);
    expect(error).toBeInstanceOf(AggregateError);
    expect((error as AggregateError).message).toBe('c could not stop; a could not stop');
    expect((error as AggregateError).errors.map((each: Error) => (each.cause as Error).message)).toEqual([
      'y',
      'x',
    ]);
  });

  it('stops once, however often it is asked', async () => {
    const { events, component, log } = recorder();
    const life = lifecycle([component('a')], log);
    await Promise.all([life.start(), life.start()]);
    await Promise.all([life.stop(), life.stop()]);
    await life.stop();
    expect(events).toEqual(['start a', 'started a', 'stop a']);
  });

  it('stopped while it starts: waits for the one that is starting, starts no other, stops those that run', async () => {
    const { events, component, log } = recorder();
    const slow = Promise.withResolvers<undefined>();
    const life = lifecycle(
      [component('a'), component('b', { start: () => slow.promise }), component('c')],
      log,
    );
    const starting = life.start();
    const outcome = starting.catch((error: unknown) => error);
    await until(() => events.includes('start b'), 'b to be starting');
    let stopped = false;
    const stopping = life.stop().then(() => (stopped = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect([stopped, events.includes('stop a')]).toEqual([false, false]);
    slow.resolve(undefined);
    await stopping;
    expect(await outcome).toBeInstanceOf(StoppedWhileStarting);
    expect(events).toEqual(['start a', 'started a', 'start b', 'started b', 'stop b', 'stop a']);
  });

  it('does not start after it was stopped', async () => {
    const { events, component, log } = recorder();
    const life = lifecycle([component('a')], log);
    await life.stop();
    await expect(life.start()).rejects.toBeInstanceOf(StoppedWhileStarting);
    expect(events).toEqual([]);
  });

  it('tells the first failure of a component that runs, and goes on until it is stopped', async () => {
    const { events, component, log } = recorder();
    const life = lifecycle([component('a')], log);
    await life.start();
    life.fail(new Error('first'));
    life.fail(new Error('second'));
    expect(await life.failed).toEqual(new Error('first'));
    expect(events).not.toContain('stop a');
    await life.stop();
  });

  it('leaves nothing running, whatever fails and whenever it is stopped', async () => {
    const behaviour = fc.record({
      startFails: fc.boolean(),
      stopFails: fc.boolean(),
      turns: fc.nat({ max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(behaviour, { maxLength: 6 }),
        fc.nat({ max: 20 }),
        async (behaviours, stopAfter) => {
          const running: number[] = [];
          const { log } = recorder();
          const components = behaviours.map(({ startFails, stopFails, turns }, index): Component => ({
            name: String(index),
            async start() {
              for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
              if (startFails) throw new Error('start');
              running.push(index);
            },
            async stop() {
              // In reverse: whatever stops is the last that runs.
              expect(running.pop()).toBe(index);
              if (stopFails) throw new Error('stop');
            },
          }));
          const life = lifecycle(components, log);
          const starting = life.start().catch(() => undefined);
          for (let turn = 0; turn < stopAfter; turn += 1) await Promise.resolve();
          await life.stop().catch((error: unknown) => expect(error).toBeInstanceOf(AggregateError));
          expect(running).toEqual([]);
          await starting;
        },
      ),
    );
  });
});

describe('systemClock', () => {
  it('tells milliseconds since 1970', () => {
    const before = Date.now();
    expect(systemClock()).toBeGreaterThanOrEqual(before);
    expect(systemClock()).toBeLessThanOrEqual(Date.now());
  });
});
