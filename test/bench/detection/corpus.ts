/**
 * Series as benchmarks publish them: CSV files in a folder, or in folders below it. Columns are found by their names
 * (timestamp, value, label, KPI ID and the like, whatever stands beside them), else the first is the time and the second
 * the value.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { CsvError, parse } from 'csv-parse/sync';
import { timeParser } from '../../../pipeline/analyze/input/times.ts';
import { ConfigError } from '../../../pipeline/model/errors.ts';

export interface TimedSeries {
  /** Path below the folder, with slashes; with "#" and its id where the file holds several. */
  readonly name: string;
  readonly timesMs: Float64Array;
  /** NaN where the cell is empty. */
  readonly values: Float64Array;
}

export interface LabelledSeries extends TimedSeries {
  /** The file's own text of each time. */
  readonly times: readonly string[];
  /** 1 = anomalous; undefined where the file has no labels. */
  readonly labels: Uint8Array | undefined;
}

export interface CorpusOptions {
  /** Rows in the order of their times: of files that are a heap of points. Each time once. */
  readonly sorted?: boolean;
  /** For people: what is left out, and why. */
  readonly warn: (line: string) => void;
}

const NAMES = {
  time: ['timestamp', 'time', 'ts', 'datetime', 'date'],
  value: ['value', 'val', 'values'],
  label: ['label', 'isanomaly', 'anomaly', 'groundtruth'],
  series: ['kpiid', 'kpi', 'seriesid', 'series', 'id'],
} as const satisfies Record<string, readonly string[]>;

type Role = keyof typeof NAMES;

/** All files `*.csv` below a folder, by name. @throws ConfigError when there is no series in any of them. */
export function readCorpus(folder: string, options: CorpusOptions): LabelledSeries[] {
  const series = csvFiles(folder).flatMap((file) => {
    const name = relative(folder, file).split(sep).join('/');
    try {
      return readSeries(file, name, options);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      options.warn(`left out: ${error.message}`);
      return [];
    }
  });
  if (series.length === 0) throw new ConfigError(`there is no CSV file with a series below ${folder}`);
  return series;
}

function csvFiles(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /^[^.].*\.csv$/i.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch (error) {
    throw new ConfigError(`${folder} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

interface Rows {
  readonly times: string[];
  readonly timesMs: number[];
  readonly values: number[];
  readonly labels: number[];
}

function readSeries(file: string, name: string, { sorted = false }: CorpusOptions): LabelledSeries[] {
  const parseTime = timeParser();
  const bySeries = new Map<string, Rows>();
  let columns: Partial<Record<Role, number>> | undefined;
  const take = (cells: string[], line: number): null => {
    if (columns === undefined) {
      const isData = !Number.isNaN(parseTime(cells[0] ?? ''));
      columns = isData ? { time: 0, value: 1, ...(cells.length > 2 && { label: 2 }) } : columnsOf(cells);
      if (!isData) return null;
    }
    const cell = (role: Role): string => cells[columns?.[role] ?? -1] ?? '';
    const timeMs = parseTime(cell('time'));
    const value = numberOf(cell('value'));
    if (Number.isNaN(timeMs)) throw new ConfigError(`${name}, line ${line}: "${cell('time')}" is no time`);
    if (value === undefined) throw new ConfigError(`${name}, line ${line}: "${cell('value')}" is no number`);
    let rows = bySeries.get(cell('series'));
    if (rows === undefined)
      bySeries.set(cell('series'), (rows = { times: [], timesMs: [], values: [], labels: [] }));
    rows.times.push(cell('time'));
    rows.timesMs.push(timeMs);
    rows.values.push(value);
    rows.labels.push(/^(1(\.0*)?|true|yes)$/i.test(cell('label').trim()) ? 1 : 0);
    return null;
  };
  try {
    parse(readFileSync(file), {
      bom: true,
      relax_column_count: true,
      skip_empty_lines: true,
      on_record: (cells: string[], { lines }) => take(cells, lines),
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new ConfigError(`${name}: ${error.message}`, { cause: error });
  }
  if (bySeries.size === 0) throw new ConfigError(`${name} has no rows`);
  const isLabelled = columns?.label !== undefined;
  return [...bySeries].map(([id, rows]) => ({
    name: id === '' ? name : `${name}#${id}`,
    ...(sorted ? inOrder(rows, isLabelled) : asTheyAre(rows, isLabelled)),
  }));
}

/** Of a line of names. */
function columnsOf(head: readonly string[]): Partial<Record<Role, number>> {
  const names = head.map((name) => name.toLowerCase().replaceAll(/[\s_-]/g, ''));
  const found = Object.entries(NAMES).flatMap(([role, known]) => {
    const at = names.findIndex((name) => (known as readonly string[]).includes(name));
    return at < 0 ? [] : [[role, at] as const];
  });
  return { time: 0, value: 1, ...Object.fromEntries(found) };
}

/** NaN for nothing, undefined for what is no number. */
function numberOf(cell: string): number | undefined {
  const text = cell.trim();
  if (/^(|nan|null|none|na)$/i.test(text)) return Number.NaN;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

function asTheyAre({ times, timesMs, values, labels }: Rows, isLabelled: boolean) {
  return {
    times,
    timesMs: Float64Array.from(timesMs),
    values: Float64Array.from(values),
    labels: isLabelled ? Uint8Array.from(labels) : undefined,
  };
}

/** By time; of rows of one time the first. */
function inOrder({ times, timesMs, values, labels }: Rows, isLabelled: boolean) {
  const order = Array.from(timesMs.keys())
    .sort((a, b) => timesMs[a]! - timesMs[b]! || a - b)
    .filter((row, at, all) => at === 0 || timesMs[row] !== timesMs[all[at - 1]!]);
  const picked = <T>(from: readonly T[]): T[] => order.map((row) => from[row]!);
  return asTheyAre(
    {
      times: picked(times),
      timesMs: picked(timesMs),
      values: picked(values),
      labels: picked(labels),
    },
    isLabelled,
  );
}
