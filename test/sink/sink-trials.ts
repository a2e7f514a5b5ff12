/** Labs and pools that end with their test, streams of readings, and the two trials that a sink stands on any database. */
import { afterEach, expect } from '@jest/globals';
import type { Pool } from 'pg';
import { connectionPool } from '../../pipeline/db/pool.ts';
import { silent, type PostgresService } from '../services/postgres.ts';
import { until } from '../support/until.ts';
import { cuttingProxy, type CuttingProxy } from './cutting-proxy.ts';
import { NOW, sinkLab, stored, type SinkLab } from './sink-lab.ts';

export const PORTS = Array.from({ length: 100 }, (_, i) => `Gi0/${i}`);

const APPLICATION = 'sink under test';

export interface PoolChanges {
  /** Its password is `w`. */
  readonly user?: string;
  readonly statementTimeoutMs?: number;
}

export interface SinkTrials {
  startLab(pool: Pool): Promise<SinkLab>;
  /** A pool of its own, known to the server by its application's name. */
  poolOf(url: string, changes?: PoolChanges): Pool;
  proxyTo(url: string): Promise<CuttingProxy>;
  /** After the test, in reverse order. */
  cleanUp(work: () => Promise<unknown>): void;
}

/** For one test file: call it at its top. */
export function sinkTrials(): SinkTrials {
  const cleanups: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });
  return {
    async startLab(pool) {
      const lab = await sinkLab(pool);
      cleanups.push(() => lab.stop());
      return lab;
    },
    poolOf(url, { user, ...changes } = {}) {
      const to = new URL(url);
      if (user !== undefined) {
        to.username = user;
        to.password = 'w';
      }
      const pool = connectionPool({ url: to.href, applicationName: APPLICATION, log: silent, ...changes });
      cleanups.push(() => pool.end());
      return pool;
    },
    async proxyTo(url) {
      const proxy = await cuttingProxy(url);
      cleanups.push(() => proxy.stop());
      return proxy;
    },
    cleanUp: (work) => void cleanups.push(work),
  };
}

/** `count` readings of 100 interfaces, each at its own second, over both partitions. */
export async function sendReadings(lab: SinkLab, count: number, from = 0): Promise<void> {
  for (let i = from; i < from + count; i += 1) {
    await lab.sendReading(lab.reading('r1', NOW - i * 1000, PORTS), i % 2);
  }
}

/** Rows, and rows that are not the same as another one. */
export async function rowsOf(pool: Pool): Promise<{ rows: number; distinct: number }> {
  const { rows } = await pool.query<{ rows: number; distinct: number }>(
    'SELECT count(*)::int AS rows, count(DISTINCT (interface_name, recorded_at))::int AS distinct FROM interface_metrics',
  );
  return rows[0]!;
}

/** Readings that are stored, or taken out, by what the database says. */
export async function passed(pool: Pool): Promise<number> {
  return Object.values(await stored(pool, 'metric.interface')).reduce((sum, next) => sum + next, 0);
}

export interface Kills {
  /** Readings that are sent, and more until there were enough retries. */
  readonly readings: number;
  readonly retries: number;
  /** No kill after so many retries. */
  readonly most: number;
  readonly flushRows: number;
}

/** Kills the sink's backend again and again in the middle of COPY. */
export async function survivesKilledBackends(
  { startLab, poolOf }: SinkTrials,
  postgres: PostgresService,
  { readings, retries, most, flushRows }: Kills,
): Promise<void> {
  const { pool, url } = await postgres.database();
  const lab = await startLab(poolOf(url));
  const sink = lab.sink({ settings: { group: 'g', writer: 'w', flushMs: 5, flushRows } });
  await sink.start();
  const sending = (async () => {
    let count = 0;
    for (; count < readings || lab.observed.retries < retries; count += 20) {
      await sendReadings(lab, 20, count);
    }
    return count;
  })();
  let sent: number | undefined;
  void sending.then((count) => (sent = count));
  await until(
    async () => {
      await pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = $1
            AND state = 'active' AND query LIKE 'COPY%' AND $2`,
        [APPLICATION, lab.observed.retries < most],
      );
      return (await passed(pool)) === sent;
    },
    'all records stored',
    25_000,
  );
  const rows = (await sending) * PORTS.length;
  expect(lab.observed.retries).toBeGreaterThanOrEqual(retries);
  expect(await rowsOf(pool)).toEqual({ rows, distinct: rows });
  await until(() => lab.observed.rows.get('interface_metrics') === rows, 'every row counted once');
  expect(lab.observed.failures).toEqual([]);
  expect(sink.status()).toMatchObject({ state: 'running', retrying: null });
}

/** Loses the connection at one COMMIT after the other, before or after the server has done it. */
export async function survivesCutsAtCommit(
  { startLab, poolOf, proxyTo }: SinkTrials,
  postgres: PostgresService,
  cuts: readonly ('before' | 'after')[],
): Promise<void> {
  const { pool, url } = await postgres.database();
  const proxy = await proxyTo(url);
  const lab = await startLab(poolOf(proxy.url));
  await lab.sink().start();
  let sent = 0;
  for (const cut of cuts) {
    proxy.cuts.push(cut);
    await sendReadings(lab, 4, sent);
    sent += 4;
    await until(async () => (await passed(pool)) === sent && proxy.cuts.length === 0, `cut ${cut}`);
  }
  const rows = sent * PORTS.length;
  await until(() => lab.observed.rows.get('interface_metrics') === rows, 'every row counted once');
  expect(await rowsOf(pool)).toEqual({ rows, distinct: rows });
  expect(lab.observed.retries).toBeGreaterThanOrEqual(cuts.length);
  expect(lab.observed.lost).toBe(0);
}
