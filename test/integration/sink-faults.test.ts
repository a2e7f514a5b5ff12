import { afterEach, describe, expect, it } from '@jest/globals';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Pool } from 'pg';
import { embeddedPostgres } from '../../pipeline/db/embedded-postgres.ts';
import { processesIn } from '../../pipeline/db/process-state.ts';
import { migrate } from '../../pipeline/db/migrate.ts';
import { connectionPool } from '../../pipeline/db/pool.ts';
import { ConfigError, PermanentError } from '../../pipeline/model/errors.ts';
import { catalogue } from '../../topics/catalogue.ts';
import { postgresService, silent } from '../services/postgres.ts';
import { cuttingProxy } from '../sink/cutting-proxy.ts';
import { anomalyRecord, NOW, sinkLab, type SinkLab } from '../sink/sink-lab.ts';
import { until } from '../support/until.ts';

const postgres = postgresService();
const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const PORTS = Array.from({ length: 100 }, (_, i) => `Gi0/${i}`);

async function startLab(pool: Pool): Promise<SinkLab> {
  const lab = await sinkLab(pool);
  cleanups.push(() => lab.stop());
  return lab;
}

/** `count` readings of 100 interfaces, each at its own second, over both partitions. */
async function sendReadings(lab: SinkLab, count: number, from = 0): Promise<void> {
  for (let i = from; i < from + count; i += 1) {
    await lab.sendReading(lab.reading('r1', NOW - i * 1000, PORTS), i % 2);
  }
}

/** At least so many, and for as long as `isEnough` is not reached: how many. */
async function sendUntil(lab: SinkLab, atLeast: number, isEnough: () => boolean): Promise<number> {
  let sent = 0;
  for (; sent < atLeast || !isEnough(); sent += 20) await sendReadings(lab, 20, sent);
  return sent;
}

/** Rows, and rows that are not the same as another one. */
async function rowsOf(pool: Pool): Promise<{ rows: number; distinct: number }> {
  const { rows } = await pool.query<{ rows: number; distinct: number }>(
    'SELECT count(*)::int AS rows, count(DISTINCT (interface_name, recorded_at))::int AS distinct FROM interface_metrics',
  );
  return rows[0]!;
}

async function passed(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ sum: number }>(
    "SELECT coalesce(sum(next_offset), 0)::int AS sum FROM sink_offsets WHERE topic = 'metric.interface'",
  );
  return rows[0]!.sum;
}

function sinkPool(url: string): Pool {
  const pool = connectionPool({ url, applicationName: 'sink under test', log: silent });
  cleanups.push(() => pool.end());
  return pool;
}

