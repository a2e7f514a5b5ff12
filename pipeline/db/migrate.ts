/**
 * The schema: numbered files of `sql/`, each applied once and in a transaction of its own, then the columns of
 * metrics that the catalogue has and the tables lack, then who may do what.
 *
 * Tables belong to the role that owns `schema_migrations`: netsigma_owner where it exists, else whoever came first.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { ClientBase, Pool, PoolClient, QueryConfig } from 'pg';
import type { Catalogue } from '../../topics/catalogue.ts';
import { ConfigError, PermanentError } from '../model/errors.ts';
import type { Log } from '../model/component.ts';
import { flavourOf } from './flavour.ts';
import { missingColumns } from './metric-columns.ts';
import { withClient } from './with-client.ts';

const FOLDER = new URL('../../sql/', import.meta.url);

/** Two migrators of one database: the second waits for this lock and finds nothing left to do. */
const LOCK = `hashtext('netsigma.migrate')`;

/** `setTimeout` takes no more: 24 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface MigrateOptions {
  readonly pool: Pool;
  readonly catalogue: Catalogue;
  readonly log: Log;
  /** Only say what would be done. */
  readonly plan?: boolean;
  /** Where the numbered files are; `sql/` unless told. */
  readonly folder?: URL;
}

export interface Migration {
  readonly version: number;
  readonly file: string;
  readonly checksum: string;
  readonly sql: string;
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
      await flavourOf(client);
      await client.query('SET statement_timeout = 0');
      await client.query('SET search_path = public; SET client_min_messages = notice');
      if (plan) return await planned(client, options);
      await client.query(unhurried(`SELECT pg_advisory_lock(${LOCK})`));
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

async function planned(client: PoolClient, { folder, catalogue }: MigrateOptions): Promise<string[]> {
  const pending = await pendingMigrations(client, migrations(folder));
  const columns = await missingColumns(client, catalogue);
  return [...pending.map(({ file }) => `apply ${file}`), ...columns.map(({ what }) => what)];
}

async function applied(client: PoolClient, { folder, catalogue, log }: MigrateOptions): Promise<string[]> {
  await transaction(client, 'sql/roles.sql', () => client.query(unhurried(script('roles.sql'))));
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
  for (const { version, file, checksum, sql } of await pendingMigrations(client, migrations(folder))) {
    await asOwner(file, async () => {
      await client.query(unhurried(sql));
      await client.query('INSERT INTO schema_migrations (version, file, checksum) VALUES ($1, $2, $3)', [
        version,
        file,
        checksum,
      ]);
    });
    log.info({ file }, 'migration applied');
    done.push(`apply ${file}`);
  }
  for (const { what, sql } of await missingColumns(client, catalogue)) {
    await asOwner(what, () => client.query(unhurried(sql)));
    log.info({ what }, 'column of the catalogue added');
    done.push(what);
  }
  await asOwner('sql/grants.sql', () => client.query(unhurried(script('grants.sql'))));
  return done;
}

/** The numbered files in order. @throws ConfigError when two have one number. */
export function migrations(folder: URL = FOLDER): Migration[] {
  const found = readdirSync(folder)
    .filter((file) => /^\d{4}_\w+\.sql$/.test(file))
    .sort()
    .map((file) => {
      const sql = readFileSync(new URL(file, folder), 'utf8');
      return { version: Number.parseInt(file, 10), file, sql, checksum: checksumOf(sql) };
    });
  for (const [i, { version, file }] of found.entries()) {
    if (version === found[i - 1]?.version) {
      throw new ConfigError(
        `migrations ${found[i - 1]!.file} and ${file} have one number: rename one of them`,
      );
    }
  }
  return found;
}

async function pendingMigrations(
  client: Pick<ClientBase, 'query'>,
  all: readonly Migration[],
): Promise<Migration[]> {
  const { rows: there } = await client.query(
    "SELECT FROM pg_class WHERE oid = to_regclass('schema_migrations')",
  );
  if (there.length === 0) return [...all];
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
  return all.filter(({ version }) => !before.has(version));
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
    const { message, code } = cause as Error & { code?: string };
    throw new PermanentError(`${what} failed and was rolled back: ${message} (${code ?? 'no code'})`, {
      cause,
    });
  }
}

function script(name: string): string {
  return readFileSync(new URL(name, FOLDER), 'utf8');
}

/** Line ends do not count: a checkout on another system may have changed them. */
function checksumOf(sql: string): string {
  return createHash('sha256').update(sql.replaceAll('\r\n', '\n')).digest('hex');
}
