/**
 * How new a poll is for its series: each feature of it over the series' own decaying record of that feature, and the
 * largest of these (but for drift, which is evidence of a trend alone: it goes on long after what it tells of). For
 * exchangeable data the chance of a new record at poll n is 1/n whatever the distribution, so one threshold fits every
 * series, where a threshold in sigmas does not.
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
import { UNBOUND, type ColumnDeclaration, type StateColumn } from '../../model/state.ts';
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

/** A poll makes a record forget no more than one of five minutes does: where polls are rare, they are what is known. */
const MAX_DECAY_S = 300;

/**
 * A young series fades faster, by a quarter of what it has seen: its records are of days on which little was expected
 * of it, and would hide for weeks what its seasons show by now.
 */
const YOUNG_FADE = 0.25;
const YOUNG_POLLS = 200;

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
  /** Each feature over its record. */
  readonly #ratios = new Float64Array(FEATURES);
  /** Of the segment that is bound. */
  #recordsAt = UNBOUND.f32;
  #driftAt = UNBOUND.f32;
  #swingAt = UNBOUND.f32;
  #pollsAt = UNBOUND.u16;

  constructor(context: StageContext, metric: string, settings: DetectSettings) {
    this.#settings = settings;
    this.record = new SeriesRecord(context, metric, settings);
    this.#rarity = new Rarity(context, metric);
    this.#records = context.column({ ...RECORDS, metric });
    this.#drift = context.column({ ...DRIFTED, metric });
    this.#swing = context.column({ ...SWUNG, metric });
    this.#polls = context.column({ ...POLLS, metric });
  }

  /** Before all that follows: their slots are those within this segment, until the state grows. */
  bind(segment: number): void {
    this.#rarity.bind(segment);
    this.record.bind(segment);
    this.#recordsAt = this.#records.segments[segment]!;
    this.#driftAt = this.#drift.segments[segment]!;
    this.#swingAt = this.#swing.segments[segment]!;
    this.#pollsAt = this.#polls.segments[segment]!;
  }

  /** Whether enough polls made the records for a score to mean something. */
  isSettled(within: number): boolean {
    return this.#pollsAt[within]! >= this.#settings.minJudgedPolls;
  }

  /** Judges the poll, and takes it into the means and the histogram; the records learn it by `learn`. */
  judge(within: number): void {
    const { residual, scale, halfHourResidual, record } = this;
    const features = this.#features;
    const off = residual / scale;
    const size = Math.abs(residual);
    this.#rarity.value = this.value;
    this.#rarity.take(within);

    const drift = this.#driftAt[within]!;
    const clipped = off > DRIFT_CLIP ? DRIFT_CLIP : off < -DRIFT_CLIP ? -DRIFT_CLIP : off;
    this.drift = this.#driftAt[within] = drift + DRIFT_WEIGHT * (clipped - drift);
    const swing = this.#swingAt[within]!;
    const widest = SWING_CLIP * scale;
    this.swing = this.#swingAt[within] = swing + SWING_WEIGHT * ((size < widest ? size : widest) - swing);

    features[RESIDUAL] = size;
    // NaN while nothing is known of the half hour.
    features[HALF_HOUR] = halfHourResidual === halfHourResidual ? Math.abs(halfHourResidual) : size;
    features[RARITY] = this.#rarity.bits;
    features[DRIFT] = Math.abs(this.drift);
    features[SWING] = this.swing;
    record.off = off;
    if (this.#pollsAt[within]! < UNSCORED_POLLS) {
      this.score = this.pointScore = this.scaledScore = this.driftScore = this.swingScore = 0;
      return;
    }
    const ratios = this.#ratios;
    const records = this.#recordsAt;
    const at = within * FEATURES;
    for (let feature = 0; feature < FEATURES; feature += 1) {
      const value = features[feature]!;
      const before = records[at + feature]!;
      ratios[feature] = value <= 0 ? 0 : before * MAX_SCORE > value ? value / before : MAX_SCORE;
    }
    record.read(within);
    const scaled = record.size > 0 ? Math.abs(off) / record.size : 0;
    let point = scaled * this.#settings.scaledWeight;
    for (let feature = RESIDUAL; feature <= RARITY; feature += 1)
      if (ratios[feature]! > point) point = ratios[feature]!;
    this.scaledScore = scaled;
    this.pointScore = point;
    this.driftRecord = records[at + DRIFT]!;
    this.swingRecord = records[at + SWING]!;
    this.driftScore = ratios[DRIFT]!;
    this.swingScore = ratios[SWING]!;
    this.score = point > ratios[SWING]! ? point : ratios[SWING]!;
  }

  /**
   * Takes what `judge` has just seen into the records. `learnsScale`: not while an anomaly is open, so that the record in
   * scales says whether what follows is as bad as before; and not while the scale is a guess.
   */
  learn(within: number, learnsScale: boolean): void {
    const { recordGrowth, recordDecayPerS } = this.#settings;
    const { dtS } = this;
    const features = this.#features;
    const records = this.#recordsAt;
    const at = within * FEATURES;
    const polls = this.#pollsAt[within]!;
    const young = YOUNG_FADE / (polls + YOUNG_POLLS);
    const fade = recordDecayPerS * (dtS < MAX_DECAY_S ? dtS : MAX_DECAY_S);
    const kept = 1 - (young > fade ? young : fade);
    if (polls < 65_535) this.#pollsAt[within] = polls + 1;
    if (learnsScale) {
      this.record.kept = kept;
      this.record.learn(within);
    }
    for (let feature = 0; feature < FEATURES; feature += 1) {
      const before = records[at + feature]! * kept;
      const size = features[feature]!;
      if (size <= before) records[at + feature] = before;
      else {
        const most = before * (feature === DRIFT ? DRIFT_RECORD_GROWTH : recordGrowth);
        records[at + feature] = polls < FREE_POLLS || before === 0 || size < most ? size : most;
      }
    }
  }
}
