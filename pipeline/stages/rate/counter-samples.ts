/** One counter of all rows: growth since the last samples. The common cases are here, the others in CounterLine. */
import type { CounterColumn, Reading } from '../../model/reading.ts';
import { SEGMENT_BITS, SEGMENT_MASK, type ColumnArray } from '../../model/state.ts';
import { CounterLine } from './counter-line.ts';
import {
  counterState,
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
import { GOOD, UNKNOWN, type RatePass } from './rate-pass.ts';
import type { CounterPlan } from './rate-plan.ts';
import type { RateSettings } from './rate-settings.ts';
import type { StageContext } from '../stage.ts';

export class CounterSamples {
  readonly #plan: CounterPlan;
  readonly #index: number;
  readonly #state: CounterState;
  readonly #now: CounterColumn;
  readonly #lowNow: CounterColumn | undefined;
  readonly #line: CounterLine;

  constructor(context: StageContext, plan: CounterPlan, index: number, settings: RateSettings) {
    this.#plan = plan;
    this.#index = index;
    this.#state = counterState(context, plan);
    context.reading.add([{ name: plan.name, kind: 'counter' }]);
    this.#now = context.reading.counter(plan.name);
    if (plan.low !== undefined) {
      context.reading.add([{ name: plan.low, kind: 'counter' }]);
      this.#lowNow = context.reading.counter(plan.low);
    }
    const { now, lowNow, state } = { now: this.#now, lowNow: this.#lowNow, state: this.#state };
    this.#line = new CounterLine({ plan, index, settings, state, now, lowNow });
  }

  /** Folds the counter of every row: deltas and codes of the pass, and the samples for the next one. */
  fold(pass: RatePass, reading: Reading): void {
    const { rows, breaks, gaps, moved } = pass;
    const { slots } = reading;
    const deltas = pass.deltas[this.#index]!;
    const codes = pass.codes[this.#index]!;
    const { hi, lo, known } = this.#now;
    const hasLow = this.#lowNow !== undefined;
    const { hi: lowHi, lo: low, known: lowKnown } = this.#lowNow ?? this.#now;
    const limit = hiLimit(this.#plan);
    const plain = this.#plan.width === 64 ? WIDE : NARROW;
    let segment = -1;
    let hiAt!: ColumnArray<'u32'>;
    let loAt!: ColumnArray<'u32'>;
    let lowAt!: ColumnArray<'u32'>;
    let formAt!: ColumnArray<'u8'>;
    for (let row = 0; row < rows; row += 1) {
      const slot = slots[row]!;
      if (slot >>> SEGMENT_BITS !== segment) {
        segment = slot >>> SEGMENT_BITS;
        hiAt = this.#state.hi.segments[segment]!;
        loAt = this.#state.lo.segments[segment]!;
        lowAt = this.#state.low.segments[segment]!;
        formAt = this.#state.form.segments[segment]!;
      }
      const at = slot & SEGMENT_MASK;
      if (breaks[row] === GOOD) {
        const form = formAt[at]!;
        const readLow = hasLow && lowKnown[row] === 1 && lowHi[row] === 0;
        if (known[row] === 1) {
          // The common case: the same width as before, nothing remarkable about it.
          if (form === (readLow ? WIDE | LOW_READ : plain) && hi[row]! < limit) {
            const delta = (hi[row]! - hiAt[at]!) * TWO_32 + (lo[row]! - loAt[at]!);
            if (delta > 0) {
              hiAt[at] = hi[row]!;
              loAt[at] = lo[row]!;
              if (readLow) lowAt[at] = low[row]!;
              deltas[row] = delta;
              codes[row] = GOOD;
              moved[row] = 1;
              continue;
            }
            if (delta === 0 && (!readLow || low[row] === lowAt[at])) {
              deltas[row] = 0;
              codes[row] = GOOD;
              continue;
            }
          }
        } else if (readLow && (form & (WIDTH | HELD)) === NARROW && gaps[row] === 0) {
          // An agent without HC counters.
          const delta = low[row]! - loAt[at]!;
          if (delta >= 0) {
            loAt[at] = low[row]!;
            deltas[row] = delta;
            codes[row] = GOOD;
            if (delta > 0) moved[row] = 1;
            hi[row] = 0;
            lo[row] = low[row]!;
            known[row] = 1;
            continue;
          }
        }
      }
      this.#line.fold(pass, row, slot);
    }
  }

  /** Whether a counter in use is below its last sample in a row whose agent started anew. */
  fell(pass: RatePass, reading: Reading, why: number): boolean {
    const { hi, lo, known } = this.#now;
    for (let row = 0; row < pass.rows; row += 1) {
      if (pass.breaks[row] !== why) continue;
      const slot = reading.slots[row]!;
      const width = this.#state.form.get(slot) & WIDTH;
      if (width === NONE) continue;
      if (width === NARROW && this.#lowNow !== undefined) {
        const { hi: lowHi, lo: low, known: lowKnown } = this.#lowNow;
        if (lowKnown[row] === 1 && lowHi[row] === 0 && low[row]! < this.#state.lo.get(slot)) return true;
      } else if (known[row] === 1 && hi[row]! < hiLimit(this.#plan)) {
        if ((hi[row]! - this.#state.hi.get(slot)) * TWO_32 + (lo[row]! - this.#state.lo.get(slot)) < 0)
          return true;
      }
    }
    return false;
  }

  /** Takes away what is no counter, of readings that are passed on without being folded. */
  withholdUnusable({ rowCount }: Reading): void {
    const { hi, known } = this.#now;
    const limit = hiLimit(this.#plan);
    for (let row = 0; row < rowCount; row += 1) if (hi[row]! >= limit) known[row] = 0;
  }

  /** The poll was no stale one: counters that repeated go on with their rows. */
  release(pass: RatePass, reading: Reading): void {
    const codes = pass.codes[this.#index]!;
    for (let row = 0; row < pass.rows; row += 1) {
      if (codes[row] !== GOOD) continue;
      const slot = reading.slots[row]!;
      const form = this.#state.form.get(slot);
      if ((form & HELD) !== 0) this.#state.form.set(slot, form & ~HELD);
    }
  }

  /** Rows were disturbed: of them, samples from before are no base any more. */
  forgetHeld(pass: RatePass, reading: Reading): void {
    for (let row = 0; row < pass.rows; row += 1) {
      const why = pass.breaks[row];
      if (why === GOOD || why === UNKNOWN) continue;
      const slot = reading.slots[row]!;
      const form = this.#state.form.get(slot);
      if ((form & HELD) !== 0) this.#state.form.set(slot, form & (LAPSED | PINNED));
    }
  }
}
