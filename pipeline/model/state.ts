/**
 * State as typed columns in segments. A slot is one entity or one row (an interface, a sensor) of it; a segment
 * holds up to SEGMENT_SLOTS slots of one column and is the unit of growth. Who writes the arrays of a column directly
 * says so to its `marks` before, or a checkpoint misses it (hot columns of the reading that is folded: the runtime does).
 *
 * Two layouts:  hot  = slot-major, `(slot & SEGMENT_MASK) * width + k`: everything of a slot lies together;
 *               cell = k-major, `k * capacity + (slot & SEGMENT_MASK)`: one hour's cell of all slots lies together.
 */

import { SEGMENT_BITS, UNMARKED, type ColumnMarks } from './state-marks.ts';

export { SEGMENT_BITS } from './state-marks.ts';
export const SEGMENT_SLOTS = 1 << SEGMENT_BITS;
export const SEGMENT_MASK = SEGMENT_SLOTS - 1;

/** The first allocation of a segment; it doubles up to SEGMENT_SLOTS, so small tasks stay small. */
const INITIAL_SLOTS = 16;

const ARRAYS = {
  f64: Float64Array,
  f32: Float32Array,
  u32: Uint32Array,
  i32: Int32Array,
  u16: Uint16Array,
  u8: Uint8Array,
} as const;

export type ColumnType = keyof typeof ARRAYS;
export type ColumnArray<T extends ColumnType> = InstanceType<(typeof ARRAYS)[T]>;

/** What a field for the array of a column holds before a segment is bound to it. */
export const UNBOUND = {
  f32: new Float32Array(0),
  u16: new Uint16Array(0),
  u8: new Uint8Array(0),
} as const;

/** A column that a stage asks for. `metric` makes it a series column: one column per metric, indexed by row slot. */
export interface ColumnDeclaration<T extends ColumnType = ColumnType> {
  readonly name: string;
  readonly type: T;
  readonly scope: 'entity' | 'row' | 'series';
  readonly group: 'hot' | 'cell';
  readonly metric?: string;
  /** Values per slot, 1 unless told. */
  readonly width?: number;
  /** What a new slot holds, 0 unless told (NaN is usual for "never seen"). */
  readonly initial?: number;
}

/** One allocated column. Read `segments[slot >>> SEGMENT_BITS]` anew in each call: growth replaces the arrays. */
export class StateColumn<T extends ColumnType = ColumnType> {
  readonly declaration: ColumnDeclaration<T>;
  readonly width: number;
  readonly segments: ColumnArray<T>[] = [];
  /** Slots that segment s has room for: the stride of the cell layout. */
  readonly capacities: number[] = [];
  readonly marks: ColumnMarks;

  constructor(declaration: ColumnDeclaration<T>, marks = UNMARKED) {
    this.declaration = declaration;
    this.marks = marks;
    this.width = declaration.width ?? 1;
  }

  /** Where value k of `slot` lies in its segment's array. */
  index(slot: number, k = 0): number {
    const within = slot & SEGMENT_MASK;
    return this.declaration.group === 'hot'
      ? within * this.width + k
      : k * this.capacities[slot >>> SEGMENT_BITS]! + within;
  }

  get(slot: number, k = 0): number {
    return this.segments[slot >>> SEGMENT_BITS]![this.index(slot, k)]!;
  }

  set(slot: number, value: number, k = 0): void {
    this.marks.willWrite(slot, k);
    this.segments[slot >>> SEGMENT_BITS]![this.index(slot, k)] = value;
  }

  /** Sets all values of the slot to what a new one holds. */
  reset(slot: number): void {
    this.marks.willWriteSlot(slot);
    const array = this.segments[slot >>> SEGMENT_BITS]!;
    const { initial = 0 } = this.declaration;
    for (let k = 0; k < this.width; k += 1) array[this.index(slot, k)] = initial;
  }

  /** Makes room for slots 0..count-1. */
  ensure(count: number): void {
    const last = (count - 1) >>> SEGMENT_BITS;
    for (let segment = 0; segment <= last; segment += 1) {
      const wanted = segment < last ? SEGMENT_SLOTS : ((count - 1) & SEGMENT_MASK) + 1;
      if ((this.capacities[segment] ?? 0) < wanted) this.#resize(segment, this.#capacityFor(segment, wanted));
    }
  }

  /** Bytes of one value. */
  get valueBytes(): number {
    return columnBytes(this.declaration.type);
  }

  /**
   * The bytes of `slots` slots from `slot` on, all of one segment: everything of a hot column, value k of a cell column.
   * A view, in the machine's byte order (little-endian wherever Node runs but on s390x).
   */
  bytesOf(slot: number, slots: number, k = 0): Uint8Array {
    const { buffer, byteOffset } = this.segments[slot >>> SEGMENT_BITS]!;
    const values = this.declaration.group === 'hot' ? slots * this.width : slots;
    return new Uint8Array(
      buffer,
      byteOffset + this.index(slot, k) * this.valueBytes,
      values * this.valueBytes,
    );
  }

  /** Bytes that the column holds allocated. */
  get bytes(): number {
    return this.segments.reduce((sum, array) => sum + array.byteLength, 0);
  }

  /**
   * Cells that begin at 0 get whole segments from the second on: a page of them that was never written takes no memory,
   * and a copy would write it (measured: 1 GB and 1.3 s for 96,000 rows that had filled 2 of 168 hours).
   */
  #capacityFor(segment: number, slots: number): number {
    const { group, initial = 0 } = this.declaration;
    return group === 'cell' && initial === 0 && segment > 0 ? SEGMENT_SLOTS : capacityFor(slots);
  }

  #resize(segment: number, capacity: number): void {
    const { type, group, initial = 0 } = this.declaration;
    const array = new ARRAYS[type](capacity * this.width) as ColumnArray<T>;
    if (initial !== 0) array.fill(initial);
    const old = this.segments[segment];
    const had = this.capacities[segment] ?? 0;
    if (old !== undefined) {
      if (group === 'hot') array.set(old);
      else
        for (let k = 0; k < this.width; k += 1) array.set(old.subarray(k * had, (k + 1) * had), k * capacity);
    }
    this.segments[segment] = array;
    this.capacities[segment] = capacity;
  }
}

/** Bytes of one value of the type. */
export function columnBytes(type: ColumnType): number {
  return ARRAYS[type].BYTES_PER_ELEMENT;
}

function capacityFor(slots: number): number {
  let capacity = INITIAL_SLOTS;
  while (capacity < slots) capacity *= 2;
  return Math.min(capacity, SEGMENT_SLOTS);
}
