/** kafkajs's assigner around `assignPartitions`: what each member has travels in its user data. */
import type { Assigner, Cluster as KafkaCluster } from 'kafkajs';
import { assignPartitions, type Member } from './assignor.ts';
import { kafkajs, type Cluster } from './patches.ts';

const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;

/** In the group's protocol: members with another one are refused. */
const NAME = 'netsigma-co-sticky';
const VERSION = 1;

export type Ownership = Omit<Member, 'id'>;

export interface GroupAssigner {
  /** For kafkajs's `partitionAssigners`. */
  readonly create: (deps: { readonly cluster: KafkaCluster }) => Assigner;
  /** The consumer's own client, once it is made. */
  readonly cluster: () => Cluster;
}

export function groupAssigner(ownership: () => Ownership): GroupAssigner {
  let found: unknown;
  const cluster = () => found as Cluster;
  return {
    cluster,
    create(deps) {
      found = deps.cluster;
      return {
        name: NAME,
        version: VERSION,
        protocol: ({ topics }) => ({
          name: NAME,
          metadata: MemberMetadata.encode({
            version: VERSION,
            topics,
            userData: Buffer.from(JSON.stringify(ownership())),
          }),
        }),
        async assign({ members: given }) {
          const members = given.map(({ memberId, memberMetadata }) => ({
            id: memberId,
            topics: MemberMetadata.decode(memberMetadata)?.topics ?? [],
            ...ownershipOf(memberMetadata),
          }));
          const counts = await partitionCounts(cluster(), new Set(members.flatMap(({ topics }) => topics)));
          const assigned = assignPartitions(members, Math.max(0, ...counts.values()));
          return members.map(({ id, topics }) => ({
            memberId: id,
            memberAssignment: MemberAssignment.encode({
              version: VERSION,
              assignment: Object.fromEntries(
                // Its own topics only: while a program is being replaced, members differ in what they read.
                topics.map((topic) => [
                  topic,
                  assigned.get(id)!.filter((number) => number < counts.get(topic)!),
                ]),
              ),
              userData: Buffer.alloc(0),
            }),
          }));
        },
      };
    },
  };
}

async function partitionCounts(cluster: Cluster, topics: ReadonlySet<string>): Promise<Map<string, number>> {
  await cluster.addMultipleTargetTopics([...topics]);
  return new Map([...topics].map((topic) => [topic, cluster.findTopicPartitionMetadata(topic).length]));
}

/** Nothing for what another version of this program may have written. */
function ownershipOf(memberMetadata: Buffer): Ownership {
  try {
    const { userData } = MemberMetadata.decode(memberMetadata) ?? {};
    const { owned, generation } = JSON.parse(String(userData)) as Partial<Ownership>;
    if (Array.isArray(owned) && typeof generation === 'number') {
      return { owned: owned.filter((each) => Number.isInteger(each)), generation };
    }
  } catch {
    // Falls through.
  }
  return { owned: [], generation: -1 };
}

/** Whether an assignment, as describeGroup gives it, has the partition. */
export function hasPartition(memberAssignment: Buffer, topic: string, partition: number): boolean {
  if (memberAssignment.length === 0) return false;
  return MemberAssignment.decode(memberAssignment)?.assignment[topic]?.includes(partition) ?? false;
}
