/** NAB's labelled windows (combined_windows.json), file by file, as rows of the series that they belong to. */
import { readFileSync } from 'node:fs';
import { timeParser } from '../../../../pipeline/analyze/input/times.ts';
import { ConfigError } from '../../../../pipeline/model/errors.ts';
import type { LabelledSeries } from '../corpus.ts';

/** First and last row. */
export type Window = readonly [number, number];

/** Times by path of the file, below the folder of the data, below its parent, or its bare name. */
export type WindowTimes = Readonly<Record<string, readonly (readonly [string, string])[]>>;

/** @throws ConfigError when the file is not there or holds something else. */
export function readWindowTimes(file: string): WindowTimes {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new ConfigError(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  const isPair = (pair: unknown): boolean =>
    Array.isArray(pair) && pair.length === 2 && pair.every((time) => typeof time === 'string');
  const isTimes =
    typeof parsed === 'object' &&
    parsed !== null &&
    Object.values(parsed).every((pairs) => Array.isArray(pairs) && pairs.every(isPair));
  if (!isTimes)
    throw new ConfigError(`${file} is no object of {"<folder>/<file>.csv": [["<begin>", "<end>"], ...]}`);
  return parsed as WindowTimes;
}

/**
 * Windows by name of the series, in order; none for a series that the file does not name.
 * @throws ConfigError when it names none of the series, or one name fits two of them.
 */
export function windowsOf(
  corpus: readonly LabelledSeries[],
  windowTimes: WindowTimes,
  warn: (line: string) => void,
): Map<string, readonly Window[]> {
  const windows = new Map<string, readonly Window[]>(corpus.map(({ name }) => [name, []]));
  let named = 0;
  for (const [path, pairs] of Object.entries(windowTimes)) {
    const series = seriesOf(corpus, path);
    if (series === undefined) continue;
    named += 1;
    windows.set(series.name, windowRows(series, pairs, warn));
  }
  if (named === 0) throw new ConfigError('the windows are of none of the files of the data');
  return windows;
}

/** Folders above the data, or fewer of them, may stand on either side. */
function seriesOf(corpus: readonly LabelledSeries[], path: string): LabelledSeries | undefined {
  const plain = path.replaceAll('\\', '/').replace(/^(\.?\/)+/, '');
  const wanted = /\.csv$/i.test(plain) ? plain : `${plain}.csv`;
  const exact = corpus.find(({ name }) => name === wanted);
  if (exact !== undefined) return exact;
  const fits = corpus.filter(({ name }) => name.endsWith(`/${wanted}`) || wanted.endsWith(`/${name}`));
  if (fits.length > 1)
    throw new ConfigError(`windows of "${path}" may be of ${fits.map(({ name }) => name).join(' or of ')}`);
  return fits[0];
}

/** Apart from each other: a row that two windows claim belongs to the earlier one. */
function windowRows(
  { name, timesMs }: LabelledSeries,
  pairs: WindowTimes[string],
  warn: (line: string) => void,
): Window[] {
  const parseTime = timeParser();
  const rows = pairs.flatMap(([begin, end]) => {
    const [beginMs, endMs] = [parseTime(begin), parseTime(end)];
    if (!(beginMs <= endMs)) throw new ConfigError(`"${begin}" to "${end}" of ${name} is no span of time`);
    const left = timesMs.findIndex((atMs) => atMs >= beginMs && atMs <= endMs);
    const right = timesMs.findLastIndex((atMs) => atMs >= beginMs && atMs <= endMs);
    if (left < 0) warn(`no row of ${name} lies between ${begin} and ${end}`);
    return left < 0 ? [] : [[left, right] as const];
  });
  rows.sort(([a], [b]) => a - b);
  let lastRight = -1;
  return rows.flatMap(([left, right]) => {
    const from = Math.max(left, lastRight + 1);
    lastRight = Math.max(lastRight, right);
    return from > right ? [] : [[from, right] as const];
  });
}
