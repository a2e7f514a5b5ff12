/**
 * A device as a whole (a path, ...): of each metric that the catalogue aggregates one value a poll, learned as any series.
 * A poll that lacks something must not look like a drop, so:
 *   - rows that are down count with what they say, which is nothing: that traffic is gone;
 *   - a row without a value that can be trusted counts with what was expected of it, and not at all if it never had one;
 *   - if more than a tenth comes from such expectations, or a row is in maintenance, or the poll is partial or one of its
 *     parts has not come, the poll has no total: nothing is learned from it.
 */
import { QUALITIES } from '../../../topics/interface.ts';
import type { Aggregate } from '../../../topics/row.ts';
import { textHash, type NumberColumn, type Reading } from '../../model/reading.ts';
import { SEGMENT_MASK, type ColumnDeclaration, type StateColumn } from '../../model/state.ts';
import type { PortStatus } from '../port-status.ts';
import { COVERED_SECONDS_COLUMN } from '../rate/rate.ts';
import type { BaselinedMetric } from './baselined-metrics.ts';
import { baselineColumns, MAX_VALUE, SeriesColumns } from './baseline-columns.ts';
import type { Move } from './baseline-places.ts';
import type { BaselineSettings } from './baseline-settings.ts';
import { RowTotal, TOTAL_WIDTH } from './row-total.ts';
import { forgetMoved } from './relearn.ts';
import type { SeasonPosition } from './seasonal-cells.ts';
import { SeriesBaseline } from './series-baseline.ts';
import type { StageContext, StageOutput } from '../stage.ts';

const GOOD = QUALITIES.indexOf('good');

const OF_ENTITY = { scope: 'entity', group: 'hot' } as const;
/** The poll whose parts are added up, and the part that must come next; 0 = none. */
const POLL = { ...OF_ENTITY, name: 'totals_poll', type: 'u32' } as const;
const NEXT_PART = { ...OF_ENTITY, name: 'totals_next_part', type: 'u16' } as const;
/** The parts so far, by metric. */
const SO_FAR = { ...OF_ENTITY, name: 'totals_so_far', type: 'f64', width: TOTAL_WIDTH } as const;

export function totalsColumns(metrics: readonly BaselinedMetric[]): ColumnDeclaration[] {
  const ofMetrics = metrics
    .filter(({ aggregate }) => aggregate !== undefined)
    .flatMap(({ name: metric }) => [{ ...SO_FAR, metric }, ...baselineColumns(metric, 'entity')]);
  return [POLL, NEXT_PART, ...ofMetrics];
}

interface RowSeries {
  readonly metric: BaselinedMetric;
  readonly columns: SeriesColumns;
  readonly value: NumberColumn;
}

interface TotalSeries {
  readonly metric: BaselinedMetric;
  readonly aggregate: Aggregate;
  readonly rows: RowSeries;
  /** Of the entities. */
  readonly columns: SeriesColumns;
  readonly soFar: StateColumn<'f64'>;
}

export class EntityTotals {
  readonly metrics: readonly TotalSeries[];
  readonly #series: SeriesBaseline;
  readonly #total = new RowTotal();
  readonly #status: PortStatus;
  readonly #seconds: NumberColumn;
  readonly #poll: StateColumn<'u32'>;
  readonly #nextPart: StateColumn<'u16'>;

  constructor(
    context: StageContext,
    series: readonly RowSeries[],
    settings: BaselineSettings,
    status: PortStatus,
  ) {
    this.metrics = series.flatMap((rows) => {
      const { metric } = rows;
      const { name, aggregate } = metric;
      if (aggregate === undefined) return [];
      const columns = new SeriesColumns(context, name, 'entity');
      return { metric, aggregate, rows, columns, soFar: context.column({ ...SO_FAR, metric: name }) };
    });
    this.#series = new SeriesBaseline(settings);
    this.#status = status;
    this.#seconds = context.reading.number(COVERED_SECONDS_COLUMN);
    this.#poll = context.column(POLL);
    this.#nextPart = context.column(NEXT_PART);
  }

