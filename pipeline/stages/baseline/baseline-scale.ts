/** One sigma of a cell or a level: mean distance, made careful where little was seen, with a floor. */
import type { BaselineSettings } from './baseline-settings.ts';

/** A mean distance from the mean times this is one sigma, if the scatter is normal: sqrt(pi / 2). */
export const SIGMA_PER_DEVIATION = 1.2533141373155;

/**
 * The scatter that counting alone gives a rate of `expected` over `dtS` seconds (Poisson: the root of the count, and
 * never less than one count). Without it a port whose errors were learned over 5 minutes would be 60 sigma off
 * when one stray error falls into a poll of 5 seconds. `quantum`: what one count is worth, in unit x seconds.
 */
export function countingScale(expected: number, dtS: number, quantum: number): number {
  if (quantum === 0) return 0;
  const counts = (Math.abs(expected) * dtS) / quantum;
  return (Math.sqrt(Math.max(counts, 1)) * quantum) / dtS;
}

/** The prior of a cell follows its mean within this factor of the level. */
const MAX_PRIOR_FACTOR = 4;

/** A cell, or what is mixed of two, and its series. */
interface CellScatter {
  readonly visits: number;
  readonly mean: number;
  readonly deviation: number;
  /** Of the series. */
  readonly error: number;
  readonly level: number;
  /** Of the cell, once it is drawn. */
  drawnDeviation: number;
}

/**
 * Sets the mean deviation of a cell, drawn towards the series' own `error` until the cell has had enough visits. Traffic
 * scatters in proportion to its size (a night is not as rough as a day), so the error is scaled to the cell's mean.
 */
export function drawDeviation(cell: CellScatter, { scalePriorVisits }: BaselineSettings): void {
  const { visits, mean, deviation, error, level } = cell;
  const share = level === 0 ? 1 : Math.abs(mean / level);
  const prior = error * Math.min(Math.max(share, 1 / MAX_PRIOR_FACTOR), MAX_PRIOR_FACTOR);
  cell.drawnDeviation = Math.sqrt(
    (visits * deviation * deviation + scalePriorVisits * prior * prior) / (visits + scalePriorVisits),
  );
}

/**
 * The least scale, in the metric's unit: for a gauge that stood at 0, of which nothing says how far it may move. A
 * percentage that leaves 0 is off by a million sigmas at most, and whatever else a gauge says by a finite number.
 */
const MIN_SCALE = 1e-4;

/** One sigma in the metric's unit, before the tails widen it: never below MIN_SCALE. */
export function baseScale(
  deviation: number,
  expected: number,
  dtS: number,
  quantum: number,
  { minRelativeScale }: BaselineSettings,
): number {
  return Math.max(
    deviation * SIGMA_PER_DEVIATION,
    Math.abs(expected) * minRelativeScale,
    countingScale(expected, dtS, quantum),
    MIN_SCALE,
  );
}
