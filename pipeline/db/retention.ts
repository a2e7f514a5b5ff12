/** What is kept how long (table `retention_policy`), and the daily work that follows from it. */
import type { ClientBase, Pool } from 'pg';
import type { Clock, Log } from '../model/component.ts';
import { DAYS } from '../../topics/row.ts';
import { flavourOf, timeSeriesStorage } from './flavour.ts';
import { missingPolicies } from './licensed-policies.ts';
import { dayOf } from './partitions.ts';
import { withClient } from './with-client.ts';

export interface RetentionPolicy {
  readonly table: string;
  readonly timeColumn: string;
  readonly keepMs: number;
  /** A time series: its days are dropped, not its rows deleted. */
  readonly partitioned: boolean;
}

/** Partitions made ahead, so that the first row of a day finds its own. */
const DAYS_AHEAD = 2;

/** Dropping a partition waits for whoever reads the table; whoever comes later waits for us: so not for long. */
const LOCK_TIMEOUT = '5s';

const POLICIES = `
  SELECT table_name AS "table", time_column AS "timeColumn", partitioned,
         (extract(epoch FROM keep) * 1000)::float8 AS "keepMs"
    FROM retention_policy ORDER BY table_name`;

export async function retentionPolicies(client: Pick<ClientBase, 'query'>): Promise<RetentionPolicy[]> {
  return (await client.query<RetentionPolicy>(POLICIES)).rows;
}

export interface Maintained {
  /** Partitions or chunks. */
  readonly droppedPartitions: readonly string[];
  readonly deletedRows: number;
}

/**
 * Makes the partitions of the next days, drops those beyond their retention, deletes old rows of other tables, and
 * has TimescaleDB's own jobs follow, where the licence allows them. One table's failure does not keep the others from being maintained. @throws the first failure, after all of them.
 */
export async function maintain(deps: { pool: Pool; clock: Clock; log: Log }): Promise<Maintained> {
  const { pool, clock, log } = deps;
  const droppedPartitions: string[] = [];
  const failures: unknown[] = [];
  let deletedRows = 0;
  await withClient(pool, async (client) => {
    const flavour = await flavourOf(client);
    const storage = timeSeriesStorage(flavour);
    const now = clock();
    const ahead = Array.from({ length: DAYS_AHEAD + 1 }, (_, i) => dayOf(now) + i);
    const step = async (what: object, work: () => Promise<unknown>) => {
      try {
        await client.query('BEGIN');
        await client.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
        await work();
        await client.query('COMMIT');
      } catch (err) {
        failures.push(err);
        log.warn({ ...what, err }, 'retention of a table failed; it is tried again at the next maintenance');
        // Without a connection there is nothing to roll back, and no other table either.
        await client.query('ROLLBACK').catch(() => {
          throw err;
        });
      }
    };
    for (const { table, timeColumn, keepMs, partitioned } of await retentionPolicies(client)) {
      await step({ table }, async () => {
        if (partitioned) {
          await storage.makeRoom(client, table, ahead);
          droppedPartitions.push(...(await storage.dropBefore(client, table, now - keepMs)));
          return;
        }
        const { rowCount } = await client.query(
          `DELETE FROM "${table}" WHERE "${timeColumn}" < to_timestamp($1 / 1000.0)`,
          [now - keepMs],
        );
        deletedRows += rowCount ?? 0;
      });
    }
    if (flavour === 'timescaledb') {
      for (const { what, sql } of await missingPolicies(client))
        await step({ what }, () => client.query(sql));
    }
  });
  log.info({ droppedPartitions, deletedRows }, 'database maintained');
  if (failures.length > 0) throw failures[0];
  return { droppedPartitions, deletedRows };
}

/** The days that rows of a table may have: its retention and a day of slack back, a day ahead. */
export function acceptedRange(keepMs: number, nowMs: number): { fromMs: number; toMs: number } {
  return { fromMs: (dayOf(nowMs - keepMs) - 1) * DAYS, toMs: nowMs + DAYS };
}
