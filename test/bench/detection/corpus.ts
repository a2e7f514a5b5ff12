/** Series with labels as benchmarks publish them: folders of CSV files of two or three columns. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { timeParser } from '../../../pipeline/analyze/input/times.ts';
import { ConfigError } from '../../../pipeline/model/errors.ts';

export interface LabelledSeries {
  /** Path below the folder, with slashes. */
  readonly name: string;
  /** The file's own text of each time. */
  readonly times: readonly string[];
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
  /** Of the third column, where there is one: 1 = anomalous. */
  readonly labels: Uint8Array | undefined;
}

/** All *.csv files below a folder, by name. @throws ConfigError naming the file and line that cannot be read. */
export function readCorpus(folder: string): LabelledSeries[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.csv'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  if (files.length === 0) throw new ConfigError(`there is no *.csv file below ${folder}`);
  return files.map((file) => readSeries(file, relative(folder, file).split(sep).join('/')));
}

function readSeries(file: string, name: string): LabelledSeries {
  const parseTime = timeParser();
  const [head = '', ...lines] = readFileSync(file, 'utf8').trimEnd().split(/\r?\n/);
  const columns = head.split(',').map((column) => column.trim());
  const at = (column: string): number => {
    const index = columns.indexOf(column);
    if (index < 0) throw new ConfigError(`${file} has no column "${column}": its head is "${head}"`);
    return index;
  };
  const [time, value] = [at('timestamp'), at('value')];
  const label = columns.includes('label') ? at('label') : undefined;
  const cells = lines.map((line) => line.split(','));
  const number = (text: string | undefined, line: number): number => {
    const found = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
    if (Number.isNaN(found)) throw new ConfigError(`${file}, line ${line + 2}: "${text}" is no number`);
    return found;
  };
  return {
    name,
    times: cells.map((row) => row[time]!),
    timesMs: Float64Array.from(cells, (row, line) => {
      const atMs = parseTime(row[time]!);
      if (Number.isNaN(atMs)) throw new ConfigError(`${file}, line ${line + 2}: "${row[time]}" is no time`);
      return atMs;
    }),
    values: Float64Array.from(cells, (row, line) => number(row[value], line)),
    labels: label === undefined ? undefined : Uint8Array.from(cells, (row, line) => number(row[label], line)),
  };
}
