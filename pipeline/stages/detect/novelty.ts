/**
 * How new a poll is for its series: each feature of it over the series' own decaying record of that feature, and the
 * largest of these (but for drift, which is evidence of a trend alone: it goes on long after what it tells of). For exchangeable data the chance of a new record at poll n is 1/n whatever the distribution, so one
 * threshold fits every series, where a threshold in sigmas does not.
 *
 *   residual    distance to the closest expectation, in the metric's unit: what is far in scales at a quiet hour may be
 *               less than what the busy hours show every day
 *   half_hour   distance to the mean of this half hour of the day, learned at every poll: follows faster than the cells
 *   rarity      bits of surprise of the value itself
 *   drift       mean of the last residuals in scales, clipped: many polls a little off on one side
 *   swing       mean size of the last residuals, clipped: many polls off on both
 *   scaled      the residual in scales against the record of its side, see SeriesRecord: finds what is small in units
 *
 * A record decays, grows by a limited factor a poll (one anomaly must not mask the next) and is free to grow while the
 * series is young. Nothing looks ahead: the score of a poll follows from the polls before it.
 */
import { SEGMENT_BITS, SEGMENT_MASK, type ColumnDeclaration, type StateColumn } from '../../model/state.ts';
import type { DetectSettings } from './detect-settings.ts';
import { Rarity, rarityColumns } from './rarity.ts';
import { recordColumns, SeriesRecord } from './series-record.ts';
import type { StageContext } from '../stage.ts';

const RESIDUAL = 0;
const HALF_HOUR = 1;
const RARITY = 2;
const DRIFT = 3;
const SWING = 4;
const FEATURES = 5;

/** Of the newest poll in the means of residuals. */
const DRIFT_WEIGHT = 0.1;
const SWING_WEIGHT = 0.06;
/** No poll counts for more scales in them: a spike is no drift. */
const DRIFT_CLIP = 3;
const SWING_CLIP = 6;
/** A mean of ten polls moves in small steps: its record must not keep up with it. */
const DRIFT_RECORD_GROWTH = 1.02;
/** Polls without a score, and polls in which the records grow freely. */
const UNSCORED_POLLS = 50;
const FREE_POLLS = 100;
/** What was never seen to differ at all differs infinitely. */
const MAX_SCORE = 100;

const HOT = { scope: 'series', group: 'hot' } as const;
const RECORDS = { ...HOT, name: 'records', type: 'f32', width: FEATURES } as const;
const DRIFTED = { ...HOT, name: 'drift', type: 'f32' } as const;
const POLLS = { ...HOT, name: 'scored_polls', type: 'u16' } as const;
const SWUNG = { ...HOT, name: 'swing', type: 'f32' } as const;

export function noveltyColumns(metric: string): ColumnDeclaration[] {
  return [
    ...[RECORDS, DRIFTED, SWUNG, POLLS].map((declaration) => ({ ...declaration, metric })),
    ...rarityColumns(metric),
    ...recordColumns(metric),
  ];
}

export class Novelty {
  // The poll: fields, see SeriesBaseline.
  value = Number.NaN;
  residual = Number.NaN;
  halfHourResidual = Number.NaN;
  scale = Number.NaN;
  dtS = Number.NaN;

  // The answer of `judge`.
  /** The largest, drift apart: above 1 the series has never been like this. */
  score = 0;
  /** The largest of those that speak of this poll alone: a spike or a drop. */
  pointScore = 0;
  /** Of the residual in scales alone. */
  scaledScore = 0;
  driftScore = 0;
  swingScore = 0;
  /** Mean of the last residuals in scales, signed; mean of their sizes in the metric's unit. */
  drift = 0;
  swing = 0;
  /** The records of their sizes before this poll. */
  driftRecord = 0;
  swingRecord = 0;

  readonly record: SeriesRecord;
  readonly #rarity: Rarity;
  readonly #records: StateColumn<'f32'>;
  readonly #drift: StateColumn<'f32'>;
  readonly #swing: StateColumn<'f32'>;
  readonly #polls: StateColumn<'u16'>;
  readonly #settings: DetectSettings;
  readonly #features = new Float64Array(FEATURES);

  constructor(context: StageContext, metric: string, settings: DetectSettings) {
    this.#settings = settings;
    this.record = new SeriesRecord(context, metric, settings);
    this.#rarity = new Rarity(context, metric);
    this.#records = context.column({ ...RECORDS, metric });
    this.#drift = context.column({ ...DRIFTED, metric });
    this.#swing = context.column({ ...SWUNG, metric });
    this.#polls = context.column({ ...POLLS, metric });
  }

