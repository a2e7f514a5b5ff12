/**
 * The state of open windows: 50 bytes a series, 20 a row, 6 an entity, all of it begun anew with each window. Running
 * means and not sums: a float32 holds the square of 1e18, but not of all values of an hour together.
 */
import type { ColumnDeclaration } from '../../model/state.ts';

/** Places in `sums`. */
export const MEAN = 0;
/** Mean square distance from the mean. */
export const VARIANCE = 1;
/** Mean of (time - mean time) x (value - mean). */
export const COVARIANCE = 2;
export const MIN = 3;
export const MAX = 4;
export const LAST = 5;
/** Of what the baseline expected, where it did. */
export const EXPECTED = 6;
/** Mean and largest |sigma|, largest score. */
export const ABS_SIGMA = 7;
export const MAX_SIGMA = 8;
export const MAX_SCORE = 9;
export const SUMS = 10;

/** Places in `counts`. */
export const VALUES = 0;
export const JUDGED = 1;
/** Of the judged beyond the threshold of a warning. */
export const BEYOND = 2;
/** Crossings of what was expected times CROSSING, plus the side of the last value: 0 before there was one. */
export const CROSSINGS = 3;
export const CROSSING = 4;
export const ABOVE = 1;
export const BELOW = 2;
export const REPEATS = 4;
export const COUNTS = 5;

/** Places in `polls` of a row. */
export const POLLS = 0;
export const GOOD_POLLS = 1;
export const GAP_POLLS = 2;
export const DOWN_POLLS = 3;
export const MAINTENANCE_POLLS = 4;
/** Those whose values count. */
export const TAKEN_POLLS = 5;
export const POLL_COUNTS = 6;

/** Places in `times` of a row: of the polls whose values count, in hours since the window began. */
export const MEAN_TIME = 0;
/** Sum of squared distances from the mean. */
export const TIME_SPREAD = 1;
export const TIMES = 2;

const SERIES = { scope: 'series', group: 'hot' } as const;
const ROW = { scope: 'row', group: 'hot' } as const;
const ENTITY = { scope: 'entity', group: 'hot' } as const;

export const SUMS_COLUMN = { ...SERIES, name: 'sums', type: 'f32', width: SUMS } as const;
export const COUNTS_COLUMN = { ...SERIES, name: 'counts', type: 'u16', width: COUNTS } as const;
export const POLLS_COLUMN = { ...ROW, name: 'polls', type: 'u16', width: POLL_COUNTS } as const;
export const TIMES_COLUMN = { ...ROW, name: 'times', type: 'f32', width: TIMES } as const;
/** Number of the UTC hour of the open window; 0 before the first. */
export const WINDOW_COLUMN = { ...ENTITY, name: 'window', type: 'u32' } as const;
/** Readings in it, up to 65,535. */
export const READINGS_COLUMN = { ...ENTITY, name: 'readings', type: 'u16' } as const;

export function windowColumns(metrics: readonly string[]): ColumnDeclaration[] {
  return [
    WINDOW_COLUMN,
    READINGS_COLUMN,
    POLLS_COLUMN,
    TIMES_COLUMN,
    ...metrics.flatMap((metric) => [
      { ...SUMS_COLUMN, metric },
      { ...COUNTS_COLUMN, metric },
    ]),
  ];
}
