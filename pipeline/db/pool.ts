/** Connections to the database: the one place that configures `pg`. */
import pg from 'pg';
import { ConfigError } from '../model/errors.ts';
import type { Log } from '../model/component.ts';

export interface PoolOptions {
  /** postgres://user:password@host:port/database */
  readonly url: string;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  readonly log: Log;
  /** A statement that takes longer is cancelled (57014). 60 s unless told; 0 = never. */
  readonly statementTimeoutMs?: number;
  readonly maxConnections?: number;
}

const STATEMENT_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 5_000;

/** A pool that connects when it is first used. @throws ConfigError when `url` is no PostgreSQL URL. */
export function connectionPool(options: PoolOptions): pg.Pool {
  const {
    url,
    applicationName,
    log,
    statementTimeoutMs = STATEMENT_TIMEOUT_MS,
    maxConnections = 4,
  } = options;
  if (!/^postgres(ql)?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw new ConfigError(
      'database.url is no PostgreSQL URL: write postgres://user:password@host:5432/database',
    );
  }
  const pool = new pg.Pool({
    connectionString: url,
    application_name: applicationName,
    statement_timeout: statementTimeoutMs,
    // A transaction that Node has forgotten must not hold its locks for ever.
    idle_in_transaction_session_timeout: 2 * STATEMENT_TIMEOUT_MS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    max: maxConnections,
  });
  // Idle connections fail when the server restarts; without a listener that would end the process.
  pool.on('error', (err) => log.warn({ err }, 'an idle database connection was lost'));
  return pool;
}

/** The URL as it may be shown: without the password. */
export function withoutPassword(url: string): string {
  const shown = URL.parse(url);
  if (shown === null) return '(not a URL)';
  if (shown.password !== '') shown.password = '***';
  return shown.href;
}
