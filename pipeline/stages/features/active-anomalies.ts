/** The anomalies of each entity that were active in its open window. */
import type { AnomalyRecord } from '../../../topics/anomaly.ts';
import type { FeatureRecord } from '../../../topics/ml.ts';
import type { ObjectState, StageContext } from '../stage.ts';

type WindowAnomaly = FeatureRecord['anomalies'][number];

/** Of an entity; in a storm the oldest are left out. */
const MAX_ACTIVE = 1_000;

export class ActiveAnomalies {
  /** By entity, then by id: the oldest first. */
  readonly #active: ObjectState<Map<string, WindowAnomaly>>;

  constructor({ objects }: StageContext) {
    this.#active = objects('active');
  }

  keep(record: AnomalyRecord): void {
    const active = this.#active.get(record.entity) ?? new Map<string, WindowAnomaly>();
    active.set(record.anomaly_id, partOf(record));
    if (active.size > MAX_ACTIVE) active.delete(active.keys().next().value!);
    this.#active.set(record.entity, active);
  }

  /** Those of the window, and lets go of those that no later one will have. */
  ofWindow(entity: string, startMs: number, endMs: number): readonly WindowAnomaly[] {
    const active = this.#active.get(entity);
    if (active === undefined) return [];
    const all = [...active.values()];
    for (const { anomaly_id: id, closed_at: closedAt } of all)
      if (closedAt !== null && closedAt < endMs) active.delete(id);
    if (active.size === 0) this.#active.delete(entity);
    else this.#active.set(entity, active);
    return all.filter(
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
