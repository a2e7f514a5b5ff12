/** How often detectors were right, as people say. */
import type { DetectorCounts } from '../stages/stage.ts';
import { VERDICTS, type Verdict } from '../../topics/rules.ts';
import type { Metrics } from './metrics.ts';

interface Sum extends DetectorCounts {
  predictions: number;
  readonly verdicts: Record<Verdict, number>;
}

/** `counts`: of everything that this process holds; those of one version of a detector are summed. */
export function detectorGauges(metrics: Metrics, counts: () => Iterable<DetectorCounts>): void {
  metrics.detectorAnomalies.readFrom(() =>
    summed(counts()).map(({ detector, version, predictions }) => [predictions, detector, version] as const),
  );
  metrics.detectorVerdicts.readFrom(() =>
    summed(counts()).flatMap(({ detector, version, verdicts }) =>
      VERDICTS.map((verdict) => [verdicts[verdict], detector, version, verdict] as const),
    ),
  );
  metrics.detectorPrecision.readFrom(() =>
    summed(counts()).flatMap(({ detector, version, verdicts }) => {
      const right = verdicts.acknowledged + verdicts.confirmed;
      const judged = right + verdicts.false_positive;
      return judged === 0 ? [] : [[right / judged, detector, version] as const];
    }),
  );
}

function summed(counts: Iterable<DetectorCounts>): Sum[] {
  const sums = new Map<string, Sum>();
  for (const { detector, version, predictions, verdicts } of counts) {
    const key = JSON.stringify([detector, version]);
    const none = { acknowledged: 0, false_positive: 0, confirmed: 0 };
    const sum = sums.get(key) ?? { detector, version, predictions: 0, verdicts: none };
    sums.set(key, sum);
    sum.predictions += predictions;
    for (const verdict of VERDICTS) sum.verdicts[verdict] += verdicts[verdict];
  }
  return [...sums.values()];
}
