/**
 * Hour-of-day and hour-of-week cells of a series. A cell learns once a visit (another day, another week): the polls
 * of an hour are averaged in the series' hot columns, and the mean is folded when the hour is over. So 720 polls of
 * 5 s weigh exactly what 12 polls of 5 minutes weigh, and a cell is never judged by what it has just learned.
 */
import { hourOfDay, hourOfWeek } from '../../model/wall-clock.ts';
import { SIGMA_PER_DEVIATION } from './baseline-scale.ts';
import { DAY_CELLS, HALF_HOUR_CELLS, WEEK_CELLS, type SeriesArrays } from './baseline-columns.ts';
import type { BaselineSettings } from './baseline-settings.ts';

const HOUR_MS = 3_600_000;

/** Where an instant lies in the seasons: computed once a poll, used for all of its series. */
export class SeasonPosition {
  /** Number of the wall-clock hour. */
  hour = 0;
  day = 0;
  week = 0;
  /** 0-47, from 00:00. */
  halfHour = 0;
  /** The nearer neighbours, whose cells are mixed in, and their share: 0 in the middle of the hour, 0.5 at its ends. */
  nextDay = 0;
  nextWeek = 0;
  share = 0;

  /** `localMs`: milliseconds since 1970-01-01 00:00 on the site's clocks. */
  set(localMs: number): void {
    this.hour = Math.floor(localMs / HOUR_MS);
    const offCentre = localMs / HOUR_MS - this.hour - 0.5;
    const neighbour = this.hour + (offCentre < 0 ? -1 : 1);
    this.day = hourOfDay(this.hour);
    this.week = hourOfWeek(this.hour);
    this.halfHour = 2 * this.day + (offCentre < 0 ? 0 : 1);
    this.nextDay = hourOfDay(neighbour);
    this.nextWeek = hourOfWeek(neighbour);
    this.share = Math.abs(offCentre);
  }
}

/**
 * What the cells say: the mean at this moment, on the straight line between the middles of two hours (a step at the
 * full hour is met by `plain`, a slope by `mean`). Reused: read it before the next call.
 */
export class CellReading {
  visits = 0;
  mean = Number.NaN;
  plain = Number.NaN;
  deviation = 0;
  /** `mean` or `plain`, whichever is closer to the value that is judged: set by who judges. */
  nearest = Number.NaN;
  // Set by who asks for the cell's deviation: see drawDeviation.
  error = Number.NaN;
  level = Number.NaN;
  drawnDeviation = Number.NaN;

  readDay(arrays: SeriesArrays, slot: number, at: SeasonPosition, minVisits: number): void {
    const { day_mean, day_visits, day_deviation, capacity } = arrays;
    this.readCell(day_mean, day_visits, day_deviation, at.day * capacity + slot);
    const next = at.nextDay * capacity + slot;
    if (this.visits > 0 && day_visits[next]! >= minVisits) this.#mix(day_mean[next]!, at.share);
  }

  readWeek(arrays: SeriesArrays, slot: number, at: SeasonPosition, minVisits: number): void {
    const { week_mean, week_visits, week_deviation, capacity } = arrays;
    this.readCell(week_mean, week_visits, week_deviation, at.week * capacity + slot);
    const next = at.nextWeek * capacity + slot;
    if (this.visits > 0 && week_visits[next]! >= minVisits) this.#mix(week_mean[next]!, at.share);
  }

  /** One cell alone. */
  readCell(mean: Float32Array, visits: Uint8Array, deviation: Float32Array, cell: number): void {
    this.visits = visits[cell]!;
    this.plain = mean[cell]!;
    this.mean = this.plain;
    this.deviation = deviation[cell]!;
  }

  #mix(neighbour: number, share: number): void {
    this.mean += share * (neighbour - this.mean);
  }
}

