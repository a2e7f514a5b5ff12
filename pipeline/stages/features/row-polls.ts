/** What the polls of a window were worth, row by row, and which values count. */
import type { NumberColumn, Reading } from '../../model/reading.ts';
import { SEGMENT_BITS, SEGMENT_MASK, type StateColumn } from '../../model/state.ts';
import { QUALITIES } from '../../../topics/interface.ts';
import { PortStatus } from '../port-status.ts';
import { maintenanceColumn } from '../rules/maintenance-column.ts';
import type { StageContext } from '../stage.ts';
import {
  DOWN_POLLS,
  GAP_POLLS,
  GOOD_POLLS,
  MAINTENANCE_POLLS,
  MEAN_TIME,
  POLL_COUNTS,
  POLLS,
  POLLS_COLUMN,
  TAKEN_POLLS,
  TIME_SPREAD,
  TIMES,
  TIMES_COLUMN,
} from './window-columns.ts';

const GOOD = QUALITIES.indexOf('good');
const GAP = QUALITIES.indexOf('gap');
/** An hour has no more polls than a u16 counts; what comes on top is left out. */
const MAX_POLLS = 65_535;

export class RowPolls {
  /** 1 where the values of the reading's row count: as for baselines, good ones of ports that are up. */
  taken = new Uint8Array(64);
  /** Since the window began. A field and not a parameter: see series-baseline.ts. */
  hours = 0;
  readonly polls: StateColumn<'u16'>;
  readonly times: StateColumn<'f32'>;
  readonly #status: PortStatus;
  readonly #maintenance: NumberColumn;

  constructor(context: StageContext) {
    this.polls = context.column(POLLS_COLUMN);
    this.times = context.column(TIMES_COLUMN);
    this.#status = new PortStatus(context.reading);
    this.#maintenance = maintenanceColumn(context.reading);
  }

  /** Sets `taken` and counts the polls; `countTimes` follows when the values were folded. */
  count({ rowCount, slots, quality }: Reading): void {
    if (rowCount > this.taken.length) this.taken = new Uint8Array(2 * rowCount);
    const { taken } = this;
    const status = this.#status;
    const maintenance = this.#maintenance.values;
    for (let row = 0; row < rowCount; row += 1) {
      const slot = slots[row]!;
      const polls = this.polls.segments[slot >>> SEGMENT_BITS]!;
      const at = (slot & SEGMENT_MASK) * POLL_COUNTS;
      taken[row] = 0;
      if (polls[at + POLLS]! === MAX_POLLS) continue;
      const idle = status.idle(row);
      const suspended = maintenance[row] === 1;
      polls[at + POLLS] = polls[at + POLLS]! + 1;
      if (quality[row] === GOOD) polls[at + GOOD_POLLS] = polls[at + GOOD_POLLS]! + 1;
      else if (quality[row] === GAP) polls[at + GAP_POLLS] = polls[at + GAP_POLLS]! + 1;
      if (idle) polls[at + DOWN_POLLS] = polls[at + DOWN_POLLS]! + 1;
      if (suspended) polls[at + MAINTENANCE_POLLS] = polls[at + MAINTENANCE_POLLS]! + 1;
      if (quality[row] === GOOD && !idle && !suspended) taken[row] = 1;
    }
  }

  countTimes({ rowCount, slots }: Reading): void {
    const { taken, hours } = this;
    for (let row = 0; row < rowCount; row += 1) {
      if (taken[row] === 0) continue;
      const segment = slots[row]! >>> SEGMENT_BITS;
      const within = slots[row]! & SEGMENT_MASK;
      const polls = this.polls.segments[segment]!;
      const times = this.times.segments[segment]!;
      const count = polls[within * POLL_COUNTS + TAKEN_POLLS]! + 1;
      polls[within * POLL_COUNTS + TAKEN_POLLS] = count;
      const at = within * TIMES;
      const before = times[at + MEAN_TIME]!;
      const mean = before + (hours - before) / count;
      times[at + MEAN_TIME] = mean;
      times[at + TIME_SPREAD] = times[at + TIME_SPREAD]! + (hours - before) * (hours - mean);
    }
  }
}