  /** The entity is somewhere else from `atS` (seconds since 1970) on. */
  forget(entitySlot: number, move: Exclude<Move, 'none'>, atS: number): void {
    for (const { columns } of this.metrics)
      forgetMoved(columns.arraysOf(entitySlot), entitySlot & SEGMENT_MASK, move, atS);
  }

  /**
   * After the rows of the reading were learned. `suspended`: one of them is in maintenance.
   * @returns whether a total has shifted its level.
   */
  process(reading: Reading, at: SeasonPosition, suspended: boolean, out: StageOutput): boolean {
    if (this.metrics.length === 0 || !this.#follows(reading, suspended)) return false;
    const { entitySlot, part, parts } = reading;
    const total = this.#total;
    let shifts = 0;
    let unknown = 0;
    for (const of of this.metrics) {
      if (part === 1) total.begin(of.aggregate);
      else total.load(of.soFar, entitySlot);
      this.#addRows(reading, of, at);
      if (part < parts) total.store(of.soFar, entitySlot);
      else if (total.isKnown && Math.abs(total.total) <= MAX_VALUE)
        shifts += this.#learn(reading, of, at) ? 1 : 0;
      else if (total.rows > 0) unknown += 1;
    }
    if (unknown > 0) out.count('baseline', 'total_unknown', unknown);
    if (shifts > 0) out.count('baseline', 'total_level_shift', shifts);
    return shifts > 0;
  }

  /** Whether the reading is the next part of a whole poll. */
  #follows({ entitySlot, pollId, part, parts, status }: Reading, suspended: boolean): boolean {
    const poll = textHash(pollId);
    const isNext =
      part === 1 || (this.#nextPart.get(entitySlot) === part && this.#poll.get(entitySlot) === poll);
    const follows = isNext && status === 'complete' && !suspended;
    if (parts === 1) return follows;
    this.#poll.set(entitySlot, poll);
    this.#nextPart.set(entitySlot, follows && part < parts ? part + 1 : 0);
    return follows;
  }

  #addRows(
    { rowCount, slots, quality }: Reading,
    { aggregate, rows: of }: TotalSeries,
    at: SeasonPosition,
  ): void {
    const into = this.#total;
    const isMax = aggregate === 'max';
    const { values } = of.value;
    const seconds = this.#seconds.values;
    let { total, rows, seen, magnitude, estimated } = into;
    for (let row = 0; row < rowCount; row += 1) {
      let value = values[row]!;
      if (quality[row] === GOOD && Math.abs(value) <= MAX_VALUE && seconds[row]! > 0) {
        seen += 1;
        if (seconds[row]! > into.seconds) into.seconds = seconds[row]!;
      } else {
        value = this.#expected(of, slots[row]!, at);
        if (Number.isNaN(value) || this.#status.idle(row)) continue;
        estimated += Math.abs(value);
      }
      rows += 1;
      magnitude += Math.abs(value);
      total = isMax ? Math.max(total, value) : total + value;
    }
    into.total = total;
    into.rows = rows;
    into.seen = seen;
    into.magnitude = magnitude;
    into.estimated = estimated;
  }

  /** NaN for a row of which nothing was ever learned. */
  #expected({ columns, metric }: RowSeries, slot: number, at: SeasonPosition): number {
    const arrays = columns.arraysOf(slot);
    const within = slot & SEGMENT_MASK;
    if (arrays.polls[within] === 0) return Number.NaN;
    const series = this.#series;
    series.value = Number.NaN;
    series.dtS = 1;
    series.quantum = metric.quantum;
    series.judge(arrays, within, at);
    return series.expected;
  }

  /** @returns true when it completed a level shift. */
  #learn({ entitySlot, observedAtMs }: Reading, of: TotalSeries, at: SeasonPosition): boolean {
    const { aggregate, columns, metric } = of;
    const total = this.#total;
    const series = this.#series;
    const arrays = columns.arraysOf(entitySlot);
    series.value = total.valueBy(aggregate);
    series.dtS = total.seconds;
    series.atS = observedAtMs / 1000;
    series.quantum = aggregate === 'mean' ? metric.quantum / total.rows : metric.quantum;
    series.judge(arrays, entitySlot & SEGMENT_MASK, at);
    return series.learn(arrays, entitySlot & SEGMENT_MASK);
  }
}
