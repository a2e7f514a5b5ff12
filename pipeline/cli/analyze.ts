/** The command `netsigma analyze`. */
import { InvalidArgumentError, type Command } from 'commander';
import { ROLES, type Role } from '../analyze/input/layout.ts';
import { SAMPLE_KINDS, type SampleKind } from '../analyze/input/sample.ts';
import type { GlobalOptions } from './arguments.ts';

export interface AnalyzeOptions extends GlobalOptions {
  readonly files: readonly string[];
  /** Anomalies as JSON lines instead of text. */
  readonly json: boolean;
  /** IANA zone: of times that name none, and of days and weeks. */
  readonly timeZone: string;
  /** By metric, where the file does not say it. */
  readonly kind: ReadonlyMap<string, SampleKind>;
  readonly columns: Readonly<Partial<Record<Role, string>>>;
}

export interface AnalyzeActions {
  analyze(options: AnalyzeOptions): Promise<void>;
}

type Flags = Omit<AnalyzeOptions, 'columns' | 'files'> & Readonly<Partial<Record<Role, string>>>;

export function addAnalyzeCommand(program: Command, actions: AnalyzeActions): void {
  const command = program
    .command('analyze')
    .description(
      'anomalies in files of your own: CSV or JSON lines, wide or long, gzip or not; - is standard input',
    )
    .argument('<file...>', 'files, one after the other')
    .option('--json', 'every anomaly as a line of JSON', false)
    .option('--time-zone <zone>', 'of times without one, and of days and weeks (IANA)', timeZone, 'UTC')
    .option(
      '--kind <metric=kind>',
      `of a metric whose file does not say it: ${SAMPLE_KINDS.join(', ')}; may be repeated`,
      kinds,
      new Map<string, SampleKind>(),
    );
  for (const role of ROLES) {
    // --kind says it by metric.
    if (role !== 'kind')
      command.option(`--${role} <column>`, `name of the column of ${role === 'time' ? 'times' : `${role}s`}`);
  }
  command.action((files: readonly string[], _options, { optsWithGlobals }: Command) => {
    const { json, timeZone: zone, kind, config, ...columns } = optsWithGlobals.call(command) as Flags;
    return actions.analyze({
      files,
      json,
      timeZone: zone,
      kind,
      columns,
      ...(config !== undefined && { config }),
    });
  });
}

function timeZone(text: string): string {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    throw new InvalidArgumentError('Expected an IANA zone such as Europe/Berlin.');
  }
}

function kinds(text: string, before: ReadonlyMap<string, SampleKind>): ReadonlyMap<string, SampleKind> {
  const at = text.lastIndexOf('=');
  const kind = SAMPLE_KINDS.find((one) => one === text.slice(at + 1));
  if (at < 1 || kind === undefined)
    throw new InvalidArgumentError(`Expected METRIC=KIND with a kind of ${SAMPLE_KINDS.join(', ')}.`);
  return new Map([...before, [text.slice(0, at), kind]]);
}
