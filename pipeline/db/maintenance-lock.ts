/** One maintenance of a database at a time: the second waits, and then finds little left to do. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { RetryableError } from '../model/errors.ts';

const TRY_LOCK = `SELECT pg_try_advisory_lock(hashtext('netsigma.maintain')) AS locked`;
const UNLOCK = `SELECT pg_advisory_unlock(hashtext('netsigma.maintain'))`;
const POLL_MS = 100;
const WAIT_MS = 60_000;

export interface MaintenanceLockOptions {
  /** Ends the waiting, and the work is not done; it does not interrupt the work. */
  readonly signal?: AbortSignal | undefined;
  /** How long another one is waited for; a minute unless told. */
  readonly lockWaitMs?: number | undefined;
}

/**
 * Does the work while no other maintenance of this database does. A failure of the work leaves the lock to the end of
 * the connection. @throws RetryableError when the other one does not end.
 */
export async function withMaintenanceLock(
  client: Pick<ClientBase, 'query'>,
  { signal, lockWaitMs = WAIT_MS }: MaintenanceLockOptions,
  work: () => Promise<void>,
): Promise<void> {
  const deadlineMs = performance.now() + lockWaitMs;
  // Asked for again and again: who waits for it inside a statement holds up CREATE INDEX CONCURRENTLY of others.
  while (!(await client.query<{ locked: boolean }>(TRY_LOCK)).rows[0]!.locked) {
    if (performance.now() >= deadlineMs) {
      throw new RetryableError(
        `another maintenance of this database has not ended in ${lockWaitMs / 1000} s: wait for it, or end its ` +
          'connection (it holds the advisory lock in pg_locks)',
      );
    }
    await sleep(POLL_MS, undefined, { ...(signal && { signal }) }).catch(() => undefined);
    if (signal?.aborted) return;
  }
  await work();
  await client.query(UNLOCK);
}
