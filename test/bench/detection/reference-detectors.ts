/** What anything has to beat: alarms that look at no data, and a normal distribution of the last rows. */
import { errorFunction } from 'simple-statistics';

/** An alarm every so many rows. */
export function blindScores(rows: number, every = 600): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) => (row % every === 0 ? 1 : 0));
}

const WINDOW = 6_400;
const STEP = 100;

/** NAB's windowedGaussian: one minus the tail beyond the value, of the rows of a window that moves in steps. */
export function windowedGaussianScores(values: ArrayLike<number>): Float64Array {
  let window: number[] = [];
  let waiting: number[] = [];
  let mean = 0;
  let deviation = 1;
  const learn = (): void => {
    mean = window.reduce((sum, value) => sum + value, 0) / window.length;
    const variance = window.reduce((sum, value) => sum + (value - mean) ** 2, 0) / window.length;
    deviation = Math.sqrt(variance) || 1e-6;
  };
  return Float64Array.from(values, (value) => {
    const score = window.length === 0 ? 0 : 1 - upperTail(Math.abs(value - mean) / deviation);
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

function upperTail(sigmas: number): number {
  return (1 - errorFunction(sigmas / Math.SQRT2)) / 2;
}
