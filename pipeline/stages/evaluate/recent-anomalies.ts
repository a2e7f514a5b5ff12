/**
 * The anomalies that a verdict may still be about: the last ones of each entity, as they were last sent. The task that
 * opened an anomaly knows it; verdicts come to every task, and to all others they are about nothing.
 */
import type { AnomalyRecord } from '../../../topics/anomaly.ts';
import type { Verdict } from '../../../topics/rules.ts';
import type { ObjectState, StageContext } from '../stage.ts';

/** Kept of an entity: months where detection is as quiet as it should be, hours in a storm. */
export const MAX_ANOMALIES_PER_ENTITY = 32;

const KEPT = [
  'anomaly_id',
  'domain',
  'entity',
  'device_ip',
  'device_id',
  'netbox_device_id',
  'site_id',
  'interface_name',
  'metric_name',
  'detector',
  'detector_version',
  'anomaly_type',
  'severity',
  'opened_at',
  'updated_at',
  'closed_at',
] as const satisfies readonly (keyof AnomalyRecord)[];

/** What is kept of an anomaly: about 500 bytes. */
export interface RecentAnomaly extends Readonly<Pick<AnomalyRecord, (typeof KEPT)[number]>> {
  /** What people say now. */
  readonly verdict: Verdict | null;
}

export class RecentAnomalies {
  readonly #byId: ObjectState<RecentAnomaly>;
  /** Ids of an entity, the oldest first. */
  readonly #ids: ObjectState<readonly string[]>;

  constructor({ objects }: Pick<StageContext, 'objects'>) {
    this.#byId = objects('anomalies');
    this.#ids = objects('recent');
  }

  get(anomalyId: string): RecentAnomaly | undefined {
    return this.#byId.get(anomalyId);
  }

  /** Whether the entity ever had an anomaly here. */
  knows(entity: string): boolean {
    return this.#ids.get(entity) !== undefined;
  }

  /** A revision; what people say stays. @returns undefined for one of an anomaly that was not seen to open, or is forgotten. */
  keep(record: AnomalyRecord): RecentAnomaly | undefined {
    const { anomaly_id: id, entity } = record;
    const known = this.#byId.get(id);
    if (known === undefined && record.state !== 'opened') return undefined;
    const part = Object.fromEntries(KEPT.map((field) => [field, record[field]])) as Omit<
      RecentAnomaly,
      'verdict'
    >;
    const kept = { ...part, verdict: known?.verdict ?? null };
    this.#byId.set(id, kept);
    if (known === undefined) this.#remember(entity, id);
    return kept;
  }

  judge(anomaly: RecentAnomaly, verdict: Verdict | null): void {
    this.#byId.set(anomaly.anomaly_id, { ...anomaly, verdict });
  }

  #remember(entity: string, id: string): void {
    const ids = [...(this.#ids.get(entity) ?? []), id];
    for (const forgotten of ids.splice(0, ids.length - MAX_ANOMALIES_PER_ENTITY))
      this.#byId.delete(forgotten);
    this.#ids.set(entity, ids);
  }
}
