/**
 * Which seasonal cells have changed and are owed to insight.baseline: those of an hour when the entity's next record
 * closes it, and whole days when one closes a day. They are paid at ticks, each live entity at its own among those of `spreadMs`, one hour of the day at a time, and days last:
 * at a full hour every series of a network closes two cells within one poll, and what loads them into a table must not
 * stand before the readings. Cells that did not change are not repeated. Which tick is an entity's own has nothing to do
 * with the other entities of its task: outputs are the same through any number of partitions.
 */
import { TICK_MS } from '../../../topics/catalogue.ts';
import { textHash, type Reading } from '../../model/reading.ts';
import type { StateColumn } from '../../model/state.ts';
import { hourOfDay, hourOfWeek } from '../../model/wall-clock.ts';
import { DAY_CELLS, WEEK_CELLS } from './baseline-columns.ts';
import type { BaselineCells, ChangedHours } from './baseline-record.ts';
import { scopeOfRows, scopeOfTotals, type EntityPlace } from './baseline-scopes.ts';
import type { BaselineSettings } from './baseline-settings.ts';
import type { ObjectState, StageContext, StageOutput } from '../stage.ts';
import { readingIdentity } from '../reading-identity.ts';

/** Hours of the week that are owed, a bit each. */
const OWED = {
  name: 'owed_hours',
  type: 'u32',
  scope: 'entity',
  group: 'hot',
  width: Math.ceil(WEEK_CELLS / 32),
} as const;
/** Whole days that are owed: a bit a weekday, from Sunday on, and one for any day. */
const OWED_DAYS = { name: 'owed_days', type: 'u8', scope: 'entity', group: 'hot' } as const;
const ANY_DAY = 7;
const WEEKDAYS = [0, 1, 2, 3, 4, 5, 6] as const;
/** Number of the wall-clock hour of the last record; 0 before the first. */
const HOUR = { name: 'hour', type: 'u32', scope: 'entity', group: 'hot' } as const;
const SINCE = { name: 'since', type: 'f64', scope: 'entity', group: 'hot', initial: Number.NaN } as const;
/** observed_at of the last record. */
const OBSERVED = {
  name: 'observed_at',
  type: 'f64',
  scope: 'entity',
  group: 'hot',
  initial: Number.NaN,
} as const;

export const PUBLICATION_COLUMNS = [OWED, OWED_DAYS, HOUR, SINCE, OBSERVED] as const;

/** A live entity with hours to publish: what a tick needs to know of it without a reading. */
interface Debtor {
  readonly entitySlot: number;
  /** One a part of the poll: a device of more than 500 rows comes in several. `undefined` until its part came. */
  places: (EntityPlace | undefined)[];
  /** Between the first and the last part of a poll: only some of the rows are as of observed_at. */
  midPoll: boolean;
}

/** What is published of an entity. */
interface EntityBaselines {
  readonly rows: BaselineCells;
  readonly totals: BaselineCells;
}

export class BaselinePublication {
  readonly #of: EntityBaselines;
  readonly #liveMs: number;
  readonly #spreadTicks: number;
  readonly #owed: StateColumn<'u32'>;
  readonly #owedDays: StateColumn<'u8'>;
  readonly #hour: StateColumn<'u32'>;
  readonly #since: StateColumn<'f64'>;
  readonly #observed: StateColumn<'f64'>;
  readonly #debtors: ObjectState<Debtor>;

  constructor(
    context: StageContext,
    of: EntityBaselines,
    { liveMs, spreadMs }: Pick<BaselineSettings, 'liveMs' | 'spreadMs'>,
  ) {
    this.#of = of;
    this.#liveMs = liveMs;
    this.#spreadTicks = Math.max(1, Math.round(spreadMs / TICK_MS));
    this.#owed = context.column(OWED);
    this.#owedDays = context.column(OWED_DAYS);
    this.#hour = context.column(HOUR);
    this.#since = context.column(SINCE);
    this.#observed = context.column(OBSERVED);
    this.#debtors = context.objects('debtors');
  }

