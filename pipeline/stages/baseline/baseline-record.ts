/** Baselines as insight.baseline records: one hour of the day of one place, or its whole days, all rows and metrics. */
import { SEGMENT_MASK } from '../../model/state.ts';
import type { BaselineRecord, BaselineScope } from '../../../topics/insight.ts';
import type { BaselinedMetric } from './baselined-metrics.ts';
import { DAY_CELLS, type SeriesColumns } from './baseline-columns.ts';
import type { BaselineSettings } from './baseline-settings.ts';
import { CellStatistics } from './cell-statistics.ts';
import type { ChangedHours, DueCells } from './owed-cells.ts';
import { PeriodStatistics } from './period-statistics.ts';
import type { StageOutput } from '../stage.ts';

type Row = BaselineRecord['rows'][number];
type Cell = Row['cells'][number];
type Period = Row['periods'][number];

/** A cell is at most 180 bytes in Avro; the topic's records end at 1 MB. */
const MAX_CELLS_A_RECORD = 4_000;
const DAY_MS = 86_400_000;
/** A start so close to the record's is not told. */
const SAME_START_MS = 3_600_000;

/** Whose baselines, and in which slots. */
export interface BaselinePlace {
  readonly scope_type: BaselineScope;
  readonly domain: string;
  readonly entity: string;
  readonly device_ip: string | null;
  readonly device_id: string;
  readonly netbox_device_id: number | null;
  readonly site_id: number | null;
  readonly device_role: string | null;
  readonly path_id: string | null;
  /** Of each slot; empty for the whole of the scope. */
  readonly instances: readonly string[];
  readonly slots: readonly number[];
  /** For the scatter of counting: scales are those of a poll this long. */
  readonly intervalS: number;
  readonly sinceMs: number;
}

/** A metric and the state of its series: of rows, of entities, of whatever the slots of a place are. */
export interface PublishedMetric {
  readonly metric: BaselinedMetric;
  readonly columns: SeriesColumns;
}

type BaselineOutput = Pick<StageOutput, 'baseline'>;

export class BaselineCells {
  readonly #metrics: readonly PublishedMetric[];
  /** How far back a decaying hour of the day reaches, and one of the week. */
  readonly #daysCoveredMs: number;
  readonly #weeksCoveredMs: number;
  readonly #cells: CellStatistics;
  readonly #periods: PeriodStatistics;

  constructor(metrics: readonly PublishedMetric[], settings: BaselineSettings) {
    this.#metrics = metrics;
    this.#daysCoveredMs = DAY_MS * Math.ceil(1 / settings.dayWeight);
    this.#weeksCoveredMs = 7 * DAY_MS * Math.ceil(1 / settings.weekWeight);
    this.#cells = new CellStatistics(settings);
    this.#periods = new PeriodStatistics(this.#cells, settings);
  }

  /** Sends the cell of an hour of the day and those of hours of the week, or whole days. */
  publish(place: BaselinePlace, atMs: number, due: DueCells, out: BaselineOutput): void {
    switch (due.kind) {
      case 'hours':
        return this.#publish(place, atMs, out, (slot) => ({
          cells: this.#cellsOf(place, atMs, slot, due),
          periods: [],
        }));
      case 'days':
        return this.#publish(place, atMs, out, (slot) => ({
          cells: [],
          periods: this.#periodsOf(place, atMs, slot, due.weekdays),
        }));
    }
  }

  /** Split where a record would grow too large. */
  #publish(
    place: BaselinePlace,
    atMs: number,
    out: BaselineOutput,
    of: (slot: number) => Pick<Row, 'cells' | 'periods'>,
  ): void {
    let rows: Row[] = [];
    let count = 0;
    for (const [index, slot] of place.slots.entries()) {
      const row = { interface_name: place.instances[index]!, ...of(slot) };
      const cells = row.cells.length + row.periods.length;
      if (cells === 0) continue;
      if (count + cells > MAX_CELLS_A_RECORD && rows.length > 0) {
        out.baseline(this.#record(place, atMs, rows));
        rows = [];
        count = 0;
      }
      rows.push(row);
      count += cells;
    }
    if (rows.length > 0) out.baseline(this.#record(place, atMs, rows));
  }

  #record(place: BaselinePlace, atMs: number, rows: Row[]): BaselineRecord {
    return {
      domain: place.domain,
      entity: place.entity,
      device_ip: place.device_ip,
      device_id: place.device_id,
      netbox_device_id: place.netbox_device_id,
      site_id: place.site_id,
      calculated_at: atMs,
      baseline_start: Math.max(place.sinceMs, atMs - this.#weeksCoveredMs),
      rows,
      scope_type: place.scope_type,
      device_role: place.device_role,
      path_id: place.path_id,
    };
  }

  #cellsOf(
    place: BaselinePlace,
    atMs: number,
    slot: number,
    { hourOfDay, hoursOfWeek }: ChangedHours,
  ): Cell[] {
    const cells: Cell[] = [];
    const statistics = this.#cells;
    const within = slot & SEGMENT_MASK;
    const { intervalS } = place;
    const startMs = Math.max(place.sinceMs, atMs - this.#weeksCoveredMs);
    for (const { metric, columns } of this.#metrics) {
      const arrays = columns.arraysOf(slot);
      const { capacity, day_visits, week_visits } = arrays;
      const sinceMs = 1000 * arrays.since[within]!;
      let summed = false;
      if (day_visits[hourOfDay * capacity + within]! > 0) {
        statistics.sumUp(arrays, within);
        summed = true;
        const base = statistics.dayBase(metric, arrays, within, hourOfDay, intervalS);
        const start = laterStart(Math.max(sinceMs, atMs - this.#daysCoveredMs), startMs);
        cells.push(statistics.record(metric, arrays, within, base, hourOfDay, null, start));
      }
      for (const hour of hoursOfWeek) {
        if (week_visits[hour * capacity + within] === 0) continue;
        if (!summed) statistics.sumUp(arrays, within);
        summed = true;
        const base = statistics.weekBase(metric, arrays, within, hour, intervalS);
        const weekday = Math.floor(hour / DAY_CELLS);
        const start = laterStart(Math.max(sinceMs, atMs - this.#weeksCoveredMs), startMs);
        cells.push(statistics.record(metric, arrays, within, base, hourOfDay, weekday, start));
      }
    }
    return cells;
  }

  #periodsOf(place: BaselinePlace, atMs: number, slot: number, weekdays: readonly number[]): Period[] {
    const periods: Period[] = [];
    const within = slot & SEGMENT_MASK;
    for (const { metric, columns } of this.#metrics) {
      const arrays = columns.arraysOf(slot);
      this.#cells.sumUp(arrays, within);
      for (const weekday of [null, ...weekdays]) {
        const statistics = this.#periods.of(metric, arrays, within, weekday, place.intervalS);
        if (statistics === undefined) continue;
        const coveredMs = weekday === null ? this.#daysCoveredMs : this.#weeksCoveredMs;
        periods.push({
          metric_name: metric.name,
          metric_unit: metric.unit,
          time_period: weekday === null ? 'daily' : 'weekly',
          day_of_week: weekday,
          ...statistics,
          baseline_start: Math.max(1000 * arrays.since[within]!, atMs - coveredMs),
        });
      }
    }
    return periods;
  }
}

/** null where it is the record's, or so close that nobody cares. */
function laterStart(startMs: number, recordStartMs: number): number | null {
  return startMs - recordStartMs <= SAME_START_MS ? null : startMs;
}
