/** How much a 32-bit counter grew. */
import { TWO_32 } from './counter-state.ts';

/** The counter fell, and not by a wrap. */
export const WAS_RESET = -1;
/** It may have gone round any number of times. */
export const WRAPPED_OFTEN = -2;

export interface Growth32Conditions {
  /** Bits on the wire that one count stands for. */
  readonly bitsPerCount: number;
  /** The multiple of the speed up to which a fall is taken for a wrap. */
  readonly wrapSlack: number;
}

/**
 * Growth of a 32-bit counter whose difference is `delta`, or WAS_RESET, or WRAPPED_OFTEN. A fall is a wrap if the
 * speed (NaN = unknown) allows that much growth and no second wrap; without a speed, if it is less than half the
 * range. A rise is taken as it is, but not over a gap that is longer than one turn at full speed: too low a rate
 * would look like any other.
 */
export function growth32(
  delta: number,
  bitsPerSecond: number,
  seconds: number,
  isGap: boolean,
  { bitsPerCount, wrapSlack }: Growth32Conditions,
): number {
  const isWithinOneTurn = seconds * bitsPerSecond < TWO_32 * bitsPerCount;
  if (delta >= 0) {
    return !isGap || isWithinOneTurn || Number.isNaN(bitsPerSecond) ? delta : WRAPPED_OFTEN;
  }
  const growth = delta + TWO_32;
  if (Number.isNaN(bitsPerSecond)) return growth < TWO_32 / 2 ? growth : WAS_RESET;
  const fits = growth * bitsPerCount <= wrapSlack * bitsPerSecond * seconds;
  return fits && isWithinOneTurn ? growth : WAS_RESET;
}
