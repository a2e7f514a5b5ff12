import { describe, expect, it } from '@jest/globals';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { embeddedPostgres } from '../../pipeline/db/embedded-postgres.ts';
import { processesIn } from '../../pipeline/db/process-state.ts';
import { migrate } from '../../pipeline/db/migrate.ts';
import { ConfigError, PermanentError } from '../../pipeline/model/errors.ts';
import { catalogue } from '../../topics/catalogue.ts';
import { postgresService, silent } from '../services/postgres.ts';
import { anomalyRecord, NOW } from '../sink/sink-lab.ts';
import {
  passed,
  PORTS,
  rowsOf,
  sendReadings,
  sinkTrials,
  survivesCutsAtCommit,
  survivesKilledBackends,
} from '../sink/sink-trials.ts';
import { until } from '../support/until.ts';

const postgres = postgresService();
const trials = sinkTrials();
const { startLab, poolOf, cleanUp } = trials;

describe('the sink loses nothing and stores nothing twice', () => {
  it('while its backend is killed again and again in the middle of COPY', () =>
    survivesKilledBackends(trials, postgres, { readings: 600, retries: 3, most: 5, flushRows: 10_000 }));

  it('when connections are lost at COMMIT, before or after the server has done it', () =>
    survivesCutsAtCommit(trials, postgres, ['after', 'before', 'after', 'after', 'before']));

  it('over a server that is killed and started again; it waits, says so, and goes on by itself', async () => {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'netsigma-restart-'));
    await chmod(dataDir, 0o755);
    cleanUp(() => rm(dataDir, { recursive: true, force: true }));
    let server = embeddedPostgres({ dataDir, durable: false, log: silent });
    await server.start();
    cleanUp(() => server.stop());
    const pool = poolOf(server.url);
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
