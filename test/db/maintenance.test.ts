import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { maintenance } from '../../pipeline/db/maintenance.ts';
import { connectionPool } from '../../pipeline/db/pool.ts';
import { dailyPartitions, dayOf } from '../../pipeline/db/partitions.ts';
import { postgresService, silent } from '../services/postgres.ts';
import { until } from '../support/until.ts';

const postgres = postgresService();
const NOW = Date.UTC(2026, 10, 21, 12);
const OLD = 'interface_metrics_p20260922';

describe('maintenance', () => {
  it('keeps rows for as many days as it is told, and begins at once', async () => {
    const { pool } = await postgres.database();
    await dailyPartitions.makeRoom(pool, 'interface_metrics', [dayOf(NOW) - 60]);
    const retentionDays = { interface_metrics: 100, poll_history: 7 };
    const component = maintenance({ pool, clock: () => NOW, log: silent, retentionDays });
    await component.start();
    await component.stop();
    const { rows } = await pool.query<{ days: number }>(
      `SELECT extract(day FROM keep)::int AS days FROM retention_policy
        WHERE table_name IN ('interface_metrics', 'poll_history') ORDER BY table_name`,
    );
    expect(rows.map(({ days }) => days)).toEqual([100, 7]);
    expect((await pool.query('SELECT to_regclass($1) AS kept', [OLD])).rows).toEqual([{ kept: OLD }]);
  });

  it('is left to the owner of the tables by a user who is not', async () => {
    const { pool, url } = await postgres.database();
    const user = `w_${randomBytes(4).toString('hex')}`;
    await pool.query(`CREATE ROLE ${user} LOGIN PASSWORD 'w' IN ROLE netsigma_writer`);
    const as = new URL(url);
    [as.username, as.password] = [user, 'w'];
    const writer = connectionPool({ url: as.href, applicationName: 'netsigma test', log: silent });
    try {
      const messages: string[] = [];
      const log = { ...silent, info: (_: unknown, message?: string) => void messages.push(message ?? '') };
      const component = maintenance({
        pool: writer,
        clock: () => NOW,
        log,
        retentionDays: { poll_history: 7 },
      });
      await component.start();
      await component.stop();
      expect(messages).toEqual([
        'this database user does not own the tables: retention is left to their owner',
      ]);
    } finally {
      await writer.end();
      await pool.query(`DROP ROLE ${user}`);
    }
  });

  it('that loses its connection says so and can be stopped', async () => {
    const { pool } = await postgres.database();
    await dailyPartitions.makeRoom(pool, 'interface_metrics', [dayOf(NOW) - 60]);
    const warnings: string[] = [];
    const log = { ...silent, warn: (_: unknown, message?: string) => void warnings.push(message ?? '') };
    const component = maintenance({ pool, clock: () => NOW, log, retentionDays: {} });
    const blocker = await pool.connect();
    try {
      await blocker.query('BEGIN; LOCK TABLE interface_metrics IN ACCESS SHARE MODE');
      await component.start();
      await until(async () => {
        const { rowCount } = await pool.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        return rowCount === 1;
      }, 'a backend that waits for the lock is ended');
      await component.stop();
    } finally {
      await blocker.query('ROLLBACK');
      blocker.release();
    }
    expect(warnings).toContain('maintenance of the database failed');
  });
});
