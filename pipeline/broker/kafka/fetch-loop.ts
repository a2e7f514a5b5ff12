/**
 * Fetches the partitions that want it, one request a broker at a time. Without a wanted partition nothing runs. A
 * handler's run time holds nobody else up: kafkajs's own loop waits for all handlers before it fetches again.
 */
import { PermanentError, RetryableError } from '../../model/errors.ts';
import type { AssignedPartition } from './assigned-partition.ts';
import { committedRecords } from './committed-records.ts';
import { translated } from './faults.ts';
import type { PartitionAnswer } from './fetch-answer.ts';
import { fetchErrorName, isMovingError } from './fetch-errors.ts';
import { fetchFrom } from './log-client.ts';
import type { Cluster, NodeId } from './patches.ts';

/** How long a broker holds a fetch that finds nothing: bounds the wait of a partition that is resumed meanwhile. */
const IDLE_WAIT_MS = 100;
/** While another partition has more to read and will want its next fetch any moment. */
const BUSY_WAIT_MS = 20;
const RETRY_MS = 100;
/** Of one answer: the most that a fetch brings into memory at once. */
const MAX_ANSWER_BYTES = 16 << 20;

const OUT_OF_RANGE = 1;

export interface FetchLoopOptions {
  readonly cluster: Cluster;
  readonly maxBatchBytes: number;
  /** Partitions of this member now; empty while it must not fetch. */
  readonly partitions: () => Iterable<AssignedPartition>;
  /** The partition has got something, or has learned that there is nothing. */
  readonly arrived: (partition: AssignedPartition) => void;
  readonly outOfRange: (partition: AssignedPartition, offset: number) => void;
  readonly failed: (error: unknown) => void;
}

interface Asked {
  readonly partition: AssignedPartition;
  readonly from: number;
}

export class FetchLoop {
  readonly #options: FetchLoopOptions;
  readonly #inFlight = new Map<NodeId, Promise<void>>();
  #scheduled = false;
  #retry: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: FetchLoopOptions) {
    this.#options = options;
  }

  /** A partition may want a fetch now. */
  wake(): void {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#fetchWanted();
    });
  }

  /** Ends it; resolves when no request is in flight. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#retry);
    await Promise.all(this.#inFlight.values());
  }

  #fetchWanted(): void {
    if (this.#stopped || this.#retry !== undefined) return;
    let byLeader: Map<NodeId, Asked[]>;
    try {
      byLeader = this.#wantedByLeader();
    } catch {
      // No metadata: the client is connecting anew.
      this.#tryLater();
      return;
    }
    for (const [nodeId, asked] of byLeader) {
      if (this.#inFlight.has(nodeId)) continue;
      const fetching = this.#fetch(nodeId, asked).finally(() => {
        this.#inFlight.delete(nodeId);
      });
      this.#inFlight.set(nodeId, fetching);
    }
  }

  #wantedByLeader(): Map<NodeId, Asked[]> {
    const { cluster, partitions } = this.#options;
    const byLeader = new Map<NodeId, Asked[]>();
    for (const partition of partitions()) {
      if (!partition.isWanted) continue;
      const metadata = cluster.findTopicPartitionMetadata(partition.topic);
      const leader = metadata.find(({ partitionId }) => partitionId === partition.partition)?.leader;
      if (leader === undefined) throw new RetryableError(`${partition.topic} has no leader`);
      const asked = byLeader.get(leader) ?? [];
      asked.push({ partition, from: partition.fetchOffset! });
      byLeader.set(leader, asked);
    }
    return byLeader;
  }

  async #fetch(nodeId: NodeId, asked: readonly Asked[]): Promise<void> {
    const { cluster, maxBatchBytes } = this.#options;
    try {
      const answers = await fetchFrom(cluster, nodeId, {
        maxWaitTime: this.#othersHaveMore(asked) ? BUSY_WAIT_MS : IDLE_WAIT_MS,
        minBytes: 1,
        maxBytes: MAX_ANSWER_BYTES,
        topics: requestTopics(asked, maxBatchBytes),
      });
      if (this.#stopped) return;
      for (const { partition, from } of asked) {
        const answer = answers.find(
          (each) => each.topic === partition.topic && each.partition === partition.partition,
        );
        if (answer !== undefined) this.#take(partition, from, answer);
      }
      this.wake();
    } catch (error) {
      const fault = translated(error, { what: 'cannot fetch' });
      if (fault instanceof RetryableError) this.#tryLater();
      else if (!this.#stopped) this.#options.failed(fault);
    }
  }

  #take(partition: AssignedPartition, from: number, answer: PartitionAnswer): void {
    const { errorCode, lastStableOffset } = answer;
    if (partition.fetchOffset !== from) return;
    if (errorCode === 0) {
      const { records, nextOffset } = committedRecords(answer, from);
      partition.fetched(from, records, nextOffset, lastStableOffset);
      this.#options.arrived(partition);
    } else if (errorCode === OUT_OF_RANGE) {
      this.#options.outOfRange(partition, from);
    } else if (isMovingError(errorCode)) {
      this.#tryLater();
    } else {
      const { topic, partition: number } = partition;
      const problem = `cannot fetch ${topic}[${number}] at offset ${from}: ${fetchErrorName(errorCode)}`;
      this.#options.failed(new PermanentError(problem));
    }
  }

  /** Some partition is not in the request only because what it has is not handled yet. */
  #othersHaveMore(asked: readonly Asked[]): boolean {
    const mine = new Set(asked.map(({ partition }) => partition));
    for (const partition of this.#options.partitions()) {
      if (!partition.paused && !mine.has(partition)) return true;
    }
    return false;
  }

  /** With fresh metadata: leaders may have changed. Until then nothing is fetched. */
  #tryLater(): void {
    if (this.#stopped || this.#retry !== undefined) return;
    this.#retry = setTimeout(() => {
      void this.#options.cluster
        .refreshMetadata()
        .catch(() => undefined)
        .finally(() => {
          this.#retry = undefined;
          this.wake();
        });
    }, RETRY_MS);
  }
}

function requestTopics(asked: readonly Asked[], maxBytes: number) {
  const topics = new Map<string, { partition: number; fetchOffset: string; maxBytes: number }[]>();
  // None starves when an answer is full before its end: who was served is not asked for in the next one.
  for (const { partition, from } of asked) {
    const partitions = topics.get(partition.topic) ?? [];
    partitions.push({ partition: partition.partition, fetchOffset: String(from), maxBytes });
    topics.set(partition.topic, partitions);
  }
  return Array.from(topics, ([topic, partitions]) => ({ topic, partitions }));
}
