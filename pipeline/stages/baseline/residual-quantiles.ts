/**
 * Quantiles of a series' residuals in fixed space: a histogram over residual / scale, 16 buckets a side growing by
 * 1.35, weighted by seconds. It is mergeable (add the buckets), and old weight halves every `MEMORY_S`.
 */

export const QUANTILE_BUCKETS = 32;
const SIDE = QUANTILE_BUCKETS / 2;
const GROWTH = 1.35;
const FIRST_EDGE = 0.1;
/** Above this much weight everything is halved. */
const MEMORY_S = 14 * 86_400;

/** Upper edges of the buckets above zero; the last bucket is open and is taken to end here. */
const EDGES = Float64Array.from({ length: SIDE }, (_, k) => FIRST_EDGE * GROWTH ** k);

/** Lower edges of all buckets, and the upper edge of the last. */
export const BUCKET_EDGES = Float64Array.from({ length: QUANTILE_BUCKETS + 1 }, (_, b) => {
  if (b === SIDE) return 0;
  return b > SIDE ? EDGES[b - SIDE - 1]! : -EDGES[SIDE - b - 1]!;
});

/** Bucket of a residual in scales: 16 and up for positive ones, 15 and down for negative ones. */
export function quantileBucket(z: number): number {
  const magnitude = Math.abs(z);
  let low = 0;
  let high = SIDE - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (magnitude < EDGES[middle]!) high = middle;
    else low = middle + 1;
  }
  return z < 0 ? SIDE - 1 - low : SIDE + low;
}

/** Weight in the 32 buckets from `at` on; halves them when they remember too much. */
export function ageQuantiles(buckets: Float32Array, at: number): number {
  let total = 0;
  for (let b = at; b < at + QUANTILE_BUCKETS; b += 1) total += buckets[b]!;
  if (total <= MEMORY_S) return total;
  for (let b = at; b < at + QUANTILE_BUCKETS; b += 1) buckets[b] = buckets[b]! / 2;
  return total / 2;
}

/**
 * The residual, in scales, below which `p` of the weight lies; a straight line within a bucket, so within 35 % of
 * the true one. 0 when nothing was seen.
 */
export function residualQuantile(buckets: Float32Array, at: number, p: number, total: number): number {
  let rest = p * total;
  for (let b = 0; b < QUANTILE_BUCKETS; b += 1) {
    const weight = buckets[at + b]!;
    if (weight > 0 && rest <= weight)
      return BUCKET_EDGES[b]! + (BUCKET_EDGES[b + 1]! - BUCKET_EDGES[b]!) * (rest / weight);
    rest -= weight;
  }
  return 0;
}

/**
 * Residuals, in scales, between which all that was ever seen lies: the outer edges of the outermost buckets with any
 * weight, so up to 35 % beyond the extreme itself. Weight fades, but never to nothing. undefined when nothing was seen.
 */
export function residualRange(
  buckets: Float32Array,
  at: number,
): { readonly lowest: number; readonly highest: number } | undefined {
  let low = 0;
  while (low < QUANTILE_BUCKETS && buckets[at + low]! === 0) low += 1;
  if (low === QUANTILE_BUCKETS) return undefined;
  let high = QUANTILE_BUCKETS - 1;
  while (buckets[at + high]! === 0) high -= 1;
  return { lowest: BUCKET_EDGES[low]!, highest: BUCKET_EDGES[high + 1]! };
}
