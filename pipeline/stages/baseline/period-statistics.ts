/**
 * Whole days of a series, out of the cells of their hours: the mean of the hours' means; the variance within the hours and
 * between them; quantiles of the mixture of the hours' distributions, each as the residuals of the series say. No state
 * of its own: what a day was is in its hours.
 */
import type { BaselinedMetric } from './baselined-metrics.ts';
import { DAY_CELLS, type SeriesArrays } from './baseline-columns.ts';
import type { BaselineSettings } from './baseline-settings.ts';
import { bounded, thresholds, type CellStatistics, type Statistics } from './cell-statistics.ts';
import { BUCKET_EDGES, QUANTILE_BUCKETS, residualRange } from './residual-quantiles.ts';

/** Hours of a day that must be known before anything is said about the day. */
const MIN_HOURS = 12;
/** The range of a mixture is cut into so many pieces: a quantile is exact to one of them. */
export const MIXTURE_BINS = 512;
const LAST_BIN = MIXTURE_BINS - 1;
/** What is asked of a mixture, rising. */
const SHARES = [0.05, 0.5, 0.95, 0.99] as const;

export class PeriodStatistics {
  readonly #cells: CellStatistics;
  readonly #settings: BaselineSettings;
  /** Means and bases of the hours that are known. */
  readonly #means = new Float64Array(DAY_CELLS);
  readonly #bases = new Float64Array(DAY_CELLS);
  /** Share of each bucket of the residuals, and by its width in scales. */
  readonly #weights = new Float64Array(QUANTILE_BUCKETS);
  readonly #densities = new Float64Array(QUANTILE_BUCKETS);
  /** Mass by bin; `#steps` is where a mass that is spread over bins begins and ends. */
  readonly #mass = new Float64Array(MIXTURE_BINS);
  readonly #steps = new Float64Array(MIXTURE_BINS + 1);
  /** Of SHARES. */
  readonly #found = new Float64Array(SHARES.length);
  /** Where the first bin begins, and how wide each is. */
  #lowest = Number.NaN;
  #bin = Number.NaN;

  /** `cells` sums up the residuals of a series before it is asked about here. */
  constructor(cells: CellStatistics, settings: BaselineSettings) {
    this.#cells = cells;
    this.#settings = settings;
  }

