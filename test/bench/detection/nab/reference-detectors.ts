/** What anything has to beat: alarms that look at no data, and a normal distribution of the last rows. */

/** An alarm every so many rows. */
export function blindScores(rows: number, every = 600): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) => (row % every === 0 ? 1 : 0));
}

const WINDOW = 6_400;
const STEP = 100;
const LEAST_DEVIATION = 1e-6;
/** Beyond, one minus the tail is 1 in double precision: NAB's detector cannot tell such values apart. */
const MAX_SIGMAS = 8.2;

/**
 * NAB's windowedGaussian, by the sigmas whose tail it takes, which gives the same order. The window of WINDOW values grows
 * by each value, and once it is full moves on by STEP.
 */
export function windowedGaussianScores(values: ArrayLike<number>): Float64Array {
  let window: number[] = [];
  let waiting: number[] = [];
  let mean = 0;
  let deviation = 1;
  const learn = (): void => {
    mean = window.reduce((sum, value) => sum + value, 0) / window.length;
    const variance = window.reduce((sum, value) => sum + (value - mean) ** 2, 0) / window.length;
    deviation = Math.sqrt(variance) || LEAST_DEVIATION;
  };
  return Float64Array.from(values, (value) => {
    if (Number.isNaN(value)) return 0;
    const score = window.length === 0 ? 0 : Math.min(MAX_SIGMAS, Math.abs(value - mean) / deviation);
    if (window.length < WINDOW) {
      window.push(value);
      learn();
    } else {
      waiting.push(value);
      if (waiting.length === STEP) {
        window = [...window.slice(STEP), ...waiting];
        waiting = [];
        learn();
      }
    }
    return score;
  });
}
