/** Seasonal cells as insight.baseline records: one hour of the day of one entity, all of its rows and metrics. */
import { SEGMENT_MASK } from '../../model/state.ts';
import type { BaselineRecord } from '../../../topics/insight.ts';
import type { BaselinedMetric } from './baselined-metrics.ts';
import type { SeriesArrays, SeriesColumns } from './baseline-columns.ts';
import { baseScale, cellDeviation } from './baseline-scale.ts';
import type { BaselineSettings } from './baseline-settings.ts';
import { QUANTILE_BUCKETS, residualQuantile, residualRange } from './residual-quantiles.ts';
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

export class BaselineCells {
  readonly #metrics: readonly PublishedMetric[];
  readonly #settings: BaselineSettings;

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
    out: StageOutput,
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
      calculated_at: atMs,
      baseline_start: Math.max(place.sinceMs, atMs - coveredMs),
      rows,
    };
  }

  #cellsOf(place: CellPlace, slot: number, hourOfDay: number, hoursOfWeek: readonly number[]): Cell[] {
    const cells: Cell[] = [];
    for (const { metric, columns } of this.#metrics) {
      const arrays = columns.arraysOf(slot);
      const within = slot & SEGMENT_MASK;
      const day = hourOfDay * arrays.capacity + within;
      if (arrays.day_visits[day]! > 0) {
        const { day_mean, day_deviation, day_visits, day_error } = arrays;
        const error = day_error[within]!;
        cells.push(
          this.#cell(
            metric,
            arrays,
            within,
            place.intervalS,
            { hour: hourOfDay, weekday: null },
            { mean: day_mean[day]!, deviation: day_deviation[day]!, visits: day_visits[day]!, error },
          ),
        );
      }
      for (const hour of hoursOfWeek) {
        const week = hour * arrays.capacity + within;
        if (arrays.week_visits[week]! === 0) continue;
        const { week_mean, week_deviation, week_visits, week_error } = arrays;
        const error = week_error[within]!;
        cells.push(
          this.#cell(
            metric,
            arrays,
            within,
            place.intervalS,
            { hour: hour % 24, weekday: Math.floor(hour / 24) },
            { mean: week_mean[week]!, deviation: week_deviation[week]!, visits: week_visits[week]!, error },
          ),
        );
      }
    }
    return cells;
  }

  #cell(
    metric: BaselinedMetric,
    arrays: SeriesArrays,
    slot: number,
    intervalS: number,
    when: { readonly hour: number; readonly weekday: number | null },
    cell: { mean: number; deviation: number; visits: number; error: number },
  ): Cell {
    const { fullConfidenceS, weekVisits } = this.#settings;
    const { mean, visits } = cell;
    const error = Number.isNaN(cell.error) ? arrays.level_error[slot]! : cell.error;
    const deviation = cellDeviation(cell, error, arrays.level[slot]!, this.#settings);
    const base = baseScale(deviation, mean, intervalS, metric.quantum, this.#settings);
    const scale = base * arrays.spread[slot]!;
    const at = slot * QUANTILE_BUCKETS;
    let total = 0;
    for (let b = 0; b < QUANTILE_BUCKETS; b += 1) total += arrays.residuals[at + b]!;
    // Bands of percentages end at 0 and 100.
    const bounded = (value: number): number =>
      metric.unit === '%' ? Math.min(Math.max(value, 0), 100) : value;
    const quantile = (p: number): number =>
      bounded(mean + residualQuantile(arrays.residuals, at, p, total) * base);
    const range = residualRange(arrays.residuals, at);
    return {
      metric_name: metric.name,
      metric_unit: metric.unit,
      hour_of_day: when.hour,
      day_of_week: when.weekday,
      sample_count: visits,
      baseline_mean: mean,
      baseline_median: quantile(0.5),
      baseline_stddev: scale,
      baseline_min: range === undefined ? null : bounded(mean + range.lowest * base),
      baseline_max: range === undefined ? null : bounded(mean + range.highest * base),
      baseline_p5: quantile(0.05),
      baseline_p95: quantile(0.95),
      baseline_p99: quantile(0.99),
      warn_threshold_low: bounded(mean - WARN_SCALES * scale),
      warn_threshold_high: bounded(mean + WARN_SCALES * scale),
      crit_threshold_low: bounded(mean - CRIT_SCALES * scale),
      crit_threshold_high: bounded(mean + CRIT_SCALES * scale),
      confidence_score:
        100 * Math.min(1, arrays.seconds[slot]! / fullConfidenceS) * Math.min(1, visits / weekVisits),
    };
  }
}
