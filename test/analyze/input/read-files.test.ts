import { describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readAll, readSamples } from '../../support/read-samples.ts';

describe('reading files', () => {
  it('takes a time and a value, and calls the entity by the file', async () => {
    const { samples, problems, notes } = await readSamples(
      'timestamp,value\n2026-11-21 10:00:00,1.5\n2026-11-21 10:05:00,-2e3\n',
      { name: 'taxi.2014.csv' },
    );
    expect(samples).toEqual(['1795255200 taxi/value 1.5', '1795255500 taxi/value -2000']);
    expect(problems).toEqual([]);
    expect(notes).toEqual([
      'taxi.2014.csv: time = timestamp (first 2026-11-21 10:00:00 UTC); metric = value',
    ]);
  });

  it('takes a file without a head, in which two columns are a time and a value', async () => {
    const { samples } = await readSamples('1700000000;1\n1700000060;2\n');
    expect(samples).toEqual(['1700000000 x/value 1', '1700000060 x/value 2']);
  });

  it('takes long form with kinds, units and speeds', async () => {
    const { samples, problems } = await readSamples(
      'time,entity,instance,metric,value,kind,unit,speed\r\n1700000000,r1,ge-0/0,rx,5,Counter,By,1e9\r\n1700000000,r1,"ge,1",up,1,status,,\r\n1700000000,r1,ge-2,up,down,status,,\r\n1700000000,r1,ge-3,rx,7,histogram,,\r\n',
    );
    expect(samples).toEqual([
      '1700000000 r1/ge-0/0/rx 5 counter By 1000000000',
      '1700000000 r1/ge,1/up 1 status',
      '1700000000 r1/ge-2/up down status',
    ]);
    expect(problems).toEqual(['5: "histogram" is no kind: gauge, counter, status']);
  });

  it('takes a column called kind for nothing else, and refuses the kinds that there are not by line', async () => {
    for (const head of ['time,entity,metric,value,kind', 'time,entity,other,value,kind']) {
      const rows = [0, 1, 2].map(
        (k) => `${1_700_000_000 + 60 * k},r1,rx,${k},${k === 2 ? 'counter' : 'countr'}`,
      );
      const { samples, problems } = await readSamples(`${head}\n${rows.join('\n')}\n`);
      expect(samples).toEqual([expect.stringMatching(/^1700000120 r1\/.* 2 counter$/)]);
      expect(problems).toEqual([
        '2: "countr" is no kind: gauge, counter, status',
        '3: "countr" is no kind: gauge, counter, status',
      ]);
    }
  });

  it('takes a column called kind for a label where it is told so', async () => {
    const { samples } = await readSamples(
      'time,metric,value,kind\n1700000000,m,1,read\n1700000000,m,2,write\n',
      {
        columns: { instance: ['kind'] },
      },
    );
    expect(samples).toEqual(['1700000000 x/read/m 1', '1700000000 x/write/m 2']);
  });

  it('takes wide form, a metric a column, and leaves out what was not measured', async () => {
    const { samples, problems } = await readSamples(
      'time\thost\tdisk\tused\tfree\n1700000000\ta\tsda\t1\t2\n1700000000\tb\tsda\tNaN\t\n1700000000\tb\tsdb\tnull\t  \n',
      { name: 'x.tsv', kinds: [['used', 'counter']] },
    );
    expect(samples).toEqual(['1700000000 a/sda/used 1 counter', '1700000000 a/sda/free 2']);
    expect(problems).toEqual([]);
  });

  it('takes the speed of a line in wide form, ifHighSpeed in Mbit/s', async () => {
    const { samples } = await readSamples(
      'time,ifName,ifHCInOctets,ifHighSpeed\n1700000000,ge-0,5,10000\n1700000060,ge-0,6,0\n',
      { kinds: [['ifHCInOctets', 'counter']] },
    );
    expect(samples).toEqual([
      '1700000000 x/ge-0/ifHCInOctets 5 counter 10000000000',
      '1700000060 x/ge-0/ifHCInOctets 6 counter',
    ]);
  });

  it('takes numbers with a decimal comma between semicolons, and percent signs', async () => {
    const { samples } = await readSamples(
      'Zeit;Temperatur;Last %\n21.11.2026 10:00;21,5;45 %\n21.11.2026 10:05;-1.234,25;3,5%\n',
    );
    expect(samples).toEqual([
      '1795255200 x/Temperatur 21.5',
      '1795255200 x/Last % 45 %',
      '1795255500 x/Temperatur -1234.25',
      '1795255500 x/Last % 3.5 %',
    ]);
  });

  it('takes JSON lines, long or wide, with keys in any order, and objects within objects', async () => {
    const long = await readSamples(
      '{"time":"2026-11-21T10:00:00Z","metric":"m","value":1}\n{"value":2,"metric":"m","time":1795255260,"new":9}\n',
    );
    expect(long.samples).toEqual(['1795255200 x/m 1', '1795255260 x/m 2']);
    const wide = await readSamples(
      '\n{"ts":1700000000,"host":"a","load":0.5,"up":true}\n{"ts":1700000001,"host":"a","load":null,"up":false}\n',
    );
    expect(wide.samples).toEqual([
      '1700000000 a/load 0.5',
      '1700000000 a/up true status',
      '1700000001 a/up false status',
    ]);
    const nested = await readSamples(
      '{"timestamp":1700000000,"tags":{"host":"a"},"fields":{"cpu":1,"mem":2}}\n{"timestamp":1700000060,"tags":{"host":"b"},"fields":{"cpu":3,"list":[1]}}\n',
    );
    expect(nested.samples).toEqual([
      '1700000000 a/fields.cpu 1',
      '1700000000 a/fields.mem 2',
      '1700000060 b/fields.cpu 3',
    ]);
  });

  it('takes one JSON list of objects, in one line or in many', async () => {
    const objects = [{ time: 1700000000, v: 1 }, { time: 1700000060, v: 2 }, 7 as unknown];
    for (const text of [JSON.stringify(objects), JSON.stringify(objects, null, 2)]) {
      const { samples, problems } = await readSamples(text, { name: 'x.json' });
      expect(samples).toEqual(['1700000000 x/v 1', '1700000060 x/v 2']);
      expect(problems).toEqual(['3: this item of the list is no object']);
    }
  });

  it('keeps integers of JSON that a number would round', async () => {
    const { samples } = await readSamples(
      '{"time":1700000000,"metric":"octets","value":9007199254740993,"kind":"counter"}\n',
    );
    expect(samples).toEqual(['1700000000 x/octets 9007199254740992 counter']);
  });

  it('unpacks gzip, whatever the file is called, and members one behind the other', async () => {
    const rows = Array.from({ length: 50_000 }, (_, k) => `${1_700_000_000 + k},${k % 7}\n`);
    const packed = Buffer.concat([
      gzipSync(`time,value\n${rows.slice(0, 20_000).join('')}`),
      gzipSync(rows.slice(20_000).join('')),
    ]);
    const { samples, progress } = await readSamples(packed, { name: 'x.bin' });
    expect(samples).toHaveLength(50_000);
    expect(samples.at(-1)).toBe('1700049999 x/value 5');
    expect(progress.at(-1)).toEqual([packed.length, packed.length]);
  });

  it('reads a gzip file that was cut off up to the cut, and says so', async () => {
    const rows = Array.from({ length: 50_000 }, (_, k) => `${1_700_000_000 + k},${(k * 7919) % 1000}`);
    const packed = gzipSync(`time,value\n${rows.join('\n')}`);
    const { samples, problems } = await readSamples(packed.subarray(0, packed.length / 2));
    expect(samples.length).toBeGreaterThan(10_000);
    expect(samples[9_999]).toBe('1700009999 x/value 81');
    expect(problems.at(-1)).toMatch(/^\d+: the gzip data end here: unexpected end of file$/);
  });

  it.each([
    ['UTF-8 with a mark', Buffer.from('\ufefftime,größe\n1700000000,1\n')],
    ['UTF-16', Buffer.from('\ufefftime,größe\n1700000000,1\n', 'utf16le')],
    ['one byte a letter', Buffer.from('time,größe\n1700000000,1\n', 'latin1')],
    ['returns as ends of lines', Buffer.from('time,größe\r1700000000,1\r')],
  ])('reads %s', async (_, bytes) => {
    expect((await readSamples(bytes)).samples).toEqual(['1700000000 x/größe 1']);
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
      'time,value',
      '1949-01-01,1',
      '1700000300,6,,',
      '1700000360,1e300',
      '1700000420,5',
    ];
    const { samples, problems } = await readSamples(lines.join('\n'));
    expect(samples).toEqual(['1700000000 x/value 1', '1700000300 x/value 6', '1700000420 x/value 5']);
    expect(problems).toEqual([
      '3: "soon" is no time',
      '4: "abc" is no number, or too large a one',
      '5: 3 cells where the head has 2',
      '7: "1e999" is no number, or too large a one',
      '9: "1949-01-01" is before 1970',
      '11: "1e300" is no number, or too large a one',
    ]);
    const json = await readSamples(
      '{"time":1700000000,"value":1}\nnonsense\n[1]\n{"time":1700000000,"value":[]}\n',
    );
    expect(json.problems).toEqual([
      '2: this is no JSON object',
      '3: this is no JSON object',
      '4: "[]" is no number, or too large a one',
    ]);
  });

  it('leaves out a line that is too long, and a quote that never closes, alone', async () => {
    const rows = Array.from({ length: 300 }, (_, k) => `${1_700_000_000 + k},a,${k}`);
    const long = await readSamples(
      ['time,host,v', rows[0], `1700000000,${'x'.repeat(2 << 20)},1`, ...rows.slice(1)].join('\n'),
    );
    expect(long.samples).toHaveLength(300);
    expect(long.problems).toEqual(['3: the line is too long']);
    const quoted = await readSamples(
      ['time,host,v', ...rows.slice(0, 60), '1700000060,"a,1', ...rows.slice(60)].join('\n'),
    );
    expect(quoted.samples).toHaveLength(300);
    expect(quoted.problems).toEqual(['62: a quote opens here and does not close']);
  });

  it('skips comments and titles above the table', async () => {
    const { samples, notes } = await readSamples(
      '# exported by x\nTraffic report\n\ntime,v\n1700000000,1\n1700000060,2\n',
    );
    expect(samples).toEqual(['1700000000 x/v 1', '1700000060 x/v 2']);
    expect(notes[0]).toBe('x.csv: lines 1 to 3 are above the table: not looked at');
    const said = await readSamples('#time,v\n1700000000,1\n1700000060,2\n');
    expect(said.samples).toEqual(['1700000000 x/v 1', '1700000060 x/v 2']);
    const told = await readSamples('sep=;\ntime;v\n1700000000;1,5\n');
    expect(told.samples).toEqual(['1700000000 x/v 1.5']);
  });

  it('takes rows with a name of their own, as R writes them', async () => {
    const { samples } = await readSamples(
      '"time","v"\n"1",1700000000,5\n"2",1700000060,6\n"3",1700000120,7\n',
    );
    expect(samples).toEqual(['1700000000 x/v 5', '1700000060 x/v 6', '1700000120 x/v 7']);
  });

  it('takes rows that end where nothing more was measured, if it is not one alone', async () => {
    const rows = [
      'time,a,b',
      '1700000000,1,2',
      '1700000060,3',
      '1700000120,4,5',
      '1700000180,6',
      '1700000240,7',
    ];
    expect((await readSamples(rows.join('\n'))).samples).toEqual([
      '1700000000 x/a 1',
      '1700000000 x/b 2',
      '1700000060 x/a 3',
      '1700000120 x/a 4',
      '1700000120 x/b 5',
      '1700000180 x/a 6',
      '1700000240 x/a 7',
    ]);
    const { problems } = await readSamples(rows.slice(0, 4).join('\n'));
    expect(problems).toEqual(['3: 2 cells where the head has 3']);
  });

  it('counts times from whenever in the unit that the column names', async () => {
    const { samples, notes } = await readSamples('elapsed_ms,rtt\n0,20.5\n1500,21.5\n');
    expect(samples).toEqual(['0 x/rtt 20.5', '1.5 x/rtt 21.5']);
    expect(notes).toContain('x.csv: its times are small numbers: counted from 1970, in milliseconds');
    const seconds = await readSamples('time,rtt\n60,20.5\n120,21.5\n');
    expect(seconds.notes).toContain('x.csv: its times are small numbers: counted from 1970, in seconds');
    const old = await readSamples('time,rtt\n1975-01-01,20.5\n1975-01-02,21.5\n');
    expect(old.notes.join()).not.toContain('small numbers');
  });

  it('turns a file round that begins with the newest, and sorts a small one', async () => {
    const { samples, notes } = await readSamples(
      'time,v\n1700000120,3\n1700000060,2\n1700000000,1\nsoon,4\n',
    );
    expect(samples).toEqual(['1700000000 x/v 1', '1700000060 x/v 2', '1700000120 x/v 3']);
    expect(notes.at(-1)).toBe('x.csv: rows are not in the order of their times: sorted');
  });

  it('refuses a large file that begins with the newest rows, and says what to do', async () => {
    const rows = Array.from({ length: 25_000 }, (_, k) => `${1_700_000_000 - k},${k}`);
    const { samples, refused } = await readSamples(`time,v\n${rows.join('\n')}\n`);
    expect(samples).toEqual([]);
    expect(refused).toEqual([expect.stringContaining('x.csv begins with its newest rows')]);
  });

  it('says that rows repeat their time where a column that tells series apart was not seen', async () => {
    const rows = Array.from({ length: 100 }, (_, k) => `${1_700_000_000 + Math.floor(k / 2)},${k * 1.5}`);
    const { notes } = await readSamples(`time,v\n${rows.join('\n')}\n`);
    expect(notes.at(-1)).toMatch(/^x.csv: 51% of the rows have the time and series of the row before/);
  });

  it('asks for the order of day and month where it cannot be told', async () => {
    const text = 'time,v\n03/04/2026 10:00,1\n04/04/2026 10:00,2\n';
    const { refused } = await readSamples(text);
    expect(refused).toEqual([
      'x.csv has dates such as "03/04/2026 10:00", whose day may stand first or second: say it with --date-order dmy or --date-order mdy',
    ]);
    const told = await readSamples(text, { dateOrder: 'mdy' });
    expect(told.samples[0]).toBe(`${Date.UTC(2026, 2, 4, 10) / 1000} x/v 1`);
    const both = await readSamples('time,v\n13/04/2026 10:00,1\n04/14/2026 10:00,2\n');
    expect(both.refused).toEqual([
      expect.stringContaining('dates with the day first and dates with the month first'),
    ]);
    const plain = await readSamples('time,v\n04/14/2026 10:00,1\n04/03/2026 10:00,2\n');
    expect(plain.samples[0]).toBe(`${Date.UTC(2026, 3, 3, 10) / 1000} x/v 2`);
  });

  it.each([
    ['', 'x.csv is empty'],
    ['\n \n', 'x.csv is empty'],
    ['a,b\nx,y\n', 'x.csv has no column of times among "a", "b": name it with --time COLUMN'],
    ['time,note\n2026-11-21,some words\n', 'x.csv has no column of numbers besides its times'],
    ['[1, 2', 'x.csv has no column of times'],
    ['[{"time": 1', 'x.csv begins like a JSON list, and is none'],
    ['# nothing\n', 'x.csv begins with 1 line of comments'],
    [
      'time,value\n',
      'x.csv has no rows below its first line, which was taken for names of columns: "time", "value"',
    ],
    [
      `time,rtt,note\n${Array.from({ length: 20 }, (_, k) => `${1_700_000_000 + k},${k} ms,word ${k}`).join('\n')}\n`,
      'name it with --value COLUMN ("rtt": numbers with units: write them without, all in one; "note": 20 words in 20 rows, which is no status)',
    ],
    [
      '{"data":[{"time":1700000000,"v":1},{"time":1700000060,"v":2}]}',
      `x.csv is one JSON object, and a list within it ("data") is not read: write an object a line, as by "jq -c '.data[]'"`,
    ],
    [
      '{"status":"ok","data":{"my rows":[{"time":1700000000,"v":1}]}}',
      `as by "jq -c '.["data"]["my rows"][]'"`,
    ],
    ['{\n"data": []\n}', 'x.csv has no line that is a JSON object: write an object a line'],
    [
      Buffer.from('PK\x03\x04rest'),
      'x.csv is a zip archive or a spreadsheet: unpack it, or save the sheet as CSV',
    ],
    [Buffer.from([1, 2, 0, 3]), 'x.csv is no text: it has zero bytes in it'],
  ])('refuses %j', async (content, message) => {
    const { refused, samples } = await readSamples(content);
    expect(refused).toEqual([expect.stringContaining(message)]);
    expect(samples).toEqual([]);
  });

  it('names a file that is not there, and a folder, before it reads any', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'netsigma-analyze-'));
    await expect(readAll([join(folder, 'none.csv')])).rejects.toThrow(/none\.csv is not there/);
    await expect(readAll([folder])).rejects.toThrow('is a folder: name the files in it');
    rmSync(folder, { recursive: true });
  });

  it('reads several files, each with an entity of its own, and goes on after one that it cannot use', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'netsigma-analyze-'));
    mkdirSync(join(folder, 'b'));
    const files = ['a.csv', 'notes.txt', 'b/a.csv'].map((name) => join(folder, name));
    const [first, notes, second] = files as [string, string, string];
    writeFileSync(first, 'time,v\n1700000000,1\n');
    writeFileSync(notes, 'hello\n');
    writeFileSync(second, 'time,v\n1700000000,2\n');
    const { samples, refused, progress } = await readAll(files);
    expect(samples).toEqual([`1700000000 ${first}/v 1`, `1700000000 ${second}/v 2`]);
    expect(refused).toEqual([expect.stringContaining('notes.txt has no rows')]);
    expect(progress.at(-1)).toEqual([46, 46]);
    rmSync(folder, { recursive: true });
  });
});
