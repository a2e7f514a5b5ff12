/** One metric's values in the open windows: running moments, nothing kept of single values but the last. */
import type { NumberColumn, Reading } from '../../model/reading.ts';
import { SEGMENT_BITS, SEGMENT_MASK, UNBOUND, type StateColumn } from '../../model/state.ts';
import type { StageContext } from '../stage.ts';
import type { RowPolls } from './row-polls.ts';
import {
  ABOVE,
  ABS_SIGMA,
  BELOW,
  BEYOND,
  COUNTS,
  COUNTS_COLUMN,
  COVARIANCE,
  CROSSING,
  CROSSINGS,
  EXPECTED,
  JUDGED,
  LAST,
  MAX,
  MAX_SCORE,
  MAX_SIGMA,
  MEAN,
  MEAN_TIME,
  MIN,
  REPEATS,
  SUMS,
  SUMS_COLUMN,
  TIMES,
  VALUES,
  VARIANCE,
} from './window-columns.ts';

/** What `counts[CROSSINGS]` may hold for another crossing to fit. */
const MAX_CROSSINGS = 65_535 - CROSSING;

export class SeriesWindow {
  readonly metric: string;
  readonly sums: StateColumn<'f32'>;
  readonly counts: StateColumn<'u16'>;
  readonly #rows: RowPolls;
  readonly #warnSigma: number;
  readonly #value: NumberColumn;
  readonly #expected: NumberColumn;
  readonly #sigma: NumberColumn;
  readonly #score: NumberColumn;

  constructor(context: StageContext, metric: string, rows: RowPolls, warnSigma: number) {
    const number = (name: string): NumberColumn =>
      context.reading.add([{ name, kind: 'number' }]).number(name);
    this.metric = metric;
    this.sums = context.column({ ...SUMS_COLUMN, metric });
    this.counts = context.column({ ...COUNTS_COLUMN, metric });
    this.#rows = rows;
    this.#warnSigma = warnSigma;
    this.#value = number(metric);
    this.#expected = number(`${metric}.expected`);
    this.#sigma = number(`${metric}.sigma`);
    this.#score = number(`${metric}.score`);
  }

  /** The values of a reading. */
  fold({ rowCount, slots }: Reading): void {
    const { taken, hours, times: rowTimes } = this.#rows;
    const values = this.#value.values;
    const expected = this.#expected.values;
    const sigmas = this.#sigma.values;
    const scores = this.#score.values;
    const warnSigma = this.#warnSigma;
    let loaded = -1;
    let sums = UNBOUND.f32;
    let counts = UNBOUND.u16;
    let times = UNBOUND.f32;
    for (let row = 0; row < rowCount; row += 1) {
      const value = values[row]!;
      if (taken[row] === 0 || Number.isNaN(value)) continue;
      const segment = slots[row]! >>> SEGMENT_BITS;
      // Ports of a device lie side by side: mostly one segment.
      if (segment !== loaded) {
        sums = this.sums.segments[segment]!;
        counts = this.counts.segments[segment]!;
        times = rowTimes.segments[segment]!;
        loaded = segment;
      }
      const within = slots[row]! & SEGMENT_MASK;
      const at = within * SUMS;
      const c = within * COUNTS;
      const count = counts[c + VALUES]! + 1;
      counts[c + VALUES] = count;
      const share = 1 / count;
      const before = sums[at + MEAN]!;
      const off = value - before;
      const mean = before + off * share;
      sums[at + MEAN] = mean;
      const last = sums[at + LAST]!;
      sums[at + LAST] = value;
      if (count === 1) {
        sums[at + MIN] = value;
        sums[at + MAX] = value;
      } else {
        const rest = value - mean;
        const variance = sums[at + VARIANCE]!;
        sums[at + VARIANCE] = variance + (off * rest - variance) * share;
        const covariance = sums[at + COVARIANCE]!;
        const late = hours - times[within * TIMES + MEAN_TIME]!;
        sums[at + COVARIANCE] = covariance + (late * rest - covariance) * share;
        if (value < sums[at + MIN]!) sums[at + MIN] = value;
        if (value > sums[at + MAX]!) sums[at + MAX] = value;
        if (sums[at + LAST] === last) counts[c + REPEATS] = counts[c + REPEATS]! + 1;
      }

      const sigma = sigmas[row]!;
      if (Number.isNaN(sigma)) continue;
      const judged = counts[c + JUDGED]! + 1;
      counts[c + JUDGED] = judged;
      const part = judged === count ? share : 1 / judged;
      const size = Math.abs(sigma);
      sums[at + EXPECTED] = sums[at + EXPECTED]! + (expected[row]! - sums[at + EXPECTED]!) * part;
      sums[at + ABS_SIGMA] = sums[at + ABS_SIGMA]! + (size - sums[at + ABS_SIGMA]!) * part;
      if (size > sums[at + MAX_SIGMA]!) sums[at + MAX_SIGMA] = size;
      if (scores[row]! > sums[at + MAX_SCORE]!) sums[at + MAX_SCORE] = scores[row]!;
      if (size > warnSigma) counts[c + BEYOND] = counts[c + BEYOND]! + 1;
      // A value on the spot is on no side.
      if (sigma === 0) continue;
      const crossings = counts[c + CROSSINGS]!;
      const lastSide = crossings & (CROSSING - 1);
      const side = sigma < 0 ? BELOW : ABOVE;
      if (side === lastSide || crossings > MAX_CROSSINGS) continue;
      counts[c + CROSSINGS] = crossings - lastSide + side + (lastSide === 0 ? 0 : CROSSING);
    }
  }
}
