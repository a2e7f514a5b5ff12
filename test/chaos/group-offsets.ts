/** What may happen to a group's committed offsets while nobody runs: they expire, or lose their metadata. */
import type { Kafka } from 'kafkajs';
import { until } from '../support/until.ts';
import type { PatientAdmin } from './patient-admin.ts';

const EMPTY_MS = 60_000;
const COMMITTED_MS = 120_000;

/** As after seven idle days: nothing is committed any more. */
export async function deleteGroup(admin: PatientAdmin, group: string): Promise<void> {
  await untilEmpty(admin, group);
  await admin.deleteGroups([group]);
}

/** The same offsets without what was written beside them, in one transaction. @returns how many had something. */
export async function loseMetadata(kafka: Kafka, admin: PatientAdmin, group: string): Promise<number> {
  await untilEmpty(admin, group);
  let lost = 0;
  const topics = (await admin.fetchOffsets({ groupId: group })).map(({ topic, partitions }) => {
    const committed = partitions.filter(({ offset }) => Number(offset) >= 0);
    lost += committed.filter(({ metadata }) => metadata !== null && metadata !== '').length;
    return { topic, partitions: committed.map(({ partition, offset }) => ({ partition, offset })) };
  });
  const producer = kafka.producer({
    transactionalId: `${group}-vandal`,
    idempotent: true,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  try {
    const transaction = await producer.transaction();
    await transaction.sendOffsets({
      consumerGroupId: group,
      topics: topics.filter(({ partitions }) => partitions.length > 0),
    });
    await transaction.commit();
  } finally {
    await producer.disconnect();
  }
  return lost;
}

/** There is something to lose. */
export async function untilCommitted(admin: PatientAdmin, group: string): Promise<void> {
  const isCommitted = async () => {
    const topics = await admin.fetchOffsets({ groupId: group });
    return topics.some(({ partitions }) =>
      partitions.some(({ metadata }) => metadata !== null && metadata !== ''),
    );
  };
  await until(isCommitted, `offsets of group ${group}`, COMMITTED_MS);
}

/** Killed members count until their session ends. */
async function untilEmpty(admin: PatientAdmin, group: string): Promise<void> {
  const isEmpty = async () => {
    const { groups } = await admin.describeGroups([group]);
    return groups[0]?.state === 'Empty' || groups[0]?.state === 'Dead';
  };
  await until(isEmpty, `group ${group} to be empty`, EMPTY_MS);
}
