/** Draws from the distributions that simulated traffic is made of. */
import { randomFrom } from '../../../support/random-from.ts';

export class Chance {
  readonly uniform: () => number;

  constructor(seed: number) {
    this.uniform = randomFrom(seed);
    // The first draws of neighbouring seeds are alike.
    for (let skipped = 0; skipped < 4; skipped += 1) this.uniform();
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** Each decade as likely as the next. */
  spread(low: number, high: number): number {
    return low * (high / low) ** this.uniform();
  }

  is(probability: number): boolean {
    return this.uniform() < probability;
  }

  /** Mean 0, variance 1. */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Student's t with 3 degrees of freedom: its variance is 3, its fourth moment infinite. */
  studentT3(): number {
    const squares = this.normal() ** 2 + this.normal() ** 2 + this.normal() ** 2;
    return this.normal() / Math.sqrt(squares / 3);
  }

  /** Median 1. */
  lognormal(sigma: number): number {
    return Math.exp(sigma * this.normal());
  }

  poisson(mean: number): number {
    // Above, a normal distribution is as good, and takes no time of its own.
    if (mean > 60) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()));
    const end = Math.exp(-mean);
    let count = 0;
    for (let product = this.uniform(); product > end; product *= this.uniform()) count += 1;
    return count;
  }
}
