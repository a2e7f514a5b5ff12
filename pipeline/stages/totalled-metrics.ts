/** Which metrics of interfaces have a total over a site, a role, the network: what `summarize` and `aggregate-baseline` loop over. */
import type { Catalogue } from '../../topics/catalogue.ts';
import { baselinedMetrics, type BaselinedMetric } from './baseline/baselined-metrics.ts';

/** Those whose total over a device is a sum: sums of percentages and of states say nothing. */
export function totalledMetrics(catalogue: Catalogue): BaselinedMetric[] {
  return baselinedMetrics(catalogue).filter(({ aggregate }) => aggregate === 'sum');
}
