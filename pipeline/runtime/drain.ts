/**
 * A component that does its work in `stop`: it waits until what stands behind it in the lifecycle has caught up.
 * For a log that dies with the process: what a collector has published must reach the tables before the end.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock, Component, Log } from '../model/component.ts';

export interface DrainOptions {
  readonly name: string;
  readonly idle: () => boolean;
  /** After this long it gives up, and says so. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

const LOOK_EVERY_MS = 20;

export function drain({ name, idle, timeoutMs, clock, log }: DrainOptions): Component {
  let stopped = false;
  return {
    name: `drain ${name}`,
    async start() {
      // Works at the end.
    },
    async stop() {
      if (stopped) return;
      stopped = true;
      const until = clock() + timeoutMs;
      while (!idle()) {
        if (clock() >= until) {
          log.warn({ component: name, timeoutMs }, 'not everything could be processed before the end');
          return;
        }
        await wait(LOOK_EVERY_MS);
      }
    },
  };
}
