/** Names of rows that more than one part of a poll has, or that a partial poll did not read. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { DirectoryLab, type PortRow } from './directory-lab.ts';

let lab: DirectoryLab;
beforeEach(() => {
  lab = new DirectoryLab();
});

function partial(rows: readonly PortRow[]) {
  const made = lab.reading(rows);
  made.status = 'partial';
  expect(lab.directory.resolve(made)).toBeUndefined();
  return { slots: [...made.slots.slice(0, rows.length)], names: made.instances.slice(0, rows.length) };
}

describe('a name in two parts', () => {
  it('is seen when one part gains it while the other stays as it is', () => {
    lab.resolved([[1, 'a']], 1, 'q1');
    lab.resolved([[2, 'x']], 2, 'q1');
    const gaining = [
      [1, 'a'],
      [3, 'x'],
    ] as const;
    lab.resolved(gaining, 1, 'q2');
    expect(lab.resolved([[2, 'x']], 2, 'q2').names).toEqual(['x#2']);
    const first = lab.resolved(gaining, 1, 'q3');
    const second = lab.resolved([[2, 'x']], 2, 'q3');
    expect([...first.names, ...second.names]).toEqual(['a', 'x#3', 'x#2']);
    expect(new Set([...first.slots, ...second.slots]).size).toBe(3);
  });

  it('is seen though the poll in between lost the other part', () => {
    const gaining = [
      [1, 'a'],
      [3, 'x'],
    ] as const;
    lab.resolved([[1, 'a']], 1, 'q1');
    lab.resolved([[2, 'x']], 2, 'q1');
    lab.resolved(gaining, 1, 'q2');
    lab.resolved(gaining, 1, 'q3');
    expect(lab.resolved([[2, 'x']], 2, 'q3').names).toEqual(['x#2']);
    expect(lab.resolved(gaining, 1, 'q4').names).toEqual(['a', 'x#3']);
  });

  it('gives each of three parts its own slot', () => {
    const names: string[][] = [];
    const slots = new Set<number>();
    for (const pollId of ['q1', 'q2', 'q3']) {
      names.length = 0;
      slots.clear();
      for (const part of [1, 2, 3]) {
        const there = lab.resolved(
          [
            [part, 'x'],
            [part + 10, `y${part}`],
          ],
          part,
          pollId,
        );
        names.push(there.names);
        for (const slot of there.slots) slots.add(slot);
      }
    }
    expect(names).toEqual([
      ['x#1', 'y1'],
      ['x#2', 'y2'],
      ['x#3', 'y3'],
    ]);
    expect(slots.size).toBe(6);
  });

  it('goes on as one series when it moved there with a new ifIndex', () => {
    lab.resolved([[1, 'a']], 1, 'q1');
    const before = lab.resolved([[2, 'x']], 2, 'q1');
    const moved = lab.resolved(
      [
        [1, 'a'],
        [9, 'x'],
      ],
      1,
      'q2',
    );
    expect(lab.resolved([[4, 'b']], 2, 'q2').names).toEqual(['b']);
    expect(moved).toMatchObject({ names: ['a', 'x'], slots: [0, before.slots[0]] });
    expect(
      lab.resolved(
        [
          [1, 'a'],
          [9, 'x'],
        ],
        1,
        'q3',
      ).names,
    ).toEqual(['a', 'x']);
  });

  it('is not shared with a part that polls no longer have', () => {
    lab.resolved([[1, 'a']], 1, 'q1');
    lab.resolved([[2, 'x']], 2, 'q1');
    const whole = lab.reading([[3, 'x']], 1, 'q1');
    whole.parts = 1;
    expect(lab.directory.resolve(whole)).toBeUndefined();
    expect(whole.instances[0]).toBe('x');
  });
});

describe('a name that a partial poll did not read', () => {
  it('is the one that the ifIndex had', () => {
    const before = lab.resolved([
      [1, 'a'],
      [2, 'b'],
    ]);
    const rows = [
      [1, 'a'],
      [2, null],
    ] as const;
    expect(partial(rows)).toEqual({ slots: before.slots, names: ['a', 'b'] });
    expect(partial(rows)).toEqual({ slots: before.slots, names: ['a', 'b'] });
    expect(
      lab.resolved([
        [1, 'a'],
        [2, 'b'],
      ]),
    ).toEqual({ ...before, fresh: [0, 0] });
  });

  it('is #ifIndex if it was never known, and in a complete poll', () => {
    expect(partial([[5, null]]).names).toEqual(['#5']);
    lab.resolved([[2, 'b']]);
    expect(partial([[2, null]]).names).toEqual(['b']);
    expect(lab.resolved([[2, null]]).names).toEqual(['#2']);
  });

  it('keeps its qualification, and is not the one that has moved to another ifIndex', () => {
    lab.resolved([
      [1, 'x'],
      [2, 'x'],
      [3, 'b'],
    ]);
    expect(
      partial([
        [1, null],
        [2, 'x'],
        [3, null],
        [7, 'b'],
      ]).names,
    ).toEqual(['x#1', 'x#2', '#3', 'b']);
    expect(partial([[3, null]]).names).toEqual(['#3']);
  });
});
