import { describe, expect, it } from '@jest/globals';
import { growth32, WAS_RESET, WRAPPED_OFTEN } from '../../../pipeline/stages/rate/growth32.ts';

const TWO_32 = 2 ** 32;
const UNKNOWN = Number.NaN;
const octets = { bitsPerCount: 8, wrapSlack: 1.05 };
const MBPS = 1e6;
/** A full turn of 32 bits of octets at 100 Mb/s. */
const TURN_S = (TWO_32 * 8) / (100 * MBPS);

describe('growth of a 32-bit counter', () => {
  it.each([
    ['a rise', 500, 100 * MBPS, 60, false, 500],
    ['no change', 0, 100 * MBPS, 60, false, 0],
    ['a rise without a speed', 500, UNKNOWN, 1e6, true, 500],
    ['a rise in a poll longer than a turn', 500, 1_000 * MBPS, 60, false, 500],
    ['a rise over a gap shorter than a turn', 500, 100 * MBPS, TURN_S - 1, true, 500],
    ['a rise over a gap longer than a turn', 500, 100 * MBPS, TURN_S, true, WRAPPED_OFTEN],
    ['a wrap', -TWO_32 + 500, 100 * MBPS, 60, false, 500],
    ['a wrap at 1.05 times the speed', -TWO_32 + 787_500_000, 100 * MBPS, 60, false, 787_500_000],
    ['a fall that would be more', -TWO_32 + 787_500_001, 100 * MBPS, 60, false, WAS_RESET],
    ['a fall within less than a turn', -TWO_32 + 500, 100 * MBPS, TURN_S - 1, false, 500],
    ['a fall after a turn', -TWO_32 + 500, 100 * MBPS, TURN_S, false, WAS_RESET],
    ['a fall at 10 Gb/s and 60 s', -TWO_32 + 500, 10_000 * MBPS, 60, false, WAS_RESET],
    ['a wrap without a speed', -TWO_32 / 2 - 1, UNKNOWN, 60, false, TWO_32 / 2 - 1],
    ['a fall of half the range without a speed', -TWO_32 / 2, UNKNOWN, 60, false, WAS_RESET],
  ])('%s', (_what, delta, speed, seconds, isGap, growth) => {
    expect(growth32(delta, speed, seconds, isGap, octets)).toBe(growth);
  });
});