  /** After the reading's rows were folded. `shifted`: a series was relearned, so all of its cells changed. */
  afterReading(reading: Reading, hour: number, shifted: boolean): void {
    const { entitySlot, observedAtMs, part, parts } = reading;
    const before = this.#hour.get(entitySlot);
    if (before === 0) this.#since.set(entitySlot, observedAtMs);
    this.#observed.set(entitySlot, observedAtMs);
    if (shifted) this.#oweAll(entitySlot);
    // The hour turns with the last part of the poll, when the rows of every part have closed it.
    const turns = before !== hour && part >= parts;
    if (turns) this.#hour.set(entitySlot, hour);
    if (turns && before !== 0) this.#closeHour(entitySlot, before, hour);
    const live = reading.appendedAtMs - observedAtMs <= this.#liveMs;
    if (live && this.#owes(entitySlot)) this.#keepPlace(reading, before !== hour);
  }

  /**
   * Pays those whose tick it is, from their present hour on. The revision is the last observed_at and not the tick: the
   * reading that closes the present hour may have been observed before this tick, and must outrank it.
   */
  punctuate(tickMs: number, entityTimeMs: (entity: string) => number, out: StageOutput): void {
    const tick = tickMs / TICK_MS;
    for (const [entity, { entitySlot, midPoll, places }] of this.#debtors.entries()) {
      if ((tick + textHash(entity)) % this.#spreadTicks !== 0) continue;
      // What a part owes is not paid while nobody knows its rows.
      if (midPoll || places.includes(undefined) || !(tickMs - entityTimeMs(entity) <= this.#liveMs)) continue;
      this.#pay(entitySlot, places as EntityPlace[], out);
      if (!this.#owes(entitySlot)) this.#debtors.delete(entity);
    }
  }

  /** An hour of the day with all that is owed of it; when no hour is owed, whole days. */
  #pay(entitySlot: number, places: readonly EntityPlace[], out: StageOutput): void {
    const atMs = this.#observed.get(entitySlot);
    const { rows, totals } = this.#of;
    const hours = this.#nextOwed(entitySlot, hourOfDay(this.#hour.get(entitySlot)));
    if (hours !== undefined) {
      for (const place of places) rows.publishHours(scopeOfRows(place), atMs, hours, out);
      totals.publishHours(scopeOfTotals(places[0]!, entitySlot), atMs, hours, out);
      return;
    }
    const owed = this.#owedDays.get(entitySlot);
    if (owed === 0) return;
    this.#owedDays.set(entitySlot, 0);
    const weekdays = WEEKDAYS.filter((weekday) => (owed & (1 << weekday)) !== 0);
    for (const place of places) rows.publishDays(scopeOfRows(place), atMs, weekdays, out);
    totals.publishDays(scopeOfTotals(places[0]!, entitySlot), atMs, weekdays, out);
  }

  #keepPlace(reading: Reading, turned: boolean): void {
    const { entity, entitySlot, part, parts, rowCount, fresh } = reading;
    const known = this.#debtors.get(entity);
    const debtor = known ?? { entitySlot, places: [], midPoll: false };
    // With another number of parts, rows stand in other parts.
    const count = Math.max(part, parts);
    const midPoll = part < parts;
    const isNew =
      turned ||
      debtor.places.length !== count ||
      debtor.places[part - 1] === undefined ||
      fresh.subarray(0, rowCount).includes(1);
    if (known !== undefined && !isNew && known.midPoll === midPoll) return;
    if (debtor.places.length !== count) debtor.places = new Array<undefined>(count).fill(undefined);
    if (isNew) debtor.places[part - 1] = this.#place(reading);
    debtor.midPoll = midPoll;
    this.#debtors.set(entity, debtor);
  }

  #place(reading: Reading): EntityPlace {
    return {
      ...readingIdentity(reading),
      instances: reading.instances.slice(0, reading.rowCount),
      slots: [...reading.slots.subarray(0, reading.rowCount)],
      intervalS: Number.isNaN(reading.intervalMs) ? 60 : reading.intervalMs / 1000,
      sinceMs: this.#since.get(reading.entitySlot),
    };
  }

  /** `before` is over; with it perhaps its day. */
  #closeHour(entitySlot: number, before: number, now: number): void {
    const week = hourOfWeek(before);
    this.#owe(entitySlot, week);
    if (Math.floor(before / DAY_CELLS) === Math.floor(now / DAY_CELLS)) return;
    const day = (1 << ANY_DAY) | (1 << Math.floor(week / DAY_CELLS));
    this.#owedDays.set(entitySlot, this.#owedDays.get(entitySlot) | day);
  }

  #oweAll(entitySlot: number): void {
    for (let week = 0; week < WEEK_CELLS; week += 1) this.#owe(entitySlot, week);
    this.#owedDays.set(entitySlot, 0xff);
  }

  #owe(entitySlot: number, week: number): void {
    const word = week >>> 5;
    this.#owed.set(entitySlot, this.#owed.get(entitySlot, word) | (1 << (week & 31)), word);
  }

  #settle(entitySlot: number, week: number): void {
    const word = week >>> 5;
    this.#owed.set(entitySlot, this.#owed.get(entitySlot, word) & ~(1 << (week & 31)), word);
  }

  #owes(entitySlot: number): boolean {
    for (let k = 0; k < OWED.width; k += 1) if (this.#owed.get(entitySlot, k) !== 0) return true;
    return this.#owedDays.get(entitySlot) !== 0;
  }

  /** Takes the next hour of the day with anything owed off the list. */
  #nextOwed(entitySlot: number, present: number): ChangedHours | undefined {
    for (let step = 0; step < DAY_CELLS; step += 1) {
      const day = (present + step) % DAY_CELLS;
      const hoursOfWeek: number[] = [];
      for (let week = day; week < WEEK_CELLS; week += DAY_CELLS) {
        if ((this.#owed.get(entitySlot, week >>> 5) & (1 << (week & 31))) === 0) continue;
        hoursOfWeek.push(week);
        this.#settle(entitySlot, week);
      }
      if (hoursOfWeek.length > 0) return { hourOfDay: day, hoursOfWeek };
    }
    return undefined;
  }
}
