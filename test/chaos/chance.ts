/** Chance by seed: the same seed gives the same run. */
import { randomFrom } from '../support/random-from.ts';

export interface Chance {
  /** From 0 up to, not including, 1. */
  next(): number;
  /** A whole number from 0 up to, not including, `below`. */
  below(below: number): number;
  /** True in `share` of all calls. */
  happens(share: number): boolean;
  pick<T>(from: readonly T[]): T;
}

export function chance(seed: number): Chance {
  const next = randomFrom(seed);
  const below = (limit: number) => Math.floor(next() * limit);
  return { next, below, happens: (share) => next() < share, pick: (from) => from[below(from.length)]! };
}
