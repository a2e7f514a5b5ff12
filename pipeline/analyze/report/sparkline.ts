/** Numbers in one line of text: the mean of each column, and the extreme where something is marked. */
import type { Bucket } from '../envelope.ts';
import { GAP, type DrawnColumns } from './drawn-columns.ts';

const LEVELS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

export function sparkline({ buckets, isMarked }: Pick<DrawnColumns, 'buckets' | 'isMarked'>): string {
  const all = buckets.flat();
  const mean = all.reduce((sum, bucket) => sum + bucket.mean / all.length, 0);
  const values = buckets.map((within, column) =>
    isMarked[column] === true ? extreme(within, mean) : meanOf(within),
  );
  const known = values.filter((value) => !Number.isNaN(value));
  const [low, high] = [Math.min(...known), Math.max(...known)];
  return values.map((value) => (Number.isNaN(value) ? GAP : LEVELS[levelOf(value, low, high)]!)).join('');
}

/** NaN of none. */
function meanOf(buckets: readonly Bucket[]): number {
  const count = buckets.reduce((sum, bucket) => sum + bucket.count, 0);
  return buckets.reduce(
    (sum, bucket) => sum + (bucket.mean * bucket.count) / count,
    count === 0 ? Number.NaN : 0,
  );
}

/** The value that lies farthest from the mean of all: no spike is averaged away. */
function extreme(buckets: readonly Bucket[], mean: number): number {
  let farthest = Number.NaN;
  for (const { least, largest } of buckets)
    for (const value of [least, largest])
      if (!(Math.abs(value - mean) <= Math.abs(farthest - mean))) farthest = value;
  return farthest;
}

function levelOf(value: number, low: number, high: number): number {
  if (high === low) return 0;
  return Math.min(LEVELS.length - 1, Math.floor(((value - low) / (high - low)) * LEVELS.length));
}
