/** One name for all metrics: what the stages say under it is told of the metric that it was. */
import type { AnomalyRecord } from '../../topics/anomaly.ts';
import type { SeriesSummary } from './series-summary.ts';

/**
 * What the stages call every metric: a file may have thousands, and stages of its own cost each a hundred KB. No stage
 * has a column of its own that is called so, whatever a file calls its metrics.
 */
export const METRIC = '\u0001';

/** What the stages said of METRIC, of the metric that it was. */
export function named(text: string, metric: string): string {
  return text.replaceAll(METRIC, () => metric);
}

/** With the names that the series has in the file. */
export function namedRecord(
  record: AnomalyRecord,
  { entity, instance, metric }: SeriesSummary,
): AnomalyRecord {
  return {
    ...record,
    entity,
    interface_name: instance,
    metric_name: named(record.metric_name, metric),
    description: named(record.description, metric),
  };
}
