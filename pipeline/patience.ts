/**
 * Waits at the start for what is not up yet: Kafka, registry and database often start at the same moment as we do.
 * What can be tried again is tried again until the time is over; what is wrong is wrong at once.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock, Component, Log } from './model/component.ts';
import { RetryableError } from './model/errors.ts';

export interface PatienceOptions {
  /** For all components together, from now on. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Ends the waiting: the process is asked to stop. */
  readonly signal: AbortSignal;
}

/** Gives a component whose `start` waits. Of a component that fails at its start `start` may be called again. */
export type Patience = (component: Component) => Component;

/** One line for people in so long. */
const TELL_EVERY_MS = 10_000;
const LONGEST_WAIT_MS = 2_000;

export function patience({ timeoutMs, clock, log, signal }: PatienceOptions): Patience {
  const deadlineMs = clock() + timeoutMs;
  return (component) => {
    let isStarted = false;

    const start = async (): Promise<void> => {
      // After an abort the lifecycle stops everything: nothing more is to be started.
      for (let toldMs = -Infinity; !signal.aborted;) {
        try {
          await component.start();
          isStarted = true;
          return;
        } catch (error) {
          if (!(error instanceof RetryableError) || clock() + error.retryAfterMs > deadlineMs) throw error;
          if (clock() - toldMs >= TELL_EVERY_MS) {
            toldMs = clock();
            const secondsLeft = Math.round((deadlineMs - toldMs) / 1000);
            log.warn(
              { component: component.name, reason: error.message, secondsLeft },
              'not there yet: trying again',
            );
          }
          const waitMs = Math.min(error.retryAfterMs, LONGEST_WAIT_MS);
          await wait(waitMs, undefined, { signal }).catch(() => undefined);
        }
      }
    };

    return {
      name: component.name,
      start,
      async stop() {
        if (isStarted) await component.stop();
      },
    };
  };
}
