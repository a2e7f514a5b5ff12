/** Which PostgreSQL this is. What differs between the flavours hangs on this word and on nothing else. */
import type { ClientBase } from 'pg';
import { ConfigError } from '../model/errors.ts';
import { hypertables } from './hypertables.ts';
import { dailyPartitions, type TimeSeriesStorage } from './partitions.ts';

export const FLAVOURS = ['timescaledb', 'timescaledb-apache', 'postgresql'] as const;
export type Flavour = (typeof FLAVOURS)[number];

/** NULLS NOT DISTINCT in unique indexes came with 15. */
const MINIMUM_VERSION = 150_000;
/** `by_range` came with it. */
const MINIMUM_TIMESCALEDB = [2, 13] as const;

const DETECT = `
  SELECT current_setting('server_version_num')::int AS version,
         current_setting('server_version') AS name,
         current_setting('timescaledb.license', true) AS license,
         (SELECT extversion FROM pg_extension WHERE extname = 'timescaledb') AS extension,
         coalesce((SELECT relkind = 'p' FROM pg_class WHERE oid = to_regclass('interface_metrics')), false)
           AS partitioned`;

/**
 * The setting decides, not the functions: the Apache build has them all and refuses to run them (0A000).
 * A database whose tables are partitioned already was made without the extension: it stays `postgresql`.
 * @throws ConfigError for servers below PostgreSQL 15 and for TimescaleDB below 2.13.
 */
export async function flavourOf(client: Pick<ClientBase, 'query'>): Promise<Flavour> {
  const { rows } = await client.query<{
    version: number;
    name: string;
    license: string | null;
    extension: string | null;
    partitioned: boolean;
  }>(DETECT);
  const { version, name, license, extension, partitioned } = rows[0]!;
  if (version < MINIMUM_VERSION) {
    throw new ConfigError(
      `the database is PostgreSQL ${name}, netsigma needs 15 or newer: upgrade the server`,
    );
  }
  if (extension === null || partitioned) return 'postgresql';
  const [major = 0, minor = 0] = extension.split('.').map((part) => Number.parseInt(part, 10));
  const [leastMajor, leastMinor] = MINIMUM_TIMESCALEDB;
  if (major < leastMajor || (major === leastMajor && minor < leastMinor)) {
    throw new ConfigError(
      `the database has TimescaleDB ${extension}, netsigma needs ${MINIMUM_TIMESCALEDB.join('.')} or newer: ` +
        'upgrade it and run "ALTER EXTENSION timescaledb UPDATE"',
    );
  }
  return license === 'timescale' ? 'timescaledb' : 'timescaledb-apache';
}

/** How this flavour stores time series. */
export function timeSeriesStorage(flavour: Flavour): TimeSeriesStorage {
  switch (flavour) {
    case 'timescaledb':
    case 'timescaledb-apache':
      return hypertables;
    case 'postgresql':
      return dailyPartitions;
  }
}
