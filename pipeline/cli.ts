/** The command line: what can be asked, with which options. What is done about it are the actions that are passed in. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from './config/duration.ts';
import { ConfigError } from './model/errors.ts';
import { Secret } from './model/secret.ts';
import { withoutPasswords } from './observe/log.ts';
import { addRuleCommands, type RuleActions } from './rules-cli.ts';

export interface GlobalOptions {
  /** Path of the YAML file. */
  readonly config?: string;
}

export interface RunOptions extends GlobalOptions {
  /** What the process does of the pipeline; `run` is all of it. */
  readonly command: 'run' | 'collect' | 'process' | 'sink';
}

export interface DemoOptions extends GlobalOptions {
  /** Exit 0 once every fault is in the tables and nothing else opened, non-zero after the time limit. */
  readonly untilDetected: boolean;
  /** The last line of standard output is a JSON summary. */
  readonly json: boolean;
  readonly devices: number;
  readonly ports: number;
  readonly intervalMs: number;
  readonly historyMs: number;
  readonly seed: number;
  readonly timeLimitMs: number;
  readonly databaseUrl?: Secret;
}

export interface TailOptions extends GlobalOptions {
  readonly topic: string;
  /** Where the status server of a running netsigma is. */
  readonly url: string;
  readonly limit: number;
  readonly follow: boolean;
  readonly json: boolean;
}

export interface MigrateOptions extends GlobalOptions {
  /** Only say what would be done. */
  readonly plan: boolean;
}

export interface TopicsOptions extends GlobalOptions {
  /** One JSON object a change. */
  readonly json: boolean;
}

export interface SchemasOptions extends GlobalOptions {
  /** The registry, instead of registry.url. */
  readonly url?: string;
}

export interface SchemasRegisterOptions extends SchemasOptions {
  readonly json: boolean;
}

/** One function a command. */
export interface Actions extends RuleActions {
  run(options: RunOptions): Promise<void>;
  demo(options: DemoOptions): Promise<void>;
  migrate(options: MigrateOptions): Promise<void>;
  configPrint(options: GlobalOptions): Promise<void>;
  configCheck(options: GlobalOptions): Promise<void>;
  tail(options: TailOptions): Promise<void>;
  topicsPlan(options: TopicsOptions): Promise<void>;
  topicsApply(options: TopicsOptions): Promise<void>;
  schemasCheck(options: SchemasOptions): Promise<void>;
  schemasRegister(options: SchemasRegisterOptions): Promise<void>;
  schemasGenerate(options: GlobalOptions): Promise<void>;
  schemasRelease(options: GlobalOptions): Promise<void>;
}

export interface CliOutput {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

/** Fewer devices or ports leave no room for the faults and for the quiet controls. */
const MIN_DEMO_DEVICES = 12;
const MIN_DEMO_PORTS = 8;

const RUN_COMMANDS: readonly (readonly [RunOptions['command'], string])[] = [
  ['run', 'collect, process and store, in one process'],
  ['collect', 'on Kafka: only poll devices (and publish the inventory file, if there is one)'],
  ['process', 'on Kafka: only fold readings into rates, baselines and anomalies'],
  ['sink', 'on Kafka: only store topics in the database'],
];

/**
 * The program: `await cli(actions, io).parseAsync(argv)`. Rejects with what an action threw, or with a CommanderError
 * after it has written help or what is wrong (with a suggestion): `exitCode` knows both.
 */
export function cli(actions: Actions, { stdout, stderr }: CliOutput): Command {
  // Settings of the program hold for its commands only if they are made before the commands.
  const program = new Command('netsigma')
    .description('Network telemetry into rates, baselines and graded anomalies, as it happens.')
    .option('--config <file>', 'the YAML configuration; defaults and the environment without it')
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text) });

  for (const [name, description] of RUN_COMMANDS) {
    program
      .command(name)
      .description(description)
      .action((_options, command: Command) =>
        actions.run({ command: name, ...command.optsWithGlobals<GlobalOptions>() }),
      );
  }

  demoCommand(program).action((_options, command: Command) => {
    const { interval, history, timeLimit, ...options } = command.optsWithGlobals<DemoFlags>();
    return actions.demo({ ...options, intervalMs: interval, historyMs: history, timeLimitMs: timeLimit });
  });

  program
    .command('migrate')
    .description('bring the database to the schema of this version')
    .option('--plan', 'only say what would be done', false)
    .action((_options, command: Command) => actions.migrate(command.optsWithGlobals<MigrateOptions>()));

  const config = program.command('config').description('the configuration');
  config
    .command('print')
    .description('all of it as YAML, secrets masked')
    .action((_options, command: Command) => actions.configPrint(command.optsWithGlobals<GlobalOptions>()));
  config
    .command('check')
    .description('say what is wrong with it')
    .action((_options, command: Command) => actions.configCheck(command.optsWithGlobals<GlobalOptions>()));

  program
    .command('tail')
    .description('print records of a topic of a running netsigma')
    .argument('<topic>', 'such as metric.interface')
    .option('--url <url>', 'its status address', httpUrl, 'http://127.0.0.1:9464')
    .option('--limit <n>', 'records to begin with', integer(0, 10_000), 10)
    .option('--follow', 'go on with new ones', false)
    .option('--json', 'one JSON object a line', false)
    .action((topic: string, _options, command: Command) =>
      actions.tail({ topic, ...command.optsWithGlobals<Omit<TailOptions, 'topic'>>() }),
    );

  topicsCommands(program, actions);
  schemasCommands(program, actions);
  addRuleCommands(program, actions);

  return program;
}

