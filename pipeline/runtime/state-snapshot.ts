/**
 * A task's state at one instant, in units. Taking it copies nothing: each unit that has changed since the last snapshot
 * is copied when somebody asks for the next one, or right before it changes again, whichever comes first.
 */
import { PermanentError } from '../model/errors.ts';
import type { StateColumn } from '../model/state.ts';
import type { StateStore } from './state-store.ts';
import type { ColumnLayout, SavedUnit, SlotCounts, UnitFamily } from './state-units.ts';

/** Who says which key has which slot: a part of the state. */
export interface SlotDirectory {
  families(): UnitFamily[];
}

/** Units of an older format, by the names of their units without `.<number>`. */
export interface OlderUnits {
  readonly name: string;
  restore(unit: number, saved: SavedUnit): void;
}

/** How the state is laid out. */
export interface StateLayout extends SlotCounts {
  /** In the order in which they stand in each unit. */
  readonly columns: readonly ColumnLayout[];
}

/** A unit of a snapshot. `columns` are those of the snapshot's layout. */
export type UnitCopy = Pick<SavedUnit, 'name' | 'slots' | 'bytes'>;

export interface StateSnapshot {
  readonly layout: StateLayout;
  /** The units that have changed since the last snapshot, and about how large they are. */
  readonly changed: readonly { readonly name: string; readonly bytes: number }[];
  /** Right after it was taken: these as well, though they have not changed. Names that no unit has are left out. */
  include(names: Iterable<string>): void;
  /** The next unit, in any order. undefined after the last. */
  next(): UnitCopy | undefined;
  /** Units to come. */
  readonly left: number;
  /** The longest that folding had to wait for one copy. */
  readonly longestMs: number;
  /**
   * Which of the units that lie in the log (at these positions) hold nothing that a later one does not, once those of
   * this snapshot lie there too.
   */
  obsolete(positions: ReadonlyMap<string, number>): string[];
}

/** Fills an empty state, unit by unit, in the order in which they were written. */
export interface StateLoader {
  /** false: nobody declares (any more) what it holds. @throws PermanentError when it is cut. */
  load(unit: SavedUnit): boolean;
}

/** @throws TypeError while another snapshot is under way. */
export function takeSnapshot(store: StateStore, directory: SlotDirectory): StateSnapshot {
  return new TakenSnapshot(store, directory);
}

interface Pending {
  readonly family: UnitFamily;
  readonly unit: number;
}

class TakenSnapshot implements StateSnapshot {
  readonly layout: StateLayout;
  readonly changed: { readonly name: string; readonly bytes: number }[] = [];
  readonly #store: StateStore;
  readonly #families: ReadonlyMap<string, UnitFamily>;
  readonly #pending: Pending[] = [];
  /** Copied before somebody asked. */
  readonly #copied: UnitCopy[] = [];
  #next = 0;
  #left = 0;
  #longestMs = 0;

