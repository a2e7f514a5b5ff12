/** Binds the projections to the tables as the database has them. */
import type { Pool } from 'pg';
import { flavourOf, timeSeriesStorage } from '../db/flavour.ts';
import { withClient } from '../db/with-client.ts';
import { acceptedRange, retentionPolicies, type RetentionPolicy } from '../db/retention.ts';
import type { TimeSeriesStorage } from '../db/partitions.ts';
import type { Codec } from '../codec/port.ts';
import { ConfigError } from '../model/errors.ts';
import { topicName, type Catalogue, type Naming } from '../../topics/catalogue.ts';
import type { Target } from './flush-transaction.ts';
import { projections } from './projections.ts';
import { readingWriter } from './reading-writer.ts';
import { recordWriter } from './record-writer.ts';
import type { RowWriter, TimeRange } from './row-writer.ts';
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
    const tables = new Map<string, Awaited<ReturnType<typeof tableColumns>>>();
    for (const { table } of projected) tables.set(table, await tableColumns(client, table));
    const policies = await retentionPolicies(client);

    const writers = new Map<string, RowWriter>();
    const targets: Target[] = [];
    for (const projection of projected) {
      const { topic, table } = projection;
      const columns = tables.get(table)!;
      const time = timeRange(policies.find((policy) => policy.table === table && policy.partitioned));
      let writer: RowWriter;
      if (projection.kind === 'record') writer = recordWriter(projection, columns, codec, time);
      else if (time !== undefined) writer = readingWriter(projection, columns, catalogue, codec, time);
      else
        throw new ConfigError(`retention_policy has no partitioned table ${table}: run "netsigma migrate"`);
      writers.set(topicName(catalogue[topic], naming), writer);
      targets.push({
        table,
        columns: writer.columns,
        merge: projection.kind === 'record' ? projection.merge : undefined,
        partitioned: time !== undefined,
      });
    }
    return { writers, targets, storage };
  });
}

function timeRange(policy: RetentionPolicy | undefined): TimeRange | undefined {
  if (policy === undefined) return undefined;
  return { column: policy.timeColumn, range: (nowMs) => acceptedRange(policy.keepMs, nowMs) };
}
