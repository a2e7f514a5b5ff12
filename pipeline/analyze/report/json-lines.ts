/** An anomaly as a line of JSON: the fields of insight.anomaly under their names, times as ISO 8601, and what a file adds. */
import { anomaly, type AnomalyRecord } from '../../../topics/anomaly.ts';
import { deviceId } from '../../model/entity.ts';
import type { FoundAnomaly } from '../found-anomalies.ts';

const TIMES = new Set(
  anomaly.fields.filter(({ type }) => type === 'timestamp').map(({ name }) => name as string),
);

/** `story`: the id of the first anomaly of those that opened together. */
export function jsonLine({ series, record }: FoundAnomaly, story: string): string {
  const { opened_at: openedMs, closed_at: closedMs } = record;
  return JSON.stringify({
    ...Object.fromEntries(Object.entries(record).map(([name, value]) => [name, isoOf(name, value)])),
    device_id: deviceId(record.entity),
    correlation_group_id: story,
    duration_seconds: ((closedMs ?? series.toMs) - openedMs) / 1000,
    metric_kind: series.kind,
    metric_unit: series.judgedUnit,
  } satisfies Partial<Record<keyof AnomalyRecord, unknown>> & Record<string, unknown>);
}

function isoOf(name: string, value: unknown): unknown {
  return typeof value === 'number' && TIMES.has(name) ? new Date(value).toISOString() : value;
}
