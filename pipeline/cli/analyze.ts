/** The command `netsigma analyze`. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { ToldColumns } from '../analyze/input/column-choice.ts';
import { ROLES, type Role } from '../analyze/input/column-names.ts';
import { DATE_ORDERS, type DateOrder } from '../analyze/input/date-forms.ts';
import { kindOf, SAMPLE_KINDS, type SampleKind } from '../analyze/input/sample.ts';
import { integer, type GlobalOptions } from './arguments.ts';

export interface AnalyzeOptions extends GlobalOptions {
  readonly files: readonly string[];
  /** Anomalies as JSON lines instead of text. */
  readonly json: boolean;
  /** A file of pairs of entities that belong together. */
  readonly links?: string;
  /** A page of HTML to be written. */
  readonly plot?: string;
  /** IANA zone: of times that name none, of days and weeks, and of the text. */
  readonly timeZone: string;
  readonly dateOrder?: DateOrder;
  /** By metric, where the file does not say it; '' is for all that nothing else is said of. */
  readonly kind: ReadonlyMap<string, SampleKind>;
  readonly columns: ToldColumns;
  readonly maxSeries: number;
  readonly maxAnomalies: number;
}

export interface AnalyzeActions {
  analyze(options: AnalyzeOptions): Promise<void>;
}

type Flags = Omit<AnalyzeOptions, 'columns' | 'files' | 'kind'> & {
  readonly kind?: ReadonlyMap<string, SampleKind>;
} & Readonly<Partial<Record<Exclude<Role, 'kind'> | 'ignore', readonly string[]>>>;

/** Options that name a column, and what for. --kind says a metric's kind, so it is none of them. */
const COLUMNS = {
  time: 'of times; twice where dates and clocks stand apart',
  entity: 'of the device, host, service that a row is about',
  instance: 'of the port, disk, sensor of it; may be repeated',
  metric: 'of names of metrics, in files with a value a row',
  value: 'of values; may be repeated',
  unit: 'of units',
  speed: 'of the speed of lines in bit/s, for counters',
  ignore: 'that is not to be looked at; may be repeated',
} as const satisfies Record<Exclude<Role, 'kind'> | 'ignore', string>;

export function addAnalyzeCommand(program: Command, actions: AnalyzeActions): void {
  const command = program
    .command('analyze')
    .description(
      'anomalies in files of your own: CSV or JSON lines, wide or long, gzip or not; - is standard input',
    )
    .argument('<file...>', 'files, one after the other')
    .option('--json', 'every anomaly as a line of JSON', false)
    .option(
      '--links <file>',
      'pairs of entities, or of their instances, that belong together: CSV or JSON lines',
    )
    .option('--plot <file>', 'write a page of HTML with the series, what was expected, and the anomalies')
    .option('--time-zone <zone>', 'of times without one, and of days and weeks (IANA)', timeZone, 'UTC')
    .addOption(
      new Option('--date-order <order>', 'of dates such as 03/04/2026: day or month first').choices(
        DATE_ORDERS,
      ),
    )
    .option(
      '--kind <metric=kind>',
      `${SAMPLE_KINDS.join(', ')}: of a metric, or without METRIC= of all; may be repeated`,
      kinds,
    );
  for (const [name, text] of Object.entries(COLUMNS))
    command.option(`--${name} <column>`, `name or number of the column ${text}`, repeated);
  command
    .option('--max-series <n>', 'more are refused: each takes about 8 KB', integer(1, 10_000_000), 100_000)
    .option('--max-anomalies <n>', 'of more, the worst are kept', integer(1, 10_000_000), 100_000)
    .action((files: readonly string[], _options, { optsWithGlobals }: Command) => {
      const flags = optsWithGlobals.call(command) as Flags;
      const { json, links, plot, timeZone: zone, dateOrder, kind, maxSeries, maxAnomalies, config } = flags;
      return actions.analyze({
        files,
        json,
        timeZone: zone,
        kind: kind ?? new Map<string, SampleKind>(),
        columns: columnsOf(flags),
        maxSeries,
        maxAnomalies,
        ...(links !== undefined && { links }),
        ...(plot !== undefined && { plot }),
        ...(dateOrder !== undefined && { dateOrder }),
        ...(config !== undefined && { config }),
      });
    });
}

function columnsOf(flags: Flags): ToldColumns {
  const names = [...ROLES, 'ignore'] as const;
  return Object.fromEntries(
    names.flatMap((name) => (name === 'kind' || flags[name] === undefined ? [] : [[name, flags[name]]])),
  );
}

function repeated(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

function timeZone(text: string): string {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    throw new InvalidArgumentError('Expected an IANA zone such as Europe/Berlin.');
  }
}

function kinds(
  text: string,
  before: ReadonlyMap<string, SampleKind> = new Map(),
): ReadonlyMap<string, SampleKind> {
  const at = text.lastIndexOf('=');
  const kind = kindOf(text.slice(at + 1));
  if (at === 0 || kind === undefined)
    throw new InvalidArgumentError(
      `Expected METRIC=KIND or KIND, with a kind of ${SAMPLE_KINDS.join(', ')}.`,
    );
  return new Map([...before, [at < 0 ? '' : text.slice(0, at), kind]]);
}
