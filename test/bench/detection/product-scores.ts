/** Scores of the product's own stages: of the anomalies that it opens, as `netsigma analyze` and the pipeline tell them. */
import { MetricAnalysis } from '../../../pipeline/analyze/metric-analysis.ts';
import { BASELINE_DEFAULTS } from '../../../pipeline/stages/baseline/baseline.ts';
import { DETECT_DEFAULTS } from '../../../pipeline/stages/detect/detect.ts';
import type { TimedSeries } from './corpus.ts';

/** As it ships, every anomaly that opens is a detection: rows that open none score 0, those that do score more than this. */
export const SHIPPED_THRESHOLD = 0.01;

export class ProductScores {
  readonly #analysis = new MetricAnalysis({
    metric: { name: 'value', unit: null, quantum: 0 },
    settings: { baseline: BASELINE_DEFAULTS, detect: DETECT_DEFAULTS, timeZone: 'UTC' },
    onAnomaly: () => undefined,
  });

  /**
   * One pass: a row's score knows the rows before it alone. It is the score of the anomaly that opens at the row, else 0;
   * so are rows out of order or without a value.
   */
  of({ name, timesMs, values }: TimedSeries): Float64Array {
    const analysis = this.#analysis;
    const place = analysis.newSeries(name, '');
    const scores = new Float64Array(values.length);
    for (let row = 0; row < values.length; row += 1) {
      if (Number.isNaN(values[row]!) || timesMs[row]! <= place.lastMs) continue;
      analysis.take(place, timesMs[row]!, values[row]!);
      scores[row] = analysis.judged.opened;
    }
    return scores;
  }
}
