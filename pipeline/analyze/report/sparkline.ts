/** A series in one line of text: the mean of each column, and the extreme where something is marked. */
import type { Severity } from '../../../topics/anomaly.ts';
import type { Bucket } from '../envelope.ts';
import type { Paint } from './paint.ts';

const LEVELS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const GAP = ' ';
const MARKS: Readonly<Record<Severity, string>> = { info: '.', warning: '^', critical: '!' };

/** What is marked below the line. Where two touch the same column, the later one of the list is seen. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  readonly severity: Severity;
}

/** `line` has `width` columns at most; `marks` stands below it, with a mark under each column that a span touches. */
export function sparkline(
  buckets: readonly Bucket[],
  spans: readonly Span[],
  { width, paint }: { readonly width: number; readonly paint: Paint },
): { readonly line: string; readonly marks: string } {
  const first = buckets[0];
  const last = buckets.at(-1);
  if (first === undefined || last === undefined) return { line: '', marks: '' };
  const columns = Math.min(width, buckets.length);
  const spanMs = last.fromMs - first.fromMs;
  const columnOf = (atMs: number): number =>
    spanMs === 0
      ? 0
      : Math.min(columns - 1, Math.max(0, Math.floor(((atMs - first.fromMs) / spanMs) * columns)));
  const severities = new Array<Severity | undefined>(columns).fill(undefined);
  for (const { fromMs, toMs, severity } of spans)
    severities.fill(severity, columnOf(fromMs), columnOf(toMs) + 1);
  const values = columnValues(buckets, severities, columnOf);
  const known = values.filter((value) => !Number.isNaN(value));
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const line = values.map((value) => (Number.isNaN(value) ? GAP : LEVELS[levelOf(value, low, high)]!));
  const marks = severities.map((severity) =>
    severity === undefined ? GAP : paint(MARKS[severity], severity),
  );
  return { line: line.join(''), marks: marks.join('').trimEnd() };
}

/** Of a column that is marked, the value that lies farthest from the mean of all: no spike is averaged away. */
function columnValues(
  buckets: readonly Bucket[],
  marked: readonly unknown[],
  columnOf: (atMs: number) => number,
): number[] {
  const mean = buckets.reduce((sum, bucket) => sum + bucket.mean / buckets.length, 0);
  const values = marked.map(() => Number.NaN);
  const counts = marked.map(() => 0);
  for (const { fromMs, count, least, largest, mean: ownMean } of buckets) {
    const column = columnOf(fromMs);
    if (marked[column] === undefined) {
      counts[column]! += count;
      const before = Number.isNaN(values[column]) ? ownMean : values[column]!;
      values[column] = before + ((ownMean - before) * count) / counts[column]!;
    } else {
      for (const value of [least, largest])
        if (!(Math.abs(value - mean) <= Math.abs(values[column]! - mean))) values[column] = value;
    }
  }
  return values;
}

function levelOf(value: number, low: number, high: number): number {
  if (high === low) return 0;
  return Math.min(LEVELS.length - 1, Math.floor(((value - low) / (high - low)) * LEVELS.length));
}
