/** `recall`: what is found of anomalies of known shape and size, and how soon. */
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
import { PORTS } from '../simulated/plan.ts';
import { SIGNAL_KINDS, type SignalKind } from '../simulated/signal-kinds.ts';
import { injections } from './injections.ts';
import { recallReport } from './recall-counts.ts';
import { recallText } from './recall-text.ts';

interface RecallOptions extends ResultOptions {
  readonly interval: number;
  readonly ports: number;
  readonly seed: number;
  readonly signals: readonly SignalKind[];
}

export function addRecallCommand(program: Command): void {
  const command = program
    .command('recall')
    .description('what is found of anomalies of known shape and size, and how soon')
    .option('--interval <seconds>', 'between polls', count, 300)
    .option(
      '--ports <count>',
      'of each kind of signal: as many injections of each shape and size',
      count,
      PORTS,
    )
    .option(
      '--signals <kinds>',
      'NOISE, NOISE/SEASONALITY or /SEASONALITY, with commas',
      signalKinds,
      SIGNAL_KINDS,
    )
    .option('--seed <seed>', 'of everything that is random', wholeNumber, anySeed());
  addResultOptions(command).action(async (options: RecallOptions) => {
    assertRecordable(options);
    const { seed, interval, ports, signals: kinds } = options;
    toStderr(`seed ${seed}`);
    const intervalMs = interval * 1_000;
    const found = await injections({ intervalMs, ports, seed, kinds, progress: toStderr });
    const report = recallReport(found, { seed, intervalMs });
    give({ name: 'recall', text: recallText(report), report }, options);
  });
}
