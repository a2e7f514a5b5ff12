/**
 * The run of polls that are off on one side: a level shift once it lasts, for longer if it would mean to forget everything
 * (a port without traffic for a night is no new port). What is followed are fields and not parameters
 * (see SeriesBaseline).
 */
import type { SeriesArrays } from './baseline-columns.ts';
import type { BaselineSettings } from './baseline-settings.ts';

/** A run goes on through polls that are off by less than clipScales but more than this. */
const RUN_ENDS_WITHIN_SCALES = 1;

/** The pattern of hours within a run tells what became of it from this share of the shift on. */
const MIN_PATTERN = 0.05;
/** Of the slope of what was seen over what was expected, if something was added. */
const MAX_FROM_SAME = 0.5;

export class ShiftRun {
  value = Number.NaN;
  expected = Number.NaN;
  /** Distance to the closest of the expectations in use, in scales, signed. */
  off = Number.NaN;
  dtS = Number.NaN;

  /** Of the run that was completed last: the means of what was expected and of what was seen. */
  from = Number.NaN;
  to = Number.NaN;
  /**
   * What the old pattern of hours becomes, `factor` times itself plus `offset`: a multiple of the old level, or so much
   * more or less. `keeps` is false when it is another thing altogether.
   */
  keeps = false;
  factor = 1;
  offset = 0;

  readonly #settings: BaselineSettings;

  constructor(settings: BaselineSettings) {
    this.#settings = settings;
  }

  /** @returns true when the run has become the new normal. */
  follow(arrays: SeriesArrays, slot: number): boolean {
    const { off, dtS } = this;
    const { clipScales, shiftPolls, shiftS, shiftKeepsFactor, shiftForgetsS } = this.#settings;
    let run = arrays.run_polls[slot]!;
    if (Math.abs(off) < RUN_ENDS_WITHIN_SCALES || run * off < 0) arrays.run_polls[slot] = run = 0;
    if (Math.abs(off) <= clipScales) return false;
    arrays.run_polls[slot] = run + Math.sign(off);
    const seconds = (run === 0 ? 0 : arrays.run_length_s[slot]!) + dtS;
    const weight = dtS / seconds;
    const mean = arrays.run_mean[slot]!;
    const expected = arrays.run_expected_mean[slot]!;
    arrays.run_length_s[slot] = seconds;
    const more = this.expected - expected;
    arrays.run_mean[slot] = mean + weight * (this.value - mean);
    arrays.run_expected_mean[slot] = expected + weight * more;
    const variance = run === 0 ? 0 : arrays.run_variance[slot]!;
    const covariance = run === 0 ? 0 : arrays.run_covariance[slot]!;
    arrays.run_variance[slot] = (1 - weight) * (variance + weight * more * more);
    arrays.run_covariance[slot] = (1 - weight) * (covariance + weight * more * (this.value - mean));
    if (Math.abs(run) + 1 < shiftPolls || seconds < shiftS) return false;
    this.from = arrays.run_expected_mean[slot];
    this.to = arrays.run_mean[slot];
    this.#transform(arrays, slot, shiftKeepsFactor);
    return this.keeps || seconds >= shiftForgetsS;
  }

  /**
   * What was seen against what was expected, hour by hour: it rises and falls with it as much as before where something
   * was added, and `to / from` times as much where it is a multiple. Traffic is one where its hours do not tell.
   */
  #transform(arrays: SeriesArrays, slot: number, keepsFactor: number): void {
    const factor = this.to / this.from;
    const isMultiple = factor <= keepsFactor && factor >= 1 / keepsFactor;
    const variance = arrays.run_variance[slot]!;
    const slope = arrays.run_covariance[slot]! / variance;
    const isTold = Math.sqrt(variance) > MIN_PATTERN * Math.abs(this.to - this.from);
    const isAdded =
      isTold && Math.abs(slope - 1) < MAX_FROM_SAME && !(Math.abs(slope - factor) < Math.abs(slope - 1));
    this.keeps = isAdded || isMultiple;
    this.factor = isAdded ? 1 : factor;
    this.offset = isAdded ? this.to - this.from : 0;
  }
}
