/**
 * The units in which a checkpoint holds columns: a segment of all hot columns of a scope, and of the cells of a stage
 * and width one k of a segment, or all k of a block of slots.
 *
 *   row.hot.<segment>      row.cell.<stage>.<width>.<segment * width + k>      row.block.<stage>.<width>.<slot / 8>
 */
import { BLOCK_BITS, BLOCK_SLOTS, HotMarks, CellMarks } from '../model/state-marks.ts';
import {
  columnBytes,
  SEGMENT_BITS,
  SEGMENT_SLOTS,
  type ColumnDeclaration,
  type ColumnType,
  type StateColumn,
} from '../model/state.ts';
import type { UnitMarks } from '../model/unit-marks.ts';
import { Copy, Source } from './unit-bytes.ts';

/** A column as a checkpoint names it: what is read back by name may stand elsewhere by then. */
export interface ColumnLayout {
  /** `<stage>.<column>[.<metric>]` */
  readonly name: string;
  readonly type: ColumnType;
  readonly width: number;
  readonly scope: 'entity' | 'row';
  readonly group: ColumnDeclaration['group'];
}

/** Slots in use. */
export interface SlotCounts {
  readonly entities: number;
  readonly rows: number;
}

/** A unit as a checkpoint holds it. */
export interface SavedUnit {
  readonly name: string;
  /** That it holds: what the state has more of keeps its initial values. 0 where it is not cut by slots. */
  readonly slots: number;
  /** All columns that there were when it was written, in that order; those of the unit are among them. */
  readonly columns: readonly ColumnLayout[];
  readonly bytes: Uint8Array;
}

/** Units of one kind, by number. */
export interface UnitFamily {
  /** A unit's name without `.<number>`. */
  readonly name: string;
  readonly marks: UnitMarks;
  /** How many units there are with so many slots in use. */
  count(counts: SlotCounts): number;
  slots(unit: number, counts: SlotCounts): number;
  /** About: what a copy will have. */
  bytes(unit: number, counts: SlotCounts): number;
  copy(unit: number, counts: SlotCounts): Uint8Array;
  /** Takes over what `copy` wrote, perhaps with other columns. @throws PermanentError when it is cut. */
  restore(unit: number, saved: SavedUnit): void;
}

export class HotUnits implements UnitFamily {
  readonly name: string;
  readonly columnMarks = new HotMarks();
  readonly marks = this.columnMarks.segments;
  readonly columns = new Map<string, StateColumn>();
  readonly #scope: ColumnLayout['scope'];

  constructor(scope: ColumnLayout['scope']) {
    this.#scope = scope;
    this.name = `${scope}.hot`;
  }

