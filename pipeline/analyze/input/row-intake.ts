/** Rows of a file: the first are kept until they tell what the columns mean; from then on each becomes values at once. */
import { ConfigError } from '../../model/errors.ts';
import { decimalOf, looksNumeric, numberParser } from './cells.ts';
import { numberUnitMs, unitText } from './column-names.ts';
import type { ToldColumns } from './column-choice.ts';
import type { DateOrder } from './date-forms.ts';
import { GuessedKinds } from './guessed-kinds.ts';
import { guessLayout, type Layout } from './layout.ts';
import { layoutText } from './layout-text.ts';
import { RowOrderWatch } from './row-order.ts';
import { RowSamples } from './row-samples.ts';
import { instanceOf, listed, shown, timeText } from './row-texts.ts';
import type { SampleKind, SampleSink } from './sample.ts';
import { dateOrderOf, timeParser, type TimeParser } from './times.ts';

/** What the user says about all files. */
export interface Told {
  readonly columns: ToldColumns;
  /** By metric; '' is for all that nothing else is said of. */
  readonly kinds: ReadonlyMap<string, SampleKind>;
  readonly timeZone: string;
  readonly dateOrder: DateOrder | undefined;
}

export interface FileOptions {
  readonly file: string;
  /** Of all of its series, where no column says it. */
  readonly entity: string;
  readonly told: Told;
  readonly sink: SampleSink;
  /** What is said about a file: what was taken for what, in a line. */
  readonly note: (text: string) => void;
  /** Metrics that the file has, with values or without: those of its first rows. */
  readonly onMetrics?: (names: readonly string[]) => void;
}

/** Rows from which all is guessed, and characters of them: what is held in memory of a file at most. */
const GUESSED_ROWS = 20_000;
const GUESSED_CHARACTERS = 4_000_000;
/** Rows that end before the head does: so many, and more than this share, are how the file is written. */
const LEAST_SHORT = 3;
const FEW_SHORT = 0.01;
/** Numbers of earlier times are no dates, but times since something began. */
const FIRST_DATE_MS = Date.UTC(1980);
/** Rows of the same series and time: more than this share is said. */
const FEW_REPEATS = 0.05;

interface Row {
  readonly cells: readonly string[];
  readonly line: number;
}

export class RowIntake {
  readonly #options: FileOptions;
  readonly #head: readonly string[];
  readonly #delimiter: string;
  #early: Row[] = [];
  #characters = 0;
  #samples: RowSamples | undefined;

  /** `head`: names of the columns. `delimiter`: what stands between the cells of the file. */
  constructor(head: readonly string[], delimiter: string, options: FileOptions) {
    this.#head = distinctNames(head);
    this.#delimiter = delimiter;
    this.#options = options;
  }

