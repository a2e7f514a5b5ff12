/**
 * After an upgrade that was not exact: the state was folded again by another version than the one that sent the
 * records since the checkpoint, and the two may disagree about anomalies. What was sent as open and the new state does
 * not know would stay open for ever; what the new version opened or closed while it folded silently was never told.
 */
import type { AnomalyRecord } from '../../topics/anomaly.ts';

interface Course {
  /** It began since the checkpoint. */
  readonly isNew: boolean;
  readonly last: AnomalyRecord;
}

/**
 * Records that bring what was `sent` since the checkpoint, in order, to what the new version would have sent instead
 * (`refolded`, in order). A closing one has a revision above the last one sent.
 */
export function reconciled(
  sent: readonly AnomalyRecord[],
  refolded: readonly AnomalyRecord[],
): AnomalyRecord[] {
  const before = courses(sent);
  const now = courses(refolded);
  const unknown = [...before].flatMap(([id, { isNew, last }]) =>
    isNew && last.state !== 'closed' && !now.has(id) ? closed(last, 'reconciled', last.updated_at) : [],
  );
  const untold = [...now].flatMap(([id, { isNew, last }]) => {
    const told = before.get(id);
    if (told === undefined) return isNew && last.state === 'closed' ? [] : last;
    if (told.last.state === 'closed' || last.state !== 'closed') return [];
    return closed(told.last, last.close_reason ?? 'reconciled', last.closed_at ?? last.updated_at);
  });
  return [...unknown, ...untold];
}

function courses(records: readonly AnomalyRecord[]): Map<string, Course> {
  const found = new Map<string, Course>();
  for (const record of records) {
    const isNew = found.get(record.anomaly_id)?.isNew ?? record.state === 'opened';
    found.set(record.anomaly_id, { isNew, last: record });
  }
  return found;
}

function closed(last: AnomalyRecord, reason: string, atMs: number): AnomalyRecord {
  return { ...last, revision: last.revision + 1, state: 'closed', close_reason: reason, closed_at: atMs };
}
