/** Seasonal cells as insight.baseline records: one hour of the day of one entity, all of its rows and metrics. */
import { SEGMENT_MASK } from '../../model/state.ts';
import type { BaselineRecord } from '../../../topics/insight.ts';
import type { BaselinedMetric } from './baselined-metrics.ts';
import { DAY_CELLS, type SeriesArrays, type SeriesColumns } from './baseline-columns.ts';
import { baseScale, drawDeviation } from './baseline-scale.ts';
import type { BaselineSettings } from './baseline-settings.ts';
import { QUANTILE_BUCKETS, residualQuantile, residualRange } from './residual-quantiles.ts';
import { CellReading } from './seasonal-cells.ts';
import type { StageOutput } from '../stage.ts';

type Row = BaselineRecord['rows'][number];
type Cell = Row['cells'][number];

/** A cell is at most 170 bytes in Avro; the topic's records end at 1 MB. */
const MAX_CELLS_A_RECORD = 4_000;
/** Thresholds of the tables, in scales. */
const WARN_SCALES = 2;
const CRIT_SCALES = 3;

/** Whose cells, and in which slots. A plain object: it waits in state between ticks. */
export interface CellPlace {
  readonly domain: string;
  readonly entity: string;
  readonly device_ip: string | null;
  readonly device_id: string;
  readonly netbox_device_id: number | null;
  readonly site_id: number | null;
  readonly instances: readonly string[];
  readonly slots: readonly number[];
  /** For the scatter of counting: scales are those of a poll this long. */
  readonly intervalS: number;
  readonly sinceMs: number;
}

interface PublishedMetric {
  readonly metric: BaselinedMetric;
  readonly columns: SeriesColumns;
}

/** Residuals of a series, in scales. */
interface ResidualSummary {
  p50: number;
  p5: number;
  p95: number;
  p99: number;
  range: ReturnType<typeof residualRange>;
}

export class BaselineCells {
  readonly #metrics: readonly PublishedMetric[];
  readonly #settings: BaselineSettings;
  /** The cell that is being written, and its series' residuals: reused, an hour's turn writes thousands. */
  readonly #cell = new CellReading();
  readonly #residuals: ResidualSummary = { p50: 0, p5: 0, p95: 0, p99: 0, range: undefined };

  constructor(metrics: readonly PublishedMetric[], settings: BaselineSettings) {
    this.#metrics = metrics;
    this.#settings = settings;
  }

