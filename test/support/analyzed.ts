/** Series of numbers through the analysis, as a file would bring them. */
import { Analysis, type AnalysisLimits } from '../../pipeline/analyze/analysis.ts';
import type { FoundAnomaly } from '../../pipeline/analyze/found-anomalies.ts';
import type { SampleKind } from '../../pipeline/analyze/input/sample.ts';
import type { SeriesSummary } from '../../pipeline/analyze/series-summary.ts';
import { STAGE_DEFAULTS } from './topology-driver.ts';

export const START_MS = Date.UTC(2026, 0, 5);
export const DAY_MS = 86_400_000;

export interface SeriesSample {
  readonly entity?: string;
  readonly instance?: string;
  readonly metric?: string;
  readonly kind?: SampleKind;
  readonly unit?: string | null;
  readonly hasDecimals?: boolean;
  readonly speedBps?: number;
  /** Time, and value: a text goes to the series as it stands. */
  readonly values: Iterable<readonly [timeMs: number, value: number | string]>;
}

export interface Analyzed {
  readonly analysis: Analysis;
  readonly series: readonly SeriesSummary[];
  readonly found: readonly FoundAnomaly[];
  /** What the series refused, value by value. */
  readonly refused: readonly string[];
}

export function newAnalysis(limits: Partial<AnalysisLimits> = {}): Analysis {
  const { rate, baseline, detect } = STAGE_DEFAULTS;
  return new Analysis({
    rate,
    baseline,
    detect,
    timeZone: 'UTC',
    limits: { series: 1_000, anomalies: 1_000, ...limits },
  });
}

/** One after the other, to the end. */
export function analyzed(samples: readonly SeriesSample[], analysis = newAnalysis()): Analyzed {
  const refused = feed(analysis, samples);
  analysis.finish();
  return { analysis, series: analysis.summaries(), found: analysis.anomalies.all(), refused };
}

/** One after the other. @returns what the series refused, value by value. */
export function feed(analysis: Analysis, samples: readonly SeriesSample[]): string[] {
  const refused: string[] = [];
  for (const { values, speedBps = Number.NaN, ...name } of samples) {
    const intake = analysis.series({
      entity: 'r1',
      instance: '',
      metric: 'm',
      kind: 'gauge',
      unit: null,
      hasDecimals: false,
      ...name,
    });
    for (const [timeMs, value] of values) {
      intake.speedBps = speedBps;
      const reason = intake.take(timeMs, Number(value), String(value));
      if (reason !== undefined) refused.push(`${value} ${reason}`);
    }
  }
  return refused;
}

/** `of` a time, every `everyMs` from the start on. */
export function* every(
  everyMs: number,
  days: number,
  of: (atMs: number, k: number) => number,
): Generator<readonly [number, number]> {
  for (let k = 0; k * everyMs < days * DAY_MS; k += 1)
    yield [START_MS + k * everyMs, of(START_MS + k * everyMs, k)];
}
