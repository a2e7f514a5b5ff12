/**
 * Cells of entities that have changed, as insight.baseline records: those of an hour when the entity's next record closes
 * it, and whole days when one closes a day. They are paid at ticks, each live entity at its own among those of `spreadMs`:
 * at a full hour every series of a network closes two cells within one poll, and what loads them into a table must not
 * stand before the readings. Cells that did not change are not repeated. Which tick is an entity's own has nothing to do
 * with the other entities of its task: outputs are the same through any number of partitions.
 */
import { TICK_MS } from '../../../topics/catalogue.ts';
import { textHash, type Reading } from '../../model/reading.ts';
import type { StateColumn } from '../../model/state.ts';
import type { BaselineCells } from './baseline-record.ts';
import { scopeOfRows, scopeOfTotals, type EntityPlace } from './baseline-scopes.ts';
import type { BaselineSettings } from './baseline-settings.ts';
import { OwedCells, owedColumns } from './owed-cells.ts';
import type { ObjectState, StageContext, StageOutput } from '../stage.ts';
import { readingIdentity } from '../reading-identity.ts';

const SINCE = { name: 'since', type: 'f64', scope: 'entity', group: 'hot', initial: Number.NaN } as const;
/** observed_at of the last record. */
const OBSERVED = {
  name: 'observed_at',
  type: 'f64',
  scope: 'entity',
  group: 'hot',
  initial: Number.NaN,
} as const;

export const PUBLICATION_COLUMNS = [...owedColumns('entity'), SINCE, OBSERVED];

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
  readonly #owed: OwedCells;
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
    this.#owed = new OwedCells(context, 'entity');
    this.#since = context.column(SINCE);
    this.#observed = context.column(OBSERVED);
    this.#debtors = context.objects('debtors');
  }

  /** After the reading's rows were folded. `shifted`: a series was relearned, so all of its cells changed. */
  afterReading(reading: Reading, hour: number, shifted: boolean): void {
    const { entitySlot, observedAtMs, part, parts } = reading;
    const before = this.#owed.hour(entitySlot);
    if (before === 0) this.#since.set(entitySlot, observedAtMs);
    this.#observed.set(entitySlot, observedAtMs);
    if (shifted) this.#owed.oweAll(entitySlot);
    // The hour turns with the last part of the poll, when the rows of every part have closed it.
    if (part >= parts) this.#owed.turn(entitySlot, hour);
    const live = reading.appendedAtMs - observedAtMs <= this.#liveMs;
    if (live && this.#owed.owes(entitySlot)) this.#keepPlace(reading, before !== hour);
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
      if (!this.#owed.owes(entitySlot)) this.#debtors.delete(entity);
    }
  }

  /** An hour of the day with all that is owed of it; when no hour is owed, whole days. */
  #pay(entitySlot: number, places: readonly EntityPlace[], out: StageOutput): void {
    const due = this.#owed.take(entitySlot);
    if (due === undefined) return;
    const atMs = this.#observed.get(entitySlot);
    const { rows, totals } = this.#of;
    for (const place of places) rows.publish(scopeOfRows(place), atMs, due, out);
    totals.publish(scopeOfTotals(places[0]!, entitySlot), atMs, due, out);
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
}
