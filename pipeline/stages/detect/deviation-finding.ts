/** What an anomaly says of a poll that is off, and of a level that has become usual. */
import type { Severity } from '../../../topics/anomaly.ts';
import type { BaselinedMetric } from '../baseline/baselined-metrics.ts';
import { describeDeviation, describeShift } from './anomaly-description.ts';
import type { Finding } from './anomaly-lifecycle.ts';
import type { Deviation, Hit, LevelShift } from './deviation-phases.ts';

export function deviationFinding({ name, unit }: BaselinedMetric, hit: Hit, severity: Severity): Finding {
  const { value, expected, scale, sigma, score, confidence, instance, drift, swing } = hit;
  const { shape, strength } = hit.found;
  return {
    metric: name,
    detector: 'deviation',
    type: shape,
    severity,
    value,
    expected,
    scale,
    sigma,
    score,
    confidence,
    strength,
    description: describeDeviation({
      metric: name,
      unit,
      instance,
      shape,
      value,
      expected,
      sigma,
      drift: drift * scale,
      swing,
    }),
  };
}

/** The new level against the old one. No alarm, and nothing new: it has been so for hours. */
export function shiftFinding(
  { name, unit }: BaselinedMetric,
  { scale, confidence, instance }: Deviation,
  { from, to }: LevelShift,
): Finding {
  const sigma = (to - from) / scale;
  return {
    metric: name,
    detector: 'deviation',
    type: 'trend',
    severity: 'info',
    value: to,
    expected: from,
    scale,
    sigma,
    score: 0,
    confidence,
    strength: Math.abs(sigma),
    description: describeShift({ metric: name, unit, instance }, from, to),
  };
}