  /** Whether enough polls made the records for a score to mean something. */
  isSettled(slot: number): boolean {
    return (
      this.#polls.segments[slot >>> SEGMENT_BITS]![slot & SEGMENT_MASK]! >= this.#settings.minJudgedPolls
    );
  }

  /** Judges the poll, and takes it into the means and the histogram; the records learn it by `learn`. */
  judge(slot: number): void {
    const { residual, scale, halfHourResidual } = this;
    const features = this.#features;
    this.#rarity.value = this.value;
    this.#rarity.take(slot);
    this.#move(slot);
    features[RESIDUAL] = Math.abs(residual);
    // NaN while nothing is known of the half hour.
    features[HALF_HOUR] =
      halfHourResidual === halfHourResidual ? Math.abs(halfHourResidual) : features[RESIDUAL];
    features[RARITY] = this.#rarity.bits;
    features[DRIFT] = Math.abs(this.drift);
    features[SWING] = this.swing;
    const off = residual / scale;
    if (this.#polls.segments[slot >>> SEGMENT_BITS]![slot & SEGMENT_MASK]! < UNSCORED_POLLS) {
      this.score = this.pointScore = this.scaledScore = this.driftScore = this.swingScore = 0;
      return;
    }
    const records = this.#records.segments[slot >>> SEGMENT_BITS]!;
    const at = (slot & SEGMENT_MASK) * FEATURES;
    this.scaledScore = this.record.isSettled(slot) ? Math.abs(off) / this.record.of(slot, off) : 0;
    let point = this.scaledScore * this.#settings.scaledWeight;
    for (let feature = RESIDUAL; feature <= RARITY; feature += 1) {
      const one = ratio(features[feature]!, records[at + feature]!);
      if (one > point) point = one;
    }
    this.pointScore = point;
    this.driftRecord = records[at + DRIFT]!;
    this.swingRecord = records[at + SWING]!;
    this.driftScore = ratio(features[DRIFT], this.driftRecord);
    this.swingScore = ratio(features[SWING], this.swingRecord);
    this.score = Math.max(point, this.swingScore);
  }

  /**
   * Takes what `judge` has just seen into the records. `learnsScale`: not while an anomaly is open, so that the record in
   * scales says whether what follows is as bad as before; and not while the scale is a guess.
   */
  learn(slot: number, learnsScale: boolean): void {
    const { recordGrowth } = this.#settings;
    const features = this.#features;
    const records = this.#records.segments[slot >>> SEGMENT_BITS]!;
    const at = (slot & SEGMENT_MASK) * FEATURES;
    const polls = this.#polls.segments[slot >>> SEGMENT_BITS]!;
    const within = slot & SEGMENT_MASK;
    const isFree = polls[within]! < FREE_POLLS;
    if (polls[within]! < 65_535) polls[within] = polls[within]! + 1;
    const kept = this.record.keptAfter(this.dtS);
    if (learnsScale) this.record.learn(slot, this.residual / this.scale, kept);
    for (let feature = 0; feature < FEATURES; feature += 1) {
      const before = records[at + feature]! * kept;
      const size = features[feature]!;
      if (size <= before) records[at + feature] = before;
      else {
        const growth = feature === DRIFT ? DRIFT_RECORD_GROWTH : recordGrowth;
        records[at + feature] = isFree || before === 0 ? size : Math.min(size, before * growth);
      }
    }
  }

  #move(slot: number): void {
    const { residual, scale } = this;
    const segment = slot >>> SEGMENT_BITS;
    const within = slot & SEGMENT_MASK;
    const drifts = this.#drift.segments[segment]!;
    const swings = this.#swing.segments[segment]!;
    const clipped = Math.min(Math.max(residual / scale, -DRIFT_CLIP), DRIFT_CLIP);
    const size = Math.min(Math.abs(residual), SWING_CLIP * scale);
    this.drift = drifts[within] = drifts[within]! + DRIFT_WEIGHT * (clipped - drifts[within]!);
    this.swing = swings[within] = swings[within]! + SWING_WEIGHT * (size - swings[within]!);
  }
}

function ratio(size: number, record: number): number {
  if (size <= 0) return 0;
  return record * MAX_SCORE > size ? size / record : MAX_SCORE;
}
