/** What topics look like in the cluster: partitions and their leaders, and the limits of records. */
import type { Admin } from 'kafkajs';
import { PermanentError } from '../../model/errors.ts';
import type { TopicPartition } from '../port.ts';
import { errorType, translated } from './faults.ts';
import { kafkajs, type Cluster, type NodeId } from './patches.ts';

export interface TopicLimits {
  readonly partitions: number;
  /** max.message.bytes: of a record batch as it is stored. */
  readonly maxBatchBytes: number;
  readonly isCompacted: boolean;
}

/** A topic that was just created is not known to every broker at once. */
const UNKNOWN_RETRIES = 3;
const UNKNOWN_RETRY_MS = 100;

/** Settings of a topic are asked again after this time, in case that somebody has changed them. */
const LIMITS_VALID_MS = 60_000;

export class TopicLookup {
  readonly #cluster: Cluster;
  readonly #admin: Admin;
  readonly #limits = new Map<string, { readonly limits: Promise<TopicLimits>; readonly until: number }>();

  constructor(cluster: Cluster, admin: Admin) {
    this.#cluster = cluster;
    this.#admin = admin;
  }

  /** @throws PermanentError when there is no such topic. */
  async partitions(topic: string): Promise<number> {
    return (await partitionsOf(this.#cluster, topic)).length;
  }

  /** By leader. @throws PermanentError when there is no such topic. */
  async leaders(topic: string): Promise<Map<NodeId, number[]>> {
    const byLeader = new Map<NodeId, number[]>();
    for (const { partitionId, leader } of await partitionsOf(this.#cluster, topic)) {
      const partitions = byLeader.get(leader);
      if (partitions === undefined) byLeader.set(leader, [partitionId]);
      else partitions.push(partitionId);
    }
    return byLeader;
  }

  /** @throws PermanentError when there is no such partition. */
  async leader({ topic, partition }: TopicPartition): Promise<NodeId> {
    const partitions = await partitionsOf(this.#cluster, topic);
    const found = partitions.find(({ partitionId }) => partitionId === partition);
    if (found === undefined) throw noPartition({ topic, partition }, partitions.length);
    return found.leader;
  }

  /** What a producer must keep to. @throws PermanentError when there is no such topic. */
  async limits(topic: string): Promise<TopicLimits> {
    const known = this.#limits.get(topic);
    if (known !== undefined && known.until > performance.now()) return known.limits;
    const limits = this.#readLimits(topic);
    this.#limits.set(topic, { limits, until: performance.now() + LIMITS_VALID_MS });
    limits.catch(() => this.#limits.delete(topic));
    return limits;
  }

  /** Settings may have changed. */
  forget(): void {
    this.#limits.clear();
  }

  async #readLimits(topic: string): Promise<TopicLimits> {
    const partitions = await this.partitions(topic);
    const names = ['max.message.bytes', 'cleanup.policy'];
    try {
      const { resources } = await this.#admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames: names }],
      });
      const entries = resources[0]?.configEntries ?? [];
      const value = (name: string) =>
        entries.find(({ configName }) => configName === name)?.configValue ?? '';
      return {
        partitions,
        maxBatchBytes: Number(value('max.message.bytes')),
        isCompacted: value('cleanup.policy').includes('compact'),
      };
    } catch (error) {
      throw translated(error, { what: `cannot read the settings of topic ${topic}` });
    }
  }
}

export function noPartition({ topic, partition }: TopicPartition, partitions: number): PermanentError {
  return new PermanentError(
    `topic ${topic} has no partition ${partition}: it has partitions 0 to ${partitions - 1}`,
  );
}

/** @throws PermanentError when there is no such topic. */
async function partitionsOf(cluster: Cluster, topic: string) {
  await knowTopics(cluster, [topic]);
  return cluster.findTopicPartitionMetadata(topic);
}

/**
 * Loads the topics' metadata into a client.
 * @throws PermanentError when one does not exist.
 */
export async function knowTopics(cluster: Cluster, topics: readonly string[]): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      if (!cluster.isConnected()) await cluster.connect();
      await cluster.addMultipleTargetTopics(topics);
      await cluster.refreshMetadataIfNecessary();
      return;
    } catch (error) {
      if (errorType(error) !== 'UNKNOWN_TOPIC_OR_PARTITION') {
        throw translated(error, { what: `cannot look up topic ${topics.join(', ')}` });
      }
      // Another one that was looked at before may have been deleted since: metadata is asked for all of them at once.
      cluster.targetTopics = new Set();
      if (attempt === UNKNOWN_RETRIES) {
        const which = topics.length === 1 ? `topic ${topics[0]!}` : `one of the topics ${topics.join(', ')}`;
        throw new PermanentError(`there is no ${which}: create it first`, { cause: error });
      }
    }
    await new Promise((resolve) => setTimeout(resolve, UNKNOWN_RETRY_MS));
  }
}
