import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Reading } from '../../pipeline/model/reading.ts';
import type { ColumnDeclaration, StateColumn } from '../../pipeline/model/state.ts';
import { Directory } from '../../pipeline/runtime/directory.ts';
import { restoreSnapshot, takeSnapshot, type StateSnapshot } from '../../pipeline/runtime/state-snapshot.ts';
import { StateStore } from '../../pipeline/runtime/state-store.ts';

const HOT = { name: 'last', type: 'f64', scope: 'row', group: 'hot', width: 2 } as const;
const CELL = {
  name: 'mean',
  type: 'f32',
  scope: 'series',
  group: 'cell',
  width: 24,
  metric: 'rx_bps',
} as const;
const SEEN = { name: 'seen', type: 'f64', scope: 'entity', group: 'hot', initial: Number.NaN } as const;
const FLAG = { name: 'flag', type: 'u8', scope: 'row', group: 'hot' } as const;
const ALL = [HOT, CELL, SEEN, FLAG] as const satisfies readonly ColumnDeclaration[];

function state(columns: readonly ColumnDeclaration[] = ALL) {
  const store = new StateStore();
  const directory = new Directory(store);
  const context = store.context({ name: 'stage', columns }, new Reading());
  const cases = context.objects<object>('cases');
  const column = (declaration: ColumnDeclaration): StateColumn => context.column(declaration);
  return { store, directory, cases, column };
}

/** Every value of the column's slots, in slot order. */
function values(column: StateColumn, slots: number): number[] {
  return Array.from({ length: slots * column.width }, (_, i) =>
    column.get(Math.floor(i / column.width), i % column.width),
  );
}

function filled(rows: number, entities: number) {
  const made = state();
  for (let i = 0; i < entities; i += 1) made.store.newEntity();
  made.store.newRows(rows);
  for (const declaration of ALL) {
    const column = made.column(declaration);
    const slots = declaration.scope === 'entity' ? entities : rows;
    for (let slot = 0; slot < slots; slot += 1) {
      for (let k = 0; k < column.width; k += 1) column.set(slot, (slot * 31 + k * 7) % 251, k);
    }
  }
  return made;
}

function restored(snapshot: StateSnapshot, columns: readonly ColumnDeclaration[] = ALL) {
  const into = state(columns);
  restoreSnapshot(snapshot, into.store, into.directory);
  return into;
}

describe('a snapshot of the state', () => {
  it('gives back every value of every column, over segments and layouts', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9000 }), fc.integer({ min: 1, max: 300 }), (rows, entities) => {
        const before = filled(rows, entities);
        const after = restored(takeSnapshot(before.store, before.directory));
        expect([after.store.rows, after.store.entities]).toEqual([rows, entities]);
        for (const declaration of ALL) {
          const slots = declaration.scope === 'entity' ? entities : rows;
          const [old, now] = [before.column(declaration), after.column(declaration)];
          expect(values(now, slots)).toEqual(values(old, slots));
        }
      }),
      { numRuns: 12 },
    );
  });

  it('is of one instant: what changes later is not in it', () => {
    const before = filled(10, 1);
    before.cases.set('a', { open: 1 });
    const snapshot = takeSnapshot(before.store, before.directory);
    before.column(HOT).set(3, -1);
    before.cases.set('a', { open: 2 });
    const after = restored(snapshot);
    expect(after.column(HOT).get(3)).toBe((3 * 31) % 251);
    expect(after.cases.get('a')).toEqual({ open: 1 });
  });

  it('keeps bigint, NaN, negative zero and dates of irregular state', () => {
    const before = filled(1, 1);
    const odd = { big: 2n ** 63n, nan: Number.NaN, zero: -0, at: new Date(5), names: new Set(['a']) };
    before.cases.set('odd', odd);
    const after = restored(takeSnapshot(before.store, before.directory));
    expect(after.cases.get('odd')).toEqual(odd);
  });

  it('leaves a new column at its initial value and skips one that is gone', () => {
    const before = filled(5_000, 3);
    const added = { ...HOT, name: 'added', initial: 7 } as const;
    const columns = [added, FLAG, SEEN, CELL];
    const after = restored(takeSnapshot(before.store, before.directory), columns);
    expect(values(after.column(added), 5_000)).toEqual(new Array(10_000).fill(7));
    for (const kept of [FLAG, CELL]) {
      expect(values(after.column(kept), 5_000)).toEqual(values(before.column(kept), 5_000));
    }
  });

  it('refuses a column of another type or width, naming it and the way out', () => {
    const before = filled(1, 1);
    const snapshot = takeSnapshot(before.store, before.directory);
    expect(() => restored(snapshot, [{ ...HOT, type: 'f32' }])).toThrow(
      /stage\.last is \(f32 x 2.*f64 x 2.*another name/,
    );
    expect(() => restored(snapshot, [{ ...HOT, width: 3 }])).toThrow(/f64 x 3/);
  });

  it('refuses a chunk that is missing or cut', () => {
    const before = filled(1, 1);
    const snapshot = takeSnapshot(before.store, before.directory);
    const without = (name: string) => snapshot.chunks.filter((chunk) => chunk.name !== name);
    expect(() => restored({ ...snapshot, chunks: without('row.cell.0') })).toThrow(
      /lacks its chunk row\.cell\.0/,
    );
    const cut = { name: 'row.cell.0', bytes: new Uint8Array(3) };
    expect(() => restored({ ...snapshot, chunks: [...without('row.cell.0'), cut] })).toThrow(
      /cut at 3 bytes/,
    );
  });
});
