import { describe, expect, it } from '@jest/globals';
import type { ToldColumns } from '../../../pipeline/analyze/input/column-choice.ts';
import { guessLayout } from '../../../pipeline/analyze/input/layout.ts';
import { layoutText } from '../../../pipeline/analyze/input/layout-text.ts';

const T0 = '2026-11-21 10:00';
const T1 = '2026-11-21 10:05';

/** `rows`: cells with commas between. */
function textOf(head: string, rows: readonly string[], columns: ToldColumns = {}): string {
  const names = head.split(',');
  const layout = guessLayout(
    names,
    rows.map((row) => row.split(',')),
    { file: 'x.csv', columns },
  );
  return layoutText({ head: names, layout, kinds: [], firstMs: undefined, timeZone: 'UTC' });
}

describe('what the columns of a file mean', () => {
  it.each<[string, string[], string]>([
    ['timestamp,value', [`${T0},1`], 'time = timestamp; metric = value'],
    [
      'timestamp,value,label',
      [`${T0},1,0`],
      'time = timestamp; metric = value; not looked at (labels): label',
    ],
    [
      'timestamp,value,is_anomaly,KPI ID',
      [`${T0},1,0,ab`, `${T1},2,0,ab`],
      'time = timestamp; entity = KPI ID; metric = value; not looked at (labels): is_anomaly',
    ],
    [
      'time,entity,instance,metric,value,kind,unit,speed',
      [`${T0},r1,ge-0,rx,1,counter,By,1e9`],
      'time = time; entity = entity; instance = instance; value = value; metric = metric; kind = kind; unit = unit; speed = speed',
    ],
    [
      ',result,table,_start,_stop,_time,_value,_field,_measurement,host',
      [`,_result,0,${T0},${T1},${T0},1.5,load,cpu,r1`, `,_result,0,${T0},${T1},${T0},2.5,idle,cpu,r1`],
      'time = _time; entity = host; instance = result + _measurement; value = _value; metric = _field; not looked at (empty): ; not looked at (other numbers): table; not looked at (other times): _start, _stop',
    ],
    [
      'Date,cpu_pct,mem_pct,note',
      [`${T0},1,2,fine`, `${T1},1,2,`],
      'time = Date; metrics = cpu_pct, mem_pct; not looked at (texts): note',
    ],
    [
      'when,device,if_name,rx,tx',
      [`${T0},r1,ge-0,1,`, `${T0},r1,ge-1,1,`],
      'time = when; entity = device; instance = if_name; metrics = rx, tx',
    ],
    ['time,cpu,disk', [`${T0},53.5,1`, `${T1},51.2,2`], 'time = time; metrics = cpu, disk'],
    [
      'time,cpu,idle',
      [`${T0},0,1.5`, `${T0},1,2.5`, `${T1},0,3.5`, `${T1},1,2`],
      'time = time; instance = cpu; metric = idle',
    ],
    [
      'idx,date,v',
      [`0,${T0},5`, `1,${T1},5`, `2,2026-11-21 10:10,9`],
      'time = date; metric = v; not looked at (row numbers): idx',
    ],
    ['Datum,Uhrzeit,x', ['21.11.2026,10:00,1', '21.11.2026,10:05,2'], 'time = Datum + Uhrzeit; metric = x'],
    ['epoch,rx', ['0,1', '300,2'], 'time = epoch; metric = rx'],
    ['a,b,c', ['1,1700000000,x', '2,1700000060,x'], 'time = b; instance = c; metric = a'],
    [
      'time,region,v',
      [`${T0},north,1`, `${T0},south,2`, `${T1},north,1`, `${T1},south,3`],
      'time = time; instance = region; metric = v',
    ],
    [
      'time,oper_status,v',
      [`${T0},up,1`, `${T1},up,1`, `2026-11-21 10:10,down,1`],
      'time = time; metrics = oper_status, v',
    ],
    [
      'time,ifIndex,ifName,rx',
      [`${T0},1,ge-1,5`, `${T0},2,ge-2,6`, `${T1},1,ge-1,5`, `${T1},2,ge-2,9`],
      'time = time; instance = ifName; metric = rx; not looked at (names): ifIndex',
    ],
    [
      'Time,latency,n',
      [`${T0},5.1 ms,1`, `${T1},900 us,2`],
      'time = Time; metric = n; not looked at (numbers with units): latency',
    ],
    [
      'ts,source,bytes',
      [`${T0},10.0.0.1,5`, `${T1},10.0.0.2,9`],
      'time = ts; entity = source; metric = bytes',
    ],
    ['time,value,unit', [`${T0},1,ms`, `${T1},2,ms`], 'time = time; value = value; unit = unit'],
  ])('%s', (head, rows, expected) => {
    expect(textOf(head, rows)).toBe(expected);
  });

  it('takes texts that are different in every row for no names', () => {
    const rows = Array.from(
      { length: 40 },
      (_, k) => `2026-11-21 10:${String(k).padStart(2, '0')},word ${k},${k}`,
    );
    expect(textOf('time,name,v', rows)).toBe('time = time; metric = v; not looked at (texts): name');
  });

  it('are what the user says before anything is guessed: names, whatever their case, or numbers', () => {
    expect(textOf('a,b,c', [`${T0},1,2`], { value: ['c'] })).toBe(
      'time = a; metric = c; not looked at (other numbers): b',
    );
    expect(textOf('time,Other,v', [`1,${T0},2`], { time: ['other'], value: ['v'] })).toBe(
      'time = Other; metric = v; not looked at (other numbers): time',
    );
    expect(textOf('x,y,z', [`${T0},1,2`], { time: ['1'], value: ['2', '3'] })).toBe(
      'time = x; metrics = y, z',
    );
    expect(textOf('t,host,v', [`${T0},1,2`], { ignore: ['host'] })).toBe(
      'time = t; metric = v; not looked at (told so): host',
    );
    expect(textOf('t,host,v', [`${T0},a,2`], { instance: ['host'] })).toBe(
      'time = t; instance = host; metric = v',
    );
    expect(textOf('t,what,v', [`${T0},a,2`], { metric: ['what'] })).toBe(
      'time = t; value = v; metric = what',
    );
  });

  it('are asked for where they cannot be told', () => {
    expect(() => textOf('a,b', ['x,1'])).toThrow(
      'x.csv has no column of times among "a", "b": name it with --time COLUMN',
    );
    expect(() => textOf('time,b', [`${T0},some longer text`])).toThrow('no column of numbers');
    expect(() => textOf('time,b', [`${T0},1`], { value: ['val'] })).toThrow(
      'x.csv has no column "val" for --value: it has "time", "b"',
    );
    expect(() => textOf('time,b,c', [`${T0},x,y`], { metric: ['b'] })).toThrow('no column of values');
  });
});
