/** The sink on each flavour: the same rows, exactly once, and its days dropped. */
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { dayOf } from '../../pipeline/db/partitions.ts';
import { connectionPool } from '../../pipeline/db/pool.ts';
import { maintain } from '../../pipeline/db/retention.ts';
import { PermanentError } from '../../pipeline/model/errors.ts';
import { DAYS } from '../../topics/row.ts';
import { postgresService, silent, type PostgresService } from '../services/postgres.ts';
import { reasonOf } from '../services/service.ts';
import { timescaleService } from '../services/timescale.ts';
import { cuttingProxy } from '../sink/cutting-proxy.ts';
import {
  anomalyRecord,
  collectionRecord,
  countOf,
  NOW,
  sinkLab,
  stored,
  type SinkLab,
} from '../sink/sink-lab.ts';
import { describeIf } from '../support/requires.ts';
import { until } from '../support/until.ts';

const service = await timescaleService();
const address = service.kind === 'running' ? { url: service.address } : {};
const onTimescale = { ...address, prepare: 'CREATE EXTENSION IF NOT EXISTS timescaledb' };
const hasTimescale = describeIf(service.kind === 'running', reasonOf(service));

const PORTS = Array.from({ length: 100 }, (_, i) => `Gi0/${i}`);
const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function startLab(pool: Pool): Promise<SinkLab> {
  const lab = await sinkLab(pool);
  cleanups.push(() => lab.stop());
  return lab;
}

function poolOf(url: string, user?: string): Pool {
  const to = new URL(url);
  if (user !== undefined) {
    to.username = user;
    to.password = 'w';
  }
  const pool = connectionPool({ url: to.href, applicationName: 'sink under test', log: silent });
  cleanups.push(() => pool.end());
  return pool;
}

async function sendReadings(lab: SinkLab, count: number, from = 0): Promise<void> {
  for (let i = from; i < from + count; i += 1) {
    await lab.sendReading(lab.reading('r1', NOW - i * 1000, PORTS), i % 2);
  }
}

async function rowsOf(pool: Pool): Promise<{ rows: number; distinct: number }> {
  const { rows } = await pool.query<{ rows: number; distinct: number }>(
    'SELECT count(*)::int AS rows, count(DISTINCT (interface_name, recorded_at))::int AS distinct FROM interface_metrics',
  );
  return rows[0]!;
}

async function passed(pool: Pool): Promise<number> {
  return Object.values(await stored(pool, 'metric.interface')).reduce((sum, next) => sum + next, 0);
}

async function daysOf(pool: Pool): Promise<number[]> {
  const { rows } = await pool.query<{ at: Date }>(
    'SELECT recorded_at AS at FROM interface_metrics ORDER BY 1',
  );
  return rows.map(({ at }) => dayOf(NOW) - dayOf(at.getTime()));
}

/** What tables hold after the same records, without what says when they were stored. */
async function tablesAfterTheSame(postgres: PostgresService): Promise<Record<string, unknown[]>> {
  const { pool } = await postgres.database();
  const lab = await startLab(pool);
  for (const [i, ago] of [28 * DAYS, DAYS, 1500, 0].entries()) {
    const reading = lab.reading(`r${i}`, NOW - ago, ['Gi0/1', 'Gi0/2', 'Gi0/3'], i + 2);
    reading.counter('in_octets').hi[0] = 0x7fffffff;
    reading.number('rx_bps').values[1] = Number.NaN;
    reading.counter('out_octets').known[1] = 0;
    reading.text('if_alias').values[2] = 'ü \\ \t "—" 🛰';
    await lab.sendReading(reading);
  }
  await lab.sendRecord('ops.collection', 'r1', collectionRecord({ retries: 2, status: 'partial' }));
  for (const revision of [1, 2]) {
    const anomaly_id = '5d9c1f0e-6b3a-5c47-9e21-7f0d8a4b6c13';
    await lab.sendRecord('insight.anomaly', 'r1', anomalyRecord({ anomaly_id, revision, polls: revision }));
  }
  await lab.sink().start();
  await until(async () => (await countOf(pool, 'interface_metrics')) === 12, 'the readings');
  await until(async () => (await countOf(pool, 'anomaly_events WHERE revision = 2')) === 1, 'the anomaly');
  await until(async () => (await countOf(pool, 'data_collection_audit')) === 1, 'the audit');
  const tables: Record<string, unknown[]> = {};
  for (const table of ['interface_metrics', 'poll_history', 'data_collection_audit', 'anomaly_events']) {
    const { rows } = await pool.query<{ row: object }>(
      `SELECT to_jsonb(t) - '{id,ingested_at,created_at}'::text[] AS row FROM ${table} t ORDER BY 1`,
    );
    tables[table] = rows.map(({ row }) => row);
  }
  return tables;
}

