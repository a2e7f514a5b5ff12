/** Which metrics of metric.interface have baselines: what `baseline` and `detect` loop over. */
import { rowFields, type Catalogue } from '../../../topics/catalogue.ts';

export interface BaselinedMetric {
  readonly name: string;
  /** UCUM; null where the catalogue names none. */
  readonly unit: string | null;
  /** What one count is worth in the metric's unit x seconds; 0 for a metric that does not count anything. */
  readonly quantum: number;
}

export function baselinedMetrics(catalogue: Catalogue): BaselinedMetric[] {
  return rowFields(catalogue['metric.interface'])
    .filter((field) => field.baseline)
    .map(({ name, unit, quantum }) => ({ name, unit: unit ?? null, quantum: quantum ?? 0 }));
}
