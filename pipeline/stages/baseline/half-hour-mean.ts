/**
 * The mean of a series in each half hour of the day: cells that learn at every poll and need no closed hour, so they say
 * something from the second poll of a half hour on. `value`, `clip` and the result are fields and not parameters (see
 * SeriesBaseline).
 */
import type { SeriesArrays } from './baseline-columns.ts';

/** Polls after which a cell is expected of; before, the series' level is. */
const EXPECTED_AFTER_POLLS = 2;
/** Polls that a cell takes in as they are. */
const UNCLIPPED_POLLS = 3;
/** Least weight of a poll: a cell remembers its last 33. */
const LEAST_WEIGHT = 0.03;
/** A cell counts so far. */
const MAX_POLLS = 255;

export class HalfHourMean {
  value = Number.NaN;
  /** No update goes further than this from the mean; Infinity while the scale is unknown. */
  clip = Infinity;
  /** What was expected of the last `read`: the cell's mean, or the series' level. */
  expected = Number.NaN;

  read(arrays: SeriesArrays, slot: number, halfHour: number): void {
    const cell = halfHour * arrays.capacity + slot;
    this.expected =
      arrays.half_polls[cell]! >= EXPECTED_AFTER_POLLS ? arrays.half_mean[cell]! : arrays.level[slot]!;
  }

  learn(arrays: SeriesArrays, slot: number, halfHour: number): void {
    const { half_mean: means, half_polls: counts, capacity, firstSlot } = arrays;
    const cell = halfHour * capacity + slot;
    const polls = counts[cell]!;
    arrays.halfMarks.willWrite(firstSlot + slot, halfHour);
    counts[cell] = Math.min(polls + 1, MAX_POLLS);
    if (polls === 0) {
      means[cell] = this.value;
      return;
    }
    const mean = means[cell]!;
    const clip = polls > UNCLIPPED_POLLS ? this.clip : Infinity;
    const distance = Math.min(Math.max(this.value - mean, -clip), clip);
    means[cell] = mean + Math.max(LEAST_WEIGHT, 1 / (polls + 1)) * distance;
  }
}
