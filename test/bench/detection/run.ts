/**
 *   npm run bench:detection -- false-alarms [--days 30] [--devices N] [--seed S] [--json]
 *   npm run bench:detection -- recall [--interval 300] [--seed S] [--json]
 *
 * Tables go to standard output, progress to standard error; with --json the last line of standard output is one object.
 */
import { Command, InvalidArgumentError } from 'commander';
import { ConfigError } from '../../../pipeline/model/errors.ts';
import { falseAlarmReport } from './false-alarm-counts.ts';
import { falseAlarmText } from './false-alarm-text.ts';
import { falseAlarmRun } from './false-alarms.ts';
import { injections } from './injections.ts';
import { recallReport } from './recall-counts.ts';
import { recallText } from './recall-text.ts';
import { ALL_DEVICES } from './simulated/plan.ts';

const toStderr = (line: string): void => void process.stderr.write(`${line}\n`);

const program = new Command('bench:detection').description('What the detection is worth, measured.');

program
  .command('false-alarms')
  .description('what opens on simulated devices while nothing is wrong')
  .option('--days <days>', 'quiet days after three weeks of warm-up', positive, 30)
  .option('--devices <count>', 'simulated devices of 24 ports', positive, ALL_DEVICES)
  .option('--seed <seed>', 'of everything that is random', positive, anySeed())
  .option('--json', 'one object as the last line')
  .action(async ({ days, devices, seed, json }: FalseAlarmArguments) => {
    toStderr(`seed ${seed}`);
    const report = falseAlarmReport(await falseAlarmRun({ days, devices, seed, progress: toStderr }));
    print(falseAlarmText(report), report, json);
  });

program
  .command('recall')
  .description('what is found of anomalies of known shape and size, and how soon')
  .option('--interval <seconds>', 'between polls', positive, 300)
  .option('--seed <seed>', 'of everything that is random', positive, anySeed())
  .option('--json', 'one object as the last line')
  .action(async ({ interval, seed, json }: RecallArguments) => {
    toStderr(`seed ${seed}`);
    const intervalMs = interval * 1_000;
    const report = recallReport(await injections({ intervalMs, seed, progress: toStderr }), {
      seed,
      intervalMs,
    });
    print(recallText(report), report, json);
  });

interface FalseAlarmArguments {
  readonly days: number;
  readonly devices: number;
  readonly seed: number;
  readonly json?: true;
}

interface RecallArguments {
  readonly interval: number;
  readonly seed: number;
  readonly json?: true;
}

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  toStderr(error.message);
  process.exitCode = 2;
}

function print(text: string, report: unknown, json: true | undefined): void {
  process.stdout.write(`${text}\n`);
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('it is a whole number from 1 on.');
  return value;
}

function anySeed(): number {
  return 1 + (Date.now() % 1_000_000);
}
