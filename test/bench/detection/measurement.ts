/** What the commands of `bench:detection` have in common: options, progress, and how a result is given. */
import { InvalidArgumentError, type Command } from 'commander';
import { ConfigError } from '../../../pipeline/model/errors.ts';
import { NOISE_KINDS, SEASONALITY_KINDS, SIGNAL_KINDS, type SignalKind } from './simulated/signal-kinds.ts';
import { writeRun } from './recorded-run.ts';

export interface ResultOptions {
  readonly json?: true;
  readonly record?: true;
  readonly conditions?: string;
}

export interface Result {
  /** As it is recorded. */
  readonly name: string;
  /** For people. */
  readonly text: string;
  /** The last line with --json. */
  readonly report: unknown;
  /** What is kept, where that is less or more than the report. */
  readonly kept?: unknown;
}

export function toStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}

export function addResultOptions(command: Command): Command {
  return command
    .option('--json', 'one object as the last line of standard output')
    .option('--record', 'keep the run for docs/detection.md')
    .option('--conditions <text>', 'of a kept run: what was measured on, what else the machine did');
}

/** Before anything is measured. @throws ConfigError when a run cannot be kept as it was asked for. */
export function assertRecordable({ record, conditions }: ResultOptions): void {
  if (record && conditions === undefined)
    throw new ConfigError(
      '--record needs --conditions: what was measured on, such as "58 series, idle machine"',
    );
}

export function give({ name, text, report, kept = report }: Result, options: ResultOptions): void {
  process.stdout.write(`${text}\n`);
  if (options.record) writeRun(name, kept, options.conditions ?? '');
  if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
}

export function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('Expected a number above 0.');
  return value;
}

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError('Expected a whole number.');
  return value;
}

export function count(text: string): number {
  const value = wholeNumber(text);
  if (value === 0) throw new InvalidArgumentError('Expected a whole number from 1 on.');
  return value;
}

/** Kinds whose noise and, after a slash, seasonality are named: `gaussian`, `bursty/daily`, `/none`; several with commas. */
export function signalKinds(text: string): readonly SignalKind[] {
  const kinds = text.split(',').flatMap((part) => {
    const [noise = '', seasonality = ''] = part.trim().split('/');
    return SIGNAL_KINDS.filter(
      (kind) =>
        (noise === '' || kind.noise === noise) && (seasonality === '' || kind.seasonality === seasonality),
    );
  });
  if (kinds.length === 0)
    throw new InvalidArgumentError(
      `Expected NOISE/SEASONALITY with ${NOISE_KINDS.join(', ')} and ${SEASONALITY_KINDS.join(', ')}.`,
    );
  return [...new Set(kinds)];
}

/** Another each time; it is printed. */
export function anySeed(): number {
  return 1 + (Date.now() % 1_000_000);
}
