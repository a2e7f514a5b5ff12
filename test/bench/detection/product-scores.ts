/** Scores of the product's own stages: what `netsigma analyze` would judge each value of a series by. */
import { MetricAnalysis } from '../../../pipeline/analyze/metric-analysis.ts';
import { BASELINE_DEFAULTS } from '../../../pipeline/stages/baseline/baseline.ts';
import { DETECT_DEFAULTS } from '../../../pipeline/stages/detect/detect.ts';
import type { TimedSeries } from './corpus.ts';
import { newRecords } from './new-records.ts';

/** From this score on an anomaly opens, unless configured. */
export const SHIPPED_THRESHOLD = DETECT_DEFAULTS.openScore;
/** What a score has to beat to be reported. */
const COOLDOWN_ROWS = 60;

export class ProductScores {
  readonly #analysis = new MetricAnalysis({
    metric: { name: 'value', unit: null, quantum: 0 },
    settings: { baseline: BASELINE_DEFAULTS, detect: DETECT_DEFAULTS, timeZone: 'UTC' },
    onAnomaly: () => undefined,
  });

  /** One pass: a row's score knows the rows before it alone. Rows out of order or without a value have 0. */
  of({ name, timesMs, values }: TimedSeries): Float64Array {
    const analysis = this.#analysis;
    const place = analysis.newSeries(name, '');
    const scores = new Float64Array(values.length);
    for (let row = 0; row < values.length; row += 1) {
      if (Number.isNaN(values[row]!) || timesMs[row]! <= place.lastMs) continue;
      analysis.take(place, timesMs[row]!, values[row]!);
      scores[row] = analysis.judged.score;
    }
    return newRecords(scores, COOLDOWN_ROWS);
  }
}
