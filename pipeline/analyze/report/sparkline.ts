/** A series in one line of text: the extremes of each column, so that no spike is averaged away. */
import type { Bucket } from '../envelope.ts';

const LEVELS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const GAP = ' ';
const MARK = '^';

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** `line` has `width` columns at most; `marks` stands below it, with a mark under each column that a span touches. */
export function sparkline(
  buckets: readonly Bucket[],
  spans: readonly Span[],
  width: number,
): { readonly line: string; readonly marks: string } {
  const first = buckets[0];
  const last = buckets.at(-1);
  if (first === undefined || last === undefined) return { line: '', marks: '' };
  const columns = Math.min(width, Math.max(1, buckets.length));
  const columnMs = (last.fromMs - first.fromMs) / columns || 1;
  const columnOf = (atMs: number): number =>
    Math.min(columns - 1, Math.max(0, Math.floor((atMs - first.fromMs) / columnMs)));
  const mean = buckets.reduce((sum, bucket) => sum + bucket.mean, 0) / buckets.length;
  /** Of each column the value that lies farthest from the mean of all. */
  const values = new Array<number>(columns).fill(Number.NaN);
  for (const { fromMs, least, largest } of buckets) {
    const column = columnOf(fromMs);
    for (const value of [least, largest])
      if (!(Math.abs(value - mean) <= Math.abs(values[column]! - mean))) values[column] = value;
  }
  const known = values.filter((value) => !Number.isNaN(value));
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const line = values
    .map((value) => (Number.isNaN(value) ? GAP : LEVELS[levelOf(value, low, high)]!))
    .join('');
  const marked = new Set<number>();
  for (const { fromMs, toMs } of spans)
    for (let column = columnOf(fromMs); column <= columnOf(toMs); column += 1) marked.add(column);
  const marks = Array.from({ length: columns }, (_, column) => (marked.has(column) ? MARK : GAP)).join('');
  return { line, marks };
}

function levelOf(value: number, low: number, high: number): number {
  if (high === low) return 0;
  return Math.min(LEVELS.length - 1, Math.floor(((value - low) / (high - low)) * LEVELS.length));
}
