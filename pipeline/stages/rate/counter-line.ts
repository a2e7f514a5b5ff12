/**
 * One counter of one row, whatever happened to it: its growth, and which of the two widths counts.
 *
 *            HC usable                        HC gone, 0 or frozen while the low half moves
 *   none ───────────────▶ wide (64 bits) ─────────────────────────────────▶ narrow (32 bits)
 *     └──── low half only ──────────────── HC is back, unless pinned ◀──────────┘
 *
 * Every change of width seeds anew. HC that lied, or went away twice, pins the counter to 32 bits until the agent
 * restarts or the row becomes another interface.
 */
import type { CounterColumn } from '../../model/reading.ts';
import {
  FROZEN,
  FROZEN_ONE,
  HELD,
  hiLimit,
  LAPSED,
  LOW_READ,
  NARROW,
  NONE,
  PINNED,
  TWO_32,
  WIDE,
  WIDTH,
  type CounterState,
} from './counter-state.ts';
import { growth32, WRAPPED_OFTEN, type Growth32Conditions } from './growth32.ts';
import {
  AMBIGUOUS_WRAP,
  DISCONTINUITY,
  FIRST,
  GOOD,
  MISSING,
  NOT_SUPPORTED,
  RESET,
  STALE,
  UNKNOWN,
  WIDTH_CHANGE,
  type RatePass,
} from './rate-pass.ts';
import type { CounterPlan } from './rate-plan.ts';
import type { RateSettings } from './rate-settings.ts';

/** A wide counter that stands still for more polls than this while its low half moves is taken for broken. */
const FROZEN_LIMIT = 3;

export interface CounterLineOptions {
  readonly plan: CounterPlan;
  /** The counter's number in the pass. */
  readonly index: number;
  readonly settings: RateSettings;
  readonly state: CounterState;
  /** The counter as read; the one in use is written back here. */
  readonly now: CounterColumn;
  /** Its low half as read. */
  readonly lowNow: CounterColumn | undefined;
}

export class CounterLine {
  readonly #plan: CounterPlan;
  readonly #index: number;
  readonly #conditions: Growth32Conditions;
  readonly #state: CounterState;
  readonly #now: CounterColumn;
  readonly #lowNow: CounterColumn | undefined;
  readonly #hiLimit: number;

  constructor({ plan, index, settings, state, now, lowNow }: CounterLineOptions) {
    this.#plan = plan;
    this.#index = index;
    this.#conditions = { bitsPerCount: plan.bitsPerCount, wrapSlack: settings.wrapSlack };
    this.#state = state;
    this.#now = now;
    this.#lowNow = lowNow;
    this.#hiLimit = hiLimit(plan);
  }