/** Folds the series' open visit into its two cells and empties it. */
export function closeVisit(arrays: SeriesArrays, slot: number, settings: BaselineSettings): void {
  if (arrays.visit_seconds[slot]! >= settings.minVisitS) {
    const hour = arrays.visit_hour[slot]!;
    const { capacity, firstSlot } = arrays;
    const day = hourOfDay(hour) * capacity + slot;
    const week = hourOfWeek(hour) * capacity + slot;
    arrays.dayMarks.willWrite(firstSlot + slot, hourOfDay(hour));
    arrays.weekMarks.willWrite(firstSlot + slot, hourOfWeek(hour));
    if (isRefuted(arrays, slot, day, week, settings)) {
      arrays.week_visits[week] = 0;
      arrays.visit_week_deviation[slot] = arrays.visit_day_deviation[slot]!;
    }
    fold(
      arrays.day_mean,
      arrays.day_deviation,
      arrays.day_visits,
      day,
      arrays.visit_day_mean[slot]!,
      arrays.visit_day_deviation[slot]!,
      settings.dayWeight,
    );
    fold(
      arrays.week_mean,
      arrays.week_deviation,
      arrays.week_visits,
      week,
      arrays.visit_week_mean[slot]!,
      arrays.visit_week_deviation[slot]!,
      settings.weekWeight,
    );
  }
  arrays.visit_seconds[slot] = 0;
}

/**
 * Whether the cell of the week, not in use yet, is unlike its hour on other days while the visit is like it: an outage
 * was its first visit.
 */
function isRefuted(
  arrays: SeriesArrays,
  slot: number,
  day: number,
  week: number,
  { clipScales, dayVisits, weekVisits }: BaselineSettings,
): boolean {
  const visits = arrays.week_visits[week]!;
  if (visits === 0 || visits >= weekVisits || arrays.day_visits[day]! < dayVisits) return false;
  const mean = arrays.day_mean[day]!;
  const deviation = Math.max(arrays.day_deviation[day]!, arrays.day_error[slot]!);
  const like = clipScales * SIGMA_PER_DEVIATION * deviation;
  return (
    Math.abs(arrays.week_mean[week]! - mean) > like && Math.abs(arrays.visit_week_mean[slot]! - mean) <= like
  );
}

/** The mean of all visits at first; from 1 / weight visits on, old ones fade. The count stops at 255. */
function fold(
  means: Float32Array,
  deviations: Float32Array,
  visits: Uint8Array,
  cell: number,
  mean: number,
  deviation: number,
  leastWeight: number,
): void {
  const before = visits[cell]!;
  const weight = Math.max(leastWeight, 1 / (before + 1));
  means[cell] = means[cell]! + weight * (mean - means[cell]!);
  deviations[cell] = deviations[cell]! + weight * (deviation - deviations[cell]!);
  visits[cell] = Math.min(before + 1, 255);
}

/** Moves every cell of the series, and lets no cell count for more than the visits that keep it in use. */
export function shiftCells(
  arrays: SeriesArrays,
  slot: number,
  { factor, offset }: { readonly factor: number; readonly offset: number },
  settings: BaselineSettings,
): void {
  willWriteAll(arrays, slot);
  for (let k = 0; k < DAY_CELLS; k += 1) {
    const cell = k * arrays.capacity + slot;
    arrays.day_mean[cell] = arrays.day_mean[cell]! * factor + offset;
    arrays.day_deviation[cell] = arrays.day_deviation[cell]! * factor;
    arrays.day_visits[cell] = Math.min(arrays.day_visits[cell]!, settings.dayVisits);
  }
  for (let k = 0; k < WEEK_CELLS; k += 1) {
    const cell = k * arrays.capacity + slot;
    arrays.week_mean[cell] = arrays.week_mean[cell]! * factor + offset;
    arrays.week_deviation[cell] = arrays.week_deviation[cell]! * factor;
    arrays.week_visits[cell] = Math.min(arrays.week_visits[cell]!, settings.weekVisits);
  }
  for (let k = 0; k < HALF_HOUR_CELLS; k += 1) {
    const cell = k * arrays.capacity + slot;
    arrays.half_mean[cell] = arrays.half_mean[cell]! * factor + offset;
  }
}

export function forgetCells(arrays: SeriesArrays, slot: number): void {
  willWriteAll(arrays, slot);
  for (let k = 0; k < DAY_CELLS; k += 1) arrays.day_visits[k * arrays.capacity + slot] = 0;
  for (let k = 0; k < WEEK_CELLS; k += 1) arrays.week_visits[k * arrays.capacity + slot] = 0;
  for (let k = 0; k < HALF_HOUR_CELLS; k += 1) arrays.half_polls[k * arrays.capacity + slot] = 0;
}

function willWriteAll({ dayMarks, weekMarks, halfMarks, firstSlot }: SeriesArrays, slot: number): void {
  dayMarks.willWriteSlot(firstSlot + slot);
  weekMarks.willWriteSlot(firstSlot + slot);
  halfMarks.willWriteSlot(firstSlot + slot);
}
