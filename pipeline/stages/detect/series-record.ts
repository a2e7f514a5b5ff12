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
/** Polls that were taken into the records, up to 65,535. */
const JUDGED = { ...HOT, name: 'judged', type: 'u16' } as const;

export function recordColumns(metric: string): ColumnDeclaration[] {
  return [ABOVE, BELOW, JUDGED].map((declaration) => ({ ...declaration, metric }));
}

/** A poll makes a record forget no more than one of five minutes does: where polls are rare, they are what is known. */
const MAX_DECAY_S = 300;

export class SeriesRecord {
  readonly #settings: DetectSettings;
  readonly #above: StateColumn<'f32'>;
  readonly #below: StateColumn<'f32'>;
  readonly #judged: StateColumn<'u16'>;

  constructor(context: StageContext, metric: string, settings: DetectSettings) {
    this.#settings = settings;
    this.#above = context.column({ ...ABOVE, metric });
    this.#below = context.column({ ...BELOW, metric });
    this.#judged = context.column({ ...JUDGED, metric });
  }

  /** The record of the side that `off` (in scales) is on; never less than `minRecord`. */
  of(slot: number, off: number): number {
    const side = off < 0 ? this.#below : this.#above;
    return Math.max(side.segments[slot >>> SEGMENT_BITS]![slot & SEGMENT_MASK]!, this.#settings.minRecord);
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
    const most = before * this.#settings.recordGrowthByAnomaly;
    (off < 0 ? this.#below : this.#above).set(slot, Math.min(Math.max(before, Math.abs(off)), most));
  }
}
