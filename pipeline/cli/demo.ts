/** The command `netsigma demo`. */
import type { Command } from 'commander';
import { Secret } from '../model/secret.ts';
import { durationOption, integer, type GlobalOptions } from './arguments.ts';

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

export interface DemoActions {
  demo(options: DemoOptions): Promise<void>;
}

/** Fewer devices or ports leave no room for the faults and for the quiet controls. */
const MIN_DEMO_DEVICES = 12;
const MIN_DEMO_PORTS = 8;

interface DemoFlags extends Omit<DemoOptions, 'intervalMs' | 'historyMs' | 'timeLimitMs'> {
  readonly interval: number;
  readonly history: number;
  readonly timeLimit: number;
}

export function addDemoCommand(program: Command, actions: DemoActions): void {
  program
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
    )
    .action((_options, command: Command) => {
      const { interval, history, timeLimit, ...options } = command.optsWithGlobals<DemoFlags>();
      return actions.demo({ ...options, intervalMs: interval, historyMs: history, timeLimitMs: timeLimit });
    });
}
