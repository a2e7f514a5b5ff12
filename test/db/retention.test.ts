import { describe, expect, it } from '@jest/globals';
import { DAYS } from '../../topics/row.ts';
import { dailyPartitions, dayOf } from '../../pipeline/db/partitions.ts';
import { acceptedRange, maintain, retentionPolicies } from '../../pipeline/db/retention.ts';
import { postgresService, silent } from '../services/postgres.ts';
import { endBlockedBackend } from './blocked-backend.ts';

const postgres = postgresService();
const NOW = Date.UTC(2026, 10, 21, 12);

async function partitionsOf(pool: {
  query(sql: string): Promise<{ rows: { name: string }[] }>;
}): Promise<string[]> {
  const { rows } = await pool.query(
    "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'interface_metrics'::regclass ORDER BY 1",
  );
  return rows.map(({ name }) => name.slice(-8));
}

describe('partitions', () => {
  it('take the rows of a UTC day and no others', async () => {
    const { pool } = await postgres.database();
    await dailyPartitions.makeRoom(pool, 'poll_history', [dayOf(NOW)]);
    const insert = (at: string) =>
      pool.query(
        `INSERT INTO poll_history (domain, device_id, collector_id, poll_id, job_type, started_at, status)
         VALUES ('d', gen_random_uuid(), 'c', gen_random_uuid(), 'interface', $1, 'success')`,
        [at],
      );
    await insert('2026-11-21T00:00:00Z');
    await insert('2026-11-21T23:59:59.999999Z');
    await expect(insert('2026-11-20T23:59:59.999999Z')).rejects.toThrow('no partition');
    await expect(insert('2026-11-22T00:00:00Z')).rejects.toThrow('no partition');
  });

  it('are made once when several ask at the same time', async () => {
    const { pool } = await postgres.database();
    const days = Array.from({ length: 28 }, (_, i) => dayOf(NOW) - i);
    await Promise.all([1, 2, 3, 4].map(() => dailyPartitions.makeRoom(pool, 'interface_metrics', days)));
    expect(await partitionsOf(pool)).toHaveLength(28);
  });

  it('are made while rows of other days are being written', async () => {
    const { pool } = await postgres.database();
    await dailyPartitions.makeRoom(pool, 'poll_history', [dayOf(NOW)]);
    const writer = await pool.connect();
    try {
      await writer.query('BEGIN; LOCK TABLE poll_history IN ROW EXCLUSIVE MODE');
      await pool.query("SET lock_timeout = '2s'");
      await dailyPartitions.makeRoom(pool, 'poll_history', [dayOf(NOW) + 1]);
    } finally {
      await writer.query('ROLLBACK');
      writer.release();
    }
  });

  it('are refused for other tables, and by the thousand', async () => {
    const { pool } = await postgres.database();
    await expect(dailyPartitions.makeRoom(pool, 'devices', [1])).rejects.toThrow(
      'no partitioned table devices',
    );
    const many = Array.from({ length: 401 }, (_, i) => i);
    await expect(dailyPartitions.makeRoom(pool, 'poll_history', many)).rejects.toThrow('400 are the limit');
  });
});

describe('maintain', () => {
  it('makes days ahead, drops what is older than the retention, and nothing younger', async () => {
    const { pool } = await postgres.database();
    const days = [0, 1, 29, 30, 31, 32, 60].map((ago) => dayOf(NOW) - ago);
    await dailyPartitions.makeRoom(pool, 'interface_metrics', days);
    const { droppedPartitions } = await maintain({ pool, clock: () => NOW, log: silent });
    expect(droppedPartitions).toEqual([
      'interface_metrics_p20260922',
      'interface_metrics_p20261020',
      'interface_metrics_p20261021',
    ]);
    expect(await partitionsOf(pool)).toEqual([
      '20261022',
      '20261023',
      '20261120',
      '20261121',
      '20261122',
      '20261123',
    ]);
    expect((await maintain({ pool, clock: () => NOW, log: silent })).droppedPartitions).toEqual([]);
  });

  it('deletes anomalies that ended long ago and keeps those that are active', async () => {
    const { pool } = await postgres.database();
    const insert = (opened: number, closed: number | null) =>
      pool.query(
        `INSERT INTO anomaly_events (anomaly_id, revision, domain, metric_name, detector, state, severity,
                                     metric_value, polls, opened_at, updated_at, closed_at)
         VALUES (gen_random_uuid(), 1, 'd', 'rx_bps', 'deviation', 'opened', 'info', 1, 1,
                 to_timestamp($1), to_timestamp($1), to_timestamp($2))`,
        [opened / 1000, closed === null ? null : closed / 1000],
      );
    await insert(NOW - 1000 * DAYS, NOW - 900 * DAYS);
    await insert(NOW - 1000 * DAYS, null);
    await insert(NOW - 10 * DAYS, NOW - 9 * DAYS);
    expect((await maintain({ pool, clock: () => NOW, log: silent })).deletedRows).toBe(1);
  });

  it('fails, and the process lives, when its connection is lost while it waits for a lock', async () => {
    const { pool } = await postgres.database();
    await dailyPartitions.makeRoom(pool, 'interface_metrics', [dayOf(NOW) - 60]);
    const blocker = await pool.connect();
    try {
      await blocker.query('BEGIN; LOCK TABLE interface_metrics IN ACCESS SHARE MODE');
      const failed = expect(maintain({ pool, clock: () => NOW, log: silent })).rejects.toThrow(/terminat/);
      await endBlockedBackend(pool);
      await failed;
    } finally {
      await blocker.query('ROLLBACK');
      blocker.release();
    }
  });

  it('goes on with the other tables when one is locked, and then says what failed', async () => {
    const { pool } = await postgres.database();
    await dailyPartitions.makeRoom(pool, 'interface_metrics', [dayOf(NOW) - 60]);
    await dailyPartitions.makeRoom(pool, 'poll_history', [dayOf(NOW) - 60]);
    const blocker = await pool.connect();
    try {
      await blocker.query('BEGIN; LOCK TABLE interface_metrics IN ACCESS SHARE MODE');
      await expect(maintain({ pool, clock: () => NOW, log: silent })).rejects.toThrow('lock timeout');
    } finally {
      await blocker.query('ROLLBACK');
      blocker.release();
    }
    expect(await partitionsOf(pool)).toEqual(['20260922']);
    const { rows } = await pool.query("SELECT to_regclass('poll_history_p20260922') AS gone");
    expect(rows).toEqual([{ gone: null }]);
  });
});

describe('the range of accepted rows', () => {
  it('holds 28 days of history and the retention, and ends a day ahead', async () => {
    const { pool } = await postgres.database();
    const policies = await retentionPolicies(pool);
    const { keepMs } = policies.find(({ table }) => table === 'interface_metrics')!;
    expect(keepMs).toBe(30 * DAYS);
    const { fromMs, toMs } = acceptedRange(keepMs, NOW);
    expect(fromMs).toBe(Date.UTC(2026, 9, 21));
    expect(toMs).toBe(NOW + DAYS);
  });
});
