/**
 * What must hold of the insight topics whatever the detector thinks: every revision of an anomaly once and in order,
 * every judged row once, and judged by the value that metric.interface has.
 */
import { at, shown, type Difference, type Differences } from './differences.ts';
import type { Row, Topics } from './records.ts';

export interface InsightCounts {
  anomalies: number;
  revisions: number;
  deviations: number;
}

export function checkInsight(topics: Topics, differences: Differences): InsightCounts {
  const anomalies = checkRevisions(topics, differences);
  const deviations = checkDeviations(topics, differences);
  return { anomalies, revisions: topics.anomalies.length, deviations };
}

function checkRevisions({ anomalies }: Topics, differences: Differences): number {
  const last = new Map<string, number>();
  for (const record of anomalies) {
    if (record.value === null) continue;
    const { anomaly_id: id, revision } = record.value;
    const before = last.get(id) ?? 0;
    if (revision !== before + 1) {
      differences.add({
        kind: revision <= before ? 'twice' : 'missing',
        where: 'insight.anomaly',
        key: id,
        ...at(record),
        field: 'revision',
        expected: String(before + 1),
        found: String(revision),
      });
    }
    last.set(id, Math.max(before, revision));
  }
  return last.size;
}

function checkDeviations({ metrics, deviations }: Topics, differences: Differences): number {
  const rows = new Map<string, Row>();
  for (const { value } of metrics) {
    for (const row of value?.rows ?? [])
      rows.set(`${value!.entity} ${value!.poll_id} ${String(row['interface_name'])}`, row);
  }
  const seen = new Set<string>();
  let judged = 0;
  for (const record of deviations) {
    for (const { interface_name: name, deviations: values } of record.value?.rows ?? []) {
      const key = `${record.value!.entity} ${record.value!.poll_id} ${name}`;
      const metric = rows.get(key);
      const where = { where: 'insight.deviation', key, ...at(record) };
      if (seen.has(key)) differences.add({ kind: 'twice', ...where });
      else if (metric === undefined) differences.add({ kind: 'unexpected', ...where });
      else judged += compareValues(metric, values, where, differences);
      seen.add(key);
    }
  }
  return judged;
}

function compareValues(
  metric: Row,
  values: readonly { readonly metric_name: string; readonly value: number }[],
  where: Pick<Difference, 'where' | 'key' | 'topic' | 'partition' | 'offset'>,
  differences: Differences,
): number {
  for (const { metric_name: field, value: found } of values) {
    const expected = metric[field];
    if (typeof expected === 'number' && differences.same(Math.fround(expected), found)) continue;
    differences.add({ kind: 'different', ...where, field, expected: shown(expected), found: shown(found) });
  }
  return values.length;
}
