/** Time series in plain PostgreSQL: tables partitioned by range, a partition a UTC day. */
import type { ClientBase } from 'pg';
import { DAYS } from '../../topics/row.ts';

type Queryable = Pick<ClientBase, 'query'>;

export interface TimeSeriesStorage {
  /** Makes room for rows of these UTC days (days since 1970-01-01). Safe when others do the same. */
  makeRoom(client: Queryable, table: string, days: readonly number[]): Promise<void>;
  /** Partitions that `makeRoom` would make. */
  missing(client: Queryable, table: string, days: readonly number[]): Promise<string[]>;
  /** Drops days (or chunks) that lie wholly before the instant; the names of what was dropped. */
  dropBefore(client: Queryable, table: string, beforeMs: number): Promise<string[]>;
  /** What `dropBefore` would drop. */
  before(client: Queryable, table: string, beforeMs: number): Promise<string[]>;
}

/** The UTC day of an instant, in days since 1970-01-01. */
export function dayOf(ms: number): number {
  return Math.floor(ms / DAYS);
}

/** `2026-11-21` */
function isoDate(day: number): string {
  return new Date(day * DAYS).toISOString().slice(0, 10);
}

export const dailyPartitions: TimeSeriesStorage = {
  async makeRoom(client, table, days) {
    await client.query('SELECT make_partitions($1, $2::date[])', [table, days.map(isoDate)]);
  },

  async missing(client, table, days) {
    const names = days.map((day) => `${table}_p${isoDate(day).replaceAll('-', '')}`);
    const { rows } = await client.query<{ name: string }>(
      'SELECT name FROM unnest($1::text[]) AS name WHERE to_regclass(quote_ident(name)) IS NULL ORDER BY 1',
      [names],
    );
    return rows.map(({ name }) => name);
  },

  async dropBefore(client, table, beforeMs) {
    const names = await dailyPartitions.before(client, table, beforeMs);
    // Names come from the catalogue and are quoted by it: identifiers cannot be parameters.
    for (const name of names) await client.query(`DROP TABLE "${name.replaceAll('"', '""')}"`);
    return names;
  },

  async before(client, table, beforeMs) {
    const { rows } = await client.query<{ name: string }>(
      `SELECT c.relname AS name
         FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = to_regclass($1) AND right(c.relname, 8) < $2 ORDER BY 1`,
      [table, isoDate(dayOf(beforeMs)).replaceAll('-', '')],
    );
    return rows.map(({ name }) => name);
  },
};