  /** Sets delta and code of the row in the pass, and the sample for the next one. */
  fold(pass: RatePass, row: number, slot: number): void {
    const form = this.#state.form.get(slot);
    const why = pass.breaks[row]!;
    if (why === UNKNOWN) {
      if (this.#now.hi[row]! >= this.#hiLimit) this.#now.known[row] = 0;
      this.#unknown(pass, row, UNKNOWN);
    } else if (why !== GOOD) {
      // A disturbance leaves the agent as it was; everything else may be another agent or interface.
      this.#seed(pass, row, slot, why === DISCONTINUITY ? form & (LAPSED | PINNED) : 0);
      this.#unknown(pass, row, why);
    } else if ((form & WIDTH) === NONE) {
      if (this.#seed(pass, row, slot, form & (LAPSED | PINNED))) {
        // The row goes on from an older sample, which this counter does not have.
        this.#state.form.set(slot, this.#state.form.get(slot) | HELD);
        this.#state.heldAt.set(slot, pass.nowMs);
        this.#unknown(pass, row, FIRST);
      } else {
        this.#unknown(pass, row, NOT_SUPPORTED);
      }
    } else if ((form & WIDTH) === WIDE) {
      this.#foldWide(pass, row, slot, form);
    } else {
      this.#foldNarrow(pass, row, slot, form);
    }
  }

  #foldWide(pass: RatePass, row: number, slot: number, form: number): void {
    const { hi, lo, known } = this.#now;
    const lowKnown = this.#isLowKnown(row);
    const low = this.#lowNow?.lo[row] ?? 0;
    if (known[row] === 0 || hi[row]! >= this.#hiLimit) {
      // A column that a partial poll did not reach is no change of the agent.
      if (lowKnown && (known[row] === 1 || !pass.partial)) this.#narrow(pass, row, slot, form, false);
      else this.#hold(pass, row, slot, form, MISSING);
      return;
    }
    const delta = (hi[row]! - this.#state.hi.get(slot)) * TWO_32 + (lo[row]! - this.#state.lo.get(slot));
    const before = this.#state.low.get(slot);
    if (delta === 0 && lowKnown && (form & LOW_READ) !== 0 && low !== before) {
      const isZero = hi[row] === 0 && lo[row] === 0;
      const frozen = (form & FROZEN) / FROZEN_ONE;
      pass.moved[row] = 1;
      // One packet between the reads of both halves looks the same: only a 0 that should not be is proof at once.
      if ((isZero && before !== 0) || frozen >= FROZEN_LIMIT) this.#narrow(pass, row, slot, form, true);
      else this.#hold(pass, row, slot, form + FROZEN_ONE, STALE);
      return;
    }
    this.#state.hi.set(slot, hi[row]!);
    this.#state.lo.set(slot, lo[row]!);
    if (lowKnown) this.#state.low.set(slot, low);
    const kept = WIDE | (form & LAPSED) | (lowKnown ? LOW_READ : 0);
    if (delta < 0) {
      // RFC 2863 3.1.6: 64 bits do not wrap within years. It was reset.
      this.#state.form.set(slot, kept);
      pass.moved[row] = 1;
      this.#unknown(pass, row, RESET);
    } else {
      this.#grow(pass, row, slot, form, kept, delta);
    }
  }

  #foldNarrow(pass: RatePass, row: number, slot: number, form: number): void {
    const { hi, lo, known } = this.#now;
    const lowNow = this.#lowNow;
    let low = lo[row]!;
    let lowKnown = known[row] === 1 && hi[row] === 0;
    if (lowNow !== undefined) {
      low = lowNow.lo[row]!;
      lowKnown = this.#isLowKnown(row);
      // A wide 0 counts only beside a low 0: it may be the one that made the counter narrow.
      const isZero = hi[row] === 0 && lo[row] === 0;
      const wideUsable = known[row] === 1 && hi[row]! < this.#hiLimit && (!isZero || (lowKnown && low === 0));
      if (wideUsable && (form & PINNED) === 0) {
        this.#seed(pass, row, slot, form & LAPSED);
        pass.moved[row] = 1;
        this.#unknown(pass, row, WIDTH_CHANGE);
        return;
      }
      hi[row] = 0;
      lo[row] = low;
      known[row] = lowKnown ? 1 : 0;
    }
    if (!lowKnown) {
      this.#hold(pass, row, slot, form, MISSING);
      return;
    }
    const dtMs = this.#dtMs(pass, row, slot, form);
    const delta = low - this.#state.lo.get(slot);
    this.#state.lo.set(slot, low);
    const kept = NARROW | (form & (LAPSED | PINNED));
    // Only what has a 64-bit version can go round within hours: errors and discards do not (RFC 2863 3.1.6).
    const isGap = lowNow !== undefined && dtMs > pass.gapMs;
    const growth = growth32(delta, pass.bitsPerSecond[row]!, dtMs / 1000, isGap, this.#conditions);
    if (growth >= 0) {
      this.#grow(pass, row, slot, form, kept, growth);
    } else {
      this.#state.form.set(slot, kept);
      pass.moved[row] = 1;
      this.#unknown(pass, row, growth === WRAPPED_OFTEN ? AMBIGUOUS_WRAP : RESET);
    }
  }

  /** Takes the counter's value of now as the first of a new line. False if there is none. */
  #seed(pass: RatePass, row: number, slot: number, flags: number): boolean {
    const { hi, lo, known } = this.#now;
    const lowKnown = this.#isLowKnown(row);
    const low = this.#lowNow?.lo[row] ?? 0;
    const usable = known[row] === 1 && hi[row]! < this.#hiLimit;
    if (usable && (flags & PINNED) === 0) {
      this.#state.hi.set(slot, hi[row]!);
      this.#state.lo.set(slot, lo[row]!);
      if (lowKnown) this.#state.low.set(slot, low);
      this.#state.form.set(
        slot,
        (this.#plan.width === 64 ? WIDE : NARROW) | flags | (lowKnown ? LOW_READ : 0),
      );
    } else if (lowKnown) {
      this.#useLow(row, slot);
      this.#state.form.set(slot, NARROW | flags);
    } else {
      known[row] = 0;
      this.#state.form.set(slot, NONE | flags);
      return false;
    }
    if (pass.breaks[row] !== GOOD && (hi[row] !== 0 || lo[row] !== 0)) pass.moved[row] = 1;
    return true;
  }

