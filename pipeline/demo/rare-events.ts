/**
 * Single errors and discards: a Poisson process whose count up to any moment can be asked without walking through
 * the events. The events of one span between knots are drawn at once; how many fall into its first half is a
 * binomial draw, and so on down to spans of about 2 s. Counts are right at 5 s as at 5 minutes.
 */
import { hash32, uniform } from './hash.ts';

const { exp, floor, imul, min } = Math;

const LEVELS = 8;

/** A Poisson draw of the given mean, by inversion: for means up to a few dozens. */
export function poisson(mean: number, chance: number): number {
  let term = exp(-mean);
  let sum = term;
  let count = 0;
  while (chance > sum && count < 200) {
    count += 1;
    term *= mean / count;
    sum += term;
  }
  return count;
}

/** How many events a span has. `mean`: expected number. */
export function eventsInSpan(seed: number, series: number, span: number, mean: number): number {
  return poisson(min(mean, 60), uniform(seed, series, span, 0));
}

/** How many of the span's `total` events lie before the share `x` (0 to 1) of it; never falls as `x` grows. */
export function eventsBefore(seed: number, series: number, span: number, total: number, x: number): number {
  let before = 0;
  let rest = total;
  let node = 1;
  let position = x;
  for (let level = 0; level < LEVELS && rest > 0; level += 1) {
    const left = half(hash32(seed, series, span, node), rest);
    position *= 2;
    if (position < 1) {
      rest = left;
      node *= 2;
    } else {
      before += left;
      rest -= left;
      node = node * 2 + 1;
      position -= 1;
    }
  }
  return before + floor(rest * min(position, 1));
}

/** Binomial(count, 1/2): the ones among `count` random bits. */
function half(bits: number, count: number): number {
  let ones = 0;
  let word = bits;
  for (let left = count; left > 0; left -= 32) {
    ones += popCount(left >= 32 ? word : word & (2 ** left - 1));
    word = hash32(word, left, 0, 0);
  }
  return ones;
}

function popCount(word: number): number {
  let v = word - ((word >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
