/**
 * What a table says about one cell: its mean and scale, and the quantiles that follow from them and from the residuals of
 * its series (in scales, the same for all of its cells).
 */
import type { BaselineRecord } from '../../../topics/insight.ts';
import type { BaselinedMetric } from './baselined-metrics.ts';
import type { SeriesArrays } from './baseline-columns.ts';
import { baseScale, drawDeviation } from './baseline-scale.ts';
import type { BaselineSettings } from './baseline-settings.ts';
import { QUANTILE_BUCKETS, residualQuantile, residualRange } from './residual-quantiles.ts';
import { CellReading } from './seasonal-cells.ts';

type Cell = BaselineRecord['rows'][number]['cells'][number];
/** What hours and whole days have in common. */
export type Statistics = Omit<
  Cell,
  'metric_name' | 'metric_unit' | 'hour_of_day' | 'day_of_week' | 'baseline_start'
>;

/** Thresholds of the tables, in sigmas. */
const WARN_SIGMAS = 2;
const CRIT_SIGMAS = 3;

export class CellStatistics {
  /** Weight of all residuals of the series that was summed up, in seconds. */
  residualSeconds = 0;
  /** The cell that is read: reused, an hour's turn writes thousands. */
  readonly #cell = new CellReading();
  readonly #settings: BaselineSettings;
  #p50 = 0;
  #p5 = 0;
  #p95 = 0;
  #p99 = 0;
  #range: ReturnType<typeof residualRange>;

  constructor(settings: BaselineSettings) {
    this.#settings = settings;
  }

  /** The residuals of the series: before its cells are asked for. */
  sumUp({ residuals }: SeriesArrays, slot: number): void {
    const at = slot * QUANTILE_BUCKETS;
    let total = 0;
    for (let b = 0; b < QUANTILE_BUCKETS; b += 1) total += residuals[at + b]!;
    this.residualSeconds = total;
    this.#p50 = residualQuantile(residuals, at, 0.5, total);
    this.#p5 = residualQuantile(residuals, at, 0.05, total);
    this.#p95 = residualQuantile(residuals, at, 0.95, total);
    this.#p99 = residualQuantile(residuals, at, 0.99, total);
    this.#range = residualRange(residuals, at);
  }

  /** One sigma of the hour of the day before the tails widen it; its mean is `mean` then. */
  dayBase(
    metric: BaselinedMetric,
    arrays: SeriesArrays,
    slot: number,
    hour: number,
    intervalS: number,
  ): number {
    const cell = this.#cell;
    const { capacity, day_mean, day_visits, day_deviation } = arrays;
    cell.readCell(day_mean, day_visits, day_deviation, hour * capacity + slot);
    cell.error = arrays.day_error[slot]!;
    return this.#base(metric, arrays, slot, intervalS);
  }

  /** The same of the hour of the week. */
  weekBase(
    metric: BaselinedMetric,
    arrays: SeriesArrays,
    slot: number,
    hour: number,
    intervalS: number,
  ): number {
    const cell = this.#cell;
    const { capacity, week_mean, week_visits, week_deviation } = arrays;
    cell.readCell(week_mean, week_visits, week_deviation, hour * capacity + slot);
    cell.error = arrays.week_error[slot]!;
    return this.#base(metric, arrays, slot, intervalS);
  }

  /** Of the cell whose base was asked for last. */
  get mean(): number {
    return this.#cell.mean;
  }

  get visits(): number {
    return this.#cell.visits;
  }

  #base({ quantum }: BaselinedMetric, arrays: SeriesArrays, slot: number, intervalS: number): number {
    const cell = this.#cell;
    if (Number.isNaN(cell.error)) cell.error = arrays.level_error[slot]!;
    cell.level = arrays.level[slot]!;
    drawDeviation(cell, this.#settings);
    return baseScale(cell.drawnDeviation, cell.mean, intervalS, quantum, this.#settings);
  }

  /** The cell whose base was asked for last, as a record has it: one literal, an hour's turn writes thousands. */
  record(
    { name, unit }: BaselinedMetric,
    arrays: SeriesArrays,
    slot: number,
    base: number,
    hour: number,
    weekday: number | null,
    startMs: number | null,
  ): Cell {
    const { fullConfidenceS, weekVisits } = this.#settings;
    const { mean, visits } = this.#cell;
    const range = this.#range;
    const sigma = base * arrays.spread[slot]!;
    return {
      metric_name: name,
      metric_unit: unit,
      hour_of_day: hour,
      day_of_week: weekday,
      sample_count: visits,
      baseline_mean: mean,
      baseline_median: bounded(mean + this.#p50 * base, unit),
      baseline_stddev: sigma,
      baseline_min: range === undefined ? null : bounded(mean + range.lowest * base, unit),
      baseline_max: range === undefined ? null : bounded(mean + range.highest * base, unit),
      baseline_p5: bounded(mean + this.#p5 * base, unit),
      baseline_p95: bounded(mean + this.#p95 * base, unit),
      baseline_p99: bounded(mean + this.#p99 * base, unit),
      warn_threshold_low: bounded(mean - WARN_SIGMAS * sigma, unit),
      warn_threshold_high: bounded(mean + WARN_SIGMAS * sigma, unit),
      crit_threshold_low: bounded(mean - CRIT_SIGMAS * sigma, unit),
      crit_threshold_high: bounded(mean + CRIT_SIGMAS * sigma, unit),
      confidence_score:
        100 * Math.min(1, arrays.seconds[slot]! / fullConfidenceS) * Math.min(1, visits / weekVisits),
      baseline_start: startMs,
    };
  }
}

/** One sigma of a whole day, and where warning and critical begin on each side. */
export function thresholds(mean: number, sigma: number, unit: string | null) {
  return {
    baseline_stddev: sigma,
    warn_threshold_low: bounded(mean - WARN_SIGMAS * sigma, unit),
    warn_threshold_high: bounded(mean + WARN_SIGMAS * sigma, unit),
    crit_threshold_low: bounded(mean - CRIT_SIGMAS * sigma, unit),
    crit_threshold_high: bounded(mean + CRIT_SIGMAS * sigma, unit),
  };
}

/** Bands of percentages end at 0 and 100. */
export function bounded(value: number, unit: string | null): number {
  return unit === '%' ? Math.min(Math.max(value, 0), 100) : value;
}