  /** 2^32 and more are no low half, nor are their last 32 bits. */
  #isLowKnown(row: number): boolean {
    return this.#lowNow?.known[row] === 1 && this.#lowNow.hi[row] === 0;
  }

  #useLow(row: number, slot: number): void {
    const low = this.#lowNow!.lo[row]!;
    this.#state.hi.set(slot, 0);
    this.#state.lo.set(slot, low);
    this.#now.hi[row] = 0;
    this.#now.lo[row] = low;
    this.#now.known[row] = 1;
  }

  #narrow(pass: RatePass, row: number, slot: number, form: number, lied: boolean): void {
    this.#useLow(row, slot);
    const pinned = lied || (form & LAPSED) !== 0;
    this.#state.form.set(slot, NARROW | LAPSED | (pinned ? PINNED : 0));
    pass.moved[row] = 1;
    this.#unknown(pass, row, WIDTH_CHANGE);
  }

  /** Keeps the last sample: the growth since then comes with the next one. */
  #hold(pass: RatePass, row: number, slot: number, form: number, why: number): void {
    if ((form & HELD) === 0) this.#state.heldAt.set(slot, pass.nowMs - pass.dtMs[row]!);
    this.#state.form.set(slot, form | HELD);
    if (why === MISSING) this.#now.known[row] = 0;
    this.#unknown(pass, row, why);
  }

  #grow(pass: RatePass, row: number, slot: number, form: number, kept: number, delta: number): void {
    const dtMs = this.#dtMs(pass, row, slot, form);
    if (delta === 0 && (form & HELD) !== 0) {
      // Whether this is news is known once all rows are seen.
      pass.heldRepeats = true;
      this.#state.form.set(slot, kept | HELD);
    } else {
      this.#state.form.set(slot, kept);
    }
    if (delta > 0) pass.moved[row] = 1;
    if (this.#plan.octets && dtMs !== pass.dtMs[row]) pass.coveredMs[row] = dtMs;
    pass.deltas[this.#index]![row] = dtMs === pass.dtMs[row] ? delta : delta * (pass.dtMs[row]! / dtMs);
    pass.codes[this.#index]![row] = GOOD;
  }

  #dtMs(pass: RatePass, row: number, slot: number, form: number): number {
    return (form & HELD) === 0 ? pass.dtMs[row]! : pass.nowMs - this.#state.heldAt.get(slot);
  }

  #unknown(pass: RatePass, row: number, why: number): void {
    pass.deltas[this.#index]![row] = Number.NaN;
    pass.codes[this.#index]![row] = why;
  }
}
