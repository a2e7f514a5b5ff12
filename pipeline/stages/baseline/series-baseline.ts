/**
 * One series against what is expected of it: `judge` looks only at what was learned before, `learn` takes the value
 * in. Three expectations compete (level, hour of day, hour of week); the one with the smallest error of late is
 * used. `slot` is the slot within its segment.
 */
import type { SeriesArrays } from './baseline-columns.ts';
import { baseScale, drawDeviation } from './baseline-scale.ts';
import type { BaselineSettings } from './baseline-settings.ts';
import { HalfHourMean } from './half-hour-mean.ts';
import { ageQuantiles, quantileBucket, QUANTILE_BUCKETS, residualQuantile } from './residual-quantiles.ts';
import { relearn } from './relearn.ts';
import { CellReading, closeVisit, type SeasonPosition } from './seasonal-cells.ts';
import { ShiftRun } from './shift-run.ts';

/** p99 - p1 of a normal distribution, in sigmas. */
const P1_TO_P99 = 4.6527;
/** Tails may widen the scale so far; what is wider still is what anomalies look like. */
const MAX_SPREAD = 3;
/** The quantiles' tails are believed after a day. */
const MIN_SPREAD_S = 86_400;
const DAY_S = 86_400;
const FIRST_ERROR_S = DAY_S / 2;
/** Polls beyond the clip on one side; chance alone makes shorter runs, of whatever is heavy-tailed. */
const MANY_IN_A_ROW = 3;
/** Before every hour of a week was seen, being off for hours is how a series makes itself known. */
const SHIFT_CONFIDENCE = 0.5;
/** A more specific expectation is preferred if its error is within this multiple of the other's. */
const PREFERENCE = 1.05;

export class SeriesBaseline {
  /** Of the last `judge` that returned true. */
  expected = Number.NaN;
  /** One sigma, floored. */
  scale = Number.NaN;
  confidence = 0;
  /** The distance that is least surprising: to the closest of the expectations in use, signed. */
  residual = Number.NaN;
  /** Distance to the mean of the half hour of the day, signed. */
  halfHourResidual = Number.NaN;

  // The poll that is judged: fields and not parameters, because V8 puts each number that it passes to a call which it
  // does not inline on the heap (ten of them a series were 90 % of all garbage).
  /** What was seen. */
  value = Number.NaN;
  /** For how long. */
  dtS = Number.NaN;
  /** What one count is worth, see BaselinedMetric. */
  quantum = 0;
  /** When: seconds since 1970. */
  atS = 0;

  /** Where the last level shift led. */
  readonly shift: ShiftRun;
  readonly #settings: BaselineSettings;
  readonly #day = new CellReading();
  readonly #week = new CellReading();
  readonly #halfHour = new HalfHourMean();
  /** Half hour of the day of the poll that is judged. */
  #half = 0;
  /** The scale before the tails widen it: what residual quantiles are counted in. */
  #base = Number.NaN;
  /** What the value is closest to of what the expectation in use may mean: on the line between two hours, or a step. */
  #nearest = Number.NaN;
  /** The mean of its cell alone. */
  #plain = Number.NaN;
  /** No update goes further than this; none of what the scale is made of further than the other. */
  #clip = Infinity;
  #errorClip = Infinity;

  constructor(settings: BaselineSettings) {
    this.#settings = settings;
    this.shift = new ShiftRun(settings);
  }

