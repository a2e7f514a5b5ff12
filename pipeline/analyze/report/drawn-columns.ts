/** A series in the columns of a terminal: which bucket falls into which, and what is marked below them. */
import type { Severity } from '../../../topics/anomaly.ts';
import type { Bucket } from '../envelope.ts';
import type { Paint } from './paint.ts';

const MARKS: Readonly<Record<Severity, string>> = { info: '.', warning: '^', critical: '!' };
export const GAP = ' ';

/** What is marked below the line. Where two touch the same column, the later one of the list is seen. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  readonly severity: Severity;
}

export interface DrawnColumns {
  /** By column, the buckets of it. */
  readonly buckets: readonly (readonly Bucket[])[];
  /** By column, whether a span touches it. */
  readonly isMarked: readonly boolean[];
  /** A mark under each column that a span touches. */
  readonly marks: string;
}

/** `width`: columns at most. */
export function drawnColumns(
  buckets: readonly Bucket[],
  spans: readonly Span[],
  { width, paint }: { readonly width: number; readonly paint: Paint },
): DrawnColumns {
  const firstMs = buckets[0]?.fromMs ?? 0;
  const spanMs = (buckets.at(-1)?.fromMs ?? 0) - firstMs;
  const columns = Math.min(width, buckets.length);
  const columnOf = (atMs: number): number =>
    spanMs === 0 ? 0 : Math.min(columns - 1, Math.max(0, Math.floor(((atMs - firstMs) / spanMs) * columns)));
  const severities = new Array<Severity | undefined>(columns).fill(undefined);
  for (const { fromMs, toMs, severity } of spans)
    severities.fill(severity, columnOf(fromMs), columnOf(toMs) + 1);
  const within = Array.from({ length: columns }, (): Bucket[] => []);
  for (const bucket of buckets) within[columnOf(bucket.fromMs)]!.push(bucket);
  return {
    buckets: within,
    isMarked: severities.map((severity) => severity !== undefined),
    marks: severities
      .map((severity) => (severity === undefined ? GAP : paint(MARKS[severity], severity)))
      .join('')
      .trimEnd(),
  };
}
