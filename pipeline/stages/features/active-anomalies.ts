/** The anomalies of each entity that were active in its open window. */
import type { AnomalyRecord } from '../../../topics/anomaly.ts';
import type { FeatureRecord } from '../../../topics/ml.ts';
import type { ObjectState, StageContext } from '../stage.ts';

type WindowAnomaly = FeatureRecord['anomalies'][number];

/** Of an entity; in a storm the oldest are left out. */
const MAX_ACTIVE = 1_000;

export class ActiveAnomalies {
  readonly #active: ObjectState<readonly WindowAnomaly[]>;

  constructor({ objects }: StageContext) {
    this.#active = objects('active');
  }

  keep(record: AnomalyRecord): void {
    const others = (this.#active.get(record.entity) ?? []).filter(
      ({ anomaly_id: id }) => id !== record.anomaly_id,
    );
    this.#active.set(record.entity, [...others, partOf(record)].slice(-MAX_ACTIVE));
  }

  /** Those of the window, and lets go of those that no later one will have. */
  ofWindow(entity: string, startMs: number, endMs: number): readonly WindowAnomaly[] {
    const active = this.#active.get(entity);
    if (active === undefined) return [];
    const later = active.filter(({ closed_at: closedAt }) => closedAt === null || closedAt >= endMs);
    if (later.length === 0) this.#active.delete(entity);
    else if (later.length < active.length) this.#active.set(entity, later);
    return active.filter(
      ({ opened_at: openedAt, closed_at: closedAt }) =>
        openedAt! < endMs && (closedAt === null || closedAt >= startMs),
    );
  }
}

function partOf(record: AnomalyRecord): WindowAnomaly {
  const { anomaly_id, interface_name, metric_name, detector, detector_version } = record;
  const { anomaly_type, severity, opened_at, closed_at } = record;
  return {
    anomaly_id,
    interface_name,
    metric_name,
    detector,
    detector_version,
    anomaly_type,
    severity,
    opened_at,
    closed_at,
    verdict: null,
    decided_by: null,
    decided_at: null,
  };
}
