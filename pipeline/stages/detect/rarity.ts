/**
 * How rare a value is for its series: bits of surprise under a histogram of all that was seen, 16 bins of equal width
 * over a range that grows. It knows nothing of time or of an expectation: it finds the value between two usual ones, and
 * the plateau on which nothing is far off. One poll is chance, so it is smoothed over a few.
 */
import { UNBOUND, type ColumnDeclaration, type StateColumn } from '../../model/state.ts';
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
  /** Of the segment that is bound. */
  #binsAt = UNBOUND.u16;
  #leastAt = UNBOUND.f32;
  #mostAt = UNBOUND.f32;
  #countAt = UNBOUND.f32;
  #hitAt = UNBOUND.u8;
  #surpriseAt = UNBOUND.f32;

  constructor(context: StageContext, metric: string) {
    this.#bins = context.column({ ...COLUMNS.bins, metric });
    this.#least = context.column({ ...COLUMNS.least, metric });
    this.#most = context.column({ ...COLUMNS.most, metric });
    this.#count = context.column({ ...COLUMNS.count, metric });
    this.#hit = context.column({ ...COLUMNS.hit, metric });
    this.#surprise = context.column({ ...COLUMNS.surprise, metric });
  }

  /** Before `take`: its slots are those within this segment, until the state grows. */
  bind(segment: number): void {
    this.#binsAt = this.#bins.segments[segment]!;
    this.#leastAt = this.#least.segments[segment]!;
    this.#mostAt = this.#most.segments[segment]!;
    this.#countAt = this.#count.segments[segment]!;
    this.#hitAt = this.#hit.segments[segment]!;
    this.#surpriseAt = this.#surprise.segments[segment]!;
  }

  /** Judges `value` by what was seen before it, smooths, and takes it in. */
  take(within: number): void {
    const bins = this.#binsAt;
    const count = this.#countAt[within]!;
    this.#widen(within);
    const from = this.#leastAt[within]!;
    const width = this.#mostAt[within]! - from;
    let at = within * BINS;
    if (width > 0) {
      const place = ((Math.fround(this.value) - from) / width) * BINS;
      at += place > BINS - 1 ? BINS - 1 : place > 0 ? Math.floor(place) : 0;
    }
    const hit = this.#hitAt[within]!;
    const seen = bins[at]!;
    // A value of a new bin: as likely as it was to see one before (Witten and Bell's estimate, method C).
    const prior = hit === 0 ? 1 : hit;
    const bits = -Math.log2((seen + prior / BINS) / (count + prior));
    const before = this.#surpriseAt[within]!;
    // NaN at first.
    this.bits = this.#surpriseAt[within] = before >= 0 ? before + WEIGHT * (bits - before) : bits;
    if (seen === 0) this.#hitAt[within] = hit + 1;
    bins[at] = seen + 1;
    this.#countAt[within] = count + 1;
    if (seen + 1 === HALVE_ABOVE) this.#halve(within);
  }

  #widen(within: number): void {
    const least = this.#leastAt;
    const most = this.#mostAt;
    const value = Math.fround(this.value);
    const low = least[within]!;
    const high = most[within]!;
    // Nearly always.
    if (value >= low && value <= high) return;
    const isFree = this.#countAt[within]! < FREE_VALUES;
    // The first.
    if (low !== low) least[within] = most[within] = value;
    else if (value > high) most[within] = isFree ? value : Math.min(value, high + (high - low || Infinity));
    else least[within] = isFree ? value : Math.max(value, low - (high - low || Infinity));
  }

  /** What was long ago fades, and no count runs over. */
  #halve(within: number): void {
    const bins = this.#binsAt;
    let count = 0;
    let hit = 0;
    for (let bin = within * BINS; bin < (within + 1) * BINS; bin += 1) {
      bins[bin] = bins[bin]! >> 1;
      count += bins[bin]!;
      if (bins[bin]! > 0) hit += 1;
    }
    this.#countAt[within] = count;
    this.#hitAt[within] = hit;
  }
}
