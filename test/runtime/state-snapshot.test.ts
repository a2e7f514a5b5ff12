import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { loadSnapshot, type StateSnapshot } from '../../pipeline/runtime/state-snapshot.ts';
import type { SavedUnit } from '../../pipeline/runtime/state-units.ts';
import { ALL, CELL, filled, FLAG, HOT, Log, SEEN, snapshotOf, state, values, whole } from './state-lab.ts';

describe('a snapshot of the state', () => {
  it('gives back every value of every column, over segments and layouts', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9000 }), fc.integer({ min: 1, max: 300 }), (rows, entities) => {
        const before = filled(rows, entities);
        const after = new Log().write(snapshotOf(before)).restored();
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
    const snapshot = snapshotOf(before);
    before.column(HOT).set(3, -1);
    before.column(CELL).set(3, -1, 5);
    before.column(CELL).reset(4);
    before.store.newRows(9);
    (before.cases.get('a') as { open: number }).open = 2;
    const after = new Log().write(snapshot).restored();
    expect(after.column(HOT).get(3)).toBe((3 * 31) % 251);
    expect(after.column(CELL).get(3, 5)).toBe((3 * 31 + 5 * 7) % 251);
    expect(after.column(CELL).get(4, 5)).toBe((4 * 31 + 5 * 7) % 251);
    expect(after.cases.get('a')).toEqual({ open: 1 });
    expect(after.store.rows).toBe(10);
  });

  it('holds what has changed since the one before, and no more', () => {
    const before = filled(5_000, 1);
    const log = new Log().write(snapshotOf(before));
    before.column(CELL).set(4_500, 9, 7);
    const second = snapshotOf(before);
    expect(second.changed.map(({ name }) => name)).toEqual([`row.cell.stage.24.${24 + 7}`]);
    expect(whole(log.write(second).restored())).toEqual(whole(before));
    expect(snapshotOf(before).changed).toEqual([]);
  });

  it('holds a block of slots where all cells of a slot changed, until every cell was written anew', () => {
    const before = filled(50, 1);
    const log = new Log().write(snapshotOf(before));
    before.column(CELL).reset(17);
    const second = snapshotOf(before);
    expect(second.changed).toEqual([{ name: 'row.block.stage.24.2', bytes: 8 * 24 * 4 }]);
    expect(whole(log.write(second).restored())).toEqual(whole(before));

    const positions = () => new Map(log.names.map((name, position) => [name, position]));
    expect(second.obsolete(positions())).toEqual([]);
    for (let k = 0; k < 24; k += 1) before.column(CELL).set(k, k, k);
    expect(whole(log.write(snapshotOf(before)).restored())).toEqual(whole(before));
    expect(second.obsolete(positions())).toEqual(['row.block.stage.24.2']);
  });

  it('is exact whatever is written while it is copied, whichever snapshot a unit comes from', () => {
    const slot = fc.nat({ max: 4_200 });
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.tuple(fc.constant('set' as const), fc.nat(ALL.length - 1), slot, fc.nat()) },
      { weight: 2, arbitrary: fc.tuple(fc.constant('reset' as const), slot) },
      { weight: 2, arbitrary: fc.tuple(fc.constant('case' as const), fc.nat(5), fc.boolean()) },
      { weight: 1, arbitrary: fc.tuple(fc.constant('rows' as const), fc.integer({ min: 1, max: 40 })) },
      { weight: 4, arbitrary: fc.tuple(fc.constant('copy' as const)) },
      { weight: 1, arbitrary: fc.tuple(fc.constant('snapshot' as const), fc.nat(50)) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const before = filled(4_100, 3);
        const log = new Log().write(snapshotOf(before));
        let snapshot: StateSnapshot | undefined;
        let expected = whole(before);
        const finish = () => {
          if (snapshot === undefined) return;
          log.write(snapshot);
          snapshot = undefined;
          expect(whole(log.restored())).toEqual(expected);
        };
        for (const [what, first = 0, second = 0, third = 0] of steps) {
          const row = Math.min(first, before.store.rows - 1);
          if (what === 'set') {
            const column = before.column(ALL[first]!);
            const slots = column.declaration.scope === 'entity' ? 3 : before.store.rows;
            column.set(Math.min(Number(second), slots - 1), third % 200, third % column.width);
          } else if (what === 'reset') before.store.resetRow(row);
          else if (what === 'rows') before.store.newRows(first);
          else if (what === 'case') {
            if (second === true) before.cases.delete(String(first));
            else before.cases.set(String(first), { at: steps.length });
          } else if (what === 'copy') {
            const unit = snapshot?.next();
            if (unit !== undefined) log.add(snapshot!, unit);
          } else {
            finish();
            expected = whole(before);
            snapshot = snapshotOf(before);
            snapshot.include([...expected.keys()].filter((_, n) => n % 51 === first));
          }
        }
        finish();
      }),
      {
        numRuns: 40,
        // What was kept for one snapshot is nothing to the next.
        examples: [
          [
            [
              ['snapshot', 0],
              ['reset', 1],
              ['snapshot', 0],
            ],
          ],
        ],
      },
    );
  });

  it('is refused while another one has units to copy', () => {
    const before = filled(10, 1);
    snapshotOf(before);
    expect(() => snapshotOf(before)).toThrow(/still has \d+ units to copy/);
  });

  it('keeps bigint, NaN, negative zero and dates of irregular state', () => {
    const before = filled(1, 1);
    const odd = { big: 2n ** 63n, nan: Number.NaN, zero: -0, at: new Date(5), names: new Set(['a']) };
    before.cases.set('odd', odd);
    expect(new Log().write(snapshotOf(before)).restored().cases.get('odd')).toEqual(odd);
  });

  it('keeps no hold of what it was restored from, though typed arrays would be views of it', () => {
    // Which of the keys lets the array lie at a multiple of eight, where it is a view, is up to the serialiser.
    for (let length = 1; length <= 8; length += 1) {
      const from = state();
      from.cases.set('k'.repeat(length), { sums: new Float64Array([1, 2]) });
      const log = new Log().write(snapshotOf(from));
      const written = Buffer.from(log.unit('objects.stage.cases.0').bytes);
      const [[, value]] = [...log.restored().cases.entries()] as [[string, { sums: Float64Array }]];
      value.sums[0] = 99;
      expect(written.equals(log.unit('objects.stage.cases.0').bytes)).toBe(true);
    }
  });

  it('leaves a new column at its initial value and skips one that is gone', () => {
    const before = filled(5_000, 3);
    const added = { ...HOT, name: 'added', initial: 7 } as const;
    const addedCell = { ...CELL, name: 'variance', initial: 3 } as const;
    const columns = [added, FLAG, SEEN, addedCell, CELL];
    const log = new Log().write(snapshotOf(before));
    const after = log.restored(columns);
    expect(values(after.column(added), 5_000)).toEqual(new Array(10_000).fill(7));
    expect(values(after.column(addedCell), 5_000)).toEqual(new Array(5_000 * 24).fill(3));
    for (const kept of [FLAG, CELL])
      expect(values(after.column(kept), 5_000)).toEqual(values(before.column(kept), 5_000));
    // Units that were written with other columns stay good beside those that are written now.
    after.column(addedCell).set(4_999, 5, 1);
    const second = snapshotOf(after);
    const mixed = new Map<string, SavedUnit>();
    const { layout } = snapshotOf(before);
    for (const name of log.names) mixed.set(name, log.unit(name));
    for (let unit = second.next(); unit !== undefined; unit = second.next()) {
      mixed.delete(unit.name);
      mixed.set(unit.name, { ...unit, columns: second.layout.columns });
    }
    const again = state(columns);
    const layouts = [layout.columns, second.layout.columns];
    const loader = loadSnapshot(second.layout, layouts, again.store, again.directory);
    for (const unit of mixed.values()) loader.load(unit);
    expect(whole(again)).toEqual(whole(after));
  });

  it('says which units nobody knows any more', () => {
    const before = filled(10, 1);
    const snapshot = snapshotOf(before);
    const into = state([HOT]);
    const loader = loadSnapshot(snapshot.layout, [snapshot.layout.columns], into.store, into.directory);
    const columns = snapshot.layout.columns;
    const dropped: string[] = [];
    for (let unit = snapshot.next(); unit !== undefined; unit = snapshot.next())
      if (!loader.load({ ...unit, columns })) dropped.push(unit.name);
    expect(dropped).toHaveLength(24);
    expect(dropped[0]).toBe('row.cell.stage.24.0');
  });

  it('refuses a column of another type or width, naming it and the way out', () => {
    const log = new Log().write(snapshotOf(filled(1, 1)));
    expect(() => log.restored([{ ...HOT, type: 'f32' }])).toThrow(
      /stage\.last is \(f32 x 2.*f64 x 2.*another name/,
    );
    expect(() => log.restored([{ ...HOT, width: 3 }])).toThrow(/f64 x 3/);
  });

  it('refuses a unit that is cut, or larger than the state', () => {
    const log = () => new Log().write(snapshotOf(filled(1, 1)));
    expect(() => log().changed('row.cell.stage.24.0', new Uint8Array(3)).restored()).toThrow(
      /row\.cell\.stage\.24\.0 is cut at 3 bytes/,
    );
    expect(() => log().changed('row.cell.stage.24.24', new Uint8Array(3)).restored()).toThrow(/lies beyond/);
  });
});
