/** What a dry run says is what is then done, on each flavour; and it changes nothing. */
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { Pool } from 'pg';
import { plannedMaintenance } from '../../pipeline/db/maintenance-plan.ts';
import type { MaintenanceStep } from '../../pipeline/db/maintenance-step.ts';
import { migrate } from '../../pipeline/db/migrate.ts';
import { flavourOf, timeSeriesStorage } from '../../pipeline/db/flavour.ts';
import { dayOf } from '../../pipeline/db/partitions.ts';
import { maintain, setRetention } from '../../pipeline/db/retention.ts';
import { catalogue } from '../../topics/catalogue.ts';
import { DAYS } from '../../topics/row.ts';
import { postgresService, silent } from '../services/postgres.ts';
import { reasonOf } from '../services/service.ts';
import { timescaleService } from '../services/timescale.ts';
import { licensedTimescale, type LicensedTimescale } from '../support/licensed-timescale.ts';
import { describeIf } from '../support/requires.ts';

// A WebAssembly of 20 MB is compiled for one of them.
jest.setTimeout(90_000);

const service = await timescaleService();
const plain = postgresService();
const NOW = Date.UTC(2026, 10, 21, 12);
const clock = () => NOW;
const retentionDays = { poll_history: 7, anomaly_events: 100 };

/** Polls of these days before now, and two anomalies, one long closed. */
async function filled(pool: Pool): Promise<void> {
  const ago = [0, 6, 8, 60];
  const days = ago.map((one) => dayOf(NOW) - one);
  await timeSeriesStorage(await flavourOf(pool)).makeRoom(pool, 'poll_history', days);
  for (const one of ago) {
    await pool.query(
      `INSERT INTO poll_history (domain, device_id, collector_id, poll_id, job_type, started_at, status)
       VALUES ('d', gen_random_uuid(), 'c', gen_random_uuid(), 'interface', to_timestamp($1), 'success')`,
      [NOW / 1000 - one * 86_400],
    );
  }
  for (const closed of [NOW - 200 * DAYS, NOW - 50 * DAYS]) {
    await pool.query(
      `INSERT INTO anomaly_events (anomaly_id, revision, domain, metric_name, detector, state, severity,
                                   metric_value, polls, opened_at, updated_at, closed_at)
       VALUES (gen_random_uuid(), 1, 'd', 'rx_bps', 'deviation', 'opened', 'info', 1, 1,
               to_timestamp($1), to_timestamp($1), to_timestamp($1))`,
      [closed / 1000],
    );
  }
}

/** Plans twice, then does it. */
async function plannedAndDone(
  pool: Pool,
): Promise<{ planned: MaintenanceStep[]; again: MaintenanceStep[]; done: MaintenanceStep[] }> {
  const planned = await plannedMaintenance({ pool, clock, retentionDays });
  const again = await plannedMaintenance({ pool, clock, retentionDays });
  const done = await setRetention(pool, retentionDays);
  await maintain({ pool, clock, log: silent, report: (step) => done.push(step) });
  expect(await plannedMaintenance({ pool, clock, retentionDays })).toEqual([]);
  return { planned, again, done };
}

const KEPT = [
  { kind: 'keep', table: 'poll_history', from: '30 days', to: '7 days' },
  { kind: 'keep', table: 'anomaly_events', from: '2 years', to: '100 days' },
];
const DELETED = { kind: 'delete', table: 'anomaly_events', rows: 1 };

describe('a plan of maintenance', () => {
  it('is what is done on plain PostgreSQL', async () => {
    const { pool } = await plain.database();
    await filled(pool);
    const { planned, again, done } = await plannedAndDone(pool);
    expect(again).toEqual(planned);
    expect(done).toEqual(planned);
    expect(planned.slice(0, 3)).toEqual([...KEPT, DELETED]);
    expect(planned.filter((step) => 'table' in step && step.table === 'poll_history').slice(1)).toEqual([
      { kind: 'make', table: 'poll_history', partition: 'poll_history_p20261122' },
      { kind: 'make', table: 'poll_history', partition: 'poll_history_p20261123' },
      { kind: 'drop', table: 'poll_history', partition: 'poll_history_p20260922' },
      { kind: 'drop', table: 'poll_history', partition: 'poll_history_p20261113' },
    ]);
  });
});

describeIf(service.kind === 'running', reasonOf(service))('on TimescaleDB a plan of maintenance', () => {
  const address = service.kind === 'running' ? { url: service.address } : {};
  const timescale = postgresService({ ...address, prepare: 'CREATE EXTENSION IF NOT EXISTS timescaledb' });

  it('is what is done', async () => {
    const { pool } = await timescale.database();
    await filled(pool);
    const { planned, again, done } = await plannedAndDone(pool);
    expect(again).toEqual(planned);
    expect(done).toEqual(planned);
    expect(planned).toEqual([
      ...KEPT,
      DELETED,
      ...[1, 2].map(() => ({
        kind: 'drop',
        table: 'poll_history',
        partition: expect.stringMatching(/^_timescaledb_internal\._hyper_\d+_\d+_chunk$/),
      })),
    ]);
  });
});

describe('on the Timescale licence a plan of maintenance', () => {
  let database: LicensedTimescale | undefined;
  afterEach(async () => database?.stop());

  it('has the policies that follow, and the schema is not behind because of them', async () => {
    database = await licensedTimescale();
    const { pool } = database;
    await migrate({ pool, catalogue, log: silent });
    const planned = await plannedMaintenance({ pool, clock, retentionDays });
    expect(planned).toEqual([...KEPT, { kind: 'policy', what: 'keep poll_history for 7 days' }]);
    await setRetention(pool, retentionDays);
    // Whoever stores meanwhile is not to be refused, whether it owns the tables or not.
    for (const role of ['netsigma_owner', 'netsigma_writer']) {
      await pool.query(`SET ROLE ${role}`);
      expect(await migrate({ pool, catalogue, log: silent, plan: true, policies: false })).toEqual([]);
      await pool.query('RESET ROLE');
    }
    const done: MaintenanceStep[] = [];
    await maintain({ pool, clock, log: silent, report: (step) => done.push(step) });
    expect([...KEPT, ...done]).toEqual(planned);
  });
});
