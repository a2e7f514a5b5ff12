/**
 * Many components as one: started in order, stopped in reverse.
 *
 *   new --start--> starting --all started--> running --stop--> stopping --> stopped
 *                     |  a component's start throws, or stop is called            ^
 *                     +---------- those already started are stopped --------------+
 */
import type { Component, Log } from '../model/component.ts';
import { ConfigError } from '../model/errors.ts';

export interface Lifecycle extends Component {
  /** For components' callbacks: this one cannot go on. The first error counts, later ones are only logged. */
  fail(error: unknown): void;
  /** Resolves with the first error given to `fail`; never rejects, and never settles while all is well. */
  readonly failed: Promise<unknown>;
}

/** `start` was overtaken by `stop`: nothing runs any more, and nothing is wrong. */
export class StoppedWhileStarting extends Error {
  override readonly name = 'StoppedWhileStarting';
}

/**
 * `start` throws what a component's start threw, after stopping those that had started, or StoppedWhileStarting.
 * `stop` during `start` waits for the component that is starting. It throws an AggregateError when components could
 * not stop; every one is asked, whatever the others do.
 */
export function lifecycle(components: readonly Component[], log: Log): Lifecycle {
  const started: Component[] = [];
  const { promise: failed, resolve: failWith } = Promise.withResolvers<unknown>();
  let starting: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;

  const startAll = async (): Promise<void> => {
    for (const component of components) {
      if (stopping !== undefined) break;
      const begun = performance.now();
      try {
        await component.start();
      } catch (error) {
        // What is wrong with a configuration is the command's last line, in words for people.
        const level = error instanceof ConfigError ? 'debug' : 'error';
        log[level]({ component: component.name, err: error }, 'component could not start');
        await stopStarted().catch((stopError: unknown) => {
          log.error({ err: stopError }, 'components could not stop after a failed start');
        });
        throw error;
      }
      started.push(component);
      log.debug(
        { component: component.name, ms: Math.round(performance.now() - begun) },
        'component started',
      );
    }
    if (stopping !== undefined) throw new StoppedWhileStarting('stopped before everything had started');
    log.info({ components: started.length }, 'started');
  };

  const stopStarted = async (): Promise<void> => {
    const errors: Error[] = [];
    for (let component = started.pop(); component !== undefined; component = started.pop()) {
      const begun = performance.now();
      try {
        await component.stop();
        const ms = Math.round(performance.now() - begun);
        log.debug({ component: component.name, ms }, 'component stopped');
      } catch (cause) {
        log.error({ component: component.name, err: cause }, 'component could not stop');
        errors.push(new Error(`${component.name} could not stop`, { cause }));
      }
    }
    if (errors.length > 0) {
      throw new AggregateError(errors, errors.map((error) => error.message).join('; '));
    }
  };

  const stopAll = async (): Promise<void> => {
    // What start throws is told to whoever called start.
    await starting?.catch(() => undefined);
    await stopStarted();
    log.info({}, 'stopped');
  };

  return {
    name: 'lifecycle',
    failed,
    fail(error) {
      log.error({ err: error }, 'a component cannot go on');
      failWith(error);
    },
    start: () =>
      (starting ??=
        stopping === undefined
          ? startAll()
          : Promise.reject(new StoppedWhileStarting('stopped before it started'))),
    stop: () => (stopping ??= stopAll()),
  };
}
