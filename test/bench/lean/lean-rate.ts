/**
 * Counters to per-second rates by the peer's rules (Model.java, `rates`), in its order of arithmetic, so that doubles
 * come out the same: first, stale, reindexed, reset, 32-bit wrap, implausible. Every sample but a stale one replaces
 * the stored one.
 */
import type { CounterColumn, NumberColumn, Reading, TextColumn } from '../../../pipeline/model/reading.ts';
import { SEGMENT_BITS, SEGMENT_MASK, type ColumnDeclaration } from '../../../pipeline/model/state.ts';
import type { Stage, StageContext, StageDefinition } from '../../../pipeline/stages/stage.ts';
import { QUALITIES } from '../../../topics/interface.ts';
import { COUNTERS, METRICS, scoreColumns } from './peer-topics.ts';

const GOOD = QUALITIES.indexOf('good');
const FIRST = QUALITIES.indexOf('first');
const REINDEXED = QUALITIES.indexOf('reindexed');
const RESET = QUALITIES.indexOf('reset');
const IMPLAUSIBLE = QUALITIES.indexOf('implausible');
const STALE = QUALITIES.indexOf('stale');

/** Errors and discards have no 64-bit version. */
const FIRST_32_BIT = 4;
const OCTETS = 2;
const TWO_32 = 4294967296;

const hot = { scope: 'row', group: 'hot' } as const;
const NAME_HASH = { ...hot, name: 'name_hash', type: 'u32' } as const satisfies ColumnDeclaration;
/** 0: never. */
const OBSERVED = { ...hot, name: 'observed_ms', type: 'f64' } as const satisfies ColumnDeclaration;
const UPTIME = { ...hot, name: 'uptime', type: 'f64' } as const satisfies ColumnDeclaration;
const BOOTS = { ...hot, name: 'boots', type: 'i32' } as const satisfies ColumnDeclaration;
// A row's counters lie together: a poll reads one run of 64 bytes a row instead of eight.
const HIGH = { ...hot, name: 'last_hi', type: 'u32', width: METRICS } as const satisfies ColumnDeclaration;
const LOW = { ...hot, name: 'last_lo', type: 'u32', width: METRICS } as const satisfies ColumnDeclaration;

/** Needs slots; adds the rates' columns and `quality`. A rate counts only where quality is good. */
export function leanRate(): StageDefinition {
  return {
    name: 'lean_rate',
    version: 1,
    settings: null,
    columns: [NAME_HASH, OBSERVED, UPTIME, BOOTS, HIGH, LOW],
    init: (context) => new LeanRate(context),
  };
}

class LeanRate implements Stage {
  readonly #counters: readonly CounterColumn[];
  readonly #rates: readonly NumberColumn[];
  readonly #speed: NumberColumn;
  readonly #names: TextColumn;
  readonly #hash;
  readonly #observed;
  readonly #uptime;
  readonly #boots;
  readonly #high;
  readonly #low;
  /** 1000 / milliseconds since the row's last sample. */
  #perSecond = new Float64Array(64);

  constructor({ reading, column }: StageContext) {
    reading.add(scoreColumns.map(({ rate }) => ({ name: rate, kind: 'number' })));
    this.#counters = COUNTERS.map((name) => reading.counter(name));
    this.#rates = scoreColumns.map(({ rate }) => reading.number(rate));
    this.#speed = reading.number('high_speed');
    this.#names = reading.text('if_name');
    this.#hash = column(NAME_HASH);
    this.#observed = column(OBSERVED);
    this.#uptime = column(UPTIME);
    this.#boots = column(BOOTS);
    this.#high = column(HIGH);
    this.#low = column(LOW);
  }

  process(reading: Reading): boolean {
    const { rowCount, slots } = reading;
    if (rowCount > this.#perSecond.length) this.#perSecond = new Float64Array(2 * rowCount);
    for (let from = 0; from < rowCount;) {
      const segment = slots[from]! >>> SEGMENT_BITS;
      let to = from + 1;
      while (to < rowCount && slots[to]! >>> SEGMENT_BITS === segment) to += 1;
      this.#judgeRows(reading, segment, from, to);
      for (let metric = 0; metric < METRICS; metric += 1) {
        this.#foldMetric(metric, reading, segment, from, to);
      }
      from = to;
    }
    return true;
  }

  /** What is known before any counter is looked at. */
  #judgeRows(reading: Reading, segment: number, from: number, to: number): void {
    const { slots, quality, observedAtMs, sysUptime, engineBoots } = reading;
    const names = this.#names;
    const hash = this.#hash.segments[segment]!;
    const observed = this.#observed.segments[segment]!;
    const uptime = this.#uptime.segments[segment]!;
    const boots = this.#boots.segments[segment]!;
    const perSecond = this.#perSecond;
    for (let row = from; row < to; row += 1) {
      const at = slots[row]! & SEGMENT_MASK;
      const nameHash = names.hash(row);
      const before = observed[at]!;
      const elapsedMs = observedAtMs - before;
      let verdict = GOOD;
      if (before === 0) verdict = FIRST;
      else if (elapsedMs <= 0) {
        quality[row] = STALE;
        continue;
      } else if (hash[at] !== nameHash) verdict = REINDEXED;
      else if (boots[at] !== engineBoots || sysUptime < uptime[at]!) verdict = RESET;
      quality[row] = verdict;
      perSecond[row] = 1000 / elapsedMs;
      hash[at] = nameHash;
      observed[at] = observedAtMs;
      uptime[at] = sysUptime;
      boots[at] = engineBoots;
    }
  }

  #foldMetric(metric: number, reading: Reading, segment: number, from: number, to: number): void {
    const { slots, quality } = reading;
    const { hi, lo } = this.#counters[metric]!;
    const rates = this.#rates[metric]!.values;
    const speed = this.#speed.values;
    const lastHigh = this.#high.segments[segment]!;
    const lastLow = this.#low.segments[segment]!;
    const perSecond = this.#perSecond;
    for (let row = from; row < to; row += 1) {
      const verdict = quality[row]!;
      if (verdict === STALE) continue;
      const at = (slots[row]! & SEGMENT_MASK) * METRICS + metric;
      const high = hi[row]!;
      const low = lo[row]!;
      let growthLow = low - lastLow[at]!;
      let growthHigh = high - lastHigh[at]!;
      lastHigh[at] = high;
      lastLow[at] = low;
      if (verdict !== GOOD) continue;
      if (growthLow < 0) {
        growthLow += TWO_32;
        growthHigh -= 1;
      }
      // Signed, as the peer's longs are: exact until it becomes a double.
      let growth = (growthHigh | 0) * TWO_32 + growthLow;
      if (growth < 0) {
        if (metric >= FIRST_32_BIT && growth + TWO_32 < TWO_32 / 2) growth += TWO_32;
        else {
          quality[row] = RESET;
          continue;
        }
      }
      const rate = growth * perSecond[row]!;
      rates[row] = rate;
      const bitsPerSecond = speed[row]! * 1e6;
      if (metric < OCTETS && bitsPerSecond > 0 && rate * 8 > 1.2 * bitsPerSecond) quality[row] = IMPLAUSIBLE;
    }
  }
}
