/** Series that go through the same stages, whatever they are called. */
import type { AnomalyRecord } from '../../topics/anomaly.ts';
import { countedUnit } from './counter-stage.ts';
import type { SeriesIntake, SeriesName } from './input/sample.ts';
import type { MetricSettings } from './metric-analysis.ts';
import type { SeriesSummary } from './series-summary.ts';
import type { RateSettings } from '../stages/rate/rate-settings.ts';

export interface SeriesRun {
  add(name: SeriesName, buckets: number): { readonly intake: SeriesIntake; readonly summary: SeriesSummary };
  /** Ends what was open on series that fell silent before `endMs`. */
  finish(endMs: number): void;
}

export interface AnalysisSettings extends MetricSettings {
  readonly rate: RateSettings;
}

export interface SeriesRunOptions {
  readonly settings: AnalysisSettings;
  readonly onAnomaly: (series: SeriesSummary, record: AnomalyRecord) => void;
}

/** Series with the same one go through the same run. */
export function runKey({ kind, unit, metric, hasDecimals }: SeriesName): string {
  switch (kind) {
    case 'gauge':
      return `gauge ${unit}`;
    case 'counter':
      return `counter ${countedUnit(metric, unit)} ${hasDecimals}`;
    case 'status':
      return 'status';
  }
}

/** What tells one series from all others. */
export function seriesKey({ kind, metric, entity, instance }: SeriesName): string {
  return `${kind}\0${metric}\0${entity}\0${instance}`;
}
