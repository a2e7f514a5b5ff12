/** `netsigma run`: collect, process and store, in one process, until a signal. */
import type { Config } from './config.ts';
import { database } from './database.ts';
import { maintenance } from './db/maintenance.ts';
import { readInventory } from './inventory-file.ts';
import { ConfigError } from './model/errors.ts';
import type { Clock, Log } from './model/component.ts';
import { createMetrics } from './observe/metrics.ts';
import { lifecycle, type Lifecycle } from './runtime/lifecycle.ts';
import { wiring } from './wiring.ts';
import type { Catalogue } from '../topics/catalogue.ts';

export interface RunOptions {
  readonly config: Config;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly log: Log;
  /** Aborts when the process is asked to stop. */
  readonly signal: AbortSignal;
  /** Called when stopping begins, for whatever reason. */
  readonly stopping: () => void;
}

/** Resolves after a clean stop. @throws what made a component unable to go on. */
export async function run({ config, catalogue, clock, log, signal, stopping }: RunOptions): Promise<void> {
  const inventory = readInventory(config);
  if (inventory === undefined) {
    throw new ConfigError(
      'inventory.file is not set: name the YAML file of your devices, or try "npm run demo"',
    );
  }
  let running: Lifecycle | undefined;
  const failed = (error: unknown): void => running?.fail(error);
  const store = database({ config, catalogue, log, failed });
  await store.start();
  try {
    const wired = wiring({
      config,
      catalogue,
      pool: store.pool,
      clock,
      log,
      metrics: createMetrics(),
      failed,
    });
    const { retentionDays } = config.sink;
    running = lifecycle(
      [
        maintenance({ pool: store.pool, clock, log, retentionDays }),
        ...wired.components,
        ...wired.collectors(inventory, config.credentials),
      ],
      log,
    );
    await running.start();
    const error = await Promise.race([running.failed, aborted(signal)]);
    if (!signal.aborted) throw error;
  } finally {
    stopping();
    try {
      await running?.stop();
    } finally {
      await store.stop();
    }
  }
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
