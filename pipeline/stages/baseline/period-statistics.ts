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

export class PeriodStatistics {
  readonly #cells: CellStatistics;
  readonly #settings: BaselineSettings;
  /** Means and bases of the hours that are known. */
  readonly #means = new Float64Array(DAY_CELLS);
  readonly #bases = new Float64Array(DAY_CELLS);
  /** Share of each bucket of the residuals. */
  readonly #weights = new Float64Array(QUANTILE_BUCKETS);
  /** Mass by bin; `#steps` is where a mass that is spread over bins begins and ends. */
  readonly #mass = new Float64Array(MIXTURE_BINS);
  readonly #steps = new Float64Array(MIXTURE_BINS + 1);

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
    const bin = (highest - lowest) / MIXTURE_BINS;
    for (let b = 0; b < QUANTILE_BUCKETS; b += 1)
      this.#weights[b] = total === 0 ? 0 : residuals[at + b]! / total;
    this.#mass.fill(0);
    this.#steps.fill(0);
    for (let k = 0; k < hours; k += 1) this.#addHour(k, lowest, bin, total === 0);
    const quantile = (p: number): number => bounded(lowest + bin * this.#position(p * hours), unit);
    return {
      baseline_median: quantile(0.5),
      baseline_min: total === 0 ? null : bounded(lowest, unit),
      baseline_max: total === 0 ? null : bounded(highest, unit),
      baseline_p5: quantile(0.05),
      baseline_p95: quantile(0.95),
      baseline_p99: quantile(0.99),
    };
  }

  /** Each bucket of the hour lies evenly between its edges. Written out: 500 calls a day would pass 2,000 numbers. */
  #addHour(hour: number, lowest: number, bin: number, unknown: boolean): void {
    const offset = this.#means[hour]! - lowest;
    const base = this.#bases[hour]!;
    const masses = this.#mass;
    const steps = this.#steps;
    const weights = this.#weights;
    if (unknown) {
      // Before the first residual all of an hour lies at its mean.
      masses[bin > 0 ? Math.min(Math.floor(offset / bin), MIXTURE_BINS - 1) : 0]! += 1;
      return;
    }
    let to = offset + BUCKET_EDGES[0]! * base;
    let last = Math.min(Math.max(Math.floor(to / bin), 0), MIXTURE_BINS - 1);
    for (let b = 0; b < QUANTILE_BUCKETS; b += 1) {
      const from = to;
      const first = last;
      to = offset + BUCKET_EDGES[b + 1]! * base;
      last = Math.min(Math.max(Math.floor(to / bin), 0), MIXTURE_BINS - 1);
      const weight = weights[b]!;
      if (weight === 0) continue;
      if (first === last) {
        masses[first]! += weight;
        continue;
      }
      const density = weight / (to - from);
      masses[first]! += density * ((first + 1) * bin - from);
      masses[last]! += density * (to - last * bin);
      steps[first + 1]! += density * bin;
      steps[last]! -= density * bin;
    }
  }

  /** Where so much mass lies below, in bins; a straight line within a bin. */
  #position(wanted: number): number {
    let rest = wanted;
    let spread = 0;
    for (let b = 0; b < MIXTURE_BINS; b += 1) {
      spread += this.#steps[b]!;
      const mass = this.#mass[b]! + spread;
      if (mass > 0 && rest <= mass) return b + rest / mass;
      rest -= mass;
    }
    return MIXTURE_BINS;
  }
}
