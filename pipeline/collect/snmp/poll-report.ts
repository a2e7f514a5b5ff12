/** What became of a planned poll, in the words of its reading and of its audit. */
import type { DevicePoll } from './polled-device.ts';
import type { PollReport } from './poll-records.ts';

/** The report, or undefined when the device is gone and nothing is to be told. */
export function pollReport(
  result: DevicePoll,
  planned: { readonly plannedAtMs: number; readonly missed: number },
  startedAtMs: number,
): PollReport | undefined {
  const lateMs = Math.max(0, startedAtMs - planned.plannedAtMs);
  const nothing = {
    status: 'failed',
    collection: 'failed',
    table: undefined,
    agent: undefined,
    startedAtMs,
    endedAtMs: startedAtMs,
    requests: 0,
    retries: 0,
    lateMs,
    missedPolls: planned.missed,
  } as const;
  switch (result.kind) {
    case 'gone':
      return undefined;
    case 'skipped':
      return { ...nothing, errors: ['breaker_open', ...result.lastErrors] };
    case 'refused':
      return {
        ...nothing,
        errors: [result.detail === '' ? result.reason : `${result.reason}:${result.detail}`],
      };
    case 'polled': {
      const { outcome } = result;
      const { status, unanswered, errors } = outcome;
      const timedOut = unanswered && (errors.includes('timeout') || errors.includes('deadline'));
      return {
        ...nothing,
        ...outcome,
        collection: status === 'complete' ? 'success' : timedOut ? 'timeout' : status,
        // Rows of a poll that was discarded are no rows.
        table: status === 'failed' ? undefined : outcome.table,
        missedPolls: planned.missed + result.missedBehindBreaker,
      };
    }
  }
}