function holdsOn(postgres: PostgresService): void {
  it('stores every row once while its backend is killed in the middle of COPY', async () => {
    const { pool, url } = await postgres.database();
    const lab = await startLab(poolOf(url));
    await lab.sink({ settings: { group: 'g', writer: 'w', flushMs: 5, flushRows: 5_000 } }).start();
    const sending = (async () => {
      let count = 0;
      for (; count < 200 || lab.observed.retries === 0; count += 20) await sendReadings(lab, 20, count);
      return count;
    })();
    let sent: number | undefined;
    void sending.then((count) => (sent = count));
    await until(
      async () => {
        await pool.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'sink under test'
              AND state = 'active' AND query LIKE 'COPY%' AND $1`,
          [lab.observed.retries < 3],
        );
        return (await passed(pool)) === sent;
      },
      'all records stored',
      25_000,
    );
    const rows = (await sending) * PORTS.length;
    expect(lab.observed.retries).toBeGreaterThanOrEqual(1);
    expect(await rowsOf(pool)).toEqual({ rows, distinct: rows });
    expect(lab.observed.failures).toEqual([]);
  });

  it('stores every row once when connections are lost at COMMIT, before or after it was done', async () => {
    const { pool, url } = await postgres.database();
    const proxy = await cuttingProxy(url);
    cleanups.push(() => proxy.stop());
    const lab = await startLab(poolOf(proxy.url));
    await lab.sink().start();
    let sent = 0;
    for (const cut of ['after', 'before', 'after'] as const) {
      proxy.cuts.push(cut);
      await sendReadings(lab, 4, sent);
      sent += 4;
      await until(async () => (await passed(pool)) === sent && proxy.cuts.length === 0, `cut ${cut}`);
    }
    await until(() => lab.observed.rows.get('interface_metrics') === sent * 100, 'every row counted once');
    expect(await rowsOf(pool)).toEqual({ rows: sent * 100, distinct: sent * 100 });
    expect(lab.observed.lost).toBe(0);
  });

  it('takes out what cannot be stored: too old, too far ahead, refused by a constraint', async () => {
    const { pool } = await postgres.database();
    await pool.query("ALTER TABLE interface_metrics ADD CHECK (interface_name <> 'Gi0/2')");
    const lab = await startLab(pool);
    await lab.sendReading(lab.reading('r1', NOW - 33 * DAYS, ['Gi0/1']));
    await lab.sendReading(lab.reading('r1', NOW + 2 * DAYS, ['Gi0/1']));
    await lab.sendReading(lab.reading('r1', NOW, ['Gi0/1', 'Gi0/2', 'Gi0/3']));
    await lab.sink().start();
    await until(async () => (await stored(pool, 'metric.interface'))[0] === 3, 'all records passed');
    const letters = await lab.deadLetters();
    expect(letters.map(({ reason, offset, row }) => ({ reason, offset, row }))).toEqual([
      { reason: 'out_of_retention', offset: 0n, row: null },
      { reason: 'future', offset: 1n, row: null },
      { reason: 'refused_by_database', offset: 2n, row: 1 },
    ]);
    expect(letters[2]!.detail).toMatch(/\(23514\): COPY \w+, line 2/);
    expect(await daysOf(pool)).toEqual([0, 0]);
  });

  it('makes room for the days of the past, drops them when their time is over, and stores on', async () => {
    const { pool } = await postgres.database();
    const lab = await startLab(pool);
    await lab.sink().start();
    for (const ago of [28, 20, 1, 0]) await lab.sendReading(lab.reading('r1', NOW - ago * DAYS, ['Gi0/1']));
    await until(async () => (await passed(pool)) === 4, 'the first records');
    const { droppedPartitions } = await maintain({ pool, clock: () => NOW + 15 * DAYS, log: silent });
    expect(droppedPartitions).toHaveLength(2);
    expect(await daysOf(pool)).toEqual([1, 0]);
    // A day that was there, is dropped, and gets another row: the sink believes that its room is still there.
    await lab.sendReading(lab.reading('r1', NOW - 20 * DAYS, ['Gi0/2']));
    await until(async () => (await passed(pool)) === 5, 'the late record');
    expect(await daysOf(pool)).toEqual([20, 1, 0]);
    expect(await lab.deadLetters()).toEqual([]);
  });

  it('needs no more than the rights of netsigma_writer', async () => {
    const { pool, url } = await postgres.database();
    const user = `w_${new URL(url).pathname.slice(1)}`;
    await pool.query(`CREATE ROLE ${user} LOGIN PASSWORD 'w' IN ROLE netsigma_writer`);
    cleanups.push(() => pool.query(`DROP OWNED BY ${user}; DROP ROLE ${user}`));
    const lab = await startLab(poolOf(url, user));
    await lab.sink().start();
    await lab.sendReading(lab.reading('r1', NOW - 3 * DAYS, PORTS));
    const anomaly_id = '5d9c1f0e-6b3a-5c47-9e21-7f0d8a4b6c13';
    await lab.sendRecord('insight.anomaly', 'r1', anomalyRecord({ anomaly_id }));
    await until(async () => (await countOf(pool, 'anomaly_events')) === 1, 'the anomaly');
    await until(async () => (await rowsOf(pool)).rows === 100, 'the rows');
    const maintaining = maintain({ pool: poolOf(url, user), clock: () => NOW + 60 * DAYS, log: silent });
    await expect(maintaining).rejects.toMatchObject({ code: '42501' });
    expect((await rowsOf(pool)).rows).toBe(100);
  });

  it('fails with what to do when the table is not as it was', async () => {
    const { pool } = await postgres.database();
    const lab = await startLab(pool);
    await lab.sink().start();
    await pool.query('ALTER TABLE interface_metrics RENAME COLUMN rx_bps TO rx');
    await lab.sendReading(lab.reading('r1', NOW, ['Gi0/1']));
    await until(() => lab.observed.failures.length > 0, 'the failure');
    expect(lab.observed.failures[0]).toBeInstanceOf(PermanentError);
  });
}

describe('the sink on plain PostgreSQL', () => {
  holdsOn(postgresService());
});

hasTimescale('the sink on TimescaleDB', () => {
  holdsOn(postgresService(onTimescale));
});

hasTimescale('both flavours', () => {
  const plain = postgresService();
  const timescale = postgresService(onTimescale);

  it('hold the same rows after the same records', async () => {
    const tables = await tablesAfterTheSame(timescale);
    expect(tables).toEqual(await tablesAfterTheSame(plain));
    expect(tables['interface_metrics']).toHaveLength(12);
  });
});
