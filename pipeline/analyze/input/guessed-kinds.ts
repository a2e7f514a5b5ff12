/** Which metrics count up, and which have a few states, told by the first rows of a file. */
import { isMissing, type NumberParser } from './cells.ts';
import { isCalled } from './column-names.ts';
import type { SampleKind } from './sample.ts';

/** What was seen of one metric over all of its series. */
interface Seen {
  values: number;
  words: number;
  integers: number;
  negatives: number;
  largest: number;
  readonly distinct: Set<number>;
  /** Of pairs of values that follow each other in a series. */
  pairs: number;
  rises: number;
  /** Falls to less than half: a counter that was reset, or wrapped. */
  restarts: number;
  falls: number;
  /** Sum of all rises. */
  risen: number;
  /** Sum of the first values of the series. */
  first: number;
  readonly last: Map<string, number>;
}

/** What is called a counter rises twice in so many pairs, and never falls. */
const NAMED_PAIRS = 5;
const NAMED_RISES = 2;
/** What is not never falls in so many, and counts far: a gauge may rise for an hour, but from and to usual values. */
const UNNAMED_PAIRS = 50;
const UNNAMED_RISES = 5;
const UNNAMED_LARGEST = 1_000;
const UNNAMED_STEPS = 20;
/** One restart in so many pairs is a reset. */
const PAIRS_A_RESTART = 50;
const COUNTERS =
  /(octets|packets?|pkts|bytes|errors?|discards|drops|counter|total|count|cnt)(_total|_32|_64)?$/i;
/** Different values that are kept. */
const MOST_DISTINCT = 64;
const STATUS_VALUES = 8;
const STATUS_LARGEST = 255;
/** Without a name that says so: two or three states, which last. */
const UNNAMED_STATUS_VALUES = 3;
const UNNAMED_STATUS_LARGEST = 10;
const STATUS_PAIRS = 50;
const PAIRS_A_CHANGE = 20;

export class GuessedKinds {
  readonly #parseNumber: NumberParser;
  readonly #seen = new Map<string, Seen>();

  constructor(parseNumber: NumberParser) {
    this.#parseNumber = parseNumber;
  }

  /** A cell of `metric`, in the order of the rows; `series`: what tells its series from others. */
  look(metric: string, series: string, cell: string): void {
    if (isMissing(cell)) return;
    let seen = this.#seen.get(metric);
    if (seen === undefined) this.#seen.set(metric, (seen = newSeen()));
    seen.values += 1;
    const value = this.#parseNumber(cell);
    if (Number.isNaN(value)) seen.words += 1;
    else lookAtNumber(seen, series, value);
  }

  /** In the order in which they came. */
  get metrics(): string[] {
    return [...this.#seen.keys()];
  }

  hasDecimals(metric: string): boolean {
    const seen = this.#seen.get(metric);
    return seen !== undefined && seen.integers + seen.words < seen.values;
  }

  /** Undefined for what may be a gauge. */
  kindOf(metric: string): SampleKind | undefined {
    const seen = this.#seen.get(metric);
    if (seen === undefined) return undefined;
    if (isStatus(metric, seen)) return 'status';
    return isCounter(metric, seen) ? 'counter' : undefined;
  }
}

function lookAtNumber(seen: Seen, series: string, value: number): void {
  if (Number.isInteger(value)) seen.integers += 1;
  if (value < 0) seen.negatives += 1;
  seen.largest = Math.max(seen.largest, value);
  if (seen.distinct.size < MOST_DISTINCT) seen.distinct.add(value);
  const before = seen.last.get(series);
  seen.last.set(series, value);
  if (before === undefined) {
    seen.first += value;
    return;
  }
  seen.pairs += 1;
  if (value > before) {
    seen.rises += 1;
    seen.risen += value - before;
  } else if (value < before / 2) seen.restarts += 1;
  else if (value < before) seen.falls += 1;
}

function isCounter(metric: string, seen: Seen): boolean {
  const { values, integers, negatives, words, pairs, rises, restarts, falls, risen, first, largest } = seen;
  if (integers < values || words > 0 || negatives > 0 || falls > 0) return false;
  if (restarts > pairs / PAIRS_A_RESTART) return false;
  if (COUNTERS.test(metric)) return pairs >= NAMED_PAIRS && rises >= NAMED_RISES;
  const isFar = largest >= UNNAMED_LARGEST && first + risen > (UNNAMED_STEPS * risen) / rises;
  return pairs >= UNNAMED_PAIRS && rises >= UNNAMED_RISES && isFar;
}

function isStatus(metric: string, seen: Seen): boolean {
  const { values, integers, negatives, words, largest, distinct, pairs, rises, restarts, falls } = seen;
  if (words > values / 2) return true;
  const count = distinct.size;
  if (words > 0 || integers < values || negatives > 0 || count === 0) return false;
  if (isCalled('status', metric)) return count <= STATUS_VALUES && largest <= STATUS_LARGEST;
  const changes = rises + restarts + falls;
  return (
    count >= 2 &&
    count <= UNNAMED_STATUS_VALUES &&
    largest <= UNNAMED_STATUS_LARGEST &&
    pairs >= STATUS_PAIRS &&
    changes > 0 &&
    changes <= pairs / PAIRS_A_CHANGE
  );
}

function newSeen(): Seen {
  return {
    values: 0,
    words: 0,
    integers: 0,
    negatives: 0,
    largest: 0,
    distinct: new Set(),
    pairs: 0,
    rises: 0,
    restarts: 0,
    falls: 0,
    risen: 0,
    first: 0,
    last: new Map(),
  };
}
