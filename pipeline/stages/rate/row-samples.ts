/** When each row was last sampled, and what breaks the line from there to now for all its counters at once. */
import type { NumberColumn, Reading, TextColumn } from '../../model/reading.ts';
import {
  SEGMENT_BITS,
  SEGMENT_MASK,
  type ColumnArray,
  type ColumnDeclaration,
  type ColumnType,
  type StateColumn,
} from '../../model/state.ts';
import type { AgentClock } from './agent-clock.ts';
import {
  AGENT_RESTART,
  DISCONTINUITY,
  FIRST,
  GOOD,
  REINDEXED,
  RESET,
  UNKNOWN,
  type RatePass,
} from './rate-pass.ts';
import type { StageContext } from '../stage.ts';

const rowColumn = <T extends ColumnType>(name: string, type: T, initial = 0): ColumnDeclaration<T> => ({
  name,
  type,
  scope: 'row',
  group: 'hot',
  initial,
});

/** The entity's clock at the row's sample. */
const SAMPLED = rowColumn('sampled_at', 'f64', Number.NaN);
/** The agent's starts at the sample: another number now means that it started anew since. */
const STARTS = rowColumn('row_starts', 'u32');
const DISCONTINUITY_TIME = rowColumn('discontinuity_time', 'f64', Number.NaN);
/** Hash of ifPhysAddress, 0 = never told. */
const PHYS_ADDRESS = rowColumn('phys_address', 'u32');
/** 1 if a counter moved when the row was sampled. */
const MOVED = rowColumn('row_moved', 'u8');

export const ROW_SAMPLE_COLUMNS: readonly ColumnDeclaration[] = [
  SAMPLED,
  STARTS,
  DISCONTINUITY_TIME,
  PHYS_ADDRESS,
  MOVED,
];

export class RowSamples {
  readonly #sampled: StateColumn<'f64'>;
  readonly #starts: StateColumn<'u32'>;
  readonly #discontinuity: StateColumn<'f64'>;
  readonly #physAddress: StateColumn<'u32'>;
  readonly #moved: StateColumn<'u8'>;
  readonly #discontinuityNow: NumberColumn;
  readonly #physAddressNow: TextColumn;

  constructor(context: StageContext) {
    this.#sampled = context.column(SAMPLED);
    this.#starts = context.column(STARTS);
    this.#discontinuity = context.column(DISCONTINUITY_TIME);
    this.#physAddress = context.column(PHYS_ADDRESS);
    this.#moved = context.column(MOVED);
    context.reading.add([
      { name: 'discontinuity_time', kind: 'number' },
      { name: 'phys_address', kind: 'text' },
    ]);
    this.#discontinuityNow = context.reading.number('discontinuity_time');
    this.#physAddressNow = context.reading.text('phys_address');
  }

  /** Sets breaks, gaps and dtMs of the pass. True if a row saw its agent start anew. */
  judge(pass: RatePass, reading: Reading, clock: AgentClock): boolean {
    const { rows, nowMs, breaks, dtMs, coveredMs, gaps } = pass;
    const { slots, fresh, entitySlot } = reading;
    const starts = clock.starts(entitySlot);
    const reboot = clock.reboot(entitySlot);
    const discontinuityNow = this.#discontinuityNow.values;
    const physAddressNow = this.#physAddressNow;
    let restarted = false;
    let segment = -1;
    let sampledAt!: ColumnArray<'f64'>;
    let startsAt!: ColumnArray<'u32'>;
    let discontinuityAt!: ColumnArray<'f64'>;
    let physAddressAt!: ColumnArray<'u32'>;
    for (let row = 0; row < rows; row += 1) {
      const slot = slots[row]!;
      if (slot >>> SEGMENT_BITS !== segment) {
        segment = slot >>> SEGMENT_BITS;
        sampledAt = this.#sampled.segments[segment]!;
        startsAt = this.#starts.segments[segment]!;
        discontinuityAt = this.#discontinuity.segments[segment]!;
        physAddressAt = this.#physAddress.segments[segment]!;
      }
      const at = slot & SEGMENT_MASK;
      const dt = nowMs - sampledAt[at]!;
      const discontinuity = discontinuityNow[row]!;
      const physAddress = physAddressNow.hash(row);
      // NaN unless the agent told it both times.
      const disturbed = discontinuity - discontinuityAt[at]!;
      let why = GOOD;
      if (fresh[row] === 1 || Number.isNaN(dt)) {
        why = FIRST;
        physAddressAt[at] = physAddress;
      } else if (dt <= 0) {
        why = UNKNOWN;
      } else if (physAddress !== 0 && physAddressAt[at] !== 0 && physAddress !== physAddressAt[at]) {
        why = REINDEXED;
      } else if (startsAt[at] !== starts) {
        why = startsAt[at]! < reboot ? RESET : AGENT_RESTART;
        restarted ||= why === AGENT_RESTART;
      } else if (disturbed > 0 || disturbed < 0) {
        why = DISCONTINUITY;
      }
      if (physAddress !== 0) physAddressAt[at] = physAddress;
      if (why === FIRST || why === RESET || why === AGENT_RESTART || !Number.isNaN(discontinuity)) {
        discontinuityAt[at] = discontinuity;
      }
      startsAt[at] = starts;
      breaks[row] = why;
      dtMs[row] = dt;
      coveredMs[row] = dt;
      gaps[row] = dt > pass.gapMs ? 1 : 0;
    }
    return restarted;
  }

  /**
   * Whether nothing of the poll is new although time went on: every row goes on where it was, no counter moved, and
   * one of the rows was moving when it was last sampled, at most `limitMs` ago. A device whose rows have all been
   * silent since their last sample is idle, and so is one that keeps silent for longer than any cache would.
   */
  isStale(pass: RatePass, reading: Reading, limitMs: number): boolean {
    const { rows, breaks, moved, dtMs } = pass;
    let wasMoving = false;
    for (let row = 0; row < rows; row += 1) {
      if (breaks[row] === FIRST || breaks[row] === UNKNOWN) continue;
      if (breaks[row] !== GOOD || moved[row] === 1) return false;
      wasMoving ||= dtMs[row]! <= limitMs && this.#moved.get(reading.slots[row]!) === 1;
    }
    return wasMoving;
  }

  /** Whether a counter moved in a row that was there before. */
  anyMoved({ rows, breaks, moved }: RatePass): boolean {
    for (let row = 0; row < rows; row += 1) {
      if (moved[row] === 1 && breaks[row] !== FIRST) return true;
    }
    return false;
  }

  /** Stores the rows' samples; those of a stale poll, save rows that start with it, keep their last one. */
  store(pass: RatePass, reading: Reading, stale: boolean): void {
    const { rows, breaks, moved, nowMs } = pass;
    const { slots } = reading;
    let segment = -1;
    let sampledAt!: ColumnArray<'f64'>;
    let movedAt!: ColumnArray<'u8'>;
    for (let row = 0; row < rows; row += 1) {
      const why = breaks[row]!;
      if (why === UNKNOWN || (stale && why === GOOD)) continue;
      const slot = slots[row]!;
      if (slot >>> SEGMENT_BITS !== segment) {
        segment = slot >>> SEGMENT_BITS;
        sampledAt = this.#sampled.segments[segment]!;
        movedAt = this.#moved.segments[segment]!;
      }
      const at = slot & SEGMENT_MASK;
      sampledAt[at] = nowMs;
      movedAt[at] = moved[row]!;
    }
  }
}
