/**
 * The series' own record of how far off it has been, one for each side (traffic is skewed: its spikes must not
 * excuse its drops). For exchangeable data the chance of a new record at poll n is 1/n whatever the distribution, so
 * one threshold on value / record fits every series, where a threshold in sigmas does not.
 */
import { UNBOUND, type ColumnDeclaration, type StateColumn } from '../../model/state.ts';
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

export class SeriesRecord {
  // Of a poll: fields, see SeriesBaseline.
  /** How far off, in scales. */
  off = Number.NaN;
  /** The record of its side. */
  size = Number.NaN;
  /** Share of records that is left after it. */
  kept = 1;

  readonly #settings: DetectSettings;
  readonly #above: StateColumn<'f32'>;
  readonly #below: StateColumn<'f32'>;
  readonly #overshoot: StateColumn<'f32'>;
  readonly #judged: StateColumn<'u16'>;
  /** Of the segment that is bound. */
  #aboveAt = UNBOUND.f32;
  #belowAt = UNBOUND.f32;
  #overshootAt = UNBOUND.f32;
  #judgedAt = UNBOUND.u16;

  constructor(context: StageContext, metric: string, settings: DetectSettings) {
    this.#settings = settings;
    this.#above = context.column({ ...ABOVE, metric });
    this.#below = context.column({ ...BELOW, metric });
    this.#overshoot = context.column({ ...OVERSHOOT, metric });
    this.#judged = context.column({ ...JUDGED, metric });
  }

  /** Before `read` and `learn`: their slots are those within this segment, until the state grows. */
  bind(segment: number): void {
    this.#aboveAt = this.#above.segments[segment]!;
    this.#belowAt = this.#below.segments[segment]!;
    this.#overshootAt = this.#overshoot.segments[segment]!;
    this.#judgedAt = this.#judged.segments[segment]!;
  }

  /** Sets `size` to the record of the side that `off` is on, never less than `minRecord`; 0 while it means nothing. */
  read(within: number): void {
    const { minRecord, minJudgedPolls } = this.#settings;
    const size = (this.off < 0 ? this.#belowAt : this.#aboveAt)[within]!;
    this.size = this.#judgedAt[within]! < minJudgedPolls ? 0 : size > minRecord ? size : minRecord;
  }

  /**
   * How many times the record is gone beyond by this series now and then: 1 unless it has. Two parts tell it: what was
   * seen, and the tail that the record itself shows. A record of R scales is the largest of n residuals; if they fall like
   * a power a, it is (n / 100)^(1/a) times what one in a hundred exceeds, so 1/a = ln(R / 2.5) / ln(n / 100), and one of as
   * many polls more goes beyond R by m with the odds m^-a. For odds of 1 in 240 a week and n of some thousand polls,
   * m = (R / 2.5)^1.2: 1.7 where residuals are normal (R about 4), 6 for Student's t with 3 degrees of freedom (R about 11).
   */
  usualOvershoot(slot: number, off: number): number {
    return Math.max(
      this.#overshoot.get(slot) * SEEN_MARGIN,
      (this.#of(slot, off) / USUAL_SCALES) ** TAIL_EXPONENT,
    );
  }

  /** Takes in `off`. A new record counts for `recordGrowth` times the old one at most, so that one anomaly cannot hide the next. */
  learn(within: number): void {
    const { recordGrowth, firstRecord, minRecord, minJudgedPolls } = this.#settings;
    const { kept } = this;
    const above = this.#aboveAt;
    const below = this.#belowAt;
    const polls = this.#judgedAt[within]!;
    const size = Math.abs(this.off);
    above[within] = above[within]! * kept;
    below[within] = below[within]! * kept;
    const side = this.off < 0 ? below : above;
    const record = side[within]!;
    const floored = record > minRecord ? record : minRecord;
    if (polls >= minJudgedPolls) {
      const overshoot = this.#overshootAt[within]! * kept;
      const by = size / floored;
      this.#overshootAt[within] = by > overshoot ? grown(by, overshoot) : overshoot;
    }
    if (size > record) {
      const most = polls < minJudgedPolls ? firstRecord : floored * recordGrowth;
      if (most > record) side[within] = size < most ? size : most;
    }
    if (polls < 65_535) this.#judgedAt[within] = polls + 1;
  }

  /** After an anomaly, during which the record stood still: it may have grown by one step. */
  learnAnomaly(slot: number, off: number): void {
    const before = this.#of(slot, off);
    const overshoot = this.#overshoot.get(slot);
    const by = Math.abs(off) / before;
    if (by > overshoot) this.#overshoot.set(slot, grown(by, overshoot));
    const most = before * this.#settings.recordGrowthByAnomaly;
    (off < 0 ? this.#below : this.#above).set(slot, Math.min(Math.max(before, Math.abs(off)), most));
  }

  #of(slot: number, off: number): number {
    return Math.max((off < 0 ? this.#below : this.#above).get(slot), this.#settings.minRecord);
  }
}

function grown(by: number, overshoot: number): number {
  return Math.min(by, Math.max(overshoot, 1) * OVERSHOOT_GROWTH);
}
