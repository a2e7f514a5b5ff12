/** What tasks tell the sub-topology `domain`: one stream of records of several kinds, so that their order is kept. */
import type { EnumType, RecordOf, RecordRow } from './row.ts';

const KINDS = ['tick', 'summary'] as const;
const KIND = { enum: 'DomainInputKind', symbols: ['unknown', ...KINDS] } as const satisfies EnumType;

/** Windows of summaries begin at multiples of this, and are as long. */
export const WINDOW_MS = 300_000;

const windowMetric = {
  record: 'WindowMetric',
  doc: 'One metric of one entity over a window.',
  fields: [
    { name: 'metric_name', type: 'string', required: true, doc: "The metric's field and column name." },
    { name: 'total', type: 'double', required: true, doc: 'Sum over the rows, averaged over the time that was measured.' },
    { name: 'rows', type: 'double', required: true, doc: 'Rows that were measured, averaged in the same way: with a fraction where some were not in every poll.' },
    { name: 'weight', type: 'double', required: true, doc: 'What as many rows of this entity usually sum up to: what is missing where they are.' },
  ],
} as const satisfies RecordRow;

export const domainInput = {
  record: 'DomainInput',
  doc: 'A tick of a task of the sub-topology entity, or something notable of one entity.',
  fields: [
    { name: 'kind', type: KIND, required: true, doc: 'Which of the fields below count. Readers ignore (and count) kinds that they do not know.' },
    { name: 'sent_at', type: 'timestamp', required: true, doc: 'The last tick that had fired in the task that sent it; of a tick: its own time.' },
    { name: 'upstream', type: 'int', doc: 'tick: partition of the task.' },
    { name: 'upstreams', type: 'int', doc: 'tick: how many such tasks there are.' },
    { name: 'domain', type: 'string', doc: 'Tenant and routing realm; null for ticks, which every partition gets.' },
    { name: 'entity', type: 'string', doc: 'summary: entity key.' },
    { name: 'site_id', type: 'int', doc: 'summary: from the inventory.' },
    { name: 'time_zone', type: 'string', doc: 'summary: IANA zone of the site; null where the site is not known.' },
    { name: 'device_role', type: 'string', doc: 'summary: from the inventory.' },
    { name: 'window_start', type: 'timestamp', doc: 'summary: of the 5 minutes, by observed_at.' },
    { name: 'metrics', type: { array: windowMetric }, required: true, doc: 'summary: metrics of which something was measured.' },
  ],
} as const satisfies RecordRow;

export type DomainInputRecord = RecordOf<typeof domainInput>;

/** One closed window of one entity: what `summarize` sends. */
export interface WindowSummary {
  readonly domain: string;
  readonly entity: string;
  readonly site_id: number | null;
  readonly time_zone: string | null;
  readonly device_role: string | null;
  readonly window_start: number;
  readonly metrics: DomainInputRecord['metrics'];
}

/** What a record says, by kind. */
export type DomainInput = { readonly kind: 'tick'; readonly tickMs: number; readonly upstream: number; readonly upstreams: number } | { readonly kind: 'summary'; readonly sentAtMs: number; readonly summary: WindowSummary };

export function tickInput(tickMs: number, upstream: number, upstreams: number): DomainInputRecord {
  return { kind: 'tick', sent_at: tickMs, upstream, upstreams, domain: null, entity: null, site_id: null, time_zone: null, device_role: null, window_start: null, metrics: [] };
}

export function summaryInput(summary: WindowSummary, sentAtMs: number): DomainInputRecord {
  return { kind: 'summary', sent_at: sentAtMs, upstream: null, upstreams: null, ...summary };
}

/** A kind that this version does not know, or a record that lacks what its kind needs. */
export type NoDomainInput = { readonly kind: 'unknown' } | { readonly kind: 'invalid'; readonly detail: string };

export function parseDomainInput(record: DomainInputRecord): DomainInput | NoDomainInput {
  switch (record.kind) {
    case 'tick':
      return parseTick(record);
    case 'summary':
      return parseSummary(record);
    case 'unknown':
      return { kind: 'unknown' };
  }
}

function parseTick({ sent_at: tickMs, upstream, upstreams }: DomainInputRecord): DomainInput | NoDomainInput {
  if (upstream === null || upstreams === null || !(upstream >= 0 && upstream < upstreams)) return invalid(`a tick of upstream ${upstream} of ${upstreams}`);
  return { kind: 'tick', tickMs, upstream, upstreams };
}

function parseSummary(record: DomainInputRecord): DomainInput | NoDomainInput {
  const { domain, entity, window_start: start, site_id, time_zone, device_role, metrics } = record;
  if (domain === null || entity === null) return invalid('a summary of nobody');
  if (start === null || start < 0 || start % WINDOW_MS !== 0) return invalid(`a summary of the window ${start}`);
  const wrong = metrics.find(({ total, rows, weight }) => !Number.isFinite(total) || !Number.isFinite(weight) || !(rows > 0 && rows < Infinity));
  if (wrong !== undefined) return invalid(`a summary of ${wrong.metric_name} without numbers`);
  return { kind: 'summary', sentAtMs: record.sent_at, summary: { domain, entity, window_start: start, site_id, time_zone, device_role, metrics } };
}

function invalid(detail: string): NoDomainInput {
  return { kind: 'invalid', detail };
}
