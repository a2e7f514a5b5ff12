/** Values of one counter on their way to its rate: exact to the last bit, with the width that they seem to have. */
import type { CounterColumn, NumberColumn } from '../model/reading.ts';
import type { CounterStage } from './counter-stage.ts';
import type { SeriesIntake } from './input/sample.ts';
import type { MetricAnalysis, SeriesPlace } from './metric-analysis.ts';
import type { SeriesSummary } from './series-summary.ts';

const TWO_32 = 2 ** 32;
const TWO_63 = 2n ** 63n;
/** A fall is a wrap only if the counter went on at most this many times as fast as ever before. */
const FASTER = 4;
/** The stage takes no fall for a wrap where the speed would allow two. */
const ONE_TURN = 0.999;
/** Bits on the wire that one count stands for at least, as the stage takes it. */
const BITS_AN_OCTET = 8;
const BITS_A_PACKET = 480;

/** The columns of a metric's counter. */
export interface CounterColumns {
  readonly wide: CounterColumn;
  readonly narrow: CounterColumn;
  readonly speedMbps: NumberColumn;
}

export class CounterSeries implements SeriesIntake {
  readonly kind = 'counter';
  speedBps = Number.NaN;
  readonly #analysis: MetricAnalysis;
  readonly #place: SeriesPlace;
  readonly #summary: SeriesSummary;
  readonly #columns: CounterColumns;
  readonly #scale: number;
  readonly #bitsPerCount: number;
  readonly #judged: () => void;
  #before = Number.NaN;
  /** It was 2^32 or more once: it has 64 bits. */
  #isWide: boolean;
  /** Counts a second, at most so far. */
  #fastest = 0;

  /** `judged`: called when the stages have judged a value. */
  constructor(
    analysis: MetricAnalysis,
    place: SeriesPlace,
    summary: SeriesSummary,
    { stage, columns, judged }: { stage: CounterStage; columns: CounterColumns; judged: () => void },
  ) {
    this.#analysis = analysis;
    this.#place = place;
    this.#summary = summary;
    this.#columns = columns;
    this.#scale = stage.scale;
    // One with decimals was never 32 bits in a device.
    this.#isWide = stage.scale > 1;
    this.#bitsPerCount = stage.metric.unit === 'By/s' ? BITS_AN_OCTET : BITS_A_PACKET;
    this.#judged = judged;
  }

  take(timeMs: number, value: number, cell: string): string | undefined {
    if (value < 0) return 'is below zero: a counter counts up from it (--kind METRIC=gauge if it is none)';
    const count = exactCount(value, cell, this.#scale);
    if (count >= TWO_63) return 'is no count: it has more than 63 bits';
    if (!this.#summary.count(timeMs)) return undefined;
    const elapsedS = this.#analysis.begin(this.#place, timeMs) / 1000;
    this.#isWide ||= count >= TWO_32;
    const column = this.#isWide ? this.#columns.wide : this.#columns.narrow;
    const [hi, lo] = halves(count);
    column.hi[0] = hi;
    column.lo[0] = lo;
    column.known[0] = 1;
    const counted = value * this.#scale;
    const rate = (counted - this.#before) / elapsedS;
    this.#columns.speedMbps.values[0] = (rate < 0 ? this.#wrapSpeedBps(elapsedS) : this.speedBps) / 1e6;
    if (rate > this.#fastest) this.#fastest = rate;
    this.#before = counted;
    this.#analysis.run();
    this.#judged();
    return undefined;
  }

  /** Without a speed the counter's own past says how far it may have gone round: once, and no faster than this. */
  #wrapSpeedBps(elapsedS: number): number {
    if (!Number.isNaN(this.speedBps) || this.#fastest === 0) return this.speedBps;
    return Math.min(FASTER * this.#fastest, (ONE_TURN * TWO_32) / elapsedS) * this.#bitsPerCount;
  }
}

/** Numbers hold 53 bits; what is larger is taken from its digits. */
function exactCount(value: number, cell: string, scale: number): number | bigint {
  const count = Math.round(value * scale);
  if (Number.isSafeInteger(count)) return count;
  const digits = cell.trim();
  return /^\d+$/.test(digits) ? BigInt(digits) * BigInt(scale) : BigInt(count);
}

function halves(count: number | bigint): readonly [hi: number, lo: number] {
  if (typeof count === 'bigint') return [Number(count >> 32n), Number(count & 0xffff_ffffn)];
  const hi = Math.floor(count / TWO_32);
  return [hi, count - hi * TWO_32];
}
