/** The reference: the columns that baseline and detect added to a reading as one insight.deviation record, through pooled objects. */
import type { DeviationRecord } from '../../../topics/insight.ts';
import type { NumberColumn, Reading } from '../../../pipeline/model/reading.ts';
import { readingIdentity } from '../../../pipeline/stages/reading-identity.ts';

type Row = DeviationRecord['rows'][number];
type Deviation = Row['deviations'][number];

interface MetricColumns {
  readonly metric: string;
  readonly value: NumberColumn;
  readonly expected: NumberColumn;
  readonly scale: NumberColumn;
  readonly confidence: NumberColumn;
  readonly sigma: NumberColumn;
  readonly score: NumberColumn;
}

/**
 * @returns a function from the reading to its record, valid until the next call; undefined when no metric of any
 * row was judged.
 */
export function deviationRecord(
  reading: Reading,
  metrics: readonly string[],
): () => DeviationRecord | undefined {
  const columns: MetricColumns[] = metrics.map((metric) => ({
    metric,
    value: reading.number(metric),
    expected: reading.number(`${metric}.expected`),
    scale: reading.number(`${metric}.scale`),
    confidence: reading.number(`${metric}.confidence`),
    sigma: reading.number(`${metric}.sigma`),
    score: reading.number(`${metric}.score`),
  }));
  const ifIndex = reading.number('if_index');
  const rowPool: Row[] = [];
  const deviationPool: Deviation[] = [];

  return () => {
    const rows: Row[] = [];
    let used = 0;
    for (let row = 0; row < reading.rowCount; row += 1) {
      const from = used;
      for (const { metric, value, expected, scale, confidence, sigma, score } of columns) {
        if (Number.isNaN(sigma.values[row]!)) continue;
        const deviation = (deviationPool[used] ??= emptyDeviation());
        deviation.metric_name = metric;
        deviation.value = value.values[row]!;
        deviation.expected = expected.values[row]!;
        deviation.scale = scale.values[row]!;
        deviation.sigma = sigma.values[row]!;
        deviation.score = score.values[row]!;
        deviation.confidence = confidence.values[row]!;
        used += 1;
      }
      if (used === from) continue;
      const object = (rowPool[rows.length] ??= { interface_name: '', if_index: 0, deviations: [] });
      object.interface_name = reading.instances[row]!;
      object.if_index = ifIndex.values[row]!;
      object.deviations = deviationPool.slice(from, used);
      rows.push(object);
    }
    return rows.length === 0 ? undefined : { ...place(reading), rows };
  };
}

function place(reading: Reading): Omit<DeviationRecord, 'rows'> {
  return {
    ...readingIdentity(reading),
    poll_id: reading.pollId,
    observed_at: reading.observedAtMs,
  };
}

function emptyDeviation(): Deviation {
  return { metric_name: '', value: 0, expected: 0, scale: 0, sigma: 0, score: 0, confidence: 0 };
}
