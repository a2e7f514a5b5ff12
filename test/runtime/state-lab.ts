/** A state of a few columns, filled or restored, and what a log would hold of its snapshots. */
import { crc32 } from 'node:zlib';
import { Reading } from '../../pipeline/model/reading.ts';
import type { ColumnDeclaration, StateColumn } from '../../pipeline/model/state.ts';
import { Directory } from '../../pipeline/runtime/directory.ts';
import {
  loadSnapshot,
  takeSnapshot,
  wholeState,
  type StateSnapshot,
  type UnitCopy,
} from '../../pipeline/runtime/state-snapshot.ts';
import { StateStore } from '../../pipeline/runtime/state-store.ts';
import type { SavedUnit } from '../../pipeline/runtime/state-units.ts';

export const HOT = { name: 'last', type: 'f64', scope: 'row', group: 'hot', width: 2 } as const;
export const CELL = {
  name: 'mean',
  type: 'f32',
  scope: 'series',
  group: 'cell',
  width: 24,
  metric: 'rx_bps',
} as const;
export const SEEN = {
  name: 'seen',
  type: 'f64',
  scope: 'entity',
  group: 'hot',
  initial: Number.NaN,
} as const;
export const FLAG = { name: 'flag', type: 'u8', scope: 'row', group: 'hot' } as const;
export const ALL = [HOT, CELL, SEEN, FLAG] as const satisfies readonly ColumnDeclaration[];

export function state(columns: readonly ColumnDeclaration[] = ALL) {
  const store = new StateStore();
  const directory = new Directory(store);
  const context = store.context({ name: 'stage', columns }, new Reading());
  const cases = context.objects<object>('cases');
  const column = (declaration: ColumnDeclaration): StateColumn => context.column(declaration);
  return { store, directory, cases, column };
}

/** Every value of the column's slots, in slot order. */
export function values(column: StateColumn, slots: number): number[] {
  return Array.from({ length: slots * column.width }, (_, i) =>
    column.get(Math.floor(i / column.width), i % column.width),
  );
}

export function filled(rows: number, entities: number) {
  const made = state();
  const reading = new Reading();
  for (let i = 0; i < entities; i += 1) {
    reading.reset(0);
    reading.entity = `default/device/r${i}`;
    made.directory.resolve(reading);
  }
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

/** What a log would hold after the snapshots: of each unit what was written last, in the order of writing. */
export class Log {
  readonly #units = new Map<string, SavedUnit>();
  #layout: StateSnapshot['layout'] = { entities: 0, rows: 0, columns: [] };

  /** Writes what the snapshot has left. */
  write(snapshot: StateSnapshot): this {
    for (let unit = snapshot.next(); unit !== undefined; unit = snapshot.next()) this.add(snapshot, unit);
    return this;
  }

  add({ layout }: StateSnapshot, unit: UnitCopy): void {
    this.#layout = layout;
    this.#units.delete(unit.name);
    this.#units.set(unit.name, { ...unit, columns: layout.columns });
  }

  restored(columns: readonly ColumnDeclaration[] = ALL) {
    const into = state(columns);
    const { store, directory } = into;
    const loader = loadSnapshot(this.#layout, [this.#layout.columns], store, directory);
    for (const unit of this.#units.values()) loader.load(unit);
    return into;
  }

  get names(): string[] {
    return [...this.#units.keys()];
  }

  unit(name: string): SavedUnit {
    return this.#units.get(name)!;
  }

  /** The unit with other bytes. */
  changed(name: string, bytes: Uint8Array): this {
    const any = this.#units.values().next().value!;
    this.#units.set(name, { ...any, ...this.#units.get(name), name, bytes });
    return this;
  }
}

export function snapshotOf({ store, directory }: ReturnType<typeof state>): StateSnapshot {
  return takeSnapshot(store, directory);
}

/** A checksum of each unit: two states are the same if these are. */
export const whole = ({ store, directory }: ReturnType<typeof state>) =>
  new Map(Array.from(wholeState(store, directory), ([name, bytes]) => [name, crc32(bytes)]));
