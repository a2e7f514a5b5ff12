/**
 * How rare a value is for its series: bits of surprise under a histogram of all that was seen, 16 bins of equal width
 * over a range that grows. It knows nothing of time or of an expectation: it finds the value between two usual ones, and
 * the plateau on which nothing is far off. One poll is chance, so it is smoothed over a few.
 */
import { SEGMENT_BITS, SEGMENT_MASK, type ColumnDeclaration, type StateColumn } from '../../model/state.ts';
import type { StageContext } from '../stage.ts';

const BINS = 16;
/** Of the newest poll in the smoothed surprise. */
const WEIGHT = 0.4;
/** Until then the range follows every value; afterwards it at most doubles: one wild value must not blind the rest. */
const FREE_VALUES = 50;
const HALVE_ABOVE = 65_535;

const HOT = { scope: 'series', group: 'hot' } as const;
const COLUMNS = {
  bins: { ...HOT, name: 'value_bins', type: 'u16', width: BINS },
  least: { ...HOT, name: 'least_value', type: 'f32', initial: Number.NaN },
  most: { ...HOT, name: 'most_value', type: 'f32', initial: Number.NaN },
  count: { ...HOT, name: 'value_count', type: 'f32' },
  /** Bins that were ever hit. */
  hit: { ...HOT, name: 'hit_bins', type: 'u8' },
  surprise: { ...HOT, name: 'surprise', type: 'f32', initial: Number.NaN },
} as const satisfies Record<string, ColumnDeclaration>;

export function rarityColumns(metric: string): ColumnDeclaration[] {
  return Object.values(COLUMNS).map((declaration) => ({ ...declaration, metric }));
}

export class Rarity {
  /** What is judged, and the answer in bits: fields, see SeriesBaseline. */
  value = Number.NaN;
  bits = 0;

  readonly #bins: StateColumn<'u16'>;
  readonly #least: StateColumn<'f32'>;
  readonly #most: StateColumn<'f32'>;
  readonly #count: StateColumn<'f32'>;
  readonly #hit: StateColumn<'u8'>;
  readonly #surprise: StateColumn<'f32'>;

  constructor(context: StageContext, metric: string) {
    this.#bins = context.column({ ...COLUMNS.bins, metric });
    this.#least = context.column({ ...COLUMNS.least, metric });
    this.#most = context.column({ ...COLUMNS.most, metric });
    this.#count = context.column({ ...COLUMNS.count, metric });
    this.#hit = context.column({ ...COLUMNS.hit, metric });
    this.#surprise = context.column({ ...COLUMNS.surprise, metric });
  }

  /** Judges `value` by what was seen before it, smooths, and takes it in. */
  take(slot: number): void {
    const segment = slot >>> SEGMENT_BITS;
    const within = slot & SEGMENT_MASK;
    const bins = this.#bins.segments[segment]!;
    const counts = this.#count.segments[segment]!;
    const hits = this.#hit.segments[segment]!;
    const surprises = this.#surprise.segments[segment]!;
    const bin = within * BINS + this.#binOf(segment, within);
    const count = counts[within]!;
    const hit = hits[within]!;
    const seen = bins[bin]!;
    // A value of a new bin: as likely as it was to see one before (Witten and Bell's estimate, method C).
    const prior = hit === 0 ? 1 : hit;
    const bits = -Math.log2((seen + prior / BINS) / (count + prior));
    const before = surprises[within]!;
    // NaN at first.
    this.bits = surprises[within] = before >= 0 ? before + WEIGHT * (bits - before) : bits;
    if (seen === 0) hits[within] = hit + 1;
    bins[bin] = seen + 1;
    counts[within] = count + 1;
    if (seen + 1 === HALVE_ABOVE) this.#halve(segment, within);
  }

  #binOf(segment: number, within: number): number {
    const least = this.#least.segments[segment]!;
    const most = this.#most.segments[segment]!;
    const value = Math.fround(this.value);
    const low = least[within]!;
    const high = most[within]!;
    const count = this.#count.segments[segment]![within]!;
    if (count === 0) least[within] = most[within] = value;
    else if (value > high)
      most[within] = count < FREE_VALUES ? value : Math.min(value, high + (high - low || Infinity));
    else if (value < low)
      least[within] = count < FREE_VALUES ? value : Math.max(value, low - (high - low || Infinity));
    const from = least[within]!;
    const width = most[within]! - from;
    if (!(width > 0)) return 0;
    const at = Math.floor(((value - from) / width) * BINS);
    return at < 0 ? 0 : at >= BINS ? BINS - 1 : at;
  }

  /** What was long ago fades, and no count runs over. */
  #halve(segment: number, within: number): void {
    const bins = this.#bins.segments[segment]!;
    let count = 0;
    let hit = 0;
    for (let bin = within * BINS; bin < (within + 1) * BINS; bin += 1) {
      bins[bin] = bins[bin]! >> 1;
      count += bins[bin]!;
      if (bins[bin]! > 0) hit += 1;
    }
    this.#count.segments[segment]![within] = count;
    this.#hit.segments[segment]![within] = hit;
  }
}
