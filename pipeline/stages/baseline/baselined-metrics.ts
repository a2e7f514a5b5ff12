/** Which metrics of metric.interface have baselines: what `baseline` and `detect` loop over, and which statuses. */
import { rowFields, type Catalogue } from '../../../topics/catalogue.ts';
import type { Aggregate } from '../../../topics/row.ts';

export interface BaselinedMetric {
  readonly name: string;
  /** UCUM; null where the catalogue names none. */
  readonly unit: string | null;
  /** What one count is worth in the metric's unit x seconds; 0 for a metric that does not count anything. */
  readonly quantum: number;
  /** How the values of an entity's rows make one of the entity; without it the entity has none. */
  readonly aggregate?: Aggregate | undefined;
}

export function baselinedMetrics(catalogue: Catalogue): BaselinedMetric[] {
  return rowFields(catalogue['metric.interface'])
    .filter((field) => field.baseline)
    .map(({ name, unit, quantum, aggregate }) => ({
      name,
      unit: unit ?? null,
      quantum: quantum ?? 0,
      aggregate,
    }));
}

/** Status metrics whose transitions are learned. */
export function statusMetrics(catalogue: Catalogue): string[] {
  return rowFields(catalogue['metric.interface'])
    .filter((field) => field.transitions)
    .map(({ name }) => name);
}
