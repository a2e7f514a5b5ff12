/** The sink on each flavour: the same rows, exactly once, and its days dropped. */
import { describe, expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { dayOf } from '../../pipeline/db/partitions.ts';
import { maintain } from '../../pipeline/db/retention.ts';
import { PermanentError } from '../../pipeline/model/errors.ts';
import { DAYS } from '../../topics/row.ts';
import { postgresService, silent, type PostgresService } from '../services/postgres.ts';
import { reasonOf } from '../services/service.ts';
import { timescaleService } from '../services/timescale.ts';
import { anomalyRecord, collectionRecord, countOf, NOW, stored } from '../sink/sink-lab.ts';
import {
  passed,
  PORTS,
  rowsOf,
  sinkTrials,
  survivesCutsAtCommit,
  survivesKilledBackends,
} from '../sink/sink-trials.ts';
import { describeIf } from '../support/requires.ts';
import { until } from '../support/until.ts';

const service = await timescaleService();
const address = service.kind === 'running' ? { url: service.address } : {};
const onTimescale = { ...address, prepare: 'CREATE EXTENSION IF NOT EXISTS timescaledb' };
const hasTimescale = describeIf(service.kind === 'running', reasonOf(service));

const trials = sinkTrials();
const { startLab, poolOf, cleanUp } = trials;

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
    reading.text('if_alias').set(2, 'ü \\ \t "—" 🛰');
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
  it('stores every row once while its backend is killed in the middle of COPY', () =>
    survivesKilledBackends(trials, postgres, { readings: 200, retries: 1, most: 3, flushRows: 5_000 }));

  it('stores every row once when connections are lost at COMMIT, before or after it was done', () =>
    survivesCutsAtCommit(trials, postgres, ['after', 'before', 'after']));

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
    cleanUp(() => pool.query(`DROP OWNED BY ${user}; DROP ROLE ${user}`));
    const lab = await startLab(poolOf(url, { user }));
    await lab.sink().start();
    await lab.sendReading(lab.reading('r1', NOW - 3 * DAYS, PORTS));
    const anomaly_id = '5d9c1f0e-6b3a-5c47-9e21-7f0d8a4b6c13';
    await lab.sendRecord('insight.anomaly', 'r1', anomalyRecord({ anomaly_id }));
    await until(async () => (await countOf(pool, 'anomaly_events')) === 1, 'the anomaly');
    await until(async () => (await rowsOf(pool)).rows === 100, 'the rows');
    const maintaining = maintain({ pool: poolOf(url, { user }), clock: () => NOW + 60 * DAYS, log: silent });
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
