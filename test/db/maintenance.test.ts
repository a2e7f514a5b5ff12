import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { maintenance } from '../../pipeline/db/maintenance.ts';
import { withMaintenanceLock } from '../../pipeline/db/maintenance-lock.ts';
import type { MaintenanceStep } from '../../pipeline/db/maintenance-step.ts';
import { connectionPool } from '../../pipeline/db/pool.ts';
import { dailyPartitions, dayOf } from '../../pipeline/db/partitions.ts';
import { maintain } from '../../pipeline/db/retention.ts';
import { DAYS } from '../../topics/row.ts';
import { postgresService, silent } from '../services/postgres.ts';
import { until } from '../support/until.ts';
import { endBlockedBackend } from './blocked-backend.ts';

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
        'this database user does not own the tables: "netsigma maintain" as their owner drops what is too old',
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
      await endBlockedBackend(pool);
      await component.stop();
    } finally {
      await blocker.query('ROLLBACK');
      blocker.release();
    }
    expect(warnings).toContain('maintenance of the database failed');
  });

  it('goes on as often as it is told, and waits for the work that is under way when it is stopped', async () => {
    const { pool } = await postgres.database();
    let now = NOW;
    const made: MaintenanceStep[] = [];
    const report = (step: MaintenanceStep): void => void made.push(step);
    const settings = { pool, clock: () => now, log: silent, everyMs: 10, report };
    const component = maintenance({ ...settings, retentionDays: { poll_history: 7 } });
    await component.start();
    const isMade = (partition: string) => () =>
      made.some((step) => step.kind === 'make' && step.partition === partition);
    await until(isMade('poll_history_p20261123'), 'the days ahead');
    now += 2 * DAYS;
    await until(isMade('poll_history_p20261125'), 'the days ahead two days later');
    await component.stop();
    const { length } = made;
    expect(made[0]).toEqual({ kind: 'keep', table: 'poll_history', from: '30 days', to: '7 days' });
    now += 2 * DAYS;
    await component.stop();
    expect(made).toHaveLength(length);
  });

  it('waits for the maintenance of another, also when both begin at once', async () => {
    const { pool } = await postgres.database();
    await dailyPartitions.makeRoom(pool, 'interface_metrics', [dayOf(NOW) - 60, dayOf(NOW) - 61]);
    const both = await Promise.all([1, 2].map(() => maintain({ pool, clock: () => NOW, log: silent })));
    expect(both.map(({ droppedPartitions }) => droppedPartitions.length).toSorted()).toEqual([0, 2]);
  });

  it('says so when the other does not end, and stops waiting when it is stopped', async () => {
    const { pool } = await postgres.database();
    const other = await pool.connect();
    await withMaintenanceLock(other, {}, async () => {
      const deps = { pool, clock: () => NOW, log: silent };
      await expect(maintain({ ...deps, lockWaitMs: 0 })).rejects.toThrow(
        'another maintenance of this database has not ended in 0 s',
      );
      const component = maintenance({ ...deps, retentionDays: {} });
      await component.start();
      await component.stop();
      expect((await pool.query('SELECT to_regclass($1) AS made', ['poll_history_p20261121'])).rows).toEqual([
        { made: null },
      ]);
    });
    other.release();
    expect(await maintain({ pool, clock: () => NOW, log: silent })).toMatchObject({ deletedRows: 0 });
  });
});
