/**
 * Sums that are the same whatever the order of what is added: floating-point addition is not. A sum is two numbers side
 * by side in an array, whole multiples of 2^20 and a rest in steps of 2^-20 (a millionth); both stay integers that a
 * double holds exactly, up to sums of 2^73.
 */

const BLOCK = 2 ** 20;
const STEPS = 2 ** 20;
const STEPS_A_BLOCK = BLOCK * STEPS;

/** Numbers that a sum takes. */
export const SUM_WIDTH = 2;

/** Adds a finite value, rounded to a step, to the sum that begins at `at`. */
export function addExactly(sums: Float64Array, at: number, value: number): void {
  const blocks = Math.floor(value / BLOCK);
  const rest = sums[at + 1]! + Math.round((value - blocks * BLOCK) * STEPS);
  const carried = Math.floor(rest / STEPS_A_BLOCK);
  sums[at] = sums[at]! + blocks + carried;
  sums[at + 1] = rest - carried * STEPS_A_BLOCK;
}

/** What the sum that begins at `at` amounts to. */
export function exactSum(sums: Float64Array, at: number): number {
  return sums[at]! * BLOCK + sums[at + 1]! / STEPS;
}