  /** Of any day, or of one day of the week. @returns undefined while less than half of its hours is known. */
  of(
    metric: BaselinedMetric,
    arrays: SeriesArrays,
    slot: number,
    weekday: number | null,
    intervalS: number,
  ): Statistics | undefined {
    const cells = this.#cells;
    const visits = weekday === null ? arrays.day_visits : arrays.week_visits;
    const first = weekday === null ? 0 : weekday * DAY_CELLS;
    let hours = 0;
    let visited = 0;
    let mean = 0;
    for (let hour = first; hour < first + DAY_CELLS; hour += 1) {
      if (visits[hour * arrays.capacity + slot] === 0) continue;
      this.#bases[hours] =
        weekday === null
          ? cells.dayBase(metric, arrays, slot, hour, intervalS)
          : cells.weekBase(metric, arrays, slot, hour, intervalS);
      this.#means[hours] = cells.mean;
      visited += cells.visits;
      hours += 1;
      mean += (cells.mean - mean) / hours;
    }
    if (hours < MIN_HOURS) return undefined;
    const days = Math.max(1, Math.round(visited / DAY_CELLS));
    const { fullConfidenceS, weekVisits } = this.#settings;
    return {
      sample_count: days,
      baseline_mean: mean,
      ...thresholds(mean, this.#sigma(hours, mean, arrays.spread[slot]!), metric.unit),
      ...this.#quantiles(arrays, slot, hours, metric.unit),
      confidence_score:
        100 *
        Math.min(1, arrays.seconds[slot]! / fullConfidenceS) *
        Math.min(1, days / weekVisits) *
        (hours / DAY_CELLS),
    };
  }

  /** Variance within the hours plus variance between them. */
  #sigma(hours: number, mean: number, spread: number): number {
    let variance = 0;
    for (let k = 0; k < hours; k += 1)
      variance += ((this.#bases[k]! * spread) ** 2 + (this.#means[k]! - mean) ** 2) / hours;
    return Math.sqrt(variance);
  }

  #quantiles(arrays: SeriesArrays, slot: number, hours: number, unit: string | null) {
    const { residuals } = arrays;
    const at = slot * QUANTILE_BUCKETS;
    const range = residualRange(residuals, at) ?? { lowest: 0, highest: 0 };
    let lowest = Infinity;
    let highest = -Infinity;
    for (let k = 0; k < hours; k += 1) {
      lowest = Math.min(lowest, this.#means[k]! + range.lowest * this.#bases[k]!);
      highest = Math.max(highest, this.#means[k]! + range.highest * this.#bases[k]!);
    }
    const total = this.#cells.residualSeconds;
    for (let b = 0; b < QUANTILE_BUCKETS; b += 1) {
      const weight = total === 0 ? 0 : residuals[at + b]! / total;
      this.#weights[b] = weight;
      this.#densities[b] = weight / (BUCKET_EDGES[b + 1]! - BUCKET_EDGES[b]!);
    }
    this.#mass.fill(0);
    this.#steps.fill(0);
    this.#lowest = lowest;
    this.#bin = (highest - lowest) / MIXTURE_BINS;
    for (let k = 0; k < hours; k += 1) {
      if (total === 0) this.#addPoint(k);
      else this.#addHour(k);
    }
    this.#findQuantiles(hours);
    const [p5, p50, p95, p99] = this.#found;
    return {
      baseline_median: bounded(p50!, unit),
      baseline_min: total === 0 ? null : bounded(lowest, unit),
      baseline_max: total === 0 ? null : bounded(highest, unit),
      baseline_p5: bounded(p5!, unit),
      baseline_p95: bounded(p95!, unit),
      baseline_p99: bounded(p99!, unit),
    };
  }

  /** Before the first residual all of an hour lies at its mean. */
  #addPoint(hour: number): void {
    const at = (this.#means[hour]! - this.#lowest) / this.#bin;
    // NaN where all hours are the same.
    this.#mass[at >= 0 ? Math.min(Math.floor(at), LAST_BIN) : 0]! += 1;
  }

  /** Each bucket of the hour lies evenly between its edges. In bins; written out: calls would pass 2,000 numbers a day. */
  #addHour(hour: number): void {
    const masses = this.#mass;
    const steps = this.#steps;
    const weights = this.#weights;
    const densities = this.#densities;
    const perUnit = this.#bin > 0 ? 1 / this.#bin : 0;
    const offset = (this.#means[hour]! - this.#lowest) * perUnit;
    const base = this.#bases[hour]! * perUnit;
    // A base is never 0; all hours alike have no width.
    const perBase = base > 0 ? 1 / base : 0;
    let b = 0;
    while (weights[b] === 0) b += 1;
    let to = offset + BUCKET_EDGES[b]! * base;
    let last = to < 0 ? 0 : to > LAST_BIN ? LAST_BIN : Math.floor(to);
    for (; b < QUANTILE_BUCKETS; b += 1) {
      const from = to;
      const first = last;
      to = offset + BUCKET_EDGES[b + 1]! * base;
      last = to < 0 ? 0 : to > LAST_BIN ? LAST_BIN : Math.floor(to);
      const weight = weights[b]!;
      if (weight === 0) continue;
      if (first === last) {
        masses[first] = masses[first]! + weight;
        continue;
      }
      const density = densities[b]! * perBase;
      masses[first] = masses[first]! + density * (first + 1 - from);
      masses[last] = masses[last]! + density * (to - last);
      steps[first + 1] = steps[first + 1]! + density;
      steps[last] = steps[last]! - density;
    }
  }

  /** Values that so much of the `hours` lies below; a straight line within a bin. */
  #findQuantiles(hours: number): void {
    const masses = this.#mass;
    const steps = this.#steps;
    const found = this.#found;
    let below = 0;
    let spread = 0;
    let bin = 0;
    let next = 0;
    let wanted = SHARES[0] * hours;
    for (; bin < MIXTURE_BINS && next < SHARES.length; bin += 1) {
      spread += steps[bin]!;
      const mass = masses[bin]! + spread;
      while (mass > 0 && next < SHARES.length && wanted <= below + mass) {
        found[next] = this.#lowest + this.#bin * (bin + (wanted - below) / mass);
        next += 1;
        if (next < SHARES.length) wanted = SHARES[next]! * hours;
      }
      below += mass;
    }
    for (; next < SHARES.length; next += 1) found[next] = this.#lowest + this.#bin * MIXTURE_BINS;
  }
}