  constructor(store: StateStore, directory: SlotDirectory) {
    this.#store = store;
    const columns = Array.from(store.columns(), ([name, { column }]) => layoutOf(name, column));
    this.layout = { entities: store.entities, rows: store.rows, columns };
    this.#families = familiesOf(store, directory);
    for (const set of store.cellSets()) set.freeze(this.layout);
    for (const family of this.#families.values()) {
      for (const unit of family.marks.freeze((each) => this.#copy(family, each))) this.#expect(family, unit);
    }
    this.#left = this.#pending.length;
    for (const { family, unit } of this.#pending)
      this.changed.push({ name: `${family.name}.${unit}`, bytes: family.bytes(unit, this.layout) });
  }

  include(names: Iterable<string>): void {
    for (const name of names) {
      const found = unitOf(name, this.#families);
      if (found === undefined || found.unit >= found.family.count(this.layout)) continue;
      if (!found.family.marks.include(found.unit)) continue;
      this.#expect(found.family, found.unit);
      this.#left += 1;
    }
  }

  next(): UnitCopy | undefined {
    while (this.#copied.length === 0 && this.#next < this.#pending.length) {
      const { family, unit } = this.#pending[this.#next]!;
      this.#next += 1;
      family.marks.preserve(unit);
    }
    const copy = this.#copied.shift();
    if (copy !== undefined) this.#left -= 1;
    return copy;
  }

  get left(): number {
    return this.#left;
  }

  get longestMs(): number {
    return this.#longestMs;
  }

  obsolete(positions: ReadonlyMap<string, number>): string[] {
    return this.#store.cellSets().flatMap((set) => set.obsoleteBlocks(positions));
  }

  #expect(family: UnitFamily, unit: number): void {
    // A mark can only be there for a unit that was in use at this instant.
    this.#pending.push({ family, unit });
  }

  #copy(family: UnitFamily, unit: number): void {
    const startedMs = performance.now();
    const bytes = family.copy(unit, this.layout);
    this.#copied.push({ name: `${family.name}.${unit}`, slots: family.slots(unit, this.layout), bytes });
    this.#longestMs = Math.max(this.#longestMs, performance.now() - startedMs);
  }
}

/**
 * Prepares an empty state for what a checkpoint holds. A column that it lacks keeps its initial values, one that nobody
 * declares any more is skipped. `layouts`: every one that a unit to come was written with; `olderUnits`: how those of
 * older formats are read.
 * @throws PermanentError when a column's type, width or place differs.
 */
export function loadSnapshot(
  counts: SlotCounts,
  layouts: readonly (readonly ColumnLayout[])[],
  store: StateStore,
  directory: SlotDirectory,
  olderUnits: readonly OlderUnits[] = [],
): StateLoader {
  const columns = new Map(Array.from(store.columns(), ([name, { column }]) => [name, column]));
  for (const layout of layouts) for (const saved of layout) assertSameMeaning(saved, columns.get(saved.name));
  store.reserve(counts.entities, counts.rows);
  const families = familiesOf(store, directory);
  const older = new Map(olderUnits.map((units) => [units.name, units]));
  return {
    load(saved) {
      const old = unitOf(saved.name, older);
      if (old !== undefined) {
        old.family.restore(old.unit, saved);
        return true;
      }
      const found = unitOf(saved.name, families);
      if (found === undefined) return false;
      if (found.unit >= found.family.count(counts) || saved.slots > found.family.slots(found.unit, counts)) {
        throw new PermanentError(
          `the checkpoint's unit ${saved.name} of ${saved.slots} slots lies beyond its ${counts.entities} ` +
            `entities and ${counts.rows} rows`,
        );
      }
      found.family.restore(found.unit, saved);
      return true;
    },
  };
}

/** Everything as it is, copied at once: for tests and for telling states apart. */
export function wholeState(store: StateStore, directory: SlotDirectory): Map<string, Uint8Array> {
  const counts = { entities: store.entities, rows: store.rows };
  const whole = new Map<string, Uint8Array>();
  for (const family of familiesOf(store, directory).values()) {
    for (let unit = 0; unit < family.count(counts); unit += 1)
      whole.set(`${family.name}.${unit}`, family.copy(unit, counts));
  }
  return whole;
}

export function familiesOf(store: StateStore, directory: SlotDirectory): Map<string, UnitFamily> {
  return new Map([...store.families(), ...directory.families()].map((family) => [family.name, family]));
}

function unitOf<F>(
  name: string,
  families: ReadonlyMap<string, F>,
): { readonly family: F; readonly unit: number } | undefined {
  const dot = name.lastIndexOf('.');
  const family = families.get(name.slice(0, dot));
  const unit = Number(name.slice(dot + 1));
  return family !== undefined && Number.isSafeInteger(unit) && unit >= 0 ? { family, unit } : undefined;
}

function layoutOf(name: string, { declaration, width }: StateColumn): ColumnLayout {
  const { type, scope, group } = declaration;
  return { name, type, width, scope: scope === 'entity' ? 'entity' : 'row', group };
}

function assertSameMeaning(saved: ColumnLayout, column: StateColumn | undefined): void {
  if (column === undefined) return;
  const now = layoutOf(saved.name, column);
  const shape = ({ type, width, scope, group }: ColumnLayout) => `${type} x ${width}, ${scope}, ${group}`;
  if (shape(saved) !== shape(now)) {
    throw new PermanentError(
      `state column ${saved.name} is (${shape(now)}) now and (${shape(saved)}) in the checkpoint: run the version ` +
        'that wrote it, or give the changed column another name (it starts empty then)',
    );
  }
}
