/** Keeps the tables as the settings say, if it may: once at the start and once an hour. */
import type { Pool } from 'pg';
import type { Clock, Component, Log } from '../model/component.ts';
import { ConfigError } from '../model/errors.ts';
import type { MaintenanceStep } from './maintenance-step.ts';
import { maintain, setRetention } from './retention.ts';

export interface MaintenanceDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
  /** Days that rows are kept, by table. */
  readonly retentionDays: Readonly<Record<string, number>>;
  /** An hour unless told. */
  readonly everyMs?: number;
  /** Called with each change once it is made. */
  readonly report?: (step: MaintenanceStep) => void;
}

const EVERY_MS = 3_600_000;

/** Only who owns the tables may drop what is too old. */
const OWNERSHIP = `
  SELECT current_user AS "user", pg_get_userbyid(relowner) AS owner, pg_has_role(relowner, 'USAGE') AS "isOwner"
    FROM pg_class WHERE oid = to_regclass('retention_policy')`;

interface Ownership {
  readonly user: string;
  readonly owner: string;
  /** The user is the owner, a member of it, or a superuser. */
  readonly isOwner: boolean;
}

/** Who works with the tables, and whose they are. @throws ConfigError when there are none. */
async function ownership(pool: Pick<Pool, 'query'>): Promise<Ownership> {
  const { rows } = await pool.query<Ownership>(OWNERSHIP);
  if (rows[0] !== undefined) return rows[0];
  throw new ConfigError('the database has no table retention_policy: run "netsigma migrate"');
}

/** @throws ConfigError when the tables are somebody else's. */
export async function assertOwner(pool: Pick<Pool, 'query'>): Promise<void> {
  const { user, owner, isOwner } = await ownership(pool);
  if (isOwner) return;
  throw new ConfigError(
    `${user} does not own the tables and may not maintain them: let database.url log in as ${owner}, ` +
      `or run "GRANT ${owner} TO ${user}"`,
  );
}

/** A failed run is logged and tried again at the next; it never stops the process. */
export function maintenance(deps: MaintenanceDeps): Component {
  const { pool, log, retentionDays, everyMs = EVERY_MS, report } = deps;
  const stopped = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;

  const run = (): void => {
    running ??= maintain({ ...deps, signal: stopped.signal })
      .catch((error: unknown) => log.warn({ err: error }, 'maintenance of the database failed'))
      .then(() => {
        running = undefined;
      });
  };

  return {
    name: 'maintenance',
    async start() {
      const { user, owner, isOwner } = await ownership(pool);
      if (!isOwner) {
        log.info(
          { user, owner },
          'this database user does not own the tables: "netsigma maintain" as their owner drops what is too old',
        );
        return;
      }
      for (const step of await setRetention(pool, retentionDays)) report?.(step);
      run();
      timer = setInterval(run, everyMs);
    },
    async stop() {
      clearInterval(timer);
      stopped.abort();
      await running;
    },
  };
}
