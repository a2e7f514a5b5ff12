/** Binds the projections to the tables as the database has them. */
import type { Pool } from 'pg';
import { flavourOf, timeSeriesStorage } from '../db/flavour.ts';
import { withClient } from '../db/with-client.ts';
import { acceptedRange, retentionPolicies } from '../db/retention.ts';
import type { TimeSeriesStorage } from '../db/partitions.ts';
import type { Codec } from '../codec/port.ts';
import { ConfigError } from '../model/errors.ts';
import { topicName, type Catalogue, type Naming } from '../../topics/catalogue.ts';
import type { Target } from './flush-transaction.ts';
import { projections, type Projection } from './projections.ts';
import { readingWriter } from './reading-writer.ts';
import { recordWriter, type BoundTable } from './record-writer.ts';
import type { RowWriter } from './row-writer.ts';
import { tableColumns } from './table-columns.ts';

export interface BoundTables {
  /** By the topic's name on the broker. */
  readonly writers: ReadonlyMap<string, RowWriter>;
  readonly targets: readonly Target[];
  readonly storage: TimeSeriesStorage;
}

/** @throws ConfigError when a table or column is missing or has an unsuitable type. */
export async function bindTables(deps: {
  pool: Pool;
  codec: Codec;
  catalogue: Catalogue;
  naming: Naming;
}): Promise<BoundTables> {
  const { pool, codec, catalogue, naming } = deps;
  return withClient(pool, async (client) => {
    const storage = timeSeriesStorage(await flavourOf(client));
    const projected = projections(catalogue);
    // A database that was never migrated is named as such before its retention is asked for.
    const columns = new Map<string, BoundTable['columns']>();
    for (const table of projected.flatMap(tablesOf)) columns.set(table, await tableColumns(client, table));
    const policies = await retentionPolicies(client);
    const bound = (table: string): BoundTable => {
      const policy = policies.find((one) => one.table === table && one.partitioned);
      const time = policy && {
        column: policy.timeColumn,
        range: (nowMs: number) => acceptedRange(policy.keepMs, nowMs),
      };
      return { columns: columns.get(table)!, time };
    };
    const writerOf = (projection: Projection): RowWriter => {
      if (projection.kind === 'record') return recordWriter(projection, bound, codec);
      const { columns: of, time } = bound(projection.table);
      if (time !== undefined) return readingWriter(projection, of, catalogue, codec, time);
      throw new ConfigError(
        `retention_policy has no partitioned table ${projection.table}: run "netsigma migrate"`,
      );
    };

    const writers = new Map<string, RowWriter>();
    const targets: Target[] = [];
    for (const projection of projected) {
      const writer = writerOf(projection);
      writers.set(topicName(catalogue[projection.topic], naming), writer);
      for (const written of writer.tables) {
        targets.push({ ...written, partitioned: bound(written.table).time !== undefined });
      }
    }
    return { writers, targets, storage };
  });
}

function tablesOf(projection: Projection): string[] {
  return projection.kind === 'record' ? projection.tables.map(({ table }) => table) : [projection.table];
}
