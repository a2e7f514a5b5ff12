/**
 * The schema: numbered files of `sql/`, each applied once and in a transaction of its own, then the columns of
 * metrics that the catalogue has and the tables lack, then policies that TimescaleDB runs, then who may do what.
 *
 * Tables belong to the role that owns `schema_migrations`: netsigma_owner where it exists, else whoever came first.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase, Pool, PoolClient, QueryConfig } from 'pg';
import type { Catalogue } from '../../topics/catalogue.ts';
import { ConfigError, PermanentError } from '../model/errors.ts';
import type { Log } from '../model/component.ts';
import { flavourOf, type Flavour } from './flavour.ts';
import { missingPolicies } from './licensed-policies.ts';
import { missingColumns } from './metric-columns.ts';
import { migrations, SQL_FOLDER, statements, type Migration } from './migrations.ts';
import { storeAsTimeSeries, timeSeriesDdl } from './time-series-ddl.ts';
import { withClient } from './with-client.ts';

/** Two migrators of one database: the second waits for this lock and finds nothing left to do. */
const TRY_LOCK = `SELECT pg_try_advisory_lock(hashtext('netsigma.migrate')) AS locked`;
const LOCK_POLL_MS = 100;

/** `setTimeout` takes no more: 24 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface MigrateOptions {
  readonly pool: Pool;
  readonly catalogue: Catalogue;
  readonly log: Log;
  /** Only say what would be done. */
  readonly plan?: boolean;
  /** In a plan also policies of TimescaleDB, which change nothing for readers and writers; unless told. */
  readonly policies?: boolean;
  /** Where the numbered files are; `sql/` unless told. */
  readonly folder?: URL;
}

/**
 * Brings the database to the newest schema; safe to repeat, and at the same time from several places.
 * @returns what was done (with `plan`: what would be), one line a step; empty = up to date.
 * @throws ConfigError when an applied file was changed, or the role may not do this; PermanentError when SQL fails.
 */
export async function migrate(options: MigrateOptions): Promise<string[]> {
  const { pool, log, plan = false } = options;
  return withClient(pool, async (client) => {
    const onNotice = (notice: { message?: string | undefined }) =>
      log.warn({ notice: notice.message }, 'the database has something to say about the migration');
    client.on('notice', onNotice);
    try {
      await client.query('SET statement_timeout = 0');
      await client.query('SET search_path = public; SET client_min_messages = notice');
      if (plan) return await planned(client, options);
      await flavourOf(client); // refuses a server before anything is changed
      await lock(client);
      return await applied(client, options);
    } finally {
      client.off('notice', onNotice);
      // Settings and the lock end here; a lost connection has ended them already.
      await client.query('DISCARD ALL').catch(() => undefined);
    }
  });
}

/** An index may take hours: without the limit of the pool. */
function unhurried(text: string): QueryConfig & { query_timeout: number } {
  return { text, query_timeout: LONGEST_TIMER_MS };
}

/** Asked for again and again: who waits for it inside a statement holds up CREATE INDEX CONCURRENTLY of its holder. */
async function lock(client: PoolClient): Promise<void> {
  while (!(await client.query<{ locked: boolean }>(TRY_LOCK)).rows[0]!.locked) await sleep(LOCK_POLL_MS);
}

/** What follows from tables that are not there yet is not in the plan: columns, policies. */
async function planned(
  client: PoolClient,
  { folder, catalogue, policies: withPolicies = true }: MigrateOptions,
): Promise<string[]> {
  const flavour = await flavourOf(client);
  const pending = await pendingMigrations(client, migrations(folder), flavour);
  const columns = await missingColumns(client, catalogue);
  const settled = withPolicies && pending.length === 0 && flavour === 'timescaledb';
  const policies = settled ? await missingPolicies(client) : [];
  return [
    ...pending.map(({ file }) => `apply ${file}`),
    ...[...columns, ...policies].map(({ what }) => what),
  ];
}

async function applied(client: PoolClient, { folder, catalogue, log }: MigrateOptions): Promise<string[]> {
  await transaction(client, 'sql/roles.sql', () => client.query(unhurried(script('roles.sql'))));
  const flavour = await flavourOf(client);
  const owner = await ownerOfTables(client);
  const asOwner = (what: string, work: () => Promise<unknown>) =>
    transaction(client, what, async () => {
      await client.query(`SET LOCAL ROLE ${client.escapeIdentifier(owner)}`);
      await client.query('SET LOCAL client_min_messages = warning');
      await work();
    });

  await asOwner('creating schema_migrations', () =>
    client.query(`CREATE TABLE IF NOT EXISTS schema_migrations (
      version integer PRIMARY KEY, file text NOT NULL, checksum text NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT now())`),
  );
  const done: string[] = [];
  for (const migration of await pendingMigrations(client, migrations(folder), flavour)) {
    const { file } = migration;
    if (!migration.transactional) await statementByStatement(client, owner, migration);
    await asOwner(file, () => applyFile(client, migration, flavour));
    log.info({ file }, 'migration applied');
    done.push(`apply ${file}`);
  }
  const adjust = async (steps: readonly { what: string; sql: string }[], message: string) => {
    for (const { what, sql } of steps) {
      await asOwner(what, () => client.query(unhurried(sql)));
      log.info({ what }, message);
      done.push(what);
    }
  };
  await adjust(await missingColumns(client, catalogue), 'column of the catalogue added');
  if (flavour === 'timescaledb') await adjust(await missingPolicies(client), 'policy of TimescaleDB set');
  await asOwner('sql/grants.sql', () => client.query(unhurried(script('grants.sql'))));
  return done;
}

