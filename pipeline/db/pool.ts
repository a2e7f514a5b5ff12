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
/** A server that does not close its side must not hold up a stop. */
const CLOSE_TIMEOUT_MS = 1_000;
const SILENCE_MARGIN_MS = 5_000;

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
  const pool = new ClosingPool({
    connectionString: url,
    application_name: applicationName,
    statement_timeout: statementTimeoutMs,
    // The server's limit says nothing once the server is silent.
    ...(statementTimeoutMs > 0 && { query_timeout: statementTimeoutMs + SILENCE_MARGIN_MS }),
    // A transaction that Node has forgotten must not hold its locks for ever.
    idle_in_transaction_session_timeout: 2 * STATEMENT_TIMEOUT_MS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    max: maxConnections,
  });
  // Idle connections fail when the server restarts; without a listener that would end the process.
  pool.on('error', (err) => {
    // While the pool ends, its connections may be lost in whatever way: nobody needs them any more.
    if (!pool.ending) log.warn({ err }, 'an idle database connection was lost');
  });
  return pool;
}

/** A pool whose `end` waits until the connections are closed; pg's own resolves when it has asked them to close. */
class ClosingPool extends pg.Pool {
  readonly #open = new Set<pg.PoolClient>();

  constructor(config: pg.PoolConfig) {
    super(config);
    this.on('connect', (client) => {
      this.#open.add(client);
      client.once('end', () => this.#open.delete(client));
    });
  }

  override async end(): Promise<void> {
    await super.end();
    const closed = [...this.#open].map((client) => new Promise((resolve) => client.once('end', resolve)));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, CLOSE_TIMEOUT_MS)));
    await Promise.race([Promise.all(closed), late]);
    clearTimeout(timer);
  }
}
