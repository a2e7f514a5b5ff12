import { beforeEach, describe, expect, it } from '@jest/globals';
import { Reading } from '../../pipeline/model/reading.ts';
import { DirectoryLab } from './directory-lab.ts';

const LEARNED = {
  name: 'learned',
  type: 'f64',
  scope: 'series',
  group: 'cell',
  width: 2,
  initial: -1,
} as const;

let lab: DirectoryLab;
beforeEach(() => {
  lab = new DirectoryLab();
});

/** `count` rows p<from>, p<from + 1>... */
function ports(from: number, count: number): (readonly [number, string])[] {
  return Array.from({ length: count }, (_, k) => [from + k, `p${from + k}`] as const);
}

describe('directory', () => {
  it('gives a row the same slot in every poll', () => {
    const first = lab.resolved([
      [1, 'a'],
      [2, 'b'],
    ]);
    expect(first).toEqual({ slots: [0, 1], names: ['a', 'b'], fresh: [1, 1] });
    expect(
      lab.resolved([
        [1, 'a'],
        [2, 'b'],
      ]),
    ).toEqual({ slots: [0, 1], names: ['a', 'b'], fresh: [0, 0] });
  });

  it('follows a name to a new ifIndex, and takes a new name for a new series', () => {
    lab.resolved([
      [1, 'a'],
      [2, 'b'],
    ]);
    expect(
      lab.resolved([
        [7, 'a'],
        [2, 'c'],
      ]),
    ).toEqual({ slots: [0, 2], names: ['a', 'c'], fresh: [0, 1] });
  });

  it('qualifies a name that two rows share by ifIndex, ever after', () => {
    expect(
      lab.resolved([
        [1, 'x'],
        [2, 'x'],
        [3, 'y'],
      ]).names,
    ).toEqual(['x#1', 'x#2', 'y']);
    expect(
      lab.resolved([
        [1, 'x'],
        [3, 'y'],
      ]).names,
    ).toEqual(['x#1', 'y']);
  });

  it('sees a name shared by two parts of one poll, from the next poll on in both', () => {
    lab.resolved([[1, 'x']], 1, 'p1');
    expect(lab.resolved([[2, 'x']], 2, 'p1').names).toEqual(['x#2']);
    expect(lab.resolved([[1, 'x']], 1, 'p2').names).toEqual(['x#1']);
  });

  it('names a row without a name by its ifIndex, also 0 and above 2^24', () => {
    expect(
      lab.resolved([
        [0, null],
        [16_777_217, ''],
      ]).names,
    ).toEqual(['#0', '#16777217']);
  });

  it('refuses a row that occurs twice', () => {
    expect(
      lab.directory.resolve(
        lab.reading([
          [1, 'a'],
          [1, 'a'],
        ]),
      ),
    ).toBe('duplicate_row');
  });

  it('refuses more rows than an entity may have', () => {
    const rows = Array.from({ length: 20_001 }, (_, index) => [index, `p${index}`] as const);
    expect(lab.directory.resolve(lab.reading(rows))).toBe('too_many_rows');
  });

  it('refuses a part beyond the 1,000th, and a poll of more', () => {
    expect(lab.directory.resolve(lab.reading([[1, 'a']], 1_001))).toBe('too_many_rows');
    const made = lab.reading([[1, 'a']]);
    made.parts = 2 ** 31 - 1;
    expect(lab.directory.resolve(made)).toBe('too_many_rows');
  });
});

describe('an entity at its limit of rows', () => {
  beforeEach(() => {
    lab.state.context({ name: 'stage', columns: [{ ...LEARNED, metric: 'm' }] }, new Reading());
  });

  it('keeps known rows, and gives new ones the slots of those that have been absent for the longest', () => {
    lab.resolved(ports(0, 10_000));
    lab.resolved(ports(10_000, 10_000));
    const [, { column }] = [...lab.state.columns()][0]!;
    for (const slot of [0, 1, 2, 10_000]) column.set(slot, 7, 1);
    const kept = [ports(10_000, 1)[0]!, ports(0, 1)[0]!];
    const there = lab.resolved([...ports(20_000, 2), ...kept]);
    expect(there).toEqual({
      slots: [1, 2, 10_000, 0],
      names: ['p20000', 'p20001', 'p10000', 'p0'],
      fresh: [1, 1, 0, 0],
    });
    expect(lab.state.rows).toBe(20_000);
    expect([0, 1, 2, 10_000].map((slot) => column.get(slot, 1))).toEqual([7, -1, -1, 7]);
    expect(lab.resolved([[1, 'p1']])).toMatchObject({ slots: [3], fresh: [1] });
  });

  it('refuses a part with a new row while the other parts have all the others', () => {
    const all = ports(0, 20_000);
    const halves = [all.slice(0, 10_000), all.slice(10_000)] as const;
    lab.resolved(halves[0], 1, 'q1');
    lab.resolved(halves[1], 2, 'q1');
    expect(lab.directory.resolve(lab.reading([[20_001, 'new']], 3, 'q1'))).toBe('too_many_rows');
    expect(lab.resolved(halves[0], 1, 'q2').slots[5]).toBe(5);
    expect(lab.resolved(halves[1], 2, 'q2').slots[5]).toBe(10_005);
  });
});
