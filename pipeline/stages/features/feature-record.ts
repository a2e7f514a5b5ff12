/** Slots of state as what a record of ml.feature says of them. */
import { SEGMENT_BITS, SEGMENT_MASK } from '../../model/state.ts';
import type { FeatureRecord } from '../../../topics/ml.ts';
import type { RowPolls } from './row-polls.ts';
import type { SeriesWindow } from './series-window.ts';
import {
  ABS_SIGMA,
  BEYOND,
  COUNTS,
  COVARIANCE,
  CROSSING,
  CROSSINGS,
  DOWN_POLLS,
  EXPECTED,
  GAP_POLLS,
  GOOD_POLLS,
  JUDGED,
  LAST,
  MAINTENANCE_POLLS,
  MAX,
  MAX_SCORE,
  MAX_SIGMA,
  MEAN,
  MIN,
  POLL_COUNTS,
  POLLS,
  REPEATS,
  SUMS,
  TAKEN_POLLS,
  TIME_SPREAD,
  TIMES,
  VALUES,
  VARIANCE,
} from './window-columns.ts';

type Row = FeatureRecord['rows'][number];
type Metric = Row['metrics'][number];

/** A slope of two values is their difference. */
const MIN_SLOPE_VALUES = 3;

/** The row's window; undefined for one that no poll had. */
export function featureRow(
  slot: number,
  instance: string,
  rows: RowPolls,
  series: readonly SeriesWindow[],
): Row | undefined {
  const within = slot & SEGMENT_MASK;
  const polls = rows.polls.segments[slot >>> SEGMENT_BITS]!;
  const at = within * POLL_COUNTS;
  if (polls[at + POLLS] === 0) return undefined;
  const taken = polls[at + TAKEN_POLLS]!;
  const spread = rows.times.segments[slot >>> SEGMENT_BITS]![within * TIMES + TIME_SPREAD]!;
  const metrics: Metric[] = [];
  for (const one of series) {
    const found = metricFeatures(slot, one, taken, spread);
    if (found !== undefined) metrics.push(found);
  }
  return {
    interface_name: instance,
    polls: polls[at + POLLS]!,
    good_polls: polls[at + GOOD_POLLS]!,
    gap_polls: polls[at + GAP_POLLS]!,
    down_polls: polls[at + DOWN_POLLS]!,
    maintenance_polls: polls[at + MAINTENANCE_POLLS]!,
    metrics,
  };
}

/** `taken` polls of the row had values that count, at times whose squared distances from their mean sum up to `spread`. */
function metricFeatures(
  slot: number,
  { metric, sums: sumsColumn, counts: countsColumn }: SeriesWindow,
  taken: number,
  spread: number,
): Metric | undefined {
  const within = slot & SEGMENT_MASK;
  const counts = countsColumn.segments[slot >>> SEGMENT_BITS]!;
  const c = within * COUNTS;
  const count = counts[c + VALUES]!;
  if (count === 0) return undefined;
  const sums = sumsColumn.segments[slot >>> SEGMENT_BITS]!;
  const at = within * SUMS;
  const judged = counts[c + JUDGED]!;
  const sloped = count >= MIN_SLOPE_VALUES && count === taken && spread > 0;
  return {
    metric_name: metric,
    count,
    mean: sums[at + MEAN]!,
    stddev: count === 1 ? null : Math.sqrt((sums[at + VARIANCE]! * count) / (count - 1)),
    min: sums[at + MIN]!,
    max: sums[at + MAX]!,
    last: sums[at + LAST]!,
    slope: sloped ? (sums[at + COVARIANCE]! * count) / spread : null,
    repeats: count === 1 ? null : counts[c + REPEATS]! / (count - 1),
    judged,
    expected: judged === 0 ? null : sums[at + EXPECTED]!,
    mean_abs_sigma: judged === 0 ? null : sums[at + ABS_SIGMA]!,
    max_abs_sigma: judged === 0 ? null : sums[at + MAX_SIGMA]!,
    max_score: judged === 0 ? null : sums[at + MAX_SCORE]!,
    beyond_warn: judged === 0 ? null : counts[c + BEYOND]! / judged,
    crossings: judged === 0 ? null : Math.floor(counts[c + CROSSINGS]! / CROSSING),
  };
}

/** Begins the row's window anew. */
export function clearRow(slot: number, rows: RowPolls, series: readonly SeriesWindow[]): void {
  rows.polls.reset(slot);
  rows.times.reset(slot);
  for (const { sums, counts } of series) {
    sums.reset(slot);
    counts.reset(slot);
  }
}
