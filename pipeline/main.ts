/** Wires the commands to what they do: the one place that reads the environment and decides about the exit code. */
import { readFileSync } from 'node:fs';
import { progress } from './analyze/progress.ts';
import { analyzeCommand } from './analyze-command.ts';
import { anomalyActions } from './anomaly-command.ts';
import { cli, type Actions } from './cli.ts';
import type { GlobalOptions } from './cli/arguments.ts';
import { errorText, exitCode } from './cli/failure.ts';
import type { TopicsOptions } from './cli/topics.ts';
import { loadConfig, type Config } from './config.ts';
import { openBroker, openHttpRegistry } from './connections.ts';
import { printConfig } from './config/print-config.ts';
import { processName } from './config/process-name.ts';
import { database } from './database.ts';
import { demo } from './demo/demo.ts';
import { screen } from './demo/screen.ts';
import { migrate } from './db/migrate.ts';
import { readInventory } from './inventory-file.ts';
import { maintainCommand } from './maintain-command.ts';
import { ConfigError } from './model/errors.ts';
import type { Log } from './model/component.ts';
import { createLog } from './observe/log.ts';
import { run } from './run.ts';
import { systemClock } from './runtime/clock.ts';
import { StoppedWhileStarting } from './runtime/lifecycle.ts';
import {
  checkFiles,
  checkSubjects,
  registerSubjects,
  releaseFiles,
  type SubjectsDeps,
} from './schemas-command.ts';
import { ruleActions } from './rules-command.ts';
import { readRules } from './rules-setting.ts';
import { recordingSettings } from './stages/detect/detect-settings.ts';
import { remoteTail } from './tail-client.ts';
import { topicsCommand } from './topics-command.ts';
import { catalogue, topicSpecs, type Naming } from '../topics/catalogue.ts';
import { writeSchemas } from '../topics/schemas.ts';

const { stdout, stderr } = process;
const write = (text: string): void => void stdout.write(text);

/** A stop drains what is under way; a database that is gone for good must not hold it up for ever. */
const STOP_DEADLINE_MS = 60_000;

/** The command failed, and has said so: only the exit code is left to set. */
class Unsuccessful extends Error {}

function configured({ config: file }: GlobalOptions, logLevel: 'info' | 'warn' = 'info') {
  const { config } = loadConfig({
    ...(file === undefined ? {} : { file }),
    env: process.env,
    readFile: (path) => readFileSync(path, 'utf8'),
    processName: processName(),
    logLevel,
  });
  const log = createLog(config.log);
  return { config, log };
}

/** For commands whose output is an answer: nothing around it, unless the log's level is set. */
const quietly = (options: GlobalOptions) => configured(options, 'warn');

/** Aborts at the first signal; a second one ends the process at once. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(128 + (signal === 'SIGINT' ? 2 : 15));
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return controller.signal;
}

/** Of commands that print at their end: Ctrl-C leaves nothing half printed, and who reads no further is no failure. */
function endQuietly(clear: () => void): void {
  process.once('SIGINT', () => {
    clear();
    process.exit(130);
  });
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    clear();
    stderr.write(errorText(new Error('standard output', { cause: error }), { stack: false }));
    process.exit(1);
  });
}

/** From now on the process has so long to end. */
function stopping(): void {
  setTimeout(() => {
    stderr.write(`netsigma: not stopped after ${STOP_DEADLINE_MS / 1000} s: giving up\n`);
    process.exit(1);
  }, STOP_DEADLINE_MS).unref();
}

const clock = systemClock;

