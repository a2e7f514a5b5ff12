/**
 * kafkajs keeps its cluster to itself, but hands it to assigners: a consumer that is never started gives a client of
 * its own without a deep import.
 */
import type { Kafka } from 'kafkajs';
import type { Cluster } from './patches.ts';

export function groupCluster(kafka: Kafka): Cluster {
  let found: unknown;
  kafka.consumer({
    groupId: 'unused',
    allowAutoTopicCreation: false,
    partitionAssigners: [
      ({ cluster }) => {
        found = cluster;
        return {
          name: 'unused',
          version: 0,
          protocol: () => ({ name: '', metadata: Buffer.alloc(0) }),
          assign: async () => [],
        };
      },
    ],
  });
  return found as Cluster;
}
