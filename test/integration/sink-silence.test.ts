import { describe, expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { PermanentError } from '../../pipeline/model/errors.ts';
import { postgresService } from '../services/postgres.ts';
import type { CuttingProxy } from '../sink/cutting-proxy.ts';
import { anomalyRecord, countOf, NOW, type SinkLab } from '../sink/sink-lab.ts';
import { sinkTrials } from '../sink/sink-trials.ts';
import { until } from '../support/until.ts';

const postgres = postgresService();
const { startLab, poolOf, proxyTo } = sinkTrials();

async function labBehindProxy(): Promise<{ pool: Pool; proxy: CuttingProxy; lab: SinkLab }> {
  const { pool, url } = await postgres.database();
  const proxy = await proxyTo(url);
  return { pool, proxy, lab: await startLab(poolOf(proxy.url, { statementTimeoutMs: 500 })) };
}

const sendReading = (lab: SinkLab, ago = 0) => lab.sendReading(lab.reading('r1', NOW - ago, ['Gi0/1']));

describe('a database that falls silent', () => {
  it('in the middle of a COPY is given up, and the sink goes on over a new connection', async () => {
    const { pool, proxy, lab } = await labBehindProxy();
    const sink = lab.sink({ limits: { silenceMs: 200 } });
    await sink.start();
    proxy.freezeAt = 'COPY "interface_metrics"';
    await sendReading(lab);
    await until(() => proxy.frozen > 0, 'the path is frozen');
    proxy.freezeAt = undefined;
    await until(async () => (await countOf(pool, 'interface_metrics')) === 1, 'the row', 4_000);
    expect(lab.observed.retries).toBeGreaterThanOrEqual(1);
    await until(() => sink.status().retrying === null, 'no trouble any more');
  });

  it('between two flushes is noticed by the limit of a query', async () => {
    const { pool, proxy, lab } = await labBehindProxy();
    const sink = lab.sink();
    await sink.start();
    await sendReading(lab);
    await until(async () => (await countOf(pool, 'interface_metrics')) === 1, 'the first row');
    await until(() => sink.idle, 'nothing to do');
    proxy.freeze();
    await sendReading(lab, 1000);
    await until(async () => (await countOf(pool, 'interface_metrics')) === 2, 'the second row', 12_000);
    expect(lab.observed.retries).toBe(1);
  }, 20_000);

  it('does not keep the sink from stopping within its limit', async () => {
    const { pool, proxy, lab } = await labBehindProxy();
    const sink = lab.sink({ limits: { drainMs: 200 } });
    await sink.start();
    proxy.freezeAt = 'COPY "interface_metrics"';
    await sendReading(lab);
    await until(() => proxy.frozen > 0, 'the path is frozen');
    const before = performance.now();
    await sink.stop();
    expect(performance.now() - before).toBeLessThan(2_000);
    expect(sink.status().state).toBe('stopped');
    expect(await countOf(pool, 'interface_metrics')).toBe(0);
  });
});

describe('rows that are refused together and taken alone', () => {
  it('are tried again with pauses, and at last the sink fails with what to do', async () => {
    const { pool } = await postgres.database();
    await pool.query(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF EXISTS (SELECT FROM interface_metrics) THEN
          RAISE EXCEPTION 'not beside readings' USING ERRCODE = '23000';
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER refuse BEFORE INSERT ON anomaly_events FOR EACH ROW EXECUTE FUNCTION refuse()`);
    const lab = await startLab(pool);
    const anomaly_id = '5d9c1f0e-6b3a-5c47-9e21-7f0d8a4b6c13';
    await sendReading(lab);
    await lab.sendRecord('insight.anomaly', 'r1', anomalyRecord({ anomaly_id }));
    const sink = lab.sink({ settings: { group: 'g', writer: 'w', flushMs: 300, flushRows: 5000 } });
    await sink.start();
    await until(() => sink.status().retrying !== null, 'the sink says that it is in trouble');
    expect(sink.status().retrying?.error).toContain('not beside readings');
    await until(() => lab.observed.failures.length > 0, 'the failure');
    expect(lab.observed.failures[0]).toBeInstanceOf(PermanentError);
    expect(String(lab.observed.failures[0])).toMatch(/refused rows 6 times .*alter or drop it/);
    expect(lab.observed.retries).toBe(5);
    expect(await countOf(pool, 'interface_metrics')).toBe(0);
  });
});

describe('offsets of earlier runs with a broker in memory', () => {
  it('are deleted at the start when they are older than a day, and no others', async () => {
    const { pool } = await postgres.database();
    const writers = ['w@memory-old', 'w@memory-young', 'w@kafka', 'w2@memory-old', 'wx@memory-old'];
    await pool.query(
      `INSERT INTO sink_offsets (writer, topic, partition, next_offset, updated_at)
       SELECT writer, 't', 0, 1, now() - CASE writer WHEN 'w@memory-young' THEN interval '23 hours'
                                                     ELSE interval '25 hours' END
         FROM unnest($1::text[]) AS writer`,
      [writers],
    );
    const lab = await startLab(pool);
    await lab.sink({ settings: { group: 'g', writer: 'w', flushMs: 5, flushRows: 10 } }).start();
    const { rows } = await pool.query<{ writer: string }>(
      "SELECT writer FROM sink_offsets WHERE topic = 't'",
    );
    expect(rows.map(({ writer }) => writer).sort()).toEqual([
      'w2@memory-old',
      'w@kafka',
      'w@memory-young',
      'wx@memory-old',
    ]);
  });
});
