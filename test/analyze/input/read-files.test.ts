import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readFiles } from '../../../pipeline/analyze/input/read-files.ts';
import type { Problem, Sample, SampleKind } from '../../../pipeline/analyze/input/sample.ts';
import { timeParser } from '../../../pipeline/analyze/input/times.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netsigma-analyze-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Read {
  readonly samples: string[];
  readonly problems: string[];
  readonly layouts: string[];
  readonly progress: (readonly [number, number | undefined])[];
}

/** `content` as a file of this name. */
async function read(
  content: string | Buffer,
  name = 'x.csv',
  kinds: [string, SampleKind][] = [],
): Promise<Read> {
  const file = join(folder, name);
  writeFileSync(file, content);
  const result: Read = { samples: [], problems: [], layouts: [], progress: [] };
  await readFiles([file], {
    columns: {},
    kinds: new Map(kinds),
    parseTime: timeParser(),
    sink: {
      sample: (sample: Sample) => void result.samples.push(textOf(sample)),
      problem: ({ line, reason }: Problem) => void result.problems.push(`${line}: ${reason}`),
    },
    onLayout: (text) => void result.layouts.push(text),
    onProgress: (done, of) => void result.progress.push([done, of]),
  });
  return result;
}

function textOf({ timeMs, entity, instance, metric, value, kind, unit, speed }: Sample): string {
  const series = [entity, instance, metric].filter((part) => part !== '').join('/');
  const rest = [kind, unit, Number.isNaN(speed) ? null : speed].filter(
    (part) => part !== undefined && part !== null,
  );
  return [`${timeMs / 1000}`, series, String(value), ...rest].join(' ');
}

describe('reading files', () => {
  it('takes a time and a value', async () => {
    const { samples, problems, layouts } = await read(
      'timestamp,value\n2026-11-21 10:00:00,1.5\n2026-11-21 10:05:00,-2e3\n',
    );
    expect(samples).toEqual(['1795255200 value 1.5', '1795255500 value -2000']);
    expect(problems).toEqual([]);
    expect(layouts).toEqual(['time = timestamp; value = value']);
  });

  it('takes a file without a head, in which two columns are a time and a value', async () => {
    expect((await read('1700000000;1\n1700000060;2\n')).samples).toEqual([
      '1700000000 value 1',
      '1700000060 value 2',
    ]);
  });

  it('takes long form with kinds, units and speeds', async () => {
    const { samples } = await read(
      'time,entity,instance,metric,value,kind,unit,speed\r\n1700000000,r1,ge-0/0,rx,5,Counter,By,1e9\r\n1700000000,r1,"ge,1",up,1,status,,\r\n',
    );
    expect(samples).toEqual([
      '1700000000 r1/ge-0/0/rx 5 counter By 1000000000',
      '1700000000 r1/ge,1/up 1 status',
    ]);
  });

  it('takes wide form, a metric a column, and leaves out what was not measured', async () => {
    const { samples } = await read(
      'time\thost\tdisk\tused\tfree\n1700000000\ta\tsda\t1\t2\n1700000000\tb\tsda\tNaN\t\n',
      'x.tsv',
      [['used', 'counter']],
    );
    expect(samples).toEqual(['1700000000 a/sda/used 1 counter', '1700000000 a/sda/free 2']);
  });

  it('takes JSON lines, long or wide, with keys in any order', async () => {
    const long = await read(
      '{"time":"2026-11-21T10:00:00Z","metric":"m","value":1}\n{"value":2,"metric":"m","time":1795255260,"new":9}\n',
    );
    expect(long.samples).toEqual(['1795255200 m 1', '1795255260 m 2']);
    const wide = await read(
      '\n{"ts":1700000000,"host":"a","load":0.5,"up":true}\n{"ts":1700000001,"host":"a","load":null,"up":false}\n',
    );
    expect(wide.samples).toEqual(['1700000000 a/load 0.5', '1700000000 a/up 1', '1700000001 a/up 0']);
  });

  it('unpacks gzip, whatever the file is called', async () => {
    const rows = Array.from({ length: 50_000 }, (_, k) => `${1_700_000_000 + k},${k % 7}`).join('\n');
    const packed = gzipSync(`time,value\n${rows}`);
    const { samples, progress } = await read(packed, 'x.bin');
    expect(samples).toHaveLength(50_000);
    expect(samples.at(-1)).toBe('1700049999 value 5');
    expect(progress.at(-1)).toEqual([packed.length, packed.length]);
  });

  it('says of each line that it cannot use why, and goes on', async () => {
    const lines = [
      'time,value',
      '1700000000,1',
      'soon,2',
      '1700000060,abc',
      '1700000120,3,4',
      '',
      '1700000180,1e999',
      '1700000240,5',
    ];
    const { samples, problems } = await read(lines.join('\n'));
    expect(samples).toEqual(['1700000000 value 1', '1700000240 value 5']);
    expect(problems).toEqual([
      '3: "soon" is no time',
      '4: "abc" is no finite number',
      '5: 3 cells where the head has 2',
      '7: "1e999" is no finite number',
    ]);
    const json = await read('{"time":1700000000,"value":1}\nnonsense\n[1]\n{"time":1700000000,"value":{}}\n');
    expect(json.problems).toEqual([
      '2: this is no JSON object',
      '3: this is no JSON object',
      '4: "{}" is no finite number',
    ]);
  });

  it.each([
    ['', 'is empty'],
    ['a,b\nx,y\n', 'has no column of times'],
    ['time,value\n1700000000,"open\n', 'x.csv'],
    [gzipSync('time,value\n1700000000,1\n').subarray(0, 30), 'is no whole gzip file'],
  ])('refuses %j', async (content, message) => {
    await expect(read(content)).rejects.toThrow(message);
  });

  it('names a file that is not there', async () => {
    const reading = readFiles([join(folder, 'none.csv')], {
      columns: {},
      kinds: new Map(),
      parseTime: timeParser(),
      sink: { sample: () => undefined, problem: () => undefined },
      onLayout: () => undefined,
    });
    await expect(reading).rejects.toThrow(/none\.csv cannot be read: ENOENT/);
  });
});
