/** What is kept how long (table `retention_policy`), and the work that follows from it. */
import type { ClientBase, Pool } from 'pg';
import type { Clock, Log } from '../model/component.ts';
import { DAYS } from '../../topics/row.ts';
import { flavourOf, timeSeriesStorage } from './flavour.ts';
import { missingPolicies } from './licensed-policies.ts';
import { withMaintenanceLock, type MaintenanceLockOptions } from './maintenance-lock.ts';
import { daysAhead, deletion, eachPartition, oldRows, type MaintenanceStep } from './maintenance-step.ts';
import { dayOf } from './partitions.ts';
import { withClient } from './with-client.ts';

export interface RetentionPolicy {
  readonly table: string;
  readonly timeColumn: string;
  readonly keepMs: number;
  /** A time series: its days are dropped, not its rows deleted. */
  readonly partitioned: boolean;
}

/** Dropping a partition waits for whoever reads the table; whoever comes later waits for us: so not for long. */
const LOCK_TIMEOUT = '5s';

const POLICIES = `
  SELECT table_name AS "table", time_column AS "timeColumn", partitioned,
         (extract(epoch FROM keep) * 1000)::float8 AS "keepMs"
    FROM retention_policy ORDER BY table_name`;

const SET_RETENTION = `
  UPDATE retention_policy p SET keep = make_interval(days => $2::int)
    FROM retention_policy before
   WHERE p.table_name = $1 AND before.table_name = p.table_name
     AND p.keep IS DISTINCT FROM make_interval(days => $2::int)
  RETURNING before.keep::text AS "from", p.keep::text AS "to"`;

export async function retentionPolicies(client: Pick<ClientBase, 'query'>): Promise<RetentionPolicy[]> {
  return (await client.query<RetentionPolicy>(POLICIES)).rows;
}

/** Makes `retention_policy` say how many days each table is kept. Needs the owner's rights. @returns what changed. */
export async function setRetention(
  client: Pick<ClientBase, 'query'>,
  retentionDays: Readonly<Record<string, number>>,
): Promise<MaintenanceStep[]> {
  const steps: MaintenanceStep[] = [];
  for (const [table, days] of Object.entries(retentionDays)) {
    const { rows } = await client.query<{ from: string; to: string }>(SET_RETENTION, [table, days]);
    steps.push(...rows.map(({ from, to }) => ({ kind: 'keep', table, from, to }) as const));
  }
  return steps;
}

export interface MaintainDeps extends MaintenanceLockOptions {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
  /** Called with each change once it is made. */
  readonly report?: ((step: MaintenanceStep) => void) | undefined;
}

export interface Maintained {
  /** Partitions or chunks. */
  readonly droppedPartitions: readonly string[];
  readonly deletedRows: number;
}

/**
 * Makes the partitions of the next days, drops those beyond their retention, deletes old rows of other tables, and
 * has TimescaleDB's own jobs follow, where the licence allows them. Safe to repeat, beside a sink, and from several
 * places: one at a time. One table's failure does not keep the others from being maintained.
 * @throws the first failure, after all of them; RetryableError when another maintenance does not end.
 */
export async function maintain(deps: MaintainDeps): Promise<Maintained> {
  const { pool, clock, log, report = () => undefined } = deps;
  const done: MaintenanceStep[] = [];
  const failures: unknown[] = [];

  const work = async (client: ClientBase): Promise<void> => {
    const flavour = await flavourOf(client);
    const storage = timeSeriesStorage(flavour);
    const nowMs = clock();
    const days = daysAhead(nowMs);
    const transaction = async (what: object, change: () => Promise<readonly MaintenanceStep[]>) => {
      const steps = await committed(client, change).catch((err: unknown) => {
        failures.push(err);
        log.warn({ ...what, err }, 'retention of a table failed; it is tried again at the next maintenance');
        return rolledBack(client, err);
      });
      done.push(...steps);
      for (const step of steps) report(step);
    };
    for (const policy of await retentionPolicies(client)) {
      const { table, partitioned } = policy;
      const beforeMs = nowMs - policy.keepMs;
      await transaction({ table }, async () => {
        if (partitioned) {
          const made = await storage.missing(client, table, days);
          await storage.makeRoom(client, table, days);
          const dropped = await storage.dropBefore(client, table, beforeMs);
          return [...eachPartition('make', table, made), ...eachPartition('drop', table, dropped)];
        }
        const { rowCount } = await client.query(`DELETE ${oldRows(policy)}`, [beforeMs]);
        return deletion(table, rowCount ?? 0);
      });
    }
    for (const { what, sql } of flavour === 'timescaledb' ? await missingPolicies(client) : []) {
      await transaction({ what }, async () => {
        await client.query(sql);
        return [{ kind: 'policy', what }];
      });
    }
  };

  await withClient(pool, (client) => withMaintenanceLock(client, deps, () => work(client)));
  const droppedPartitions = done.flatMap((step) => (step.kind === 'drop' ? [step.partition] : []));
  const deletedRows = done.reduce((sum, step) => sum + (step.kind === 'delete' ? step.rows : 0), 0);
  log.info({ droppedPartitions, deletedRows }, 'database maintained');
  if (failures.length > 0) throw failures[0];
  return { droppedPartitions, deletedRows };
}

async function committed<T>(client: ClientBase, change: () => Promise<T>): Promise<T> {
  await client.query('BEGIN');
  await client.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
  const changed = await change();
  await client.query('COMMIT');
  return changed;
}

/** @throws the failure where there is no connection: nothing to roll back, and no other table either. */
async function rolledBack(client: ClientBase, failure: unknown): Promise<never[]> {
  await client.query('ROLLBACK').catch(() => {
    throw failure;
  });
  return [];
}

/** The days that rows of a table may have: its retention and a day of slack back, a day ahead. */
export function acceptedRange(keepMs: number, nowMs: number): { fromMs: number; toMs: number } {
  return { fromMs: (dayOf(nowMs - keepMs) - 1) * DAYS, toMs: nowMs + DAYS };
}
