/**
 * What makes a table a time series. Migrations say it once, as plain PostgreSQL does (`PARTITION BY RANGE (time)` and
 * a row of `retention_policy` in the same file); on TimescaleDB the same table becomes a hypertable instead.
 */
import type { ClientBase } from 'pg';
import { ConfigError } from '../model/errors.ts';
import type { Flavour } from './flavour.ts';

export interface TimeSeriesTable {
  readonly table: string;
  readonly timeColumn: string;
}

const PARTITIONED = /\)\s*PARTITION BY RANGE \((\w+)\);/g;

/** Tables that the file makes, and its text as the flavour takes it. */
export function timeSeriesDdl(sql: string, flavour: Flavour): { sql: string; tables: TimeSeriesTable[] } {
  const tables = [...sql.matchAll(PARTITIONED)].map(({ index, 1: timeColumn }) => ({
    table: [...sql.slice(0, index).matchAll(/CREATE TABLE (\w+)/g)].at(-1)![1]!,
    timeColumn: timeColumn!,
  }));
  return { sql: flavour === 'postgresql' ? sql : sql.replaceAll(PARTITIONED, ');'), tables };
}

/**
 * Days as chunks where little is kept, else weeks: a chunk's indexes should stay in memory. Indexes are the table's
 * own, the same on every flavour. `by_range` came with TimescaleDB 2.13; the two calls are one in later versions, too.
 */
const CREATE_HYPERTABLE = `
  SELECT create_hypertable(
           table_name::regclass,
           by_range(time_column::name, CASE WHEN keep <= '30 days' THEN interval '1 day' ELSE interval '7 days' END),
           create_default_indexes => false)
    FROM retention_policy WHERE table_name = $1`;

/** To be called in the transaction that made the tables. @throws ConfigError without their row of `retention_policy`. */
export async function storeAsTimeSeries(
  client: Pick<ClientBase, 'query'>,
  file: string,
  tables: readonly TimeSeriesTable[],
  flavour: Flavour,
): Promise<void> {
  for (const { table, timeColumn } of tables) {
    const { rowCount } = await client.query(
      'SELECT FROM retention_policy WHERE table_name = $1 AND time_column = $2 AND partitioned',
      [table, timeColumn],
    );
    if (rowCount === 0) {
      throw new ConfigError(
        `migration ${file} partitions ${table} by ${timeColumn} and retention_policy does not say so: ` +
          `insert ('${table}', '${timeColumn}', <how long>, true) in the same file`,
      );
    }
    if (flavour !== 'postgresql') await client.query(CREATE_HYPERTABLE, [table]);
  }
}