  /** Sends the cell of `hourOfDay` and those of `hoursOfWeek`, split where a record would grow too large. */
  publish(
    place: CellPlace,
    atMs: number,
    hourOfDay: number,
    hoursOfWeek: readonly number[],
    out: Pick<StageOutput, 'baseline'>,
  ): void {
    let rows: Row[] = [];
    let count = 0;
    for (const [index, slot] of place.slots.entries()) {
      const cells = this.#cellsOf(place, slot, hourOfDay, hoursOfWeek);
      if (cells.length === 0) continue;
      if (count + cells.length > MAX_CELLS_A_RECORD && rows.length > 0) {
        out.baseline(this.#record(place, atMs, rows));
        rows = [];
        count = 0;
      }
      rows.push({ interface_name: place.instances[index]!, cells });
      count += cells.length;
    }
    if (rows.length > 0) out.baseline(this.#record(place, atMs, rows));
  }

  #record(place: CellPlace, atMs: number, rows: Row[]): BaselineRecord {
    const coveredMs = 7 * 86_400_000 * Math.ceil(1 / this.#settings.weekWeight);
    return {
      domain: place.domain,
      entity: place.entity,
      device_ip: place.device_ip,
      device_id: place.device_id,
      netbox_device_id: place.netbox_device_id,
      site_id: place.site_id,
      scope_type: null,
      device_role: null,
      calculated_at: atMs,
      baseline_start: Math.max(place.sinceMs, atMs - coveredMs),
      rows,
    };
  }

  #cellsOf(place: CellPlace, slot: number, hourOfDay: number, hoursOfWeek: readonly number[]): Cell[] {
    const cells: Cell[] = [];
    const within = slot & SEGMENT_MASK;
    const { intervalS } = place;
    for (const { metric, columns } of this.#metrics) {
      const arrays = columns.arraysOf(slot);
      const { day_mean, day_deviation, day_visits, week_mean, week_deviation, week_visits } = arrays;
      const cell = this.#cell;
      let summed = false;
      const day = hourOfDay * arrays.capacity + within;
      if (day_visits[day]! > 0) {
        this.#sumUp(arrays, within);
        summed = true;
        cell.visits = day_visits[day]!;
        cell.mean = day_mean[day]!;
        cell.deviation = day_deviation[day]!;
        cell.error = arrays.day_error[within]!;
        cells.push(this.#recordOf(metric, arrays, within, intervalS, hourOfDay, null));
      }
      for (const hour of hoursOfWeek) {
        const week = hour * arrays.capacity + within;
        if (week_visits[week] === 0) continue;
        if (!summed) this.#sumUp(arrays, within);
        summed = true;
        cell.visits = week_visits[week]!;
        cell.mean = week_mean[week]!;
        cell.deviation = week_deviation[week]!;
        cell.error = arrays.week_error[within]!;
        cells.push(
          this.#recordOf(metric, arrays, within, intervalS, hour % DAY_CELLS, Math.floor(hour / DAY_CELLS)),
        );
      }
    }
    return cells;
  }

  /** The residuals are the series', in scales: the same for its cells, however many are published at once. */
  #sumUp({ residuals }: SeriesArrays, slot: number): void {
    const at = slot * QUANTILE_BUCKETS;
    let total = 0;
    for (let b = 0; b < QUANTILE_BUCKETS; b += 1) total += residuals[at + b]!;
    const of = this.#residuals;
    of.p50 = residualQuantile(residuals, at, 0.5, total);
    of.p5 = residualQuantile(residuals, at, 0.05, total);
    of.p95 = residualQuantile(residuals, at, 0.95, total);
    of.p99 = residualQuantile(residuals, at, 0.99, total);
    of.range = residualRange(residuals, at);
  }

  #recordOf(
    { name, unit, quantum }: BaselinedMetric,
    arrays: SeriesArrays,
    slot: number,
    intervalS: number,
    hour: number,
    weekday: number | null,
  ): Cell {
    const settings = this.#settings;
    const cell = this.#cell;
    const { mean, visits } = cell;
    if (Number.isNaN(cell.error)) cell.error = arrays.level_error[slot]!;
    cell.level = arrays.level[slot]!;
    drawDeviation(cell, settings);
    const base = baseScale(cell.drawnDeviation, mean, intervalS, quantum, settings);
    const scale = base * arrays.spread[slot]!;
    const { p50, p5, p95, p99, range } = this.#residuals;
    const isShare = unit === '%';
    return {
      metric_name: name,
      metric_unit: unit,
      hour_of_day: hour,
      day_of_week: weekday,
      sample_count: visits,
      baseline_mean: mean,
      baseline_median: bounded(mean + p50 * base, isShare),
      baseline_stddev: scale,
      baseline_min: range === undefined ? null : bounded(mean + range.lowest * base, isShare),
      baseline_max: range === undefined ? null : bounded(mean + range.highest * base, isShare),
      baseline_p5: bounded(mean + p5 * base, isShare),
      baseline_p95: bounded(mean + p95 * base, isShare),
      baseline_p99: bounded(mean + p99 * base, isShare),
      warn_threshold_low: bounded(mean - WARN_SCALES * scale, isShare),
      warn_threshold_high: bounded(mean + WARN_SCALES * scale, isShare),
      crit_threshold_low: bounded(mean - CRIT_SCALES * scale, isShare),
      crit_threshold_high: bounded(mean + CRIT_SCALES * scale, isShare),
      confidence_score:
        100 *
        Math.min(1, arrays.seconds[slot]! / settings.fullConfidenceS) *
        Math.min(1, visits / settings.weekVisits),
    };
  }
}

/** Bands of percentages end at 0 and 100. */
function bounded(value: number, isShare: boolean): number {
  return isShare ? Math.min(Math.max(value, 0), 100) : value;
}