/** In a transaction: the file, unless it ran without one before, and the line that says so. */
async function applyFile(client: PoolClient, migration: Migration, flavour: Flavour): Promise<void> {
  const { version, file, checksum, transactional } = migration;
  if (transactional) {
    const { sql, tables } = timeSeriesDdl(migration.sql, flavour);
    await client.query(unhurried(sql));
    await storeAsTimeSeries(client, file, tables, flavour);
  }
  await client.query('INSERT INTO schema_migrations (version, file, checksum) VALUES ($1, $2, $3)', [
    version,
    file,
    checksum,
  ]);
}

async function statementByStatement(client: PoolClient, owner: string, migration: Migration): Promise<void> {
  const { file } = migration;
  const all = statements(migration);
  await client.query(`SET ROLE ${client.escapeIdentifier(owner)}`);
  for (const [i, sql] of all.entries()) {
    try {
      await client.query(unhurried(sql));
    } catch (cause) {
      throw new PermanentError(
        `${file} failed at its statement ${i + 1} of ${all.length}: ${messageOf(cause)}. The statements before it ` +
          'are done and will be repeated: correct the cause and run "netsigma migrate" again',
        { cause },
      );
    }
  }
  await client.query('RESET ROLE');
}

async function pendingMigrations(
  client: Pick<ClientBase, 'query'>,
  all: readonly Migration[],
  flavour: Flavour,
): Promise<Migration[]> {
  const wanted = all.filter(({ flavours }) => flavours.includes(flavour));
  const { rows: there } = await client.query(
    "SELECT FROM pg_class WHERE oid = to_regclass('schema_migrations')",
  );
  if (there.length === 0) return wanted;
  const { rows } = await client.query<{ version: number; file: string; checksum: string }>(
    'SELECT version, file, checksum FROM schema_migrations',
  );
  const before = new Map(rows.map((row) => [row.version, row]));
  for (const { version, file, checksum } of all) {
    const row = before.get(version);
    if (row !== undefined && row.checksum !== checksum) {
      throw new ConfigError(
        `migration ${row.file} was applied to this database and its file ${file} has changed since: restore the ` +
          'file and put the change into a new migration with the next number',
      );
    }
  }
  return wanted.filter(({ version }) => !before.has(version));
}

async function ownerOfTables(client: PoolClient): Promise<string> {
  const { rows } = await client.query<{ owner: string | null; mine: boolean; me: string; group: boolean }>(
    `SELECT o.rolname AS owner, coalesce(pg_has_role(o.oid, 'MEMBER'), true) AS mine, current_user AS me,
            coalesce((SELECT pg_has_role(oid, 'MEMBER') AND has_schema_privilege(oid, 'public', 'CREATE')
                        FROM pg_roles WHERE rolname = 'netsigma_owner'), false) AS group
       FROM (SELECT) one
       LEFT JOIN pg_class c ON c.oid = to_regclass('schema_migrations')
       LEFT JOIN pg_roles o ON o.oid = c.relowner`,
  );
  const { owner, mine, me, group } = rows[0]!;
  if (owner === null) return group ? 'netsigma_owner' : me;
  if (mine) return owner;
  throw new ConfigError(
    `the tables belong to ${owner} and ${me} is not a member of that role: migrate as ${owner}, ` +
      `or run "GRANT ${owner} TO ${me}"`,
  );
}

async function transaction(client: PoolClient, what: string, work: () => Promise<unknown>): Promise<void> {
  await client.query('BEGIN');
  try {
    await work();
    await client.query('COMMIT');
  } catch (cause) {
    await client.query('ROLLBACK').catch(() => undefined);
    if (cause instanceof ConfigError) throw cause;
    throw new PermanentError(`${what} failed and was rolled back: ${messageOf(cause)}`, { cause });
  }
}

function messageOf(error: unknown): string {
  const { message, code } = error as Error & { code?: string };
  return `${message} (${code ?? 'no code'})`;
}

function script(name: string): string {
  return readFileSync(new URL(name, SQL_FOLDER), 'utf8');
}
