/** Traffic as a function of time and a seed: a day, a weekend, noise that does not depend on the poll interval. */
import { randomFrom } from './random-from.ts';

const KNOT_MS = 600_000;
const DAY_MS = 86_400_000;

/** Mean 0, variance 1. */
export function normalFrom(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

export function poissonFrom(random: () => number, mean: number): number {
  let count = 0;
  for (let product = random(); product > Math.exp(-mean); product *= random()) count += 1;
  return count;
}

interface DiurnalTraffic {
  readonly seed: number;
  readonly mean: number;
  /** Half of the difference between the busiest and the quietest hour, as a share of the mean. */
  readonly swing: number;
  /** Share of it on Saturdays and Sundays. */
  readonly weekend: number;
  /** Standard deviation of the logarithm. */
  readonly noise: number;
}

/** The rate at an instant (UTC days): straight lines between knots 10 minutes apart. */
export function diurnalTraffic({
  seed,
  mean,
  swing,
  weekend,
  noise,
}: DiurnalTraffic): (atMs: number) => number {
  const atKnot = (knot: number): number => {
    const random = randomFrom(seed * 1_000_003 + knot);
    random();
    const weekday = (Math.floor((knot * KNOT_MS) / DAY_MS) + 4) % 7;
    const factor = weekday === 0 || weekday === 6 ? weekend : 1;
    const phase = (2 * Math.PI * ((knot * KNOT_MS) % DAY_MS)) / DAY_MS;
    return mean * factor * (1 - swing * Math.cos(phase)) * Math.exp(noise * normalFrom(random));
  };
  return (atMs) => {
    const knot = Math.floor(atMs / KNOT_MS);
    const share = atMs / KNOT_MS - knot;
    return atKnot(knot) * (1 - share) + atKnot(knot + 1) * share;
  };
}