describe('the sink loses nothing and stores nothing twice', () => {
  it('while its backend is killed again and again in the middle of COPY', async () => {
    const { pool, url } = await postgres.database();
    const own = sinkPool(url);
    const lab = await startLab(own);
    const sink = lab.sink({ settings: { group: 'g', writer: 'w', flushMs: 5, flushRows: 10_000 } });
    await sink.start();
    const sending = sendUntil(lab, 600, () => lab.observed.retries >= 3);
    let sent: number | undefined;
    void sending.then((count) => (sent = count));
    await until(
      async () => {
        await pool.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE application_name = 'sink under test' AND state = 'active' AND query LIKE 'COPY%' AND $1`,
          [lab.observed.retries < 5],
        );
        return (await passed(pool)) === sent;
      },
      'all records stored',
      25_000,
    );
    const rows = (await sending) * PORTS.length;
    expect(lab.observed.retries).toBeGreaterThanOrEqual(3);
    expect(await rowsOf(pool)).toEqual({ rows, distinct: rows });
    expect(lab.observed.rows.get('interface_metrics')).toBe(rows);
    expect(sink.status()).toMatchObject({ state: 'running', retrying: null });
  });

  it('when connections are lost at COMMIT, before or after the server has done it', async () => {
    const { pool, url } = await postgres.database();
    const proxy = await cuttingProxy(url);
    cleanups.push(() => proxy.stop());
    const lab = await startLab(sinkPool(proxy.url));
    await lab.sink().start();
    let sent = 0;
    for (const cut of ['after', 'before', 'after', 'after', 'before'] as const) {
      proxy.cuts.push(cut);
      await sendReadings(lab, 4, sent);
      sent += 4;
      await until(async () => (await passed(pool)) === sent && proxy.cuts.length === 0, `cut ${cut}`);
    }
    await until(() => lab.observed.rows.get('interface_metrics') === sent * 100, 'every row counted once');
    expect(await rowsOf(pool)).toEqual({ rows: sent * 100, distinct: sent * 100 });
    expect(lab.observed.retries).toBeGreaterThanOrEqual(5);
    expect(lab.observed.lost).toBe(0);
  });

  it('over a server that is killed and started again; it waits, says so, and goes on by itself', async () => {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'netsigma-restart-'));
    await chmod(dataDir, 0o755);
    cleanups.push(() => rm(dataDir, { recursive: true, force: true }));
    let server = embeddedPostgres({ dataDir, durable: false, log: silent });
    await server.start();
    cleanups.push(() => server.stop());
    const pool = sinkPool(server.url);
    await migrate({ pool, catalogue, log: silent });
    const lab = await startLab(pool);
    const sink = lab.sink();
    await sink.start();
    await sendReadings(lab, 10);
    await until(async () => (await passed(pool)) === 10, 'the first records');

    const data = path.join(dataDir, 'data');
    process.kill(Number.parseInt(await readFile(path.join(data, 'postmaster.pid'), 'utf8'), 10), 'SIGKILL');
    await until(() => processesIn(data).length === 0, 'the server and its backends are gone');
    await sendReadings(lab, 10, 10);
    await until(() => sink.status().state === 'retrying', 'the sink says that it waits');
    expect(sink.status().bufferedRows).toBeGreaterThan(0);
    const port = Number(new URL(server.url).port);
    await server.stop();
    server = embeddedPostgres({ dataDir, port, durable: false, log: silent });
    await server.start();
    await until(async () => (await passed(pool)) === 20, 'the rest', 20_000);
    expect(await rowsOf(pool)).toEqual({ rows: 2000, distinct: 2000 });
    expect(sink.status()).toMatchObject({ state: 'running', retrying: null, bufferedRows: 0 });
  }, 60_000);

  it('when it is stopped at any moment and another one goes on', async () => {
    const { pool } = await postgres.database();
    const lab = await startLab(pool);
    const sending = sendReadings(lab, 200);
    for (let i = 0; i < 5; i += 1) {
      const sink = lab.sink();
      await sink.start();
      const before = await passed(pool);
      await until(async () => (await passed(pool)) > before || before === 200, 'some progress');
      await sink.stop();
      await sink.stop();
      expect(sink.status().state).toBe('stopped');
    }
    await sending;
    await lab.sink().start();
    await until(async () => (await passed(pool)) === 200, 'all records');
    expect(await rowsOf(pool)).toEqual({ rows: 20_000, distinct: 20_000 });
  });

  it('when two sinks believe that they own the same partitions', async () => {
    const { pool } = await postgres.database();
    const lab = await startLab(pool);
    const settings = { writer: 'w', flushMs: 5, flushRows: 500 };
    await lab.sink({ settings: { ...settings, group: 'one' } }).start();
    await lab.sink({ settings: { ...settings, group: 'two' } }).start();
    await sendReadings(lab, 200);
    await until(async () => (await passed(pool)) === 200, 'all records', 20_000);
    expect(await rowsOf(pool)).toEqual({ rows: 20_000, distinct: 20_000 });
    expect(lab.observed.failures).toEqual([]);
  });

  it('when somebody moves an offset under it: it begins anew where the database stands', async () => {
    const { pool } = await postgres.database();
    const lab = await startLab(pool);
    await lab.sink().start();
    for (let i = 0; i < 3; i += 1) await lab.sendReading(lab.reading('r1', NOW - i * 1000, PORTS));
    await until(async () => (await passed(pool)) === 3, 'the first records');
    await pool.query('UPDATE sink_offsets SET next_offset = 1 WHERE next_offset = 3');
    await pool.query('TRUNCATE interface_metrics');
    await lab.sendReading(lab.reading('r1', NOW - 3000, PORTS));
    await until(async () => (await passed(pool)) === 4, 'all records');
    expect(lab.observed.lost).toBe(1);
    expect(await rowsOf(pool)).toEqual({ rows: 300, distinct: 300 });
  });

  it('when a partition of the table is dropped behind its back', async () => {
    const { pool } = await postgres.database();
    const lab = await startLab(pool);
    await lab.sink().start();
    await sendReadings(lab, 1);
    await until(async () => (await rowsOf(pool)).rows === 100, 'the first rows');
    await pool.query('DROP TABLE interface_metrics_p20261121');
    await sendReadings(lab, 1, 1);
    await until(async () => (await rowsOf(pool)).rows === 100, 'the next rows');
    expect(await lab.deadLetters()).toEqual([]);
  });
});

describe('the lag of a sink while its database cannot be written', () => {
  it('counts what was taken and is not stored, as old as its oldest record, and is nothing afterwards', async () => {
    const { pool } = await postgres.database();
    const lab = await startLab(pool);
    let nowMs = NOW;
    const sink = lab.sink({ clock: () => nowMs });
    expect(sink.status()).toMatchObject({ lagRecords: null, lagMs: null });
    await sink.start();
    await sendReadings(lab, 4);
    await until(() => sink.status().lagRecords === 0, 'nothing to store');
    expect(await passed(pool)).toBe(4);
    const blocker = await pool.connect();
    try {
      await blocker.query('BEGIN; LOCK TABLE sink_offsets IN ACCESS EXCLUSIVE MODE');
      // The memory broker stamps NOW.
      await sendReadings(lab, 6, 4);
      await until(() => sink.status().bufferedRows === 600, 'all of it taken');
      nowMs += 180_000;
      expect(sink.status()).toMatchObject({ lagRecords: 6, lagMs: 180_000 });
      expect(sink.idle).toBe(false);
    } finally {
      await blocker.query('ROLLBACK');
      blocker.release();
    }
    await until(async () => (await passed(pool)) === 10, 'all records');
    await until(() => sink.status().lagRecords === 0, 'no lag');
    expect(sink.status()).toMatchObject({ lagMs: 0, bufferedRows: 0 });
  });
});

describe('the sink holds back', () => {
  it('reading while a flush cannot end, within its limit, and goes on afterwards', async () => {
    const { pool } = await postgres.database();
    const lab = await startLab(pool);
    const sink = lab.sink({ settings: { group: 'g', writer: 'w', flushMs: 5, flushRows: 1000 } });
    await sink.start();
    const blocker = await pool.connect();
    let sending: Promise<void>;
    try {
      await until(() => sink.status().partitions > 0, 'partitions');
      await blocker.query('BEGIN; LOCK TABLE sink_offsets IN ACCESS EXCLUSIVE MODE');
      // More than the broker keeps: it holds the sender back in turn.
      sending = sendReadings(lab, 400);
      await until(() => sink.status().paused, 'reading is paused');
      const { bufferedRows } = sink.status();
      expect(bufferedRows).toBeLessThan(40_000);
    } finally {
      await blocker.query('ROLLBACK');
      blocker.release();
    }
    await sending;
    await until(async () => (await passed(pool)) === 400, 'all records');
    expect(await rowsOf(pool)).toEqual({ rows: 40_000, distinct: 40_000 });
    expect(sink.status().paused).toBe(false);
  });
});

describe('the sink refuses', () => {
  it('a database that was never migrated, saying what to run', async () => {
    const { pool } = await postgres.emptyDatabase();
    const lab = await startLab(pool);
    const start = lab.sink().start();
    await expect(start).rejects.toThrow(ConfigError);
    await expect(start).rejects.toThrow('run "netsigma migrate"');
  });

  it('a column of a type that it cannot write', async () => {
    const { pool } = await postgres.database();
    await pool.query('ALTER TABLE interface_metrics ALTER COLUMN rx_bps TYPE money USING NULL');
    const lab = await startLab(pool);
    await expect(lab.sink().start()).rejects.toThrow('interface_metrics.rx_bps has the type money');
  });

  it('to go on without a privilege: it fails with what to do and stores nothing half', async () => {
    const { pool } = await postgres.database();
    const lab = await startLab(pool);
    const sink = lab.sink();
    await sink.start();
    await pool.query('ALTER TABLE anomaly_events RENAME COLUMN polls TO polled');
    await lab.sendReading(lab.reading('r1', NOW, ['Gi0/1']));
    const anomaly_id = '5d9c1f0e-6b3a-5c47-9e21-7f0d8a4b6c13';
    await lab.sendRecord('insight.anomaly', 'r1', anomalyRecord({ anomaly_id }));
    await until(() => lab.observed.failures.length > 0, 'the failure');
    expect(lab.observed.failures[0]).toBeInstanceOf(PermanentError);
    expect(String(lab.observed.failures[0])).toContain('netsigma migrate');
    expect(sink.status().state).toBe('failed');
    await sink.stop();
  });

  it('a topic that ends before what the database holds, and one whose records are others', async () => {
    const { pool } = await postgres.database();
    const lab = await startLab(pool);
    const first = lab.sink();
    await first.start();
    await sendReadings(lab, 2);
    await until(async () => (await passed(pool)) === 2, 'both records');
    await first.stop();

    await pool.query("UPDATE sink_offsets SET last_append_time = last_append_time - interval '1 day'");
    await lab.sink().start();
    await until(() => lab.observed.failures.length === 1, 'refused');
    expect(String(lab.observed.failures[0])).toMatch(/the topic is another one; .*DELETE FROM sink_offsets/);

    await pool.query('UPDATE sink_offsets SET next_offset = 99, last_append_time = NULL');
    await lab.sink().start();
    await until(() => lab.observed.failures.length === 2, 'refused');
    expect(String(lab.observed.failures[1])).toMatch(
      /ends at offset \d+, but the database holds it up to 99/,
    );
  });

  it('more than a hundred rows of a flush: then the table is wrong, not the rows', async () => {
    const { pool } = await postgres.database();
    await pool.query('ALTER TABLE interface_metrics ADD CHECK (rx_bps < 0)');
    const lab = await startLab(pool);
    await lab.sink().start();
    await sendReadings(lab, 2);
    await until(() => lab.observed.failures.length > 0, 'the failure');
    expect(String(lab.observed.failures[0])).toContain('refused more than 100 rows');
    expect(await lab.deadLetters()).toEqual([]);
  });
});
