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

export interface StatusMetric {
  readonly name: string;
  /** The value that says that nothing is known. */
  readonly unknown?: number | undefined;
  /** It says nothing while the port is down. */
  readonly whileUp?: boolean;
}

export interface JudgedStatus {
  readonly name: string;
  /** A state as people call it. */
  readonly wordOf: (value: number) => string;
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
export function statusMetrics(catalogue: Catalogue): StatusMetric[] {
  return rowFields(catalogue['metric.interface']).flatMap(({ name, transitions }) =>
    transitions === undefined
      ? []
      : [{ name, unknown: transitions.unknown, whileUp: transitions.whileUp ?? false }],
  );
}

/** Those of them that are judged by their transitions. */
export function judgedStatuses(catalogue: Catalogue): JudgedStatus[] {
  return rowFields(catalogue['metric.interface']).flatMap(({ name, transitions }) => {
    const states = transitions?.states;
    return states === undefined ? [] : [{ name, wordOf: (value) => states[value] ?? String(value) }];
  });
}
