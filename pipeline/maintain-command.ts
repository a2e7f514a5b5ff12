/** `netsigma maintain`: keeps the tables as the settings say, as their owner, once or until a signal. */
import type { MaintainOptions } from './cli/database.ts';
import type { Config } from './config.ts';
import { database } from './database.ts';
import { assertOwner, maintenance, type MaintenanceDeps } from './db/maintenance.ts';
import { plannedMaintenance } from './db/maintenance-plan.ts';
import type { MaintenanceStep } from './db/maintenance-step.ts';
import { maintain, setRetention } from './db/retention.ts';
import type { Clock, Component, Log } from './model/component.ts';
import { ConfigError, RetryableError } from './model/errors.ts';
import { patience } from './patience.ts';
import { StoppedWhileStarting } from './runtime/lifecycle.ts';
import type { Catalogue } from '../topics/catalogue.ts';

export interface MaintainCommandDeps {
  readonly config: Config;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly log: Log;
  readonly write: (text: string) => unknown;
  /** Aborts when the process is asked to stop. */
  readonly signal: AbortSignal;
  /** Called when stopping begins. */
  readonly stopping: () => void;
}

/**
 * Writes a line a step. @throws ConfigError without a migrated database of one's own tables; RetryableError when it is
 * away, or when some of the work could not be done.
 */
export async function maintainCommand(
  deps: MaintainCommandDeps,
  { dryRun, every, json }: Omit<MaintainOptions, 'config'>,
): Promise<void> {
  const { config, clock, log, write, signal, stopping } = deps;
  if (config.database.url === null) {
    throw new ConfigError(
      'database.url is not set: "netsigma maintain" needs the database that others write (NETSIGMA_DATABASE_URL); ' +
        '"netsigma run" maintains its own',
    );
  }
  const report = (step: MaintenanceStep): void => {
    write(`${json ? JSON.stringify(step) : sentence(step)}\n`);
  };
  signal.addEventListener('abort', stopping, { once: true });
  const store = database({ ...deps, schema: 'check' });
  const stored = patience({ timeoutMs: config.startupTimeoutMs, clock, log, signal })(store);
  try {
    await stored.start();
    if (signal.aborted) throw new StoppedWhileStarting('stopped before the database answered');
    const { pool } = store;
    await assertOwner(pool);
    const settings = { pool, clock, log, retentionDays: config.sink.retentionDays, signal };
    if (every !== undefined) {
      await untilStopped(maintenance({ ...settings, everyMs: every, report }), signal);
      return;
    }
    const steps = dryRun ? await planned(settings, report) : await once(settings, report);
    if (steps === 0 && !json && !settings.signal.aborted)
      write('nothing to do: the tables are as the settings say\n');
  } finally {
    await stored.stop();
  }
}

type Settings = Omit<MaintenanceDeps, 'everyMs' | 'report'> & { readonly signal: AbortSignal };
type Report = (step: MaintenanceStep) => void;

/** @returns how many steps there are. */
async function planned(settings: Settings, report: Report): Promise<number> {
  const steps = await plannedMaintenance(settings);
  for (const step of steps) report(step);
  return steps.length;
}

/** @returns how many steps were made. @throws RetryableError after all that could be done. */
async function once(settings: Settings, report: Report): Promise<number> {
  let steps = 0;
  const counted: Report = (step) => {
    steps += 1;
    report(step);
  };
  for (const step of await setRetention(settings.pool, settings.retentionDays)) counted(step);
  try {
    await maintain({ ...settings, report: counted });
  } catch (cause) {
    if (cause instanceof RetryableError) throw cause;
    throw new RetryableError('not everything could be maintained: run "netsigma maintain" again', { cause });
  }
  return steps;
}

async function untilStopped(running: Component, signal: AbortSignal): Promise<void> {
  await running.start();
  try {
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
  } finally {
    await running.stop();
  }
}

function sentence(step: MaintenanceStep): string {
  switch (step.kind) {
    case 'keep':
      return `keep    ${step.table}: ${step.from} -> ${step.to}`;
    case 'make':
    case 'drop':
      return `${step.kind}    ${step.table}: ${step.partition}`;
    case 'delete':
      return `delete  ${step.table}: ${step.rows} rows`;
    case 'policy':
      return `policy  ${step.what}`;
  }
}
