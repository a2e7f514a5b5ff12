/** Anomalies of all series, as last reported: so many at most, the worst of those that are over. */
import { SEVERITIES, type AnomalyRecord, type Severity } from '../../topics/anomaly.ts';
import type { SeriesSummary } from './series-summary.ts';

export interface FoundAnomaly {
  readonly series: SeriesSummary;
  readonly record: AnomalyRecord;
}

/** Room for so many more is made at once: sorting is not for each. */
const ROOM = 0.25;

export class FoundAnomalies {
  readonly #most: number;
  #kept = 0;
  /** All that were found, whatever became of them. */
  found = 0;
  readonly #series = new Set<SeriesSummary>();

  constructor(most: number) {
    this.#most = most;
  }

  /** A revision. */
  add(series: SeriesSummary, record: AnomalyRecord): void {
    if (!series.anomalies.has(record.anomaly_id)) {
      this.found += 1;
      this.#kept += 1;
      this.#series.add(series);
    }
    series.anomalies.set(record.anomaly_id, record);
    if (this.#kept > this.#most * (1 + ROOM)) this.#forget();
  }

  /** No more come: what is too much goes. */
  end(): void {
    if (this.#kept > this.#most) this.#forget();
  }

  /** In the order of their opening, then of their series. */
  all(): FoundAnomaly[] {
    const found: FoundAnomaly[] = [];
    for (const series of this.#series)
      for (const record of series.anomalies.values()) found.push({ series, record });
    return found.sort((a, b) => a.record.opened_at - b.record.opened_at || compareNames(a.series, b.series));
  }

  #forget(): void {
    const over = this.all().filter(({ record }) => record.closed_at !== null);
    over.sort((a, b) => compareBadness(b.record, a.record));
    for (const { series, record } of over.slice(0, this.#kept - this.#most)) {
      series.anomalies.delete(record.anomaly_id);
      series.forgotten += 1;
      this.#kept -= 1;
    }
  }
}

/** The worst first. */
export function compareBadness(a: AnomalyRecord, b: AnomalyRecord): number {
  return (
    SEVERITIES.indexOf(b.severity as Severity) - SEVERITIES.indexOf(a.severity as Severity) ||
    (b.score ?? 0) - (a.score ?? 0) ||
    a.opened_at - b.opened_at
  );
}

function compareNames(a: SeriesSummary, b: SeriesSummary): number {
  return (
    compare(a.entity, b.entity) || compare(a.instance, b.instance) || compare(a.judgedMetric, b.judgedMetric)
  );
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
