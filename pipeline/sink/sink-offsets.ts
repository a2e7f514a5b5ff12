/** Table `sink_offsets`: how far each partition is in the tables. Who moves an offset must know where it stands. */
import type { ClientBase } from 'pg';
import type { TopicPartition } from '../broker/port.ts';
import { partitionKey, type Progress } from './flush.ts';

type Queryable = Pick<ClientBase, 'query'>;

export interface StoredOffset extends TopicPartition {
  readonly next: number;
  readonly lastAppendMs: number | undefined;
}

/** By partition key; partitions that were never written are missing. */
export async function storedOffsets(
  client: Queryable,
  writer: string,
  partitions: readonly TopicPartition[],
): Promise<Map<string, StoredOffset>> {
  const { rows } = await client.query<{ topic: string; partition: number; next: string; last: Date | null }>(
    `SELECT o.topic, o.partition, o.next_offset AS next, o.last_append_time AS last
       FROM unnest($2::text[], $3::int[]) AS p (topic, partition)
       JOIN sink_offsets o ON o.writer = $1 AND o.topic = p.topic AND o.partition = p.partition`,
    [writer, partitions.map(({ topic }) => topic), partitions.map(({ partition }) => partition)],
  );
  return new Map(
    rows.map(({ topic, partition, next, last }) => {
      const offset = { topic, partition, next: Number(next), lastAppendMs: last?.getTime() };
      return [partitionKey(offset), offset];
    }),
  );
}

/** Gives partitions that have none their first offset; those of others who were faster stay. */
export async function insertOffsets(
  client: Queryable,
  writer: string,
  offsets: readonly (TopicPartition & { readonly next: number })[],
): Promise<void> {
  await client.query(
    `INSERT INTO sink_offsets (writer, topic, partition, next_offset)
     SELECT $1, * FROM unnest($2::text[], $3::int[], $4::bigint[])
     ON CONFLICT (writer, topic, partition) DO NOTHING`,
    [
      writer,
      offsets.map(({ topic }) => topic),
      offsets.map(({ partition }) => partition),
      offsets.map(({ next }) => next),
    ],
  );
}

/**
 * Moves every partition from `expected` to `next` in one statement.
 * @returns whether all of them stood where they were expected; if not, the transaction must be rolled back.
 */
export async function swapOffsets(
  client: Queryable,
  writer: string,
  progress: readonly Progress[],
): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE sink_offsets o
        SET next_offset = n.next_offset, updated_at = now(),
            last_append_time = coalesce(to_timestamp(n.last_append_ms / 1000.0), o.last_append_time)
       FROM unnest($2::text[], $3::int[], $4::bigint[], $5::bigint[], $6::float8[])
            AS n (topic, partition, expected, next_offset, last_append_ms)
      WHERE o.writer = $1 AND o.topic = n.topic AND o.partition = n.partition AND o.next_offset = n.expected`,
    [
      writer,
      progress.map(({ topic }) => topic),
      progress.map(({ partition }) => partition),
      progress.map(({ expected }) => expected),
      progress.map(({ next }) => next),
      progress.map(({ lastAppendMs }) => lastAppendMs ?? null),
    ],
  );
  return rowCount === progress.length;
}

/**
 * Deletes the offsets of earlier runs with a broker in memory, whose logs are gone: other writers
 * `<name>@memory-...` that stored nothing for a day. A role that may not delete leaves them.
 */
export async function forgetMemoryWriters(client: Queryable, name: string, writer: string): Promise<void> {
  const { rows } = await client.query<{ may: boolean }>(
    "SELECT has_table_privilege('sink_offsets', 'DELETE') AS may",
  );
  if (rows[0]?.may !== true) return;
  await client.query(
    `DELETE FROM sink_offsets
      WHERE starts_with(writer, $1) AND writer <> $2 AND updated_at < now() - interval '1 day'`,
    [`${name}@memory-`, writer],
  );
}
