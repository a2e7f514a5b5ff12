/**
 * Which cells have changed since they were published: those of an hour once it is over, and whole days once one is. They
 * are paid an hour of the day at a time, from the present one on, and whole days last.
 */
import type { ColumnDeclaration, StateColumn } from '../../model/state.ts';
import { hourOfDay, hourOfWeek } from '../../model/wall-clock.ts';
import type { StateContext } from '../stage.ts';
import { DAY_CELLS, WEEK_CELLS } from './baseline-columns.ts';

/** Hours of the week, a bit each. */
const HOURS = { name: 'owed_hours', type: 'u32', group: 'hot', width: Math.ceil(WEEK_CELLS / 32) } as const;
/** Whole days: a bit a weekday, from Sunday on, and one for any day. */
const DAYS = { name: 'owed_days', type: 'u8', group: 'hot' } as const;
const ANY_DAY = 7;
const WEEKDAYS = [0, 1, 2, 3, 4, 5, 6] as const;
/** Number of the wall-clock hour that is open; 0 before the first. */
const HOUR = { name: 'hour', type: 'u32', group: 'hot' } as const;

/** What has the cells: an entity with all of its rows, or what has a slot by itself. */
type Owner = 'entity' | 'row';

/** Hours of the week that have changed, all of one hour of the day. */
export interface ChangedHours {
  readonly hourOfDay: number;
  readonly hoursOfWeek: readonly number[];
}

/** What is to be published next. */
export type DueCells = ({ readonly kind: 'hours' } & ChangedHours) | DueDays;

/** Of any day, and of each weekday (0 = Sunday) that is named. */
interface DueDays {
  readonly kind: 'days';
  readonly weekdays: readonly number[];
}

export function owedColumns(scope: Owner): ColumnDeclaration[] {
  return [HOURS, DAYS, HOUR].map((column) => ({ ...column, scope }));
}

export class OwedCells {
  readonly #hours: StateColumn<'u32'>;
  readonly #days: StateColumn<'u8'>;
  readonly #hour: StateColumn<'u32'>;

  constructor(context: Pick<StateContext, 'column'>, scope: Owner) {
    this.#hours = context.column({ ...HOURS, scope });
    this.#days = context.column({ ...DAYS, scope });
    this.#hour = context.column({ ...HOUR, scope });
  }

  /** The hour that is open; 0 before the first. */
  hour(slot: number): number {
    return this.#hour.get(slot);
  }

  /** `hour` is open: another one than before closes the one before, and with it perhaps its day. */
  turn(slot: number, hour: number): void {
    const before = this.#hour.get(slot);
    if (before === hour) return;
    this.#hour.set(slot, hour);
    if (before === 0) return;
    const week = hourOfWeek(before);
    this.#owe(slot, week);
    if (Math.floor(before / DAY_CELLS) === Math.floor(hour / DAY_CELLS)) return;
    const day = (1 << ANY_DAY) | (1 << Math.floor(week / DAY_CELLS));
    this.#days.set(slot, this.#days.get(slot) | day);
  }

  /** Something was learned anew. */
  oweAll(slot: number): void {
    for (let week = 0; week < WEEK_CELLS; week += 1) this.#owe(slot, week);
    this.#days.set(slot, 0xff);
  }

  owes(slot: number): boolean {
    for (let k = 0; k < HOURS.width; k += 1) if (this.#hours.get(slot, k) !== 0) return true;
    return this.#days.get(slot) !== 0;
  }

  /** Takes off the list what is to be published next. */
  take(slot: number): DueCells | undefined {
    const hours = this.#takeHours(slot, hourOfDay(this.#hour.get(slot)));
    if (hours !== undefined) return { kind: 'hours', ...hours };
    const owed = this.#days.get(slot);
    if (owed === 0) return undefined;
    this.#days.set(slot, 0);
    return { kind: 'days', weekdays: WEEKDAYS.filter((weekday) => (owed & (1 << weekday)) !== 0) };
  }

  /** The next hour of the day with anything owed. */
  #takeHours(slot: number, present: number): ChangedHours | undefined {
    for (let step = 0; step < DAY_CELLS; step += 1) {
      const day = (present + step) % DAY_CELLS;
      const hoursOfWeek: number[] = [];
      for (let week = day; week < WEEK_CELLS; week += DAY_CELLS) {
        if ((this.#hours.get(slot, week >>> 5) & (1 << (week & 31))) === 0) continue;
        hoursOfWeek.push(week);
        this.#settle(slot, week);
      }
      if (hoursOfWeek.length > 0) return { hourOfDay: day, hoursOfWeek };
    }
    return undefined;
  }

  #owe(slot: number, week: number): void {
    const word = week >>> 5;
    this.#hours.set(slot, this.#hours.get(slot, word) | (1 << (week & 31)), word);
  }

  #settle(slot: number, week: number): void {
    const word = week >>> 5;
    this.#hours.set(slot, this.#hours.get(slot, word) & ~(1 << (week & 31)), word);
  }
}
