/**
 * A status against what it usually does: it has transitions and dwell times, and no sigma.
 *
 * Each value is left at a rate that is not known: Gamma distributed, with half a departure in an hour known beforehand.
 * After n departures in T seconds a value is left within the next w seconds with the probability
 *   1 - (b / (b + w))^a,   a = 1/2 + n,   b = 1 hour + T
 * and stays for longer than d seconds with (b / (b + d))^a. Where it goes is estimated as Krichevsky and Trofimov do:
 * (n_ij + 1/2) / (n_i + 7/2) for each of the seven other values. So the first transition ever is the more surprising the
 * more time was spent without one: a bit for each doubling. Time counts and not polls, and a transition is judged by an
 * hour, so that polls of 5 s and of 5 minutes say the same. A value that the series never had is at least as surprising
 * as a first transition: a status that changes often has seldom seen nothing but changes.
 */
import { decodeSeconds, encodeSeconds } from './log-seconds.ts';
import type { BaselineSettings } from './baseline-settings.ts';
import { STATUS_PAIRS, STATUS_VALUES, type StatusArrays } from './status-columns.ts';

/** What is known beforehand: departures and seconds. */
const PRIOR_LEAVES = 0.5;
const PRIOR_SECONDS = 3_600;
/** And of each pair. */
const PRIOR_PAIR = 0.5;
/** The time within which a transition is judged. */
const WINDOW_S = 3_600;
/** A count of one. */
const ONE = 8;
const MAX_COUNT = 255;
const MAX_POLLS = 65_535;
/** A stay is longer than usual from here on. */
const LONG_BITS = 1;
/** The longest stay counts for this multiple of the one before at most, or an hour: one that was stuck must not excuse the next. */
const LONGEST_GROWTH = 2;
/** At each multiple of it since 1970 counts and times are halved. */
const HALVED_EVERY_S = 30 * 86_400;

export class StatusBaseline {
  /** What was seen: 0-254. A ninth value counts as the eighth. */
  value = Number.NaN;
  /** When: seconds since 1970. */
  atS = 0;

  /** 0-1: how much was seen. */
  confidence = 0;

  // Of the value that was there until now, before anything was learned.
  /** Bits: how unlikely the transition was; 0 when there is none. */
  surprise = 0;
  /** For how long it has been there. */
  dwellS = 0;
  /** Bits: how unlikely it was to stay for so long. */
  dwellSurprise = 0;
  /** How long it stays on average; NaN if it was never left. */
  usualDwellS = Number.NaN;
  /** How long it stayed at most; known where it stays for longer than usual, else NaN. */
  longestDwellS = Number.NaN;

  readonly #fullS: number;
  readonly #fullPolls: number;
  /** Whether the value has just got its place. */
  #isNew = false;

  constructor({
    fullConfidenceS,
    fullConfidencePolls,
  }: Pick<BaselineSettings, 'fullConfidenceS' | 'fullConfidencePolls'>) {
    this.#fullS = fullConfidenceS;
    this.#fullPolls = fullConfidencePolls;
  }

  /** Judges `value` and learns it. @returns false for the first value, of which nothing can be said. */
  take(arrays: StatusArrays, slot: number): boolean {
    const now = arrays.status_now[slot]! - 1;
    const next = this.#numberOf(arrays, slot);
    if (now < 0) {
      arrays.status_first[slot] = this.atS;
      this.#enter(arrays, slot, next);
      return false;
    }
    const sinceFirst = this.atS - arrays.status_first[slot]!;
    const learnedS = sinceFirst > 0 ? sinceFirst : 0;
    const polls = arrays.status_polls[slot]! + 1;
    if (polls <= MAX_POLLS) arrays.status_polls[slot] = polls;
    this.confidence =
      (learnedS < this.#fullS ? learnedS / this.#fullS : 1) *
      (polls < this.#fullPolls ? polls / this.#fullPolls : 1);
    const atLeast = this.atS - arrays.status_since[slot]!;
    const dwellS = atLeast > 0 ? atLeast : 0;
    this.dwellS = dwellS;
    if (next !== now) this.#fade(arrays, slot);
    const leaves = arrays.status_leaves[slot * STATUS_VALUES + now]! / ONE;
    const seconds = decodeSeconds(arrays.status_times[slot * STATUS_VALUES + now]!);
    const a = PRIOR_LEAVES + leaves;
    const b = PRIOR_SECONDS + seconds;
    this.dwellSurprise = a * Math.log2((b + dwellS) / b);
    const longest = arrays.status_longest[slot * STATUS_VALUES + now]!;
    this.longestDwellS = this.dwellSurprise > LONG_BITS ? decodeSeconds(longest) : Number.NaN;
    this.usualDwellS = leaves === 0 ? Number.NaN : seconds / leaves;
    this.surprise = 0;
    if (next === now) return true;
    const count = countOf(arrays, slot, now, next) / ONE;
    const there = (count + PRIOR_PAIR) / (leaves + PRIOR_PAIR * (STATUS_VALUES - 1));
    this.surprise = -Math.log2(withinWindow(a, b + dwellS) * there);
    if (this.#isNew) {
      const first = withinWindow(PRIOR_LEAVES, PRIOR_SECONDS + learnedS) / (STATUS_VALUES - 1);
      const never = -Math.log2(first);
      if (never > this.surprise) this.surprise = never;
    }
    this.#learn(arrays, slot, now, next, seconds + dwellS);
    arrays.status_longest[slot * STATUS_VALUES + now] = longer(longest, dwellS);
    this.#enter(arrays, slot, next);
    return true;
  }

  /** Where the value stands among those of the series; the first time it gets the next place. */
  #numberOf({ status_values: values }: StatusArrays, slot: number): number {
    const wanted = this.value + 1;
    this.#isNew = false;
    for (let k = 0; k < STATUS_VALUES; k += 1) {
      const value = values[slot * STATUS_VALUES + k]!;
      if (value === wanted) return k;
      if (value !== 0) continue;
      values[slot * STATUS_VALUES + k] = wanted;
      this.#isNew = true;
      return k;
    }
    return STATUS_VALUES - 1;
  }

  #enter(arrays: StatusArrays, slot: number, next: number): void {
    arrays.status_now[slot] = next + 1;
    arrays.status_since[slot] = this.atS;
  }

