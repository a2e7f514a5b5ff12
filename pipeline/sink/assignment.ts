/**
 * Where to begin with partitions that were given to this member: where the database says. An offset that does not
 * fit the log is found here, before a row is read.
 */
import type { ClientBase } from 'pg';
import type { Broker, TopicPartition } from '../broker/port.ts';
import type { Log } from '../model/component.ts';
import { PermanentError } from '../model/errors.ts';
import { partitionKey } from './flush.ts';
import { insertOffsets, storedOffsets, type StoredOffset } from './sink-offsets.ts';

export interface StartingPoint extends TopicPartition {
  /** What the database holds: the next compare-and-swap expects it. */
  readonly stored: number;
  /** Where to read: beyond `stored` where the broker has dropped records that were never stored. */
  readonly position: number;
}

export interface AssignmentDeps {
  readonly broker: Broker;
  readonly writer: string;
  readonly log: Log;
}

/** @throws PermanentError when a topic was made anew or cut since its offset was stored. */
export async function startingPoints(
  client: Pick<ClientBase, 'query'>,
  partitions: readonly TopicPartition[],
  deps: AssignmentDeps,
): Promise<StartingPoint[]> {
  const { broker, writer } = deps;
  const limits = new Map<string, { earliest: number; lastStable: number }>();
  for (const topic of new Set(partitions.map(({ topic }) => topic))) {
    for (const { partition, ...limit } of await broker.offsets(topic)) {
      limits.set(partitionKey({ topic, partition }), limit);
    }
  }
  const earliestOf = (partition: TopicPartition) => limits.get(partitionKey(partition))?.earliest ?? 0;

  const known = await storedOffsets(client, writer, partitions);
  const unknown = partitions.filter((partition) => !known.has(partitionKey(partition)));
  if (unknown.length > 0) {
    await insertOffsets(
      client,
      writer,
      unknown.map((partition) => ({ ...partition, next: earliestOf(partition) })),
    );
  }
  const offsets = unknown.length === 0 ? known : await storedOffsets(client, writer, partitions);
  const points: StartingPoint[] = [];
  for (const partition of partitions) {
    const stored = offsets.get(partitionKey(partition))!;
    const limit = limits.get(partitionKey(partition)) ?? { earliest: 0, lastStable: 0 };
    points.push(await startingPoint(stored, limit, deps));
  }
  return points;
}

async function startingPoint(
  stored: StoredOffset,
  { earliest, lastStable }: { earliest: number; lastStable: number },
  { broker, writer, log }: AssignmentDeps,
): Promise<StartingPoint> {
  const { topic, partition, next, lastAppendMs } = stored;
  const anew =
    `if it was made anew on purpose, run "DELETE FROM sink_offsets WHERE writer = '${writer}' AND ` +
    `topic = '${topic}'" (its rows will be read from the beginning), else restore it`;
  if (next > lastStable) {
    throw new PermanentError(
      `${topic}[${partition}] ends at offset ${lastStable}, but the database holds it up to ${next}: ${anew}`,
    );
  }
  if (next < earliest) {
    log.error(
      { topic, partition, stored: next, earliest, lost: earliest - next },
      'the broker has dropped records before the sink could store them: raise the retention of the topic',
    );
    return { topic, partition, stored: next, position: earliest };
  }
  if (lastAppendMs !== undefined && next > earliest) {
    for await (const { records } of broker.readRange({ topic, partition }, next - 1, next)) {
      for (const { appendedAtMs } of records) {
        if (appendedAtMs === lastAppendMs) continue;
        throw new PermanentError(
          `the record before offset ${next} of ${topic}[${partition}] was appended at ` +
            `${new Date(appendedAtMs).toISOString()}, the one that was stored at ` +
            `${new Date(lastAppendMs).toISOString()}: the topic is another one; ${anew}`,
        );
      }
    }
  }
  return { topic, partition, stored: next, position: next };
}
