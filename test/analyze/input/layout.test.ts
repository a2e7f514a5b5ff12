import { describe, expect, it } from '@jest/globals';
import { guessLayout, isHead, layoutText } from '../../../pipeline/analyze/input/layout.ts';
import { timeParser } from '../../../pipeline/analyze/input/times.ts';

const time = timeParser();
const TIME = '2026-11-21 10:00';

function textOf(head: string, row: string, columns = {}): string {
  const names = head.split(',');
  return layoutText(names, guessLayout(names, [row.split(',')], { time, file: 'x.csv', columns }));
}

describe('what the columns of a file mean', () => {
  it.each([
    ['timestamp,value', `${TIME},1`, 'time = timestamp; value = value'],
    ['timestamp,value,label', `${TIME},1,0`, 'time = timestamp; value = value; not looked at: label'],
    [
      'time,entity,instance,metric,value,kind,unit,speed',
      `${TIME},r1,ge-0,rx,1,counter,By,1e9`,
      'time = time; entity = entity; instance = instance; value = value; metric = metric; kind = kind; unit = unit; speed = speed',
    ],
    [
      '_time,host,_field,_value',
      `${TIME},r1,load,1`,
      'time = _time; entity = host; value = _value; metric = _field',
    ],
    [
      'Date,cpu_pct,mem_pct,note',
      `${TIME},1,2,fine`,
      'time = Date; instance = note; metrics = cpu_pct, mem_pct',
    ],
    [
      'when,device,if_name,rx,tx',
      `${TIME},r1,ge-0,1,`,
      'time = when; entity = device; instance = if_name; metrics = rx, tx',
    ],
  ])('%s', (head, row, expected) => {
    expect(textOf(head, row)).toBe(expected);
  });

  it('are what the user says before anything is guessed', () => {
    expect(textOf('a,b,c', `${TIME},1,2`, { value: 'c' })).toBe('time = a; value = c; not looked at: b');
    expect(textOf('time,other,v', `1,${TIME},2`, { time: 'other' })).toBe('time = other; metrics = time, v');
  });

  it('are asked for where they cannot be told', () => {
    expect(() => textOf('a,b', 'x,1')).toThrow(
      'x.csv has no column of times among "a", "b": name it with --time COLUMN',
    );
    expect(() => textOf('time,b', `${TIME},x`)).toThrow('no column of numbers');
    expect(() => textOf('time,b', `${TIME},1`, { value: 'val' })).toThrow(
      'x.csv has no column "val" for --value: it has "time", "b"',
    );
  });

  it('have names unless the first line is data', () => {
    expect(isHead(['timestamp', 'value'], time)).toBe(true);
    expect(isHead([TIME, '1'], time)).toBe(false);
    expect(isHead(['a', '1'], time)).toBe(false);
  });
});
