/**
 * Seconds in 16 bits: the logarithm of 1 + seconds in steps of 1/2048 octave, so 1 s to 136 years within 0.02 %. For
 * times that change rarely: adding little to much is lost.
 */
const STEPS_PER_OCTAVE = 2_048;
const MAX_CODE = 65_535;

export function encodeSeconds(seconds: number): number {
  return Math.min(Math.round(Math.log2(1 + seconds) * STEPS_PER_OCTAVE), MAX_CODE);
}

export function decodeSeconds(code: number): number {
  return code === 0 ? 0 : 2 ** (code / STEPS_PER_OCTAVE) - 1;
}
