/** Keeps the tables as the settings say, if it may: retention once at the start and once an hour. */
import type { Pool } from 'pg';
import type { Clock, Component, Log } from '../model/component.ts';
import { maintain } from './retention.ts';

export interface MaintenanceDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
  /** Days that rows are kept, by table. */
  readonly retentionDays: Readonly<Record<string, number>>;
}

const EVERY_MS = 3_600_000;

/** Only who owns the tables may drop what is too old. */
const MAY_MAINTAIN = `
  SELECT pg_has_role(relowner, 'USAGE') AS may FROM pg_class WHERE oid = to_regclass('retention_policy')`;

const SET_RETENTION = `
  UPDATE retention_policy SET keep = make_interval(days => $2::int)
   WHERE table_name = $1 AND keep IS DISTINCT FROM make_interval(days => $2::int)`;

/** A failed run is logged and tried again at the next; it never stops the process. */
export function maintenance({ pool, clock, log, retentionDays }: MaintenanceDeps): Component {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;

  const run = (): void => {
    running ??= maintain({ pool, clock, log })
      .catch((error: unknown) => log.warn({ err: error }, 'maintenance of the database failed'))
      .then(() => {
        running = undefined;
      });
  };

  return {
    name: 'maintenance',
    async start() {
      const { rows } = await pool.query<{ may: boolean }>(MAY_MAINTAIN);
      if (rows[0]?.may === false) {
        log.info({}, 'this database user does not own the tables: retention is left to their owner');
        return;
      }
      for (const [table, days] of Object.entries(retentionDays))
        await pool.query(SET_RETENTION, [table, days]);
      run();
      timer = setInterval(run, EVERY_MS);
    },
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
