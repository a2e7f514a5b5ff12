import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LabelledSeries } from '../corpus.ts';
import { readWindowTimes, windowsOf, type WindowTimes } from './windows.ts';

const START = Date.UTC(2014, 3, 1);

/** A row an hour. */
function series(name: string, hours: readonly number[] = Array.from({ length: 24 }, (_, hour) => hour)) {
  const timesMs = Float64Array.from(hours, (hour) => START + hour * 3_600_000);
  return {
    name,
    timesMs,
    times: Array.from(timesMs, (atMs) => new Date(atMs).toISOString()),
    values: new Float64Array(hours.length),
    labels: undefined,
  } satisfies LabelledSeries;
}

function windows(corpus: readonly LabelledSeries[], times: WindowTimes) {
  const warnings: string[] = [];
  const found = windowsOf(corpus, times, (line) => warnings.push(line));
  return { found: Object.fromEntries(found), warnings };
}

const at = (from: number, to: number, end = '.000000') =>
  [`2014-04-01 ${hour(from)}:00:00${end}`, `2014-04-01 ${hour(to)}:00:00${end}`] as const;
const hour = (of: number): string => String(of).padStart(2, '0');

const folder = mkdtempSync(join(tmpdir(), 'netsigma-windows-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe("NAB's windows", () => {
  it('are rows of their series, with or without a fraction of a second', () => {
    expect(windows([series('a/x.csv')], { 'a/x.csv': [at(9, 12), at(20, 21, '')] }).found).toEqual({
      'a/x.csv': [
        [9, 12],
        [20, 21],
      ],
    });
  });

  it('find their series whatever folders stand before either name', () => {
    const pairs = [at(1, 2)];
    for (const [name, path] of [
      ['a/x.csv', 'data/a/x.csv'],
      ['data/a/x.csv', 'a/x.csv'],
      ['x.csv', 'a/x.csv'],
      ['a/x.csv', './a/x.csv'],
      ['a/x.csv', 'a\\x.csv'],
      ['a/x.csv', 'a/x'],
    ] as const)
      expect(windows([series(name)], { [path]: pairs }).found).toEqual({ [name]: [[1, 2]] });
  });

  it('are none for a series that they do not name, and those of other series are passed over', () => {
    const times = { 'a/x.csv': [at(1, 2)], 'a/gone.csv': [at(3, 4)] };
    expect(windows([series('a/x.csv'), series('b/y.csv')], times).found).toEqual({
      'a/x.csv': [[1, 2]],
      'b/y.csv': [],
    });
    expect(() => windows([series('b/y.csv')], times)).toThrow('the windows are of none of the files');
    expect(() => windows([series('a/y.csv'), series('b/y.csv')], { 'y.csv': [] })).toThrow(
      'windows of "y.csv" may be of a/y.csv or of b/y.csv',
    );
  });

  it('begin and end at rows that there are, and share none', () => {
    const gaps = series('x.csv', [0, 1, 2, 8, 9, 9, 10, 11]);
    expect(windows([gaps], { 'x.csv': [at(3, 9), at(9, 10)] }).found).toEqual({
      'x.csv': [
        [3, 5],
        [6, 6],
      ],
    });
    const { found, warnings } = windows([gaps], { 'x.csv': [at(4, 6)] });
    expect(found).toEqual({ 'x.csv': [] });
    expect(warnings).toHaveLength(1);
    expect(() => windows([gaps], { 'x.csv': [at(9, 3)] })).toThrow('is no span of time');
  });

  it('are refused with the name of the file when it holds something else', () => {
    const file = join(folder, 'windows.json');
    for (const text of ['[]]', '{"x.csv": [["a"]]}', '7', '{"x.csv": 1}']) {
      writeFileSync(file, text);
      expect(() => readWindowTimes(file)).toThrow(file);
    }
    writeFileSync(file, JSON.stringify({ 'x.csv': [at(1, 2)], 'y.csv': [] }));
    expect(Object.keys(readWindowTimes(file))).toEqual(['x.csv', 'y.csv']);
  });
});
