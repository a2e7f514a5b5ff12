import { beforeEach, describe, expect, it } from '@jest/globals';
import { Reading } from '../../pipeline/model/reading.ts';
import { Directory } from '../../pipeline/runtime/directory.ts';
import { StateStore } from '../../pipeline/runtime/state-store.ts';

const LEARNED = {
  name: 'learned',
  type: 'f64',
  scope: 'series',
  group: 'cell',
  width: 2,
  initial: -1,
} as const;

let state: StateStore;
let directory: Directory;
let poll = 0;
beforeEach(() => {
  state = new StateStore();
  directory = new Directory(state);
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
  Object.assign(made, { entity: 'd/device/a', part, parts: 3, pollId });
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

function partial(rows: readonly (readonly [number, string | null])[]) {
  const made = reading(rows);
  made.status = 'partial';
  expect(directory.resolve(made)).toBeUndefined();
  return { slots: [...made.slots.slice(0, rows.length)], names: made.instances.slice(0, rows.length) };
}

/** `count` rows p<from>, p<from + 1>... */
function ports(from: number, count: number): (readonly [number, string])[] {
  return Array.from({ length: count }, (_, k) => [from + k, `p${from + k}`] as const);
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

  it('refuses a part beyond the 1,000th, and a poll of more', () => {
    expect(directory.resolve(reading([[1, 'a']], 1_001))).toBe('too_many_rows');
    const made = reading([[1, 'a']]);
    made.parts = 2 ** 31 - 1;
    expect(directory.resolve(made)).toBe('too_many_rows');
  });
});

describe('a name in two parts', () => {
  it('is seen when one part gains it while the other stays as it is', () => {
    resolved([[1, 'a']], 1, 'q1');
    resolved([[2, 'x']], 2, 'q1');
    const gaining = [
      [1, 'a'],
      [3, 'x'],
    ] as const;
    resolved(gaining, 1, 'q2');
    expect(resolved([[2, 'x']], 2, 'q2').names).toEqual(['x#2']);
    const first = resolved(gaining, 1, 'q3');
    const second = resolved([[2, 'x']], 2, 'q3');
    expect([...first.names, ...second.names]).toEqual(['a', 'x#3', 'x#2']);
    expect(new Set([...first.slots, ...second.slots]).size).toBe(3);
  });

  it('is seen though the poll in between lost the other part', () => {
    const gaining = [
      [1, 'a'],
      [3, 'x'],
    ] as const;
    resolved([[1, 'a']], 1, 'q1');
    resolved([[2, 'x']], 2, 'q1');
    resolved(gaining, 1, 'q2');
    resolved(gaining, 1, 'q3');
    expect(resolved([[2, 'x']], 2, 'q3').names).toEqual(['x#2']);
    expect(resolved(gaining, 1, 'q4').names).toEqual(['a', 'x#3']);
  });

  it('gives each of three parts its own slot', () => {
    const names: string[][] = [];
    const slots = new Set<number>();
    for (const pollId of ['q1', 'q2', 'q3']) {
      names.length = 0;
      slots.clear();
      for (const part of [1, 2, 3]) {
        const there = resolved(
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
    resolved([[1, 'a']], 1, 'q1');
    const before = resolved([[2, 'x']], 2, 'q1');
    const moved = resolved(
      [
        [1, 'a'],
        [9, 'x'],
      ],
      1,
      'q2',
    );
    expect(resolved([[4, 'b']], 2, 'q2').names).toEqual(['b']);
    expect(moved).toMatchObject({ names: ['a', 'x'], slots: [0, before.slots[0]] });
    expect(
      resolved(
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
    resolved([[1, 'a']], 1, 'q1');
    resolved([[2, 'x']], 2, 'q1');
    const whole = reading([[3, 'x']], 1, 'q1');
    whole.parts = 1;
    expect(directory.resolve(whole)).toBeUndefined();
    expect(whole.instances[0]).toBe('x');
  });
});

describe('a name that a partial poll did not read', () => {
  it('is the one that the ifIndex had', () => {
    const before = resolved([
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
      resolved([
        [1, 'a'],
        [2, 'b'],
      ]),
    ).toEqual({ ...before, fresh: [0, 0] });
  });

  it('is #ifIndex if it was never known, and in a complete poll', () => {
    expect(partial([[5, null]]).names).toEqual(['#5']);
    resolved([[2, 'b']]);
    expect(partial([[2, null]]).names).toEqual(['b']);
    expect(resolved([[2, null]]).names).toEqual(['#2']);
  });

  it('keeps its qualification, and is not the one that has moved to another ifIndex', () => {
    resolved([
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

describe('an entity at its limit of rows', () => {
  beforeEach(() => {
    state.context({ name: 'stage', columns: [{ ...LEARNED, metric: 'm' }] }, new Reading());
  });

  it('keeps known rows, and gives new ones the slots of those that have been absent for the longest', () => {
    resolved(ports(0, 10_000));
    resolved(ports(10_000, 10_000));
    const [, { column }] = [...state.columns()][0]!;
    for (const slot of [0, 1, 2, 10_000]) column.set(slot, 7, 1);
    const kept = [ports(10_000, 1)[0]!, ports(0, 1)[0]!];
    const there = resolved([...ports(20_000, 2), ...kept]);
    expect(there).toEqual({
      slots: [1, 2, 10_000, 0],
      names: ['p20000', 'p20001', 'p10000', 'p0'],
      fresh: [1, 1, 0, 0],
    });
    expect(state.rows).toBe(20_000);
    expect([0, 1, 2, 10_000].map((slot) => column.get(slot, 1))).toEqual([7, -1, -1, 7]);
    expect(resolved([[1, 'p1']])).toMatchObject({ slots: [3], fresh: [1] });
  });

  it('refuses a part with a new row while the other parts have all the others', () => {
    const all = ports(0, 20_000);
    const halves = [all.slice(0, 10_000), all.slice(10_000)] as const;
    resolved(halves[0], 1, 'q1');
    resolved(halves[1], 2, 'q1');
    expect(directory.resolve(reading([[20_001, 'new']], 3, 'q1'))).toBe('too_many_rows');
    expect(resolved(halves[0], 1, 'q2').slots[5]).toBe(5);
    expect(resolved(halves[1], 2, 'q2').slots[5]).toBe(10_005);
  });
});
