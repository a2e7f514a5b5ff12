/**
 * The run of polls that are off on one side: a level shift once it lasts. What is followed are fields and not parameters
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

  readonly #settings: BaselineSettings;

  constructor(settings: BaselineSettings) {
    this.#settings = settings;
  }

  /** @returns true when the run has become the new normal. */
  follow(arrays: SeriesArrays, slot: number): boolean {
    const { off, dtS } = this;
    const { clipScales, shiftPolls, shiftS } = this.#settings;
    let run = arrays.run_polls[slot]!;
    if (Math.abs(off) < RUN_ENDS_WITHIN_SCALES || run * off < 0) arrays.run_polls[slot] = run = 0;
    if (Math.abs(off) <= clipScales) return false;
    const first = run === 0;
    arrays.run_polls[slot] = run + Math.sign(off);
    arrays.run_seconds[slot] = (first ? 0 : arrays.run_seconds[slot]!) + dtS;
    arrays.run_value[slot] = (first ? 0 : arrays.run_value[slot]!) + this.value * dtS;
    arrays.run_expected[slot] = (first ? 0 : arrays.run_expected[slot]!) + this.expected * dtS;
    if (Math.abs(run) + 1 < shiftPolls || arrays.run_seconds[slot] < shiftS) return false;
    this.from = arrays.run_expected[slot] / arrays.run_seconds[slot];
    this.to = arrays.run_value[slot] / arrays.run_seconds[slot];
    return true;
  }
}