  /** Judges `value`. @returns false while too little was seen of the series to expect anything. */
  judge(arrays: SeriesArrays, slot: number, at: SeasonPosition): boolean {
    const { value } = this;
    const settings = this.#settings;
    const day = this.#day;
    const week = this.#week;
    if (arrays.visit_hour[slot] !== at.hour) this.#turnHour(arrays, slot, at.hour);
    day.readDay(arrays, slot, at, settings.dayVisits);
    week.readWeek(arrays, slot, at, settings.weekVisits);
    this.#half = at.halfHour;
    if (arrays.polls[slot]! === 0) {
      this.confidence = 0;
      return false;
    }

    day.nearest = Math.abs(value - day.plain) < Math.abs(value - day.mean) ? day.plain : day.mean;
    week.nearest = Math.abs(value - week.plain) < Math.abs(value - week.mean) ? week.plain : week.mean;
    const level = arrays.level[slot]!;
    const dayWarm = day.visits >= settings.dayVisits;
    let error = arrays.level_error[slot]!;
    let deviation = error;
    let expected = level;
    let nearest = level;
    let plain = level;
    if (dayWarm && arrays.day_error[slot]! <= error * PREFERENCE) {
      error = arrays.day_error[slot]!;
      day.error = error;
      day.level = level;
      drawDeviation(day, settings);
      deviation = day.drawnDeviation;
      expected = day.mean;
      nearest = day.nearest;
      plain = day.plain;
    }
    if (week.visits >= settings.weekVisits && arrays.week_error[slot]! <= error * PREFERENCE) {
      error = arrays.week_error[slot]!;
      week.error = error;
      week.level = level;
      drawDeviation(week, settings);
      deviation = week.drawnDeviation;
      expected = week.mean;
      nearest = week.nearest;
      plain = week.plain;
    }
    this.expected = expected;
    this.#nearest = nearest;
    this.#plain = plain;
    this.#base = baseScale(deviation, expected, this.dtS, this.quantum, settings);
    this.scale = this.#base * arrays.spread[slot]!;
    const learned = Math.min(1, arrays.seconds[slot]! / settings.fullConfidenceS);
    this.confidence =
      learned * Math.min(1, arrays.polls[slot]! / settings.fullConfidencePolls) * (dayWarm ? 1 : 0.5);

    // Written out: calls that are not inlined would put each number on the heap.
    let residual = value - nearest;
    let other: number;
    const within = error * settings.excuseWithin;
    if (arrays.level_error[slot]! <= within) {
      other = value - level;
      if (Math.abs(other) < Math.abs(residual)) residual = other;
    }
    if (dayWarm && arrays.day_error[slot]! <= within) {
      other = value - day.nearest;
      if (Math.abs(other) < Math.abs(residual)) residual = other;
    }
    // A week cell of one visit is too little to expect anything, but enough to know the first weekend again.
    if (week.visits > 0) {
      other = value - week.nearest;
      if (Math.abs(other) < Math.abs(residual)) residual = other;
    }
    this.residual = residual;
    this.#halfHour.read(arrays, slot, this.#half);
    this.halfHourResidual = value - this.#halfHour.expected;
    return arrays.polls[slot]! >= settings.minPolls;
  }

  /**
   * Takes in the value that `judge` has just looked at.
   * @returns true when it completed a level shift: the series was relearned.
   */
  learn(arrays: SeriesArrays, slot: number): boolean {
    const { value, dtS } = this;
    const settings = this.#settings;
    const polls = arrays.polls[slot]!;
    if (polls === 0) {
      arrays.since[slot] = this.atS;
      this.expected = this.#nearest = arrays.level[slot] = value;
      this.scale = this.#base = Number.MAX_VALUE;
    }
    const clipping = arrays.seconds[slot]! >= settings.clipAfterS;
    const clip = clipping ? settings.clipScales * this.scale : Infinity;
    this.#clip = clip;
    // Without the tails' spread: a scale that widens what widens it would grow without end.
    this.#errorClip = clipping ? settings.clipScales * this.#base : Infinity;
    this.#halfHour.value = value;
    this.#halfHour.clip = polls < settings.minPolls ? Infinity : settings.clipScales * this.scale;
    this.#halfHour.learn(arrays, slot, this.#half);
    this.#learnVisit(arrays, slot);
    this.#learnErrors(arrays, slot);
    if (polls > 0) this.#learnQuantiles(arrays, slot);
    arrays.polls[slot] = Math.min(polls + 1, 65_535);
    arrays.seconds[slot] = Math.min(arrays.seconds[slot]! + dtS, 4 * settings.fullConfidenceS);
    return this.confidence >= SHIFT_CONFIDENCE && this.#shifted(arrays, slot);
  }

  #turnHour(arrays: SeriesArrays, slot: number, hour: number): void {
    closeVisit(arrays, slot, this.#settings);
    arrays.visit_hour[slot] = hour;
    const at = slot * QUANTILE_BUCKETS;
    const total = ageQuantiles(arrays.residuals, at);
    if (total < MIN_SPREAD_S) return;
    const p99 = residualQuantile(arrays.residuals, at, 0.99, total);
    const p1 = residualQuantile(arrays.residuals, at, 0.01, total);
    arrays.spread[slot] = Math.min(Math.max((p99 - p1) / P1_TO_P99, 1), MAX_SPREAD);
  }

  /**
   * Averages the hour so far. A cell that is in use lets no value pull it further than `clip`; one of the week that has
   * been visited but is not in use believes what lies between it and what is expected now, or a clip beyond.
   */
  #learnVisit(arrays: SeriesArrays, slot: number): void {
    const { value, dtS } = this;
    const clip = this.#clip;
    const errorClip = this.#errorClip;
    const { dayVisits, weekVisits } = this.#settings;
    const seconds = arrays.visit_seconds[slot]! + dtS;
    const weight = dtS / seconds;
    const first = weight === 1;