function topicsCommands(program: Command, actions: Actions): void {
  const topics = program.command('topics').description('the topics on Kafka');
  topics
    .command('plan')
    .description('say what has to be done so that they are as this version needs them')
    .option('--json', 'one JSON object a change', false)
    .action((_options, command: Command) => actions.topicsPlan(command.optsWithGlobals<TopicsOptions>()));
  topics
    .command('apply')
    .description('do it')
    .option('--json', 'one JSON object a change', false)
    .action((_options, command: Command) => actions.topicsApply(command.optsWithGlobals<TopicsOptions>()));
}

function schemasCommands(program: Command, actions: Actions): void {
  const schemas = program.command('schemas').description('Avro schemas of the topics');
  schemas
    .command('check')
    .description(
      'do the files in schemas/ match the catalogue, what is released, and the registry if there is one',
    )
    .option('--url <url>', 'a registry, instead of registry.url', httpUrl)
    .action((_options, command: Command) => actions.schemasCheck(command.optsWithGlobals<SchemasOptions>()));
  schemas
    .command('register')
    .description('register them all')
    .option('--url <url>', 'a registry, instead of registry.url', httpUrl)
    .option('--json', 'one JSON object a schema', false)
    .action((_options, command: Command) =>
      actions.schemasRegister(command.optsWithGlobals<SchemasRegisterOptions>()),
    );
  schemas
    .command('generate')
    .description('write the files anew')
    .action((_options, command: Command) =>
      actions.schemasGenerate(command.optsWithGlobals<GlobalOptions>()),
    );
  schemas
    .command('release')
    .description('keep them as released: all later ones have to go with them')
    .action((_options, command: Command) => actions.schemasRelease(command.optsWithGlobals<GlobalOptions>()));
}

interface DemoFlags extends Omit<DemoOptions, 'intervalMs' | 'historyMs' | 'timeLimitMs'> {
  readonly interval: number;
  readonly history: number;
  readonly timeLimit: number;
}

function demoCommand(program: Command): Command {
  return program
    .command('demo')
    .description('the whole pipeline in one process on a simulated network')
    .option('--until-detected', 'end when every injected fault is detected and nothing else', false)
    .option('--json', 'a JSON summary as the last line', false)
    .option('--devices <n>', 'simulated devices', integer(MIN_DEMO_DEVICES, 10_000), MIN_DEMO_DEVICES)
    .option('--ports <n>', 'ports a device', integer(MIN_DEMO_PORTS, 512), MIN_DEMO_PORTS)
    .addOption(durationOption('--interval <duration>', 'time between polls', '5s', { min: '1s', max: '1h' }))
    .addOption(
      durationOption(
        '--history <duration>',
        'simulated past that is loaded first (baselines judge after 7 days)',
        '28d',
        { min: '1h', max: '60d' },
      ),
    )
    .option('--seed <n>', 'another network, other noise', integer(0, 2 ** 32 - 1), 1)
    .addOption(
      durationOption('--time-limit <duration>', 'with --until-detected: give up after', '5m', { min: '1s' }),
    )
    .option(
      '--database-url <url>',
      'PostgreSQL to write to (others can see it in the process list: prefer NETSIGMA_DATABASE_URL)',
      (url) => new Secret(url),
    );
}

/** 0 for help that was asked for, 2 for a wrong configuration or command line, else 1. */
export function exitCode(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  return error instanceof ConfigError ? 2 : 1;
}

/**
 * What to print about an error: its message and its causes on one line, a stack only on request. Empty for a
 * CommanderError, which has been printed.
 */
export function errorText(error: unknown, { stack }: { readonly stack: boolean }): string {
  if (error instanceof CommanderError) return '';
  const messages: string[] = [];
  for (const cause of chain(error)) {
    const message = cause instanceof Error ? cause.message || cause.name : String(cause);
    // Many errors repeat their cause, or name the system's code of it.
    const said = [message, ...systemCode(cause)];
    if (!messages.some((earlier) => said.some((part) => earlier.includes(part)))) messages.push(message);
  }
  const trace = stack && error instanceof Error && error.stack !== undefined ? `\n${error.stack}` : '';
  return withoutPasswords(`netsigma: ${messages.join(': ')}${trace}\n`);
}

/** "(ENOENT)" of an error of the operating system, which says no more than the code and what the message knows. */
function systemCode(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const { code, syscall }: NodeJS.ErrnoException = error;
  return code === undefined || syscall === undefined ? [] : [`(${code})`];
}

/** Causes are followed this far: they may form a circle. */
const MAX_CAUSES = 8;

function chain(error: unknown): unknown[] {
  const causes: unknown[] = [];
  for (let next: unknown = error; next !== undefined && next !== null && causes.length < MAX_CAUSES;) {
    causes.push(next);
    // Node reports a connection refused on every address as an AggregateError without a message.
    const inner: unknown = next instanceof AggregateError && next.message === '' ? next.errors[0] : undefined;
    next = inner ?? (next instanceof Error ? next.cause : undefined);
  }
  return causes;
}

function integer(min: number, max: number) {
  return (text: string): number => {
    const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

function durationOption(
  flags: string,
  description: string,
  fallback: string,
  { min, max }: { readonly min: string; readonly max?: string },
): Option {
  const range = max === undefined ? `of at least ${min}` : `from ${min} to ${max}`;
  const [minMs, maxMs] = [parseDuration(min)!, max === undefined ? Infinity : parseDuration(max)!];
  return new Option(flags, description)
    .default(parseDuration(fallback), fallback)
    .argParser((text): number => {
      const ms = parseDuration(text);
      if (ms !== undefined && ms >= minMs && ms <= maxMs) return ms;
      throw new InvalidArgumentError(`Expected a duration ${range}, such as ${fallback}.`);
    });
}

function httpUrl(text: string): string {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol)) return url.href.replace(/\/$/, '');
  throw new InvalidArgumentError('Expected an address such as http://127.0.0.1:9464.');
}
