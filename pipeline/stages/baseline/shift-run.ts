/**
 * The run of polls that are off on one side: a level shift once it lasts, for longer if it would mean to forget everything
 * (a port without traffic for a night is no new port). What is followed are fields and not parameters
 * (see SeriesBaseline).
 */
import type { SeriesArrays } from './baseline-columns.ts';
import type { BaselineSettings } from './baseline-settings.ts';

/** A run goes on through polls that are off by less than clipScales but more than this. */
const RUN_ENDS_WITHIN_SCALES = 1;

export class ShiftRun {
  value = Number.NaN;
  expected = Number.NaN;
  /** Distance to the closest of the expectations in use, in scales, signed. */
  off = Number.NaN;
  dtS = Number.NaN;

  /** Of the run that was completed last: the means of what was expected and of what was seen. */
  from = Number.NaN;
  to = Number.NaN;
  /** A multiple of the old level, which has the pattern of its hours; or another thing altogether. */
  keeps = false;

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
    arrays.run_mean[slot] = mean + weight * (this.value - mean);
    arrays.run_expected_mean[slot] = expected + weight * (this.expected - expected);
    if (Math.abs(run) + 1 < shiftPolls || seconds < shiftS) return false;
    this.from = arrays.run_expected_mean[slot];
    this.to = arrays.run_mean[slot];
    const factor = this.to / this.from;
    this.keeps = factor <= shiftKeepsFactor && factor >= 1 / shiftKeepsFactor;
    if (!this.keeps && seconds < shiftForgetsS) return false;
    return true;
  }
}
