/** The longest time without values, where it is far longer than usual: who reads of anomalies has to know of it. */
import type { SeriesSummary } from '../series-summary.ts';

export interface LongGap {
  readonly fromMs: number;
  readonly lengthMs: number;
}

const INTERVALS = 10;
const LEAST_MS = 86_400_000;

export function longGap({ interval }: SeriesSummary): LongGap | undefined {
  const { longestMs, longestFromMs } = interval;
  if (!(longestMs > LEAST_MS && longestMs > INTERVALS * interval.ms)) return undefined;
  return { fromMs: longestFromMs, lengthMs: longestMs };
}
