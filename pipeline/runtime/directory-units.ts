/**
 * The directory in a checkpoint: the entities of 64 slots are a unit, changed when rows are laid out anew. What changes
 * with every poll, the ids of the last polls, is a unit of its own.
 */
import { serialize } from 'node:v8';
import { UnitMarks } from '../model/unit-marks.ts';
import { decodedUnit } from './object-units.ts';
import type { SavedUnit, SlotCounts, UnitFamily } from './state-units.ts';

const UNIT_BITS = 6;
const UNIT_SLOTS = 1 << UNIT_BITS;

/** Values by entity slot, structured-cloneable, in units of 64. */
export class EntityUnits<T> implements UnitFamily {
  readonly name: string;
  readonly marks = new UnitMarks();
  readonly #of: (slot: number) => T;
  readonly #take: (slot: number, value: T) => void;
  readonly #bytes: number[] = [];

  constructor(name: string, of: (slot: number) => T, take: (slot: number, value: T) => void) {
    this.name = name;
    this.#of = of;
    this.#take = take;
  }

  /** What there is of the entity is about to change. */
  willWrite(slot: number): void {
    this.marks.willWrite(slot >>> UNIT_BITS);
  }

  count({ entities }: SlotCounts): number {
    return Math.ceil(entities / UNIT_SLOTS);
  }

  slots(unit: number, { entities }: SlotCounts): number {
    return Math.max(0, Math.min(UNIT_SLOTS, entities - unit * UNIT_SLOTS));
  }

  /** Of the last copy: nobody knows before. */
  bytes(unit: number): number {
    return this.#bytes[unit] ?? 0;
  }

  copy(unit: number, counts: SlotCounts): Uint8Array {
    const values = Array.from({ length: this.slots(unit, counts) }, (_, slot) =>
      this.#of(unit * UNIT_SLOTS + slot),
    );
    const bytes = serialize(values);
    this.#bytes[unit] = bytes.length;
    return bytes;
  }

  restore(unit: number, saved: SavedUnit): void {
    for (const [slot, value] of (decodedUnit(saved) as T[]).entries())
      this.#take(unit * UNIT_SLOTS + slot, value);
    this.#bytes[unit] = saved.bytes.length;
  }
}
