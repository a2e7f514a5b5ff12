/**
 * The series' own record of how far off it has been, one for each side (traffic is skewed: its spikes must not
 * excuse its drops). For exchangeable data the chance of a new record at poll n is 1/n whatever the distribution, so
 * one threshold on value / record fits every series, where a threshold in sigmas does not.
 */
import { SEGMENT_BITS, SEGMENT_MASK, type ColumnDeclaration, type StateColumn } from '../../model/state.ts';
import type { DetectSettings } from './detect-settings.ts';
import type { StageContext } from '../stage.ts';

const HOT = { scope: 'series', group: 'hot' } as const;
const ABOVE = { ...HOT, name: 'record_above', type: 'f32' } as const;
const BELOW = { ...HOT, name: 'record_below', type: 'f32' } as const;
/** How far beyond the record, as a multiple of it, the series has gone. */
const OVERSHOOT = { ...HOT, name: 'overshoot', type: 'f32' } as const;
/** Polls that were taken into the records, up to 65,535. */
const JUDGED = { ...HOT, name: 'judged', type: 'u16' } as const;

export function recordColumns(metric: string): ColumnDeclaration[] {
  return [ABOVE, BELOW, OVERSHOOT, JUDGED].map((declaration) => ({ ...declaration, metric }));
}

/** What 99 of 100 residuals lie within, in scales. */
const USUAL_SCALES = 2.5;
const TAIL_EXPONENT = 1.2;
const SEEN_MARGIN = 1.6;
/** What was seen at most doubles at once: one incident is no habit. */
const OVERSHOOT_GROWTH = 2;

/** A poll makes a record forget no more than one of five minutes does: where polls are rare, they are what is known. */
const MAX_DECAY_S = 300;

export class SeriesRecord {
  readonly #settings: DetectSettings;
  readonly #above: StateColumn<'f32'>;
  readonly #below: StateColumn<'f32'>;
  readonly #overshoot: StateColumn<'f32'>;
  readonly #judged: StateColumn<'u16'>;

  constructor(context: StageContext, metric: string, settings: DetectSettings) {
    this.#settings = settings;
    this.#above = context.column({ ...ABOVE, metric });
    this.#below = context.column({ ...BELOW, metric });
    this.#overshoot = context.column({ ...OVERSHOOT, metric });
    this.#judged = context.column({ ...JUDGED, metric });
  }

  /** The record of the side that `off` (in scales) is on; never less than `minRecord`. */
  of(slot: number, off: number): number {
    const side = off < 0 ? this.#below : this.#above;
    return Math.max(side.segments[slot >>> SEGMENT_BITS]![slot & SEGMENT_MASK]!, this.#settings.minRecord);
  }

  /**
   * How many times the record is gone beyond by this series now and then: 1 unless it has. Two parts tell it: what was
   * seen, and the tail that the record itself shows. A record of R scales is the largest of n residuals; if they fall like
   * a power a, it is (n / 100)^(1/a) times what one in a hundred exceeds, so 1/a = ln(R / 2.5) / ln(n / 100), and one of as
   * many polls more goes beyond R by m with the odds m^-a. For odds of 1 in 240 a week and n of some thousand polls,
   * m = (R / 2.5)^1.2: 1.7 where residuals are normal (R about 4), 6 for Student's t with 3 degrees of freedom (R about 11).
   */
  usualOvershoot(slot: number, off: number): number {
    const seen = this.#overshoot.segments[slot >>> SEGMENT_BITS]![slot & SEGMENT_MASK]!;
    return Math.max(seen * SEEN_MARGIN, (this.of(slot, off) / USUAL_SCALES) ** TAIL_EXPONENT);
  }

  /** Judged so far, up to 65,535. */
  polls(slot: number): number {
    return this.#judged.segments[slot >>> SEGMENT_BITS]![slot & SEGMENT_MASK]!;
  }

  /** Whether enough polls made the record for a score to mean something. */
  isSettled(slot: number): boolean {
    return this.polls(slot) >= this.#settings.minJudgedPolls;
  }

  /** Share of a record that is left after a poll of `dtS` seconds: records fade by time, not by poll. */
  keptAfter(dtS: number): number {
    return 1 - this.#settings.recordDecayPerS * (dtS < MAX_DECAY_S ? dtS : MAX_DECAY_S);
  }

  /** A new record counts for `recordGrowth` times the old one at most, so that one anomaly cannot hide the next. */
  learn(slot: number, off: number, kept: number): void {
    const { recordGrowth, firstRecord, minRecord, minJudgedPolls } = this.#settings;
    const segment = slot >>> SEGMENT_BITS;
    const within = slot & SEGMENT_MASK;
    const above = this.#above.segments[segment]!;
    const below = this.#below.segments[segment]!;
    const judged = this.#judged.segments[segment]!;
    above[within] = above[within]! * kept;
    below[within] = below[within]! * kept;
    const side = off < 0 ? below : above;
    const size = Math.abs(off);
    if (judged[within]! >= minJudgedPolls)
      this.#overshot(slot, size / Math.max(side[within]!, minRecord), kept);
    if (size > side[within]!) {
      const most =
        judged[within]! < minJudgedPolls ? firstRecord : Math.max(side[within]!, minRecord) * recordGrowth;
      side[within] = Math.max(side[within]!, Math.min(size, most));
    }
    if (judged[within]! < 65_535) judged[within] = judged[within]! + 1;
  }

  /** After an anomaly, during which the record stood still: it may have grown by one step. */
  learnAnomaly(slot: number, off: number): void {
    const before = this.of(slot, off);
    this.#overshot(slot, Math.abs(off) / before, 1);
    const most = before * this.#settings.recordGrowthByAnomaly;
    (off < 0 ? this.#below : this.#above).set(slot, Math.min(Math.max(before, Math.abs(off)), most));
  }

  #overshot(slot: number, by: number, kept: number): void {
    const overshoots = this.#overshoot.segments[slot >>> SEGMENT_BITS]!;
    const within = slot & SEGMENT_MASK;
    const before = overshoots[within]! * kept;
    overshoots[within] = by > before ? Math.min(by, Math.max(before, 1) * OVERSHOOT_GROWTH) : before;
  }
}