  count(counts: SlotCounts): number {
    return segments(slotsOf(this.#scope, counts));
  }

  slots(unit: number, counts: SlotCounts): number {
    return within(slotsOf(this.#scope, counts), unit * SEGMENT_SLOTS, SEGMENT_SLOTS);
  }

  bytes(unit: number, counts: SlotCounts): number {
    const slots = this.slots(unit, counts);
    return sum(this.columns.values(), (column) => slots * column.width * column.valueBytes);
  }

  copy(unit: number, counts: SlotCounts): Uint8Array {
    const slots = this.slots(unit, counts);
    const copy = new Copy(this.bytes(unit, counts));
    for (const column of this.columns.values()) copy.add(column.bytesOf(unit * SEGMENT_SLOTS, slots));
    return copy.bytes;
  }

  restore(unit: number, saved: SavedUnit): void {
    const source = new Source(saved);
    for (const { name, type, width, scope, group } of saved.columns) {
      if (scope !== this.#scope || group !== 'hot') continue;
      const bytes = source.take(saved.slots * width * columnBytes(type));
      this.columns
        .get(name)
        ?.bytesOf(unit * SEGMENT_SLOTS, saved.slots)
        .set(bytes);
    }
  }
}

/** All cell columns of one stage and width: `cells` and `blocks` are two families over the same values. */
export class CellSet {
  readonly columnMarks: CellMarks;
  readonly columns = new Map<string, StateColumn>();
  readonly cells: UnitFamily;
  readonly blocks: UnitFamily;
  readonly scope: ColumnLayout['scope'];
  readonly stage: string;
  readonly width: number;
  /** Blocks as they were at the instant of the snapshot under way, where all of their cells have changed since. */
  readonly #kept = new Map<number, Uint8Array>();
  #keptCounts: SlotCounts | undefined;

  constructor(scope: ColumnLayout['scope'], stage: string, width: number) {
    this.scope = scope;
    this.stage = stage;
    this.width = width;
    this.columnMarks = new CellMarks(width);
    this.cells = this.#cellFamily();
    this.blocks = this.#blockFamily();
  }

  /** The instant of a snapshot. */
  freeze(counts: SlotCounts): void {
    this.#kept.clear();
    this.#keptCounts = counts;
    this.columnMarks.keepBlock = (block) => {
      if (!this.#kept.has(block) && this.#slotsOfBlock(block, counts) > 0)
        this.#kept.set(block, this.blocks.copy(block, counts));
    };
  }

  /** Blocks in the log (positions by unit) of which every cell lies behind them. */
  obsoleteBlocks(positions: ReadonlyMap<string, number>): string[] {
    const prefix = `${this.blocks.name}.`;
    const oldest = new Map<number, number>();
    return [...positions].flatMap(([name, position]) => {
      if (!name.startsWith(prefix)) return [];
      const segment = Number(name.slice(prefix.length)) >>> (SEGMENT_BITS - BLOCK_BITS);
      let behind = oldest.get(segment);
      if (behind === undefined) {
        const cells = Array.from({ length: this.width }, (_, k) =>
          positions.get(`${this.cells.name}.${segment * this.width + k}`),
        );
        behind = Math.min(...cells.map((cell) => cell ?? -1));
        oldest.set(segment, behind);
      }
      return position < behind ? [name] : [];
    });
  }

  isMember({ name, scope, group, width }: ColumnLayout): boolean {
    return (
      scope === this.scope && group === 'cell' && width === this.width && name.startsWith(`${this.stage}.`)
    );
  }

  #cellFamily(): UnitFamily {
    const { scope, stage, width, columns } = this;
    const slots = (unit: number, counts: SlotCounts) =>
      within(slotsOf(scope, counts), Math.floor(unit / width) * SEGMENT_SLOTS, SEGMENT_SLOTS);
    const size = (unit: number, counts: SlotCounts) => slots(unit, counts) * this.#bytesOfCell();
    return {
      name: `${scope}.cell.${stage}.${width}`,
      marks: this.columnMarks.cells,
      count: (counts) => segments(slotsOf(scope, counts)) * width,
      slots,
      bytes: size,
      copy: (unit, counts) => {
        const copy = new Copy(size(unit, counts));
        const first = Math.floor(unit / width) * SEGMENT_SLOTS;
        for (const column of columns.values())
          copy.add(column.bytesOf(first, slots(unit, counts), unit % width));
        if (this.columnMarks.cells.isPending(unit))
          this.#putBack(copy.bytes, first, slots(unit, counts), unit % width);
        return copy.bytes;
      },
      restore: (unit, saved) => {
        const source = new Source(saved);
        for (const layout of saved.columns) {
          if (!this.isMember(layout)) continue;
          const bytes = source.take(saved.slots * columnBytes(layout.type));
          const first = Math.floor(unit / width) * SEGMENT_SLOTS;
          columns
            .get(layout.name)
            ?.bytesOf(first, saved.slots, unit % width)
            .set(bytes);
        }
      },
    };
  }

  #blockFamily(): UnitFamily {
    const { scope, stage, width, columns } = this;
    const slots = (unit: number, counts: SlotCounts) => this.#slotsOfBlock(unit, counts);
    const size = (unit: number, counts: SlotCounts) => slots(unit, counts) * width * this.#bytesOfCell();
    return {
      name: `${scope}.block.${stage}.${width}`,
      marks: this.columnMarks.blocks,
      count: (counts) => Math.ceil(slotsOf(scope, counts) / BLOCK_SLOTS),
      slots,
      bytes: size,
      copy: (unit, counts) => {
        const copy = new Copy(size(unit, counts));
        for (const column of columns.values()) {
          for (let k = 0; k < width; k += 1)
            copy.add(column.bytesOf(unit << BLOCK_BITS, slots(unit, counts), k));
        }
        return copy.bytes;
      },
      restore: (unit, saved) => {
        const source = new Source(saved);
        for (const layout of saved.columns) {
          if (!this.isMember(layout)) continue;
          const column = columns.get(layout.name);
          for (let k = 0; k < width; k += 1) {
            const bytes = source.take(saved.slots * columnBytes(layout.type));
            column?.bytesOf(unit << BLOCK_BITS, saved.slots, k).set(bytes);
          }
        }
      },
    };
  }

  #slotsOfBlock(block: number, counts: SlotCounts): number {
    return within(slotsOf(this.scope, counts), block << BLOCK_BITS, BLOCK_SLOTS);
  }

  /** One k of one slot of all columns. */
  #bytesOfCell(): number {
    return sum(this.columns.values(), (column) => column.valueBytes);
  }

  /** A copy of one k is of the instant of the snapshot, also where all k of a block have changed since. */
  #putBack(copy: Uint8Array, first: number, slots: number, k: number): void {
    for (const [block, kept] of this.#kept) {
      const slot = block << BLOCK_BITS;
      if (slot < first || slot >= first + slots) continue;
      const count = this.#slotsOfBlock(block, this.#keptCounts!);
      let from = 0;
      let to = 0;
      for (const { valueBytes } of this.columns.values()) {
        const at = from + k * count * valueBytes;
        copy.set(kept.subarray(at, at + count * valueBytes), to + (slot - first) * valueBytes);
        from += this.width * count * valueBytes;
        to += slots * valueBytes;
      }
    }
  }
}

function slotsOf(scope: ColumnLayout['scope'], { entities, rows }: SlotCounts): number {
  return scope === 'entity' ? entities : rows;
}

function segments(slots: number): number {
  return (slots + SEGMENT_SLOTS - 1) >>> SEGMENT_BITS;
}

/** How many of `slots` slots are among the `most` from `first` on. */
function within(slots: number, first: number, most: number): number {
  return Math.max(0, Math.min(most, slots - first));
}

function sum<T>(values: Iterable<T>, of: (value: T) => number): number {
  let total = 0;
  for (const value of values) total += of(value);
  return total;
}
