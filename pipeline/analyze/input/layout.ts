/**
 * Which column of a file means what, guessed from names and from the first rows, or told:
 *
 *   long   a row a value:   time, entity, instance, metric, value (and kind, unit, speed)
 *   wide   a row a moment:  time, entity, instance, and a column for each metric
 */
import { ConfigError } from '../../model/errors.ts';
import { counted } from '../report/plain-text.ts';
import { ColumnChoice, type IgnoredColumn, type ToldColumns } from './column-choice.ts';
import { isCalled } from './column-names.ts';
import { takeLabels } from './label-columns.ts';
import { takeLong, type LongColumns } from './long-columns.ts';

export interface Layout {
  /** One column, or one of dates and one of clocks. */
  readonly time: readonly number[];
  /** Absent: everything in the file is of one entity. */
  readonly entity: number | undefined;
  /** Their texts together name the instance. */
  readonly instance: readonly number[];
  /** Absent in wide form. */
  readonly long: LongColumns | undefined;
  /** Wide form: a metric each. */
  readonly wide: readonly WideColumn[];
  /** What a line carries, and how many bit/s one of its numbers is. */
  readonly speed: { readonly column: number; readonly bitsPerSecond: number } | undefined;
  readonly ignored: readonly IgnoredColumn[];
}

export interface WideColumn {
  readonly column: number;
  readonly metric: string;
}

/** Of the cells of a column that is called so. */
const NAMED_TIMES = 0.5;
/** A text of so few words is a status, where it is no label. */
const STATUS_WORDS = 12;
/** Columns that are shown with what is wrong with them. */
const SHOWN_REASONS = 5;
/** Each of which is there so often at least. */
const WORD_ROWS = 3;

/**
 * `head`: names of the columns. `rows`: the first of them, as text.
 * @throws ConfigError naming what cannot be told, and the option that tells it.
 */
export function guessLayout(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { columns, file }: { readonly columns: ToldColumns; readonly file: string },
): Layout {
  const choice = new ColumnChoice(file, head, rows, columns);
  const time = takeTime(choice);
  setOthersAside(choice);
  const long = takeLong(choice);
  const speed = choice.take(
    'speed',
    (column) =>
      choice.isNumeric(column) && (long !== undefined || isCalled('lineSpeed', choice.name(column))),
  );
  const entity = choice.take('entity', (column) => choice.isText(column));
  const told = choice.told('instance');
  const given = [entity, long?.metric, ...told].filter((column) => column !== undefined);
  const labels = takeLabels(choice, time, given);
  // An entity of numbers is one only where it parts the rows.
  const entityId = entity ?? labels.find((column) => isCalled('entity', head[column]!));
  setNamesAside(choice, [...given, ...labels]);
  const wide = long === undefined ? takeWide(choice) : [];
  for (const column of choice.free) choice.setAside(column, leftWhy(choice, column));
  return {
    time,
    entity: entityId,
    instance: [...told, ...labels.filter((column) => column !== entityId)],
    long,
    wide,
    speed: speed === undefined ? undefined : { column: speed, bitsPerSecond: speedUnit(head[speed]!) },
    ignored: choice.ignored.toSorted((a, b) => a.column - b.column),
  };
}

function takeTime(choice: ColumnChoice): readonly number[] {
  const told = choice.told('time');
  const { free } = choice;
  const isNamed = (column: number): boolean => isCalled('time', choice.name(column));
  const found =
    free.find((column) => isNamed(column) && choice.isTime(column, NAMED_TIMES)) ??
    free.find((column) => choice.isDate(column)) ??
    free.find((column) => isNamed(column) && choice.isNumeric(column)) ??
    free.find((column) => choice.isTime(column));
  const time = told.length > 0 || found === undefined ? [...told] : [found];
  if (time.length === 0)
    throw new ConfigError(
      `${choice.file} has no column of times among ${choice.listed}: name it with --time COLUMN`,
    );
  // Dates and clocks in a column each.
  const [only] = time;
  if (time.length === 1 && choice.isDate(only!) && choice.rows.every((row) => !row[only!]?.includes(':'))) {
    const clock = free.find((column) => choice.isClock(column));
    if (clock !== undefined) time.push(clock);
  }
  choice.use(time);
  return time;
}

function setOthersAside(choice: ColumnChoice): void {
  for (const column of choice.free) {
    const name = choice.name(column);
    const isFirst = column === 0 || name === '';
    if (isCalled('label', name)) choice.setAside(column, 'labels');
    else if (choice.content(column).isRowNumber && (isFirst || isCalled('id', name)))
      choice.setAside(column, 'row numbers');
    else if (
      choice.isDate(column) ||
      choice.isClock(column) ||
      (choice.isTime(column) && isCalled('time', name))
    )
      choice.setAside(column, 'other times');
  }
}

/** Numbers that are called like names, and say of a series no more than its labels do: ifIndex beside ifName. */
function setNamesAside(choice: ColumnChoice, labels: readonly number[]): void {
  for (const column of choice.free) {
    const isId = isCalled('id', choice.name(column)) && choice.isNumeric(column);
    if (isId && followsFrom(choice, labels, column)) choice.setAside(column, 'names');
  }
}

/** Whether rows with the same labels have the same in this column. */
function followsFrom({ rows }: ColumnChoice, labels: readonly number[], column: number): boolean {
  const known = new Map<string, string>();
  return rows.every((row) => {
    const key = labels.map((label) => row[label] ?? '').join('\0');
    const cell = row[column] ?? '';
    const before = known.get(key) ?? cell;
    known.set(key, before);
    return before === cell;
  });
}

function takeWide(choice: ColumnChoice): WideColumn[] {
  const told = choice.told('value');
  const found = told.length > 0 ? told : choice.free.filter((column) => isMeasured(choice, column));
  if (found.length === 0)
    throw new ConfigError(
      `${choice.file} has no column of numbers besides its times among ${choice.listed}: name it with --value COLUMN${refusedText(choice)}`,
    );
  choice.use(found);
  return found.map((column) => ({ column, metric: choice.name(column).trim() }));
}

/** Why those that may have been meant are not taken. */
function refusedText(choice: ColumnChoice): string {
  const reasons = choice.free.slice(0, SHOWN_REASONS).map((column) => {
    const { distinct } = choice.content(column);
    const why = choice.hasUnits(column)
      ? 'numbers with units: write them without, all in one'
      : `${counted(distinct, 'word')} in ${counted(choice.rows.length, 'row')}, which is no status`;
    return `"${choice.name(column)}": ${why}`;
  });
  return reasons.length === 0 ? '' : ` (${reasons.join('; ')})`;
}

/** Numbers, words of a status, or nothing yet. */
function isMeasured(choice: ColumnChoice, column: number): boolean {
  const { filled, distinct } = choice.content(column);
  if (filled === 0 || choice.isNumeric(column) || choice.isStatus(column)) return true;
  if (isCalled('value', choice.name(column)) && choice.content(column).numbers > 0) return true;
  return (
    choice.isText(column) &&
    !choice.hasUnits(column) &&
    distinct <= STATUS_WORDS &&
    filled >= WORD_ROWS * distinct
  );
}

function leftWhy(choice: ColumnChoice, column: number): string {
  if (choice.content(column).filled === 0) return 'empty';
  if (choice.hasUnits(column)) return 'numbers with units';
  return choice.isNumeric(column) ? 'other numbers' : 'texts';
}

/** ifHighSpeed counts Mbit/s. */
function speedUnit(name: string): number {
  return /high_?speed|mbps|mbit/i.test(name) ? 1e6 : 1;
}
