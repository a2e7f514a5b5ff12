/** Which PostgreSQL this is. What differs between the flavours hangs on this word and on nothing else. */
import type { ClientBase } from 'pg';
import { ConfigError } from '../model/errors.ts';
import { dailyPartitions, type TimeSeriesStorage } from './partitions.ts';

export const FLAVOURS = ['timescaledb', 'timescaledb-apache', 'postgresql'] as const;
export type Flavour = (typeof FLAVOURS)[number];

/** NULLS NOT DISTINCT in unique indexes came with 15. */
const MINIMUM_VERSION = 150_000;

const DETECT = `
  SELECT current_setting('server_version_num')::int AS version,
         current_setting('server_version') AS name,
         current_setting('timescaledb.license', true) AS license,
         EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') AS extension`;

/**
 * The setting decides, not the functions: the Apache build has them all and refuses to run them (0A000).
 * @throws ConfigError for servers below PostgreSQL 15.
 */
export async function flavourOf(client: Pick<ClientBase, 'query'>): Promise<Flavour> {
  const { rows } = await client.query<{
    version: number;
    name: string;
    license: string | null;
    extension: boolean;
  }>(DETECT);
  const { version, name, license, extension } = rows[0]!;
  if (version < MINIMUM_VERSION) {
    throw new ConfigError(
      `the database is PostgreSQL ${name}, netsigma needs 15 or newer: upgrade the server`,
    );
  }
  if (!extension) return 'postgresql';
  return license === 'timescale' ? 'timescaledb' : 'timescaledb-apache';
}

/** How this flavour stores time series. Declarative partitions work on all three. */
export function timeSeriesStorage(flavour: Flavour): TimeSeriesStorage {
  switch (flavour) {
    case 'timescaledb':
    case 'timescaledb-apache':
    case 'postgresql':
      return dailyPartitions;
  }
}
