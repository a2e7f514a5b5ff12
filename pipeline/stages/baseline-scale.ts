/** One sigma of a cell or a level: mean distance, made careful where little was seen, with a floor. */
import type { BaselineSettings } from './baseline-settings.ts';

/** A mean distance from the mean times this is one sigma, if the scatter is normal: sqrt(pi / 2). */
const SIGMA_PER_DEVIATION = 1.2533141373155;

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

/** Mean deviation of a cell, drawn towards the series' own `error` until the cell has had enough visits. */
export function cellDeviation(visits: number, deviation: number, error: number, priorVisits: number): number {
  return Math.sqrt((visits * deviation * deviation + priorVisits * error * error) / (visits + priorVisits));
}

/** One sigma in the metric's unit, before the tails widen it: never 0. */
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
    Number.MIN_VALUE,
  );
}
