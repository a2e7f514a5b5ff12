/** Time series in TimescaleDB: hypertables, of either licence. */
import type { TimeSeriesStorage } from './partitions.ts';

export const hypertables: TimeSeriesStorage = {
  /** Chunks are made as rows come. */
  makeRoom: () => Promise.resolve(),
  missing: () => Promise.resolve([]),

  /** Needs the owner's rights. The same where TimescaleDB has a policy of its own: it finds nothing left to drop. */
  async dropBefore(client, table, beforeMs) {
    const { rows } = await client.query<{ name: string }>(
      'SELECT chunk AS name FROM drop_chunks($1::regclass, older_than => to_timestamp($2 / 1000.0)) AS chunk',
      [table, beforeMs],
    );
    return rows.map(({ name }) => name);
  },

  async before(client, table, beforeMs) {
    const { rows } = await client.query<{ name: string }>(
      'SELECT chunk::text AS name FROM show_chunks($1::regclass, older_than => to_timestamp($2 / 1000.0)) AS chunk',
      [table, beforeMs],
    );
    return rows.map(({ name }) => name);
  },
};
