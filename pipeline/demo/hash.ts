/** Chance by position: the same seed and coordinates always give the same number, in any order of asking. */

// Locals: inside a vm context (Jest's tests) every look-up of a global costs a microsecond.
const { imul, sqrt } = Math;

const SQRT_3 = sqrt(3);

/** 32 bits from four 32-bit integers (the mixing steps of MurmurHash3). */
export function hash32(seed: number, a: number, b: number, c: number): number {
  let h = seed | 0;
  h = mix(h, a);
  h = mix(h, b);
  h = mix(h, c);
  h ^= h >>> 16;
  h = imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Uniform in [0, 1). */
export function uniform(seed: number, a: number, b: number, c: number): number {
  return hash32(seed, a, b, c) / 2 ** 32;
}

/** Mean 0, variance 1, bell-shaped, never beyond 3.47: four 16-bit uniforms (Irwin-Hall), so no wild outliers. */
export function bell(seed: number, a: number, b: number, c: number): number {
  const first = hash32(seed, a, b, c);
  const second = hash32(first, c, a, b);
  const sum = (first & 0xffff) + (first >>> 16) + (second & 0xffff) + (second >>> 16);
  return (sum / 65_536 - 2) * SQRT_3;
}

function mix(h: number, value: number): number {
  let k = imul(value, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  const mixed = h ^ imul(k, 0x1b873593);
  return (imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}
