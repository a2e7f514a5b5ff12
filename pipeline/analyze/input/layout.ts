/**
 * Which column of a file means what, guessed from the names in its head and from its first rows, or told:
 *
 *   long   a row a value:   time, entity, instance, metric, value (and kind, unit, speed)
 *   wide   a row a moment:  time, entity, instance, and a column for each metric
 */
import { ConfigError } from '../../model/errors.ts';
import type { TimeParser } from './times.ts';

/** Columns that a user may name. */
export const ROLES = ['time', 'entity', 'instance', 'metric', 'value', 'kind', 'unit', 'speed'] as const;
export type Role = (typeof ROLES)[number];

export interface Layout {
  readonly time: number;
  /** Absent: everything in the file is of one entity. */
  readonly entity?: number;
  /** Their texts together name the instance. */
  readonly instance: readonly number[];
  /** Absent in wide form. */
  readonly long?: {
    readonly value: number;
    readonly metric?: number;
    readonly kind?: number;
    readonly unit?: number;
    readonly speed?: number;
  };
  /** Wide form: a metric each. */
  readonly wide: readonly { readonly column: number; readonly metric: string }[];
  /** Columns of labels and of texts that say nothing of a series. */
  readonly ignored: readonly number[];
}

const NAMES: Readonly<Record<Role, RegExp>> = {
  time: /^(_?time|timestamps?|ts|date|date_?time|(observed|recorded|collected|created)_at|at|epoch)$/i,
  entity:
    /^(entity|device(_?(ip|id|name))?|host(_?name)?|node|agent_host|source|target|server|router|kpi_?id)$/i,
  instance: /^(instance|interface(_?name)?|if_?(name|descr|index)|port|sensor|name|disk|cpu)$/i,
  metric: /^(metric(_?name)?|_?field|measurement|_measurement|counter|kpi)$/i,
  value: /^(_?value|val|reading|y)$/i,
  kind: /^(kind|type|metric_?type)$/i,
  unit: /^(units?|metric_?unit)$/i,
  speed: /^(speed|if_?(high_?)?speed|bandwidth(_bps)?)$/i,
};
/** What others said of the data: judged by none of ours. */
const LABELS = /^(label|labels|is_?anomaly|anomaly|outlier|ground_truth)$/i;

/** Small numbers are no times unless the column is called so. */
const EARLIEST_GUESSED_MS = Date.UTC(1980);

export interface LayoutOptions {
  /** Column names by role, as the user gave them. */
  readonly columns?: Readonly<Partial<Record<Role, string>>>;
  readonly time: TimeParser;
  /** For messages. */
  readonly file: string;
}

/**
 * `head`: names of the columns. `rows`: the first of them, as text.
 * @throws ConfigError naming what cannot be told, and the option that tells it.
 */
export function guessLayout(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { columns = {}, time: parseTime, file }: LayoutOptions,
): Layout {
  const taken = new Map<number, Role>();
  const of = (role: Role): number | undefined => {
    const column = told(role) ?? guessed(role);
    if (column !== undefined) taken.set(column, role);
    return column;
  };
  const told = (role: Role): number | undefined => {
    const name = columns[role];
    if (name === undefined) return undefined;
    const column = head.indexOf(name);
    if (column < 0)
      throw new ConfigError(`${file} has no column "${name}" for --${role}: it has ${listed(head)}`);
    return column;
  };
  const guessed = (role: Role): number | undefined => {
    const column = head.findIndex((name, index) => !taken.has(index) && NAMES[role].test(name.trim()));
    return column < 0 ? undefined : column;
  };
  const isTime = (column: number): boolean =>
    filled(rows, column).length > 0 &&
    filled(rows, column).every((text) => parseTime(text) >= EARLIEST_GUESSED_MS);

  const time = of('time') ?? head.findIndex((_, column) => isTime(column));
  if (time < 0)
    throw new ConfigError(`${file} has no column of times among ${listed(head)}: name it with --time COLUMN`);
  taken.set(time, 'time');
  const value = of('value');
  const entity = of('entity');
  const isLong = value !== undefined;
  const metric = isLong ? of('metric') : undefined;
  const kind = isLong ? of('kind') : undefined;
  const unit = isLong ? of('unit') : undefined;
  const speed = isLong ? of('speed') : undefined;
  const instance = of('instance');
  const rest = head.map((_, column) => column).filter((column) => !taken.has(column));
  const numeric = rest.filter((column) => isNumeric(rows, column) && !LABELS.test(head[column]!.trim()));
  const texts = rest.filter((column) => !numeric.includes(column) && !LABELS.test(head[column]!.trim()));
  const instances = [...(instance === undefined ? [] : [instance]), ...texts];
  const wide = isLong ? [] : numeric.map((column) => ({ column, metric: head[column]!.trim() }));
  if (!isLong && wide.length === 0)
    throw new ConfigError(
      `${file} has no column of numbers besides its times among ${listed(head)}: name it with --value COLUMN`,
    );
  return {
    time,
    ...(entity !== undefined && { entity }),
    instance: instances,
    ...(value !== undefined && {
      long: {
        value,
        ...(metric !== undefined && { metric }),
        ...(kind !== undefined && { kind }),
        ...(unit !== undefined && { unit }),
        ...(speed !== undefined && { speed }),
      },
    }),
    wide,
    ignored: rest.filter(
      (column) => !instances.includes(column) && !wide.some((one) => one.column === column),
    ),
  };
}

/** In a line: what a user checks a guess by. */
export function layoutText(head: readonly string[], layout: Layout): string {
  const { time, entity, instance, long, wide, ignored } = layout;
  const name = (column: number): string => head[column]!;
  const parts = [
    `time = ${name(time)}`,
    ...(entity === undefined ? [] : [`entity = ${name(entity)}`]),
    ...(instance.length === 0 ? [] : [`instance = ${instance.map(name).join(' + ')}`]),
    ...(long === undefined
      ? [`metrics = ${wide.map(({ metric }) => metric).join(', ')}`]
      : Object.entries(long).map(([role, column]) => `${role} = ${name(column)}`)),
    ...(ignored.length === 0 ? [] : [`not looked at: ${ignored.map(name).join(', ')}`]),
  ];
  return parts.join('; ');
}

/** Whether a first line is names, and not already data. */
export function isHead(cells: readonly string[], parseTime: TimeParser): boolean {
  return cells.every((cell) => Number.isNaN(parseTime(cell)) && !isNumber(cell));
}

export function isNumber(text: string): boolean {
  const trimmed = text.trim();
  return trimmed !== '' && !Number.isNaN(Number(trimmed));
}

/** Nothing measured: an empty cell, or one of the words for it. */
export function isMissing(text: string): boolean {
  return /^\s*(|nan|null|none|n\/?a|-|\?|undefined)\s*$/i.test(text);
}

/** A column without anything in it yet may become one. */
function isNumeric(rows: readonly (readonly string[])[], column: number): boolean {
  return filled(rows, column).every(isNumber);
}

function filled(rows: readonly (readonly string[])[], column: number): string[] {
  return rows.map((row) => row[column] ?? '').filter((cell) => !isMissing(cell));
}

function listed(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}
