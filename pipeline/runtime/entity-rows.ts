/** The rows of one entity: instance name -> slot, within a limit, and the names that ifIndexes had. */
import type { StateStore } from './state-store.ts';

/** An agent may invent names for ever; its state may not. */
export const MAX_ROWS_PER_ENTITY = 20_000;

/** What a checkpoint holds of it: structured-cloneable. */
export interface EntityRowsSnapshot {
  readonly rows: readonly (readonly [instance: string, slot: number, part: number, index: number])[];
  /** Instances of absent rows, the one that has been absent for the longest first. */
  readonly absent: readonly string[];
  readonly names: readonly (readonly [index: number, name: string])[];
}

interface Row {
  readonly slot: number;
  /** Part that has the row; 0 = none. */
  part: number;
  index: number;
}

export class EntityRows {
  readonly #rows = new Map<string, Row>();
  /** Rows that no part has, the one that has been absent for the longest first. */
  readonly #absent = new Map<string, Row>();
  /** Last known ifName by ifIndex: at most one a row. */
  readonly #names = new Map<number, string>();

  static from({ rows, absent, names }: EntityRowsSnapshot): EntityRows {
    const into = new EntityRows();
    for (const [instance, slot, part, index] of rows) into.#rows.set(instance, { slot, part, index });
    for (const instance of absent) into.#absent.set(instance, into.#rows.get(instance)!);
    for (const [index, name] of names) into.#names.set(index, name);
    return into;
  }

  snapshot(): EntityRowsSnapshot {
    return {
      rows: Array.from(this.#rows, ([instance, { slot, part, index }]) => [instance, slot, part, index]),
      absent: [...this.#absent.keys()],
      names: [...this.#names],
    };
  }

  /** The name that the ifIndex had when it was last read. */
  nameOf(index: number): string | undefined {
    return this.#names.get(index);
  }

  /** `part` no longer has these rows. What has moved to another part stays there. */
  leave(part: number, instances: Iterable<string>): void {
    for (const instance of instances) {
      const row = this.#rows.get(instance);
      if (row?.part !== part) continue;
      row.part = 0;
      this.#absent.set(instance, row);
    }
  }

  /** Whether there is room for all of them, in slots of absent rows if need be. */
  fits(instances: Iterable<string>): boolean {
    let room = MAX_ROWS_PER_ENTITY - this.#rows.size + this.#absent.size;
    for (const instance of instances) {
      const row = this.#rows.get(instance);
      if (row === undefined || row.part === 0) room -= 1;
    }
    return room >= 0;
  }

  /** `part` has this row. @returns its slot, or undefined if it is not known: `create` it. */
  arrive(part: number, instance: string, index: number, name: string | null): number | undefined {
    const row = this.#rows.get(instance);
    if (row === undefined) return undefined;
    if (row.part === 0) this.#absent.delete(instance);
    row.part = part;
    this.#nameIndex(row, index, name);
    return row.slot;
  }

  /** A slot for a new row: the one of the row that has been absent for the longest where the limit is reached. */
  create(part: number, instance: string, index: number, name: string | null, state: StateStore): number {
    const row: Row = { slot: this.#reusedSlot(state) ?? state.newRows(1), part, index };
    this.#rows.set(instance, row);
    this.#nameIndex(row, index, name);
    return row.slot;
  }

  #reusedSlot(state: StateStore): number | undefined {
    if (this.#rows.size < MAX_ROWS_PER_ENTITY) return undefined;
    for (const [instance, row] of this.#absent) {
      this.#absent.delete(instance);
      this.#rows.delete(instance);
      this.#names.delete(row.index);
      state.resetRow(row.slot);
      return row.slot;
    }
    throw new RangeError(`an entity has ${this.#rows.size} rows and none is absent: ask fits() first`);
  }

  #nameIndex(row: Row, index: number, name: string | null): void {
    // The name has moved: its old ifIndex is nobody's until it is read again.
    if (row.index !== index && name !== null && this.#names.get(row.index) === name) {
      this.#names.delete(row.index);
    }
    row.index = index;
    if (name !== null) this.#names.set(index, name);
  }
}