  /** `line`: of the file, the first is 1. @throws ConfigError when what the columns mean cannot be told. */
  take(cells: readonly string[], line: number): void {
    if (this.#samples !== undefined) {
      this.#samples.take(cells, line);
      return;
    }
    this.#early.push({ cells, line });
    for (const cell of cells) this.#characters += cell.length + 1;
    if (this.#early.length >= GUESSED_ROWS || this.#characters >= GUESSED_CHARACTERS) this.#begin(false);
  }

  /** No more rows come. @throws ConfigError as `take`. */
  end(): void {
    if (this.#samples === undefined) this.#begin(true);
  }

  /** `isAll`: the file has no other rows than the early ones. */
  #begin(isAll: boolean): void {
    const { file, told, note, onMetrics } = this.#options;
    const early = this.#early;
    const rows = early.map(({ cells }) => cells);
    if (rows.length === 0)
      throw new ConfigError(
        `${file} has no rows below its first line, which was taken for names of columns: ${listed(this.#head)}`,
      );
    const layout = guessLayout(this.#head, rows, { columns: told.columns, file });
    const order = this.#dateOrder(rows, layout);
    const unitMs = numberUnitMs(this.#head[layout.time[0]!]!);
    const times = { timeZone: told.timeZone, order, unitMs };
    const parseTime = timeParser(times);
    const parseNumber = numberParser(decimalOf(measuredCells(rows, layout), this.#delimiter));
    const guessed = this.#guessedKinds(rows, layout, new GuessedKinds(parseNumber));
    const kind = (metric: string): SampleKind =>
      told.kinds.get(metric) ?? guessed.kindOf(metric) ?? told.kinds.get('') ?? 'gauge';
    const first = rows.find((row) => !Number.isNaN(parseTime(timeText(row, layout.time))));
    const firstMs = first && parseTime(timeText(first, layout.time));
    const kinds = guessed.metrics.map((metric) => [metric, kind(metric)] as const);
    note(`${file}: ${layoutText({ head: this.#head, layout, kinds, firstMs, timeZone: told.timeZone })}`);
    if (first !== undefined && firstMs! < FIRST_DATE_MS && looksNumeric(timeText(first, layout.time)))
      note(`${file}: its times are small numbers: counted from 1970, in ${unitText(unitMs)}`);
    onMetrics?.([...layout.wide.map(({ metric }) => metric), ...guessed.metrics]);
    const hasDecimals = (metric: string): boolean => guessed.hasDecimals(metric);
    const short = rows.filter((row) => row.length < this.#head.length).length;
    const samples = new RowSamples({
      ...this.#options,
      head: this.#head,
      layout,
      // Another one: it reads the rows from the first on again.
      parseTime: timeParser(times),
      parseNumber,
      kind,
      hasDecimals,
      isRagged: short >= LEAST_SHORT && short > FEW_SHORT * rows.length,
    });
    this.#samples = samples;
    this.#early = [];
    for (const { cells, line } of this.#inOrder(early, layout, parseTime, isAll)) samples.take(cells, line);
  }

  #dateOrder(rows: readonly (readonly string[])[], { time }: Layout): DateOrder | undefined {
    const { file, told } = this.#options;
    const found = dateOrderOf(
      rows.map((row) => row[time[0]!] ?? ''),
      told.dateOrder,
    );
    if (found.kind === 'known') return found.order;
    const example = shown(found.example.trim());
    throw new ConfigError(
      found.kind === 'ambiguous'
        ? `${file} has dates such as ${example}, whose day may stand first or second: say it with --date-order dmy or --date-order mdy`
        : `${file} has dates with the day first and dates with the month first, such as ${example}: write them as 2026-11-21`,
    );
  }

  #guessedKinds(
    rows: readonly (readonly string[])[],
    { long, wide, entity, instance }: Layout,
    guessed: GuessedKinds,
  ): GuessedKinds {
    const labels = entity === undefined ? instance : [entity, ...instance];
    for (const row of rows) {
      const series = instanceOf(row, labels);
      if (long === undefined)
        for (const { column, metric } of wide) guessed.look(metric, series, row[column] ?? '');
      else {
        const metric = (
          long.metric === undefined ? this.#head[long.value]! : (row[long.metric] ?? '')
        ).trim();
        guessed.look(metric, series, row[long.value] ?? '');
      }
    }
    return guessed;
  }

  /** The newest may stand first, or files one behind the other: what is all in memory is sorted. */
  #inOrder(early: readonly Row[], layout: Layout, parseTime: TimeParser, isAll: boolean): readonly Row[] {
    const { file, note } = this.#options;
    const { entity, instance, long, time } = layout;
    const labels = [entity, ...instance, long?.metric].filter((column) => column !== undefined);
    const watch = new RowOrderWatch();
    const timesMs = new Map<Row, number>();
    for (const row of early) {
      const timeMs = parseTime(timeText(row.cells, time));
      timesMs.set(row, Number.isNaN(timeMs) ? Infinity : timeMs);
      const series = labels.map((column) => row.cells[column] ?? '').join('\0');
      if (!Number.isNaN(timeMs)) watch.look(series, timeMs);
    }
    if (watch.repeats > FEW_REPEATS)
      note(
        `${file}: ${Math.round(100 * watch.repeats)}% of the rows have the time and series of the row before, and are left out: if a column tells them apart, name it with --instance COLUMN`,
      );
    if (watch.order === 'rising') return early;
    if (isAll) {
      note(`${file}: rows are not in the order of their times: sorted`);
      // What has no time stands last: the difference of two of them is no number.
      return early.toSorted((a, b) => timesMs.get(a)! - timesMs.get(b)! || 0);
    }
    if (watch.order === 'falling')
      throw new ConfigError(
        `${file} begins with its newest rows, and is too large to be turned round in memory: sort it by time first, as with "tac"`,
      );
    note(`${file}: rows are not in the order of their times: sort them first, or many values are left out`);
    return early;
  }
}

/** A name a column, as wide as the file: what is unnamed is called by its number, what repeats a name as well. */
function distinctNames(head: readonly string[]): string[] {
  const seen = new Set<string>();
  return head.map((written, index) => {
    const name = written.trim() === '' ? `column${index + 1}` : written.trim();
    const own = seen.has(name) ? `${name} (${index + 1})` : name;
    seen.add(own);
    return own;
  });
}

function measuredCells(rows: readonly (readonly string[])[], { long, wide }: Layout): string[] {
  const columns = long === undefined ? wide.map(({ column }) => column) : [long.value];
  return rows.flatMap((row) => columns.map((column) => row[column] ?? ''));
}
