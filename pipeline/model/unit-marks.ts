/**
 * What of the state has changed since it was last written to a checkpoint, a byte a unit. A unit is what a checkpoint
 * writes whole. Whoever writes into one says so before, so that a snapshot under way can copy it first:
 *
 *   clean --willWrite--> changed --freeze (an instant)--> pending --take--> clean
 *                           ^                                |
 *                           +------- willWrite, copied first-+
 */

const CLEAN = 0;
const CHANGED = 1;
const PENDING = 2;

/** Copies the unit as it is. */
export type CopyUnit = (unit: number) => void;

export class UnitMarks {
  #marks = new Uint8Array(16);
  #pending = 0;
  #copy: CopyUnit | undefined;

  /** The unit is about to change. */
  willWrite(unit: number): void {
    if (this.#marks[unit] !== CHANGED) this.#change(unit);
  }

  /** The unit is about to change in a way that another unit will hold as well: only a snapshot must have it first. */
  preserve(unit: number): void {
    if (this.#marks[unit] === PENDING) this.#take(unit);
  }

  isChanged(unit: number): boolean {
    return this.#marks[unit] === CHANGED;
  }

  isPending(unit: number): boolean {
    return this.#marks[unit] === PENDING;
  }

  /** Units that a snapshot has yet to copy. */
  get pending(): number {
    return this.#pending;
  }

  /**
   * The instant of a snapshot: what has changed so far is pending, and `copy` is called for each unit at the latest
   * before it changes again. @returns these units. @throws TypeError while another snapshot is under way.
   */
  freeze(copy: CopyUnit): number[] {
    if (this.#pending > 0) throw new TypeError(`a snapshot still has ${this.#pending} units to copy`);
    this.#copy = copy;
    const units: number[] = [];
    for (const [unit, mark] of this.#marks.entries()) if (mark === CHANGED) units.push(unit);
    for (const unit of units) this.#marks[unit] = PENDING;
    this.#pending = units.length;
    return units;
  }

  /** At the same instant: the snapshot wants this unit as well, though it has not changed. */
  include(unit: number): boolean {
    this.#reserve(unit);
    if (this.#marks[unit] !== CLEAN) return false;
    this.#marks[unit] = PENDING;
    this.#pending += 1;
    return true;
  }

  #change(unit: number): void {
    this.#reserve(unit);
    if (this.#marks[unit] === PENDING) this.#take(unit);
    this.#marks[unit] = CHANGED;
  }

  #take(unit: number): void {
    this.#copy!(unit);
    this.#marks[unit] = CLEAN;
    this.#pending -= 1;
  }

  #reserve(unit: number): void {
    if (unit < this.#marks.length) return;
    const marks = new Uint8Array(Math.max(unit + 1, 2 * this.#marks.length));
    marks.set(this.#marks);
    this.#marks = marks;
  }
}
