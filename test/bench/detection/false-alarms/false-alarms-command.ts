/** `false-alarms`: what opens on simulated devices while nothing is wrong. */
import type { Command } from 'commander';
import {
  addResultOptions,
  anySeed,
  assertRecordable,
  count,
  give,
  signalKinds,
  toStderr,
  wholeNumber,
  type ResultOptions,
} from '../measurement.ts';
import { combinations, PORTS } from '../simulated/plan.ts';
import { SIGNAL_KINDS, type SignalKind } from '../simulated/signal-kinds.ts';
import { falseAlarmReport } from './false-alarm-counts.ts';
import { alarmLines, falseAlarmText } from './false-alarm-text.ts';
import { quietRun } from './quiet-run.ts';

interface FalseAlarmOptions extends ResultOptions {
  readonly days: number;
  readonly devices?: number;
  readonly ports: number;
  readonly seed: number;
  readonly signals: readonly SignalKind[];
  readonly list?: true;
}

export function addFalseAlarmsCommand(program: Command): void {
  const command = program
    .command('false-alarms')
    .description('what opens on simulated devices while nothing is wrong')
    .option('--days <days>', 'quiet days after three weeks of warm-up', count, 30)
    .option('--devices <count>', 'one of each kind of signal and interval unless given', count)
    .option('--ports <count>', 'of a device', count, PORTS)
    .option(
      '--signals <kinds>',
      'NOISE, NOISE/SEASONALITY or /SEASONALITY, with commas',
      signalKinds,
      SIGNAL_KINDS,
    )
    .option('--list', 'every anomaly of the quiet days, a line each, to standard error')
    .option('--seed <seed>', 'of everything that is random', wholeNumber, anySeed());
  addResultOptions(command).action(async (options: FalseAlarmOptions) => {
    assertRecordable(options);
    const { days, ports, seed, signals: kinds, devices = combinations(kinds) } = options;
    toStderr(`seed ${seed}`);
    const run = await quietRun({ days, devices, ports, kinds, seed, progress: toStderr });
    if (options.list) for (const line of alarmLines(run)) toStderr(line);
    const report = falseAlarmReport(run);
    give({ name: 'false-alarms', text: falseAlarmText(report), report }, options);
  });
}
