import type { Pool } from 'pg';
import { until } from '../support/until.ts';

/** Waits for one backend of the pool's database that waits for a lock, and ends it. */
export async function endBlockedBackend(pool: Pool): Promise<void> {
  await until(async () => {
    const { rowCount } = await pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return rowCount === 1;
  }, 'a backend that waits for the lock is ended');
}