  #learn(arrays: StatusArrays, slot: number, now: number, next: number, seconds: number): void {
    const { status_leaves: leaves, status_times: times } = arrays;
    const at = slot * STATUS_VALUES + now;
    times[at] = encodeSeconds(seconds);
    if (leaves[at]! + ONE > MAX_COUNT) halveValue(arrays, slot, now);
    leaves[at]! += ONE;
    countPair(arrays, slot, now, next);
  }

  #fade(arrays: StatusArrays, slot: number): void {
    const since = arrays.status_since[slot]!;
    const halvings = Math.floor(this.atS / HALVED_EVERY_S) - Math.floor(since / HALVED_EVERY_S);
    for (let k = 0; k < Math.min(halvings, 16); k += 1)
      for (let value = 0; value < STATUS_VALUES; value += 1) {
        halveValue(arrays, slot, value);
        const at = slot * STATUS_VALUES + value;
        arrays.status_longest[at] = encodeSeconds(decodeSeconds(arrays.status_longest[at]!) / 2);
      }
  }
}

export function forgetStatus(arrays: StatusArrays, slot: number): void {
  arrays.status_now[slot] = 0;
  arrays.status_polls[slot] = 0;
  for (const array of [
    arrays.status_values,
    arrays.status_times,
    arrays.status_longest,
    arrays.status_leaves,
  ])
    array.fill(0, slot * STATUS_VALUES, (slot + 1) * STATUS_VALUES);
  for (const array of [arrays.status_pairs, arrays.status_counts])
    array.fill(0, slot * STATUS_PAIRS, (slot + 1) * STATUS_PAIRS);
}

function longer(code: number, dwellS: number): number {
  const longest = decodeSeconds(code);
  if (dwellS <= longest) return code;
  return encodeSeconds(
    code === 0 ? dwellS : Math.min(dwellS, Math.max(LONGEST_GROWTH * longest, PRIOR_SECONDS)),
  );
}

/** The probability of something within the next window that came so often in so many seconds, both with what is known beforehand. */
function withinWindow(times: number, seconds: number): number {
  return -Math.expm1(times * Math.log(seconds / (seconds + WINDOW_S)));
}

/** A value's counts and times: the rate at which it is left stays. */
function halveValue(arrays: StatusArrays, slot: number, value: number): void {
  const at = slot * STATUS_VALUES + value;
  arrays.status_leaves[at]! >>= 1;
  arrays.status_times[at] = encodeSeconds(decodeSeconds(arrays.status_times[at]!) / 2);
  for (let p = slot * STATUS_PAIRS; p < (slot + 1) * STATUS_PAIRS; p += 1) {
    const pair = arrays.status_pairs[p]!;
    if (pair !== 0 && (pair - 1) >>> 3 === value) arrays.status_counts[p]! >>= 1;
  }
}

/** Where the pair is counted; -1 where it is not. */
function placeOf({ status_pairs }: StatusArrays, slot: number, pair: number): number {
  for (let p = slot * STATUS_PAIRS; p < (slot + 1) * STATUS_PAIRS; p += 1)
    if (status_pairs[p] === pair) return p;
  return -1;
}

function pairOf(now: number, next: number): number {
  return STATUS_VALUES * now + next + 1;
}

function countOf(arrays: StatusArrays, slot: number, now: number, next: number): number {
  const place = placeOf(arrays, slot, pairOf(now, next));
  return place < 0 ? 0 : arrays.status_counts[place]!;
}

/** The rarest pair makes room for one that is not counted. */
function countPair(arrays: StatusArrays, slot: number, now: number, next: number): void {
  const { status_pairs, status_counts } = arrays;
  const pair = pairOf(now, next);
  const known = placeOf(arrays, slot, pair);
  if (known >= 0) {
    status_counts[known]! += ONE;
    return;
  }
  let rarest = slot * STATUS_PAIRS;
  for (let p = rarest + 1; p < (slot + 1) * STATUS_PAIRS; p += 1)
    if (status_counts[p]! < status_counts[rarest]!) rarest = p;
  status_pairs[rarest] = pair;
  status_counts[rarest] = ONE;
}
