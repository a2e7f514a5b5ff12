/** What becomes of a series that is not what it was. Rare: the hot path is SeriesBaseline. */
import type { SeriesArrays } from './baseline-columns.ts';
import type { Move } from './baseline-places.ts';
import type { BaselineSettings } from './baseline-settings.ts';
import { QUANTILE_BUCKETS } from './residual-quantiles.ts';
import { forgetCells, shiftCells } from './seasonal-cells.ts';
import type { ShiftRun } from './shift-run.ts';

/** A multiple of the old level, or so much more, keeps the pattern of hours; any other level starts from nothing. */
export function relearn(
  arrays: SeriesArrays,
  slot: number,
  { keeps, factor, offset }: ShiftRun,
  atS: number,
  settings: BaselineSettings,
): void {
  if (!keeps) {
    forgetSeries(arrays, slot, atS);
    return;
  }
  shiftCells(arrays, slot, { factor, offset }, settings);
  arrays.level[slot] = arrays.level[slot]! * factor + offset;
  arrays.level_error[slot] = arrays.level_error[slot]! * factor;
  arrays.day_error[slot] = arrays.day_error[slot]! * factor;
  arrays.week_error[slot] = arrays.week_error[slot]! * factor;
  arrays.visit_seconds[slot] = 0;
  arrays.run_polls[slot] = 0;
}

/** The series is in another place or zone from `atS` (seconds since 1970) on. */
export function forgetMoved(
  arrays: SeriesArrays,
  slot: number,
  move: Exclude<Move, 'none'>,
  atS: number,
): void {
  if (move === 'site') forgetSeries(arrays, slot, atS);
  else forgetSeasons(arrays, slot, atS);
}

/** Nothing of it is known. */
function forgetSeries(arrays: SeriesArrays, slot: number, atS: number): void {
  forgetSeasons(arrays, slot, atS);
  arrays.polls[slot] = 0;
  arrays.seconds[slot] = 0;
  arrays.level_error[slot] = 0;
  arrays.spread[slot] = 1;
  arrays.residuals.fill(0, slot * QUANTILE_BUCKETS, (slot + 1) * QUANTILE_BUCKETS);
}

/** The hours of the cells are not what they were; the level and how it scatters are. */
function forgetSeasons(arrays: SeriesArrays, slot: number, atS: number): void {
  forgetCells(arrays, slot);
  arrays.since[slot] = atS;
  arrays.day_error[slot] = Number.NaN;
  arrays.week_error[slot] = Number.NaN;
  arrays.visit_seconds[slot] = 0;
  arrays.run_polls[slot] = 0;
}
