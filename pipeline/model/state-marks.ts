/** How columns are cut into the units of a checkpoint (see unit-marks.ts). */
import { UnitMarks } from './unit-marks.ts';

export const SEGMENT_BITS = 12;
/** Slots of a block: the least that is written when cells of all k change. */
export const BLOCK_BITS = 3;
export const BLOCK_SLOTS = 1 << BLOCK_BITS;

/** Said before values are written: by StateColumn's own methods, and by whoever writes its arrays directly. */
export interface ColumnMarks {
  /** Value k of the slot is about to change. */
  willWrite(slot: number, k: number): void;
  /** All values of the slot are. */
  willWriteSlot(slot: number): void;
}

/** Hot columns: everything of a slot is touched at once, so a segment is a unit. */
export class HotMarks implements ColumnMarks {
  readonly segments = new UnitMarks();

  willWrite(slot: number): void {
    this.segments.willWrite(slot >>> SEGMENT_BITS);
  }

  willWriteSlot(slot: number): void {
    this.willWrite(slot);
  }
}

/**
 * Cells of one stage and width: most of the time one k of all slots is touched, now and then all k of one slot (a level
 * shift). A value lies in a unit of each kind; the one that was written later holds.
 */
export class CellMarks implements ColumnMarks {
  /** `segment * width + k` */
  readonly cells = new UnitMarks();
  /** `slot >>> BLOCK_BITS` */
  readonly blocks = new UnitMarks();
  /** Called before all cells of a block change while a snapshot has cells of it to copy. */
  keepBlock: ((block: number) => void) | undefined;
  readonly #width: number;

  constructor(width: number) {
    this.#width = width;
  }

  willWrite(slot: number, k: number): void {
    this.cells.willWrite((slot >>> SEGMENT_BITS) * this.#width + k);
    this.blocks.preserve(slot >>> BLOCK_BITS);
  }

  willWriteSlot(slot: number): void {
    const block = slot >>> BLOCK_BITS;
    if (this.cells.pending > 0) this.keepBlock?.(block);
    this.blocks.willWrite(block);
  }
}

/** Of a column that no checkpoint writes. */
export const UNMARKED: ColumnMarks = { willWrite() {}, willWriteSlot() {} };
