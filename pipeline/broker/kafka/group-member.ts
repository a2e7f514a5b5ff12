/**
 * Membership of a consumer group: joins, heartbeats and rebalances by kafkajs, whose own fetching is switched off by
 * pausing every topic in each generation. So the member stays in its group however long a handler runs.
 *
 *   connecting --joined--> member --rebalance--> (joined again) --> member
 *        ^                   |--lost (kafkajs starts anew)--> connecting
 *        |___________________|--refused------------------------> over
 */
import type { Consumer as KafkaConsumer } from 'kafkajs';
import type { Log } from '../../model/component.ts';
import { within } from '../../model/within.ts';
import type { TopicPartition } from '../port.ts';
import type { KafkaClient, NewClient } from './client.ts';
import { errorType, isConnectionLost } from './faults.ts';
import { groupAssigner, hasPartition, type Ownership } from './group-assigner.ts';
import { barCluster, type Cluster } from './patches.ts';

export interface GroupMemberOptions {
  readonly newClient: NewClient;
  readonly group: string;
  readonly topics: readonly string[];
  readonly sessionTimeoutMs: number;
  readonly log: Log;
  /** Partition numbers of this member. */
  readonly owned: () => readonly number[];
  /**
   * A new generation, before anything else happens in it. Unless the member `stayed`, it was out of the group in
   * between, and others may have had its partitions.
   */
  readonly joined: (partitions: readonly TopicPartition[], stayed: boolean) => void;
  /** Not a member for the time being; `joined` follows, or `refused`. */
  readonly away: () => void;
  /** kafkajs has given up for good. */
  readonly refused: (error: unknown) => void;
}

/** Between two looks whether a heartbeat is due, and so the longest that leaving takes. */
const IDLE_MS = 100;
/** A rebalance waits this long for a member that does not come back. */
const REBALANCE_TIMEOUT_MS = 10_000;
/** How long leaving waits for the group: one that is in the middle of a rebalance answers when it is over. */
const LEAVE_MS = 3_000;
const RETRY = { initialRetryTime: 50, maxRetryTime: 500, retries: 30 };

/** Over in a moment, as on a cluster that has just started. */
const COORDINATOR_STARTING: ReadonlySet<string> = new Set([
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
  'NOT_COORDINATOR_FOR_GROUP',
]);

export class GroupMember {
  readonly #options: GroupMemberOptions;
  readonly #client: KafkaClient;
  readonly #consumer: KafkaConsumer;
  readonly #cluster: Cluster;
  /** Known from heartbeats; a guess between a join and the first of them. */
  #generation = 0;
  #memberId: string | undefined;
  /** Told since it was a member. */
  #isLossTold = false;
  #stopped = false;

  constructor(options: GroupMemberOptions) {
    const { newClient, group, sessionTimeoutMs } = options;
    this.#options = options;
    const assigner = groupAssigner(() => this.#ownership());
    this.#client = newClient();
    this.#consumer = this.#client.kafka.consumer({
      groupId: group,
      partitionAssigners: [assigner.create],
      sessionTimeout: sessionTimeoutMs,
      heartbeatInterval: Math.min(500, Math.floor(sessionTimeoutMs / 10)),
      rebalanceTimeout: REBALANCE_TIMEOUT_MS,
      maxWaitTimeInMs: IDLE_MS,
      allowAutoTopicCreation: false,
      retry: { ...RETRY, restartOnFailure: async () => !this.#stopped },
    });
    this.#cluster = assigner.cluster();
    this.#listen();
  }

  get cluster(): Cluster {
    return this.#cluster;
  }

  /** Resolves once it has joined, or was refused. */
  async start(): Promise<void> {
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topics: [...this.#options.topics], fromBeginning: true });
    await this.#consumer.run({ autoCommit: false, eachBatch: async () => undefined });
  }

  /** Leaves the group; what was never started, too. @returns whether the group knows. */
  async stop(): Promise<boolean> {
    this.#stopped = true;
    this.#memberId = undefined;
    const hasLeft = await within(LEAVE_MS, this.#consumer.disconnect());
    barCluster(this.#cluster);
    this.#client.close();
    return hasLeft;
  }

  async owns({ topic, partition }: TopicPartition): Promise<boolean> {
    const memberId = this.#memberId;
    if (memberId === undefined) return false;
    try {
      const { members } = await this.#consumer.describeGroup();
      const me = members.find((member) => member.memberId === memberId);
      return (
        me !== undefined && this.#memberId === memberId && hasPartition(me.memberAssignment, topic, partition)
      );
    } catch (error) {
      this.#options.log.debug({ err: error, group: this.#options.group }, 'the group cannot be asked');
      return false;
    }
  }

  #listen(): void {
    const { GROUP_JOIN, HEARTBEAT, REBALANCING, CRASH } = this.#consumer.events;
    const { group, topics, log, joined, away, refused } = this.#options;
    // Emitted synchronously before the generation's first fetch.
    this.#consumer.on(GROUP_JOIN, ({ payload }) => {
      if (this.#stopped) return;
      this.#consumer.pause(topics.map((topic) => ({ topic })));
      this.#generation += 1;
      this.#isLossTold = false;
      const stayed = this.#memberId === payload.memberId;
      this.#memberId = payload.memberId;
      const partitions = Object.entries(payload.memberAssignment as Record<string, number[]>).flatMap(
        ([topic, numbers]) => numbers.map((partition) => ({ topic, partition })),
      );
      log.info({ group, partitions: partitions.length, durationMs: payload.duration }, 'joined the group');
      joined(partitions, stayed);
    });
    this.#consumer.on(HEARTBEAT, ({ payload }) => {
      this.#generation = payload.groupGenerationId;
    });
    this.#consumer.on(REBALANCING, () => away());
    this.#consumer.on(CRASH, ({ payload }) => {
      if (this.#stopped) return;
      if (payload.restart) {
        this.#tellLoss(payload.error);
        away();
      } else {
        refused(payload.error);
      }
    });
  }

  /** Once until it is a member again; a broker that is away is told by the client. */
  #tellLoss(error: Error): void {
    const { group, log } = this.#options;
    const isQuiet = this.#isLossTold || isConnectionLost(error) || COORDINATOR_STARTING.has(errorType(error));
    if (isQuiet) {
      log.debug({ err: error, group }, 'lost the group: joining again');
      return;
    }
    this.#isLossTold = true;
    log.warn({ reason: error.message, group }, 'lost the group: joining again');
  }

  #ownership(): Ownership {
    return { owned: this.#options.owned(), generation: this.#generation };
  }
}
