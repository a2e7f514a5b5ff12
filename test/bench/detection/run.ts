/**
 *   npm run bench:detection -- nab --data DIR --windows FILE [--out DIR] [--threshold T] [--json]
 *   npm run bench:detection -- kpi --data DIR [--delay 7] [--json]
 *   npm run bench:detection -- false-alarms [--days 30] [--devices N] [--signals KINDS] [--seed S] [--json]
 *   npm run bench:detection -- recall [--interval 300] [--signals KINDS] [--seed S] [--json]
 *   npm run bench:detection -- cost [--devices N] [--json]
 *   npm run bench:detection -- NAME ... --record --conditions "..."      kept for docs/detection.md
 *
 * Tables go to standard output, progress to standard error; with --json the last line of standard output is one object.
 * Nothing outlives the process: Ctrl-C ends it at once.
 */
import { Command } from 'commander';
import { ConfigError } from '../../../pipeline/model/errors.ts';
import { addCostCommand } from './cost/cost-command.ts';
import { addFalseAlarmsCommand } from './false-alarms/false-alarms-command.ts';
import { addKpiCommand } from './kpi/kpi-command.ts';
import { toStderr } from './measurement.ts';
import { addNabCommand } from './nab/nab-command.ts';
import { addRecallCommand } from './recall/recall-command.ts';

const program = new Command('bench:detection').description('What the detection is worth, measured.');
for (const add of [addNabCommand, addKpiCommand, addFalseAlarmsCommand, addRecallCommand, addCostCommand])
  add(program);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  toStderr(error.message);
  process.exitCode = 2;
}