const actions: Actions = {
  async run({ command, ...options }) {
    const { config, log } = configured(options);
    await run({ command, config, catalogue, clock, log, signal: stopSignal(), stopping });
  },

  async demo(options) {
    const { config, log } = quietly(options);
    const { databaseUrl, untilDetected, json } = options;
    const { result, complete } = await demo({
      config: { ...config, ...(databaseUrl && { database: { ...config.database, url: databaseUrl } }) },
      settings: options,
      clock,
      log,
      screen: screen(json ? stderr : stdout),
      signal: stopSignal(),
      stopping,
    });
    if (json) stdout.write(`${JSON.stringify(result)}\n`);
    if (untilDetected && !complete) throw new Unsuccessful();
  },

  async analyze(options) {
    const { config } = quietly(options);
    const noColour = (process.env['NO_COLOR'] ?? '') !== '';
    const shown = progress({ stream: stderr, clock });
    endQuietly(shown.end);
    try {
      const settings = { ...config, detect: recordingSettings(config.detect) };
      const isWhole = await analyzeCommand(options, { config: settings, stdout, progress: shown, noColour });
      if (!isWhole) throw new Unsuccessful();
    } finally {
      shown.end();
    }
  },

  async migrate({ plan, ...options }) {
    const { config, log } = quietly(options);
    if (plan && config.database.url === null) {
      throw new ConfigError('database.url is not set: a plan needs a database to compare with');
    }
    const store = database({ config, catalogue, log, schema: 'leave' });
    await store.start();
    try {
      const steps = await migrate({ pool: store.pool, catalogue, log, plan });
      stdout.write(steps.length === 0 ? 'the schema is up to date\n' : `${steps.join('\n')}\n`);
    } finally {
      await store.stop();
    }
  },

  async maintain(options) {
    const { config, log } = options.every === undefined ? quietly(options) : configured(options);
    await maintainCommand({ config, catalogue, clock, log, write, signal: stopSignal(), stopping }, options);
  },

  async configPrint(options) {
    stdout.write(printConfig(configured(options).config));
  },

  async configCheck(options) {
    const { config } = configured(options);
    const inventory = readInventory(config);
    stdout.write('the configuration is valid\n');
    if (inventory !== undefined) {
      const { sites, devices } = inventory;
      stdout.write(`the inventory is valid: sites ${sites.length}, devices ${devices.length}\n`);
    }
    if (config.rules.file !== null) {
      const set = readRules(config.rules.file, { config, catalogue, inventory, nowMs: clock() });
      stdout.write(`the rules are valid: ${set.rules.length}\n`);
    }
  },

  async tail(options) {
    const signal = stopSignal();
    let lines = 0;
    for await (const line of remoteTail(options, signal)) {
      stdout.write(`${line}\n`);
      lines += 1;
    }
    const { topic, limit, follow } = options;
    if (lines === 0 && limit > 0 && !follow && !signal.aborted) stderr.write(`${topic} is empty\n`);
  },

  ...ruleActions({ configured: quietly, catalogue, clock, write }),
  ...anomalyActions({ configured: quietly, catalogue, clock, write }),

  topicsPlan: (options) => topics(options, false),
  topicsApply: (options) => topics(options, true),

  async schemasCheck(options) {
    checkFiles({ catalogue, write });
    const { config, log } = quietly(options);
    const url = options.url ?? config.registry.url;
    if (url !== null) await withRegistry(url, config, log, (deps) => checkSubjects(deps));
  },

  async schemasRegister(options) {
    const { config, log } = quietly(options);
    const url = options.url ?? config.registry.url;
    await withRegistry(url, config, log, (deps) => registerSubjects(deps, options));
  },

  async schemasGenerate() {
    writeSchemas();
    write('schemas/ written\n');
  },

  async schemasRelease() {
    releaseFiles({ catalogue, write });
  },
};

async function topics({ json, ...options }: TopicsOptions, apply: boolean): Promise<void> {
  const { config, log } = quietly(options);
  const { kind, partitions } = config.broker;
  const specs = topicSpecs(catalogue, namingOf(config), partitions);
  await topicsCommand({ kind, broker: openBroker(config, log), specs, write }, { apply, json });
}

async function withRegistry(
  url: string | null,
  config: Config,
  log: Log,
  ask: (deps: SubjectsDeps) => Promise<void>,
): Promise<void> {
  const registry = openHttpRegistry({ registry: { ...config.registry, url } }, log);
  await registry.start();
  try {
    await ask({ registry, url: registry.url, catalogue, naming: namingOf(config), write });
  } finally {
    await registry.stop();
  }
}

function namingOf({ broker }: Config): Naming {
  return { prefix: broker.prefix, generation: '' };
}

/** Runs one command. @returns the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const program = cli(actions, { stdout, stderr });
  try {
    await program.parseAsync([...argv]);
    return 0;
  } catch (error) {
    if (error instanceof StoppedWhileStarting) return 0;
    if (error instanceof Unsuccessful) return 1;
    const stack = process.env['NETSIGMA_LOG_LEVEL'] === 'debug';
    stderr.write(errorText(error, { stack, config: program.opts<GlobalOptions>().config }));
    return exitCode(error);
  }
}