    const dayMean = first ? value : arrays.visit_day_mean[slot]!;
    const dayCentre = this.#day.visits > 0 ? this.#day.nearest : dayMean;
    const forDay =
      this.#day.visits >= dayVisits ? Math.min(Math.max(value, dayCentre - clip), dayCentre + clip) : value;
    const dayDeviation = first ? 0 : arrays.visit_day_deviation[slot]!;
    arrays.visit_day_mean[slot] = dayMean + weight * (forDay - dayMean);
    arrays.visit_day_deviation[slot] =
      dayDeviation + weight * (Math.min(Math.abs(forDay - dayCentre), errorClip) - dayDeviation);

    const weekMean = first ? value : arrays.visit_week_mean[slot]!;
    const weekCentre = this.#week.visits > 0 ? this.#week.nearest : weekMean;
    const weekOther = this.#week.visits >= weekVisits ? weekCentre : this.#nearest;
    const forWeek =
      this.#week.visits > 0
        ? Math.min(
            Math.max(value, Math.min(weekCentre, weekOther) - clip),
            Math.max(weekCentre, weekOther) + clip,
          )
        : value;
    const weekDeviation = first ? 0 : arrays.visit_week_deviation[slot]!;
    arrays.visit_week_mean[slot] = weekMean + weight * (forWeek - weekMean);
    arrays.visit_week_deviation[slot] =
      weekDeviation + weight * (Math.min(Math.abs(forWeek - weekCentre), errorClip) - weekDeviation);
    arrays.visit_seconds[slot] = seconds;
  }

  /** The weight of a poll is its share of all that was seen, and of the memory once that is more. */
  #learnErrors(arrays: SeriesArrays, slot: number): void {
    const { value, dtS } = this;
    const clip = this.#clip;
    const errorClip = this.#errorClip;
    const { dayVisits, weekVisits, levelMemoryS, errorMemoryS } = this.#settings;
    const seconds = arrays.seconds[slot]!;
    const level = arrays.level[slot]!;
    const levelError = arrays.level_error[slot]!;
    const levelWeight = Math.min(1, dtS / Math.min(seconds + dtS, errorMemoryS));
    arrays.level_error[slot] =
      levelError + levelWeight * (Math.min(Math.abs(value - level), errorClip) - levelError);
    arrays.level[slot] =
      level +
      Math.min(1, dtS / Math.min(seconds + dtS, levelMemoryS)) *
        (Math.min(Math.max(value, level - clip), level + clip) - level);

    // An expectation starts with the error of the one that it refines, which counts like half a day of its own.
    if (this.#day.visits >= dayVisits) {
      const before = arrays.day_error[slot]!;
      const error = Number.isNaN(before) ? levelError : before;
      const own = Math.max(seconds - dayVisits * DAY_S, 0) + FIRST_ERROR_S;
      const distance = Math.min(Math.abs(value - this.#day.nearest), errorClip);
      arrays.day_error[slot] = error + Math.min(1, dtS / Math.min(own, errorMemoryS)) * (distance - error);
    }
    if (this.#week.visits >= weekVisits) {
      const before = arrays.week_error[slot]!;
      const error = Number.isNaN(before) ? arrays.day_error[slot]! : before;
      const own = Math.max(seconds - weekVisits * 7 * DAY_S, 0) + FIRST_ERROR_S;
      const distance = Math.min(Math.abs(value - this.#week.nearest), errorClip);
      arrays.week_error[slot] = error + Math.min(1, dtS / Math.min(own, errorMemoryS)) * (distance - error);
    }
  }

  /**
   * Quantiles are of what is usual. A value beyond the clip counts as one at the clip, unless it is one of many in a row:
   * an outage of three hours would fill the first percent of two weeks.
   */
  #learnQuantiles(arrays: SeriesArrays, slot: number): void {
    const clip = this.#clip;
    let distance = this.value - this.#nearest;
    if (Math.abs(this.residual) > clip) {
      if (Math.abs(arrays.run_polls[slot]!) >= MANY_IN_A_ROW) return;
      distance = Math.min(Math.max(distance, -clip), clip);
    }
    const bucket = slot * QUANTILE_BUCKETS + quantileBucket(distance / this.#base);
    arrays.residuals[bucket] = arrays.residuals[bucket]! + this.dtS;
  }

  /** Relearns the series when polls that are off on one side have become the new normal. */
  #shifted(arrays: SeriesArrays, slot: number): boolean {
    const shift = this.shift;
    shift.value = this.value;
    // A line across a step would be taken for a part of the shift.
    shift.expected = this.#plain;
    shift.off = this.residual / this.scale;
    shift.dtS = this.dtS;
    if (!shift.follow(arrays, slot)) return false;
    relearn(arrays, slot, shift, this.atS, this.#settings);
    return true;
  }
}
