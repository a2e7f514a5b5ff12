/** `netsigma run`, `collect`, `process`, `sink`: the roles of this process, until a signal. */
import type { Config } from './config.ts';
import { database } from './database.ts';
import { maintenance } from './db/maintenance.ts';
import type { Inventory } from './collect/inventory.ts';
import { readInventory } from './inventory-file.ts';
import { ConfigError } from './model/errors.ts';
import type { Clock, Component, Log } from './model/component.ts';
import { createMetrics } from './observe/metrics.ts';
import { patience } from './patience.ts';
import type { RoleName } from './roles/role.ts';
import { readRules } from './rules-setting.ts';
import { lifecycle, StoppedWhileStarting, type Lifecycle } from './runtime/lifecycle.ts';
import { wiring } from './wiring.ts';
import type { Catalogue } from '../topics/catalogue.ts';

/** Which of the roles a command has. */
const ROLES = {
  run: ['collect', 'process', 'sink'],
  collect: ['collect'],
  process: ['process'],
  sink: ['sink'],
} as const satisfies Record<string, readonly RoleName[]>;

export type RunCommand = keyof typeof ROLES;

export interface RunOptions {
  readonly command?: RunCommand;
  readonly config: Config;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly log: Log;
  /** Aborts when the process is asked to stop. */
  readonly signal: AbortSignal;
  /** Called when stopping begins, for whatever reason. */
  readonly stopping: () => void;
}

/** Resolves after a clean stop. @throws ConfigError before anything runs; what made a component unable to go on. */
export async function run(options: RunOptions): Promise<void> {
  const { command = 'run', config, catalogue, clock, log, signal, stopping } = options;
  const roles: readonly RoleName[] = ROLES[command];
  const inventory = startingInventory(command, config);
  const { file } = config.rules;
  const isRead = file !== null && roles.includes('collect');
  const rules = isRead ? readRules(file, { config, catalogue, inventory, nowMs: clock() }) : undefined;
  let running: Lifecycle | undefined;
  const failed = (error: unknown): void => running?.fail(error);
  const waiting = patience({ timeoutMs: config.startupTimeoutMs, clock, log, signal });
  // A sink beside others must not change tables under them: `netsigma migrate` does, once.
  const schema = command === 'run' ? 'migrate' : 'check';
  const store = roles.includes('sink') ? database({ config, catalogue, log, failed, schema }) : undefined;
  const stored = store && waiting(store);
  try {
    await stored?.start();
    if (signal.aborted) throw new StoppedWhileStarting('stopped before the database answered');
    const pool = store?.pool;
    const wired = wiring({
      config,
      catalogue,
      pool,
      process: roles.includes('process'),
      clock,
      log,
      metrics: createMetrics(),
      patience: waiting,
      failed,
    });
    const { retentionDays } = config.sink;
    // Before the sink, which takes what the retention keeps.
    const components: Component[] = pool ? [maintenance({ pool, clock, log, retentionDays })] : [];
    components.push(...wired.components);
    if (roles.includes('collect')) {
      const { publishing, collector } = wired.collect({ inventory, rules, credentials: config.credentials });
      components.push(...publishing.map(waiting), collector);
    }
    running = lifecycle(components, log);
    await untilStopped(running, signal);
  } finally {
    stopping();
    try {
      await running?.stop();
    } finally {
      await stored?.stop();
    }
  }
}

/** @throws ConfigError when the command cannot work with this configuration, whatever is up. */
function startingInventory(command: RunCommand, config: Config): Inventory | undefined {
  const { kind } = config.broker;
  if (kind === 'memory' && command !== 'run') {
    throw new ConfigError(
      `broker.kind is memory, whose topics live inside one process: for "netsigma ${command}" set it to kafka ` +
        '(NETSIGMA_BROKER_KIND), or use "netsigma run"',
    );
  }
  if (command === 'sink' && config.database.url === null) {
    throw new ConfigError(
      'database.url is not set: "netsigma sink" needs the database that others read (NETSIGMA_DATABASE_URL); ' +
        'only "netsigma run" has one of its own',
    );
  }
  const roles: readonly RoleName[] = ROLES[command];
  const inventory = roles.includes('collect') ? readInventory(config) : undefined;
  if (kind === 'memory' && inventory === undefined) {
    throw new ConfigError(
      'inventory.file is not set: name the YAML file of your devices, or try "npm run demo"',
    );
  }
  return inventory;
}

/** Starts it; resolves when the signal aborts. @throws what its start threw, or what made it fail. */
async function untilStopped(running: Lifecycle, signal: AbortSignal): Promise<void> {
  const failed = running.failed.then((error) => Promise.reject(error as Error));
  const started = running.start().then(() => failed);
  // What the start says after one of the others is that it was stopped.
  started.catch(() => undefined);
  failed.catch(() => undefined);
  await Promise.race([started, failed, aborted(signal)]);
}

/** Resolves when the signal aborts. */
function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
