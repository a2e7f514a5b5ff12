import { beforeEach, describe, expect, it } from '@jest/globals';
import { Reading } from '../../pipeline/model/reading.ts';
import { Directory } from '../../pipeline/runtime/directory.ts';
import { StateStore } from '../../pipeline/runtime/state-store.ts';

let directory: Directory;
let poll = 0;
beforeEach(() => {
  directory = new Directory(new StateStore());
});

function reading(
  rows: readonly (readonly [number, string | null])[],
  part = 1,
  pollId = `poll-${(poll += 1)}`,
): Reading {
  const made = new Reading().add([
    { name: 'if_index', kind: 'number' },
    { name: 'if_name', kind: 'text' },
  ]);
  made.reset(rows.length);
  Object.assign(made, { entity: 'd/device/a', part, pollId });
  for (const [row, [index, name]] of rows.entries()) {
    made.number('if_index').values[row] = index;
    made.text('if_name').values[row] = name;
  }
  return made;
}

function resolved(rows: readonly (readonly [number, string | null])[], part?: number, pollId?: string) {
  const made = reading(rows, part, pollId);
  expect(directory.resolve(made)).toBeUndefined();
  return {
    slots: [...made.slots.slice(0, rows.length)],
    names: made.instances.slice(0, rows.length),
    fresh: [...made.fresh.slice(0, rows.length)],
  };
}

describe('directory', () => {
  it('gives a row the same slot in every poll', () => {
    const first = resolved([
      [1, 'a'],
      [2, 'b'],
    ]);
    expect(first).toEqual({ slots: [0, 1], names: ['a', 'b'], fresh: [1, 1] });
    expect(
      resolved([
        [1, 'a'],
        [2, 'b'],
      ]),
    ).toEqual({ slots: [0, 1], names: ['a', 'b'], fresh: [0, 0] });
  });

  it('follows a name to a new ifIndex, and takes a new name for a new series', () => {
    resolved([
      [1, 'a'],
      [2, 'b'],
    ]);
    expect(
      resolved([
        [7, 'a'],
        [2, 'c'],
      ]),
    ).toEqual({ slots: [0, 2], names: ['a', 'c'], fresh: [0, 1] });
  });

  it('qualifies a name that two rows share by ifIndex, ever after', () => {
    expect(
      resolved([
        [1, 'x'],
        [2, 'x'],
        [3, 'y'],
      ]).names,
    ).toEqual(['x#1', 'x#2', 'y']);
    expect(
      resolved([
        [1, 'x'],
        [3, 'y'],
      ]).names,
    ).toEqual(['x#1', 'y']);
  });

  it('sees a name shared by two parts of one poll, from the next poll on in both', () => {
    resolved([[1, 'x']], 1, 'p1');
    expect(resolved([[2, 'x']], 2, 'p1').names).toEqual(['x#2']);
    expect(resolved([[1, 'x']], 1, 'p2').names).toEqual(['x#1']);
  });

  it('names a row without a name by its ifIndex, also 0 and above 2^24', () => {
    expect(
      resolved([
        [0, null],
        [16_777_217, ''],
      ]).names,
    ).toEqual(['#0', '#16777217']);
  });

  it('refuses a row that occurs twice', () => {
    expect(
      directory.resolve(
        reading([
          [1, 'a'],
          [1, 'a'],
        ]),
      ),
    ).toBe('duplicate_row');
  });

  it('refuses more rows than an entity may have', () => {
    const rows = Array.from({ length: 20_001 }, (_, index) => [index, `p${index}`] as const);
    expect(directory.resolve(reading(rows))).toBe('too_many_rows');
  });
});
