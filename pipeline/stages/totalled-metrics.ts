/** Which metrics of interfaces have a total over a site, a role, the network: what `summarize` and `aggregate-baseline` loop over. */
import type { Catalogue } from '../../topics/catalogue.ts';
import { rowFields } from '../../topics/catalogue.ts';
import { baselinedMetrics, type BaselinedMetric } from './baseline/baselined-metrics.ts';

/** Rates of counters that have baselines: sums of percentages and of states say nothing. */
export function totalledMetrics(catalogue: Catalogue): BaselinedMetric[] {
  const rates = new Set(
    rowFields(catalogue['metric.interface'])
      .filter(({ derive }) => derive?.kind === 'rate')
      .map(({ name }) => name),
  );
  return baselinedMetrics(catalogue).filter(({ name }) => rates.has(name));
}
