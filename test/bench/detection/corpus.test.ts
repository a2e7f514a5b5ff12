import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readCorpus } from './corpus.ts';

const root = mkdtempSync(join(tmpdir(), 'netsigma-corpus-'));
afterAll(() => rmSync(root, { recursive: true }));

let folders = 0;

function folder(files: Readonly<Record<string, string>>): string {
  folders += 1;
  const made = join(root, String(folders));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(made, name)), { recursive: true });
    writeFileSync(join(made, name), text);
  }
  return made;
}

function read(files: Readonly<Record<string, string>>, sorted = false) {
  const warnings: string[] = [];
  const corpus = readCorpus(folder(files), { sorted, warn: (line) => warnings.push(line) });
  return { corpus, warnings };
}

describe('series of benchmarks', () => {
  it('are read from folders of any depth, by name', () => {
    const text = 'timestamp,value\n2014-04-01 00:00:00,1\n';
    const { corpus } = read({ 'b.csv': text, 'a/x/y.csv': text, 'a/notes.txt': 'no', 'a/.hidden.csv': text });
    expect(corpus.map(({ name }) => name)).toEqual(['a/x/y.csv', 'b.csv']);
    expect(corpus[0]).toMatchObject({ times: ['2014-04-01 00:00:00'], labels: undefined });
    expect([...corpus[0]!.timesMs]).toEqual([Date.UTC(2014, 3, 1)]);
  });

  it('have their columns in any order, beside others, under several names', () => {
    const { corpus } = read({
      'a.csv':
        '\ufeffhost,"Value",is_anomaly,Timestamp\r\nr1,"1.5",0,2014-04-01 00:00:00.000000\r\nr1,2e3,1.0,2014-04-01T00:05:00Z\r\n',
    });
    expect([...corpus[0]!.values]).toEqual([1.5, 2_000]);
    expect([...corpus[0]!.labels!]).toEqual([0, 1]);
    expect(corpus[0]!.timesMs[1]! - corpus[0]!.timesMs[0]!).toBe(300_000);
  });

  it('may have no head at all', () => {
    const { corpus } = read({ 'a.csv': '1500000000,1,0\n1500000060,2,1\n' });
    expect([...corpus[0]!.timesMs]).toEqual([1_500_000_000_000, 1_500_000_060_000]);
    expect([...corpus[0]!.labels!]).toEqual([0, 1]);
  });

  it('of several KPIs in one file are apart', () => {
    const { corpus } = read({
      'train.csv': 'timestamp,value,label,KPI ID\n1,1,0,aa\n2,7,1,bb\n3,2,0,aa\n',
    });
    expect(corpus.map(({ name, values }) => [name, [...values]])).toEqual([
      ['train.csv#aa', [1, 2]],
      ['train.csv#bb', [7]],
    ]);
  });

  it('are sorted when asked for, each time once', () => {
    const files = { 'a.csv': 'timestamp,value,label\n300,3,0\n100,1,1\n300,9,1\n200,2,0\n' };
    expect([...read(files).corpus[0]!.values]).toEqual([3, 1, 9, 2]);
    const { corpus } = read(files, true);
    expect([...corpus[0]!.values]).toEqual([1, 2, 3]);
    expect([...corpus[0]!.labels!]).toEqual([1, 0, 0]);
    expect(corpus[0]!.times).toEqual(['100', '200', '300']);
  });

  it('may lack values', () => {
    expect([...read({ 'a.csv': 'timestamp,value\n1,\n2,NaN\n3,4\n' }).corpus[0]!.values]).toEqual([
      Number.NaN,
      Number.NaN,
      4,
    ]);
  });

  it('that cannot be read are left out with their line, unless they are all', () => {
    const bad = { 'bad.csv': 'timestamp,value\n2014-04-01,1\nyesterday,2\n', 'empty.csv': '' };
    const { corpus, warnings } = read({ ...bad, 'good.csv': 'timestamp,value\n1,1\n' });
    expect(corpus.map(({ name }) => name)).toEqual(['good.csv']);
    expect(warnings).toEqual([
      'left out: bad.csv, line 3: "yesterday" is no time',
      'left out: empty.csv has no rows',
    ]);
    expect(() => read(bad)).toThrow('there is no CSV file with a series below');
    expect(() => readCorpus(join(root, 'nowhere'), { warn: () => undefined })).toThrow('cannot be read');
  });
});
