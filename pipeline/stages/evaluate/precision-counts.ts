/** How often each version of each detector was right, entity by entity: what a record of ml.evaluation says. */
import type { AnomalyRecord } from '../../../topics/anomaly.ts';
import type { EvaluationRecord } from '../../../topics/ml.ts';
import type { Verdict } from '../../../topics/rules.ts';
import type { DetectorCounts, ObjectState, StageContext } from '../stage.ts';

/** Of anomalies that say no version. */
const UNVERSIONED = 'unversioned';

/** Whose count it is. */
type Found = Readonly<
  Pick<
    AnomalyRecord,
    | 'domain'
    | 'entity'
    | 'device_ip'
    | 'device_id'
    | 'netbox_device_id'
    | 'site_id'
    | 'detector'
    | 'detector_version'
  >
>;

/** Of one version of a detector, on one entity. */
interface Count extends DetectorCounts {
  revision: number;
  predictions: number;
  readonly verdicts: Record<Verdict, number>;
}

export class PrecisionCounts {
  /** By entity: as many as there were versions of detectors. */
  readonly #counts: ObjectState<Count[]>;

  constructor({ objects }: Pick<StageContext, 'objects'>) {
    this.#counts = objects('counts');
  }

  /** An anomaly was opened. @returns what holds now. */
  opened(found: Found, atMs: number): EvaluationRecord {
    return this.#revised(found, atMs, (count) => {
      count.predictions += 1;
    });
  }

  /** People say `now` of an anomaly of which they said `before`. @returns what holds now. */
  judged(found: Found, before: Verdict | null, now: Verdict | null, atMs: number): EvaluationRecord {
    return this.#revised(found, atMs, ({ verdicts }) => {
      if (before !== null) verdicts[before] -= 1;
      if (now !== null) verdicts[now] += 1;
    });
  }

  /** Entity by entity. */
  *all(): Iterable<DetectorCounts> {
    for (const [, counts] of this.#counts.entries()) yield* counts;
  }

  #revised(found: Found, atMs: number, change: (count: Count) => void): EvaluationRecord {
    const { domain, entity, device_ip, device_id, netbox_device_id, site_id } = found;
    const counts = this.#counts.get(entity) ?? [];
    const count = countOf(counts, found.detector, found.detector_version ?? UNVERSIONED);
    change(count);
    count.revision += 1;
    this.#counts.set(entity, counts);
    const { acknowledged, confirmed, false_positive: wrong } = count.verdicts;
    // Whoever acknowledges an anomaly takes it for real; who finds out otherwise says so.
    const right = acknowledged + confirmed;
    return {
      ...{ domain, entity, device_ip, device_id, netbox_device_id, site_id },
      model_name: count.detector,
      model_version: count.version,
      revision: count.revision,
      predictions_made: count.predictions,
      true_positives: right,
      acknowledged,
      false_positives: wrong,
      precision_score: right + wrong === 0 ? null : right / (right + wrong),
      evaluated_at: atMs,
    };
  }
}

function countOf(counts: Count[], detector: string, version: string): Count {
  let count = counts.find((one) => one.detector === detector && one.version === version);
  if (count === undefined) counts.push((count = newCount(detector, version)));
  return count;
}

function newCount(detector: string, version: string): Count {
  const verdicts = { acknowledged: 0, false_positive: 0, confirmed: 0 };
  return { detector, version, revision: 0, predictions: 0, verdicts };
}
