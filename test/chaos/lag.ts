/** How far the members are behind, asked of the broker and the database, not of them. */
import pg from 'pg';
import { TopicLogs } from '../verify/topic-log.ts';
import { ENTITY_GROUP, type Surroundings } from './member.ts';
import type { PatientAdmin } from './patient-admin.ts';

/** Topics whose rows the sink stores; it also reads inventory and sites. */
const STORED = [
  'metric.interface',
  'ops.collection',
  'insight.anomaly',
  'insight.baseline',
  'inventory.device',
];

/** Raw records that are not behind a committed offset of the tasks. */
export async function tasksLag(admin: PatientAdmin, { prefix }: Surroundings): Promise<bigint> {
  const topic = `${prefix}raw.interface`;
  const [committed] = await admin.fetchOffsets({ groupId: `${prefix}${ENTITY_GROUP}`, topics: [topic] });
  const next = new Map(committed?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
  const ends = await admin.fetchTopicOffsets(topic);
  return ends.reduce((lag, { partition, low, high }) => {
    const at = next.get(partition) ?? -1n;
    return lag + BigInt(high) - (at < 0n ? BigInt(low) : at);
  }, 0n);
}

/** Committed records that are not in the tables yet. */
export async function sinkLag(logs: TopicLogs, { prefix, database }: Surroundings): Promise<bigint> {
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  try {
    const { rows } = await client.query<{ topic: string; partition: number; next: string }>(
      'SELECT topic, partition, next_offset AS next FROM sink_offsets',
    );
    const stored = new Map(rows.map(({ topic, partition, next }) => [`${topic}/${partition}`, BigInt(next)]));
    let lag = 0n;
    for (const name of STORED) {
      const topic = `${prefix}${name}`;
      for (const [partition, behind] of await logs.lastOffsets(topic)) {
        const missing = behind - (stored.get(`${topic}/${partition}`) ?? 0n);
        if (missing > 0n) lag += missing;
      }
    }
    return lag;
  } finally {
    await client.end();
  }
}
