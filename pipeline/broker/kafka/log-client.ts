/** What needs no group and no producer of its own: ends of partitions, committed offsets, deletion, single fetches. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, Kafka } from 'kafkajs';
import { ConfigError, RetryableError } from '../../model/errors.ts';
import type { CommittedOffset, TopicPartition } from '../port.ts';
import { errorType, translated } from './faults.ts';
import { fetchAnswer, type PartitionAnswer } from './fetch-answer.ts';
import { fetchErrorName } from './fetch-errors.ts';
import { groupCluster } from './group-cluster.ts';
import { sendFetch, type Cluster, type FetchRequest, type Node, type NodeId } from './patches.ts';
import { TopicLookup } from './topic-lookup.ts';

/** A leader or coordinator that is changing is back within seconds. */
const ATTEMPTS = 25;
const ATTEMPT_WAIT_MS = 200;

const EARLIEST = -2;
const LATEST = -1;
const READ_COMMITTED = 1;

/** What is stable is answered at once. */
const FETCH_WAIT_MS = 200;

export interface PartitionEnds {
  readonly partition: number;
  readonly earliest: number;
  readonly lastStable: number;
}

export class LogClient {
  readonly topics: TopicLookup;
  readonly #cluster: Cluster;

  constructor(kafka: Kafka, admin: Admin) {
    this.#cluster = groupCluster(kafka);
    this.topics = new TopicLookup(this.#cluster, admin);
  }

  async connect(): Promise<void> {
    await this.#cluster.connect();
  }

  async disconnect(): Promise<void> {
    await this.#cluster.disconnect();
  }

  /** @throws PermanentError when there is no such topic. */
  async ends(topic: string): Promise<PartitionEnds[]> {
    return this.#patiently(`cannot read the offsets of topic ${topic}`, async () => {
      const leaders = await this.topics.leaders(topic);
      const ends = await Promise.all(
        Array.from(leaders, async ([nodeId, partitions]) => {
          const node = await this.#cluster.findBroker({ nodeId });
          const [earliest, lastStable] = await Promise.all(
            [EARLIEST, LATEST].map((timestamp) => listOffsets(node, topic, partitions, timestamp)),
          );
          return partitions.map((partition) => ({
            partition,
            earliest: earliest!.get(partition)!,
            lastStable: lastStable!.get(partition)!,
          }));
        }),
      );
      return ends.flat().toSorted((a, b) => a.partition - b.partition);
    });
  }

  /** Partitions without a committed offset are left out. @throws PermanentError when there is no such topic. */
  async committedOffsets(group: string, topics: readonly string[]): Promise<CommittedOffset[]> {
    if (topics.length === 0) return [];
    return this.#patiently(`cannot read the committed offsets of group ${group}`, async () => {
      const asked = await Promise.all(
        topics.map(async (topic) => {
          const count = await this.topics.partitions(topic);
          return { topic, partitions: Array.from({ length: count }, (_, partition) => ({ partition })) };
        }),
      );
      const coordinator = await this.#cluster.findGroupCoordinator({ groupId: group });
      const { responses } = await coordinator.offsetFetch({ groupId: group, topics: asked });
      return responses.flatMap(({ topic, partitions }) =>
        partitions.flatMap(({ partition, offset, metadata }): CommittedOffset[] =>
          Number(offset) < 0 ? [] : [{ topic, partition, offset: Number(offset), metadata: metadata ?? '' }],
        ),
      );
    });
  }

  /** @throws PermanentError when there is no such partition, or it ends before that offset. */
  async deleteBelow(of: TopicPartition, offset: number): Promise<void> {
    const { topic, partition } = of;
    await this.#patiently(
      `cannot delete records of ${topic}[${partition}] below offset ${offset}`,
      async () => {
        const node = await this.#cluster.findBroker({ nodeId: await this.topics.leader(of) });
        await node.deleteRecords({
          topics: [{ topic, partitions: [{ partition, offset: String(offset) }] }],
        });
      },
    );
  }

  /** One fetch of one partition, from its leader. */
  async fetch(of: TopicPartition, offset: number, maxBytes: number): Promise<PartitionAnswer> {
    const { topic, partition } = of;
    const what = `cannot read ${topic}[${partition}] at offset ${offset}`;
    return this.#patiently(what, async () => {
      const nodeId = await this.topics.leader(of);
      const [answer] = await fetchFrom(this.#cluster, nodeId, {
        maxWaitTime: FETCH_WAIT_MS,
        minBytes: 1,
        maxBytes,
        topics: [{ topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes }] }],
      });
      if (answer === undefined) throw new RetryableError(`${what}: the answer lacks the partition`);
      const { errorCode } = answer;
      if (errorCode !== 0) {
        throw Object.assign(new Error(fetchErrorName(errorCode)), { type: fetchErrorName(errorCode) });
      }
      return answer;
    });
  }

  /** Tries again, with fresh metadata, while the cluster is sorting itself out; not while all of it is away. */
  async #patiently<T>(what: string, work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        const fault = translated(error, { what });
        const isMoving = fault instanceof RetryableError && errorType(error) !== '';
        if (!isMoving || attempt === ATTEMPTS) throw fault;
      }
      await sleep(ATTEMPT_WAIT_MS);
      await this.#cluster.refreshMetadata().catch(() => undefined);
    }
  }
}

/** @throws ConfigError when the cluster is too old. */
export async function fetchFrom(
  cluster: Cluster,
  nodeId: NodeId,
  request: FetchRequest,
): Promise<PartitionAnswer[]> {
  const node = await cluster.findBroker({ nodeId });
  const body = await sendFetch(node, request);
  if (body === undefined) throw new ConfigError('this Kafka is too old: version 2.3 or later is needed');
  return fetchAnswer(body);
}

async function listOffsets(
  node: Node,
  topic: string,
  partitions: readonly number[],
  timestamp: number,
): Promise<Map<number, number>> {
  const { responses } = await node.listOffsets({
    isolationLevel: READ_COMMITTED,
    topics: [{ topic, partitions: partitions.map((partition) => ({ partition, timestamp })) }],
  });
  const found = responses.flatMap((response) => response.partitions);
  return new Map(found.map(({ partition, offset }) => [partition, Number(offset)]));
}
