/** Topics of a Kafka cluster against their specifications: what would have to be done, and doing it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, ConfigSource, IResourceConfig } from 'kafkajs';
import { ConfigError, RetryableError } from '../../model/errors.ts';
import type { TopicChange, TopicSpec } from '../port.ts';
import { refusals } from '../refusals.ts';
import { errorType, translated } from './faults.ts';
import { kafkajs } from './patches.ts';
import { changedSettings, settingsOf, type TopicSettings } from './topic-settings.ts';

/** All topics are asked for at once, and a cluster with many partitions takes its time. */
const TIMEOUT_MS = 30_000;

/** Between two looks for the leaders of new topics. */
const LEADER_POLL_MS = 50;
const NOT_THERE_YET: ReadonlySet<string> = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE']);

/** A request that the cluster refuses for what it says: which setting to look at. */
const REFUSALS: Readonly<Record<string, string>> = {
  INVALID_REPLICATION_FACTOR: 'broker.kafka.replication_factor is more than there are brokers',
  INVALID_PARTITIONS: 'the cluster does not take that many: see broker.partitions',
  INVALID_TOPIC_EXCEPTION: 'Kafka does not take that name: see broker.prefix',
  INVALID_CONFIG: 'the cluster does not take these settings: see its log',
  POLICY_VIOLATION: 'a policy of the cluster forbids it: see its log',
};

/** What has to be done so that the topics are as specified; empty when nothing. Changes nothing. */
export async function planTopics(admin: Admin, specs: readonly TopicSpec[]): Promise<TopicChange[]> {
  try {
    const names = new Set(await admin.listTopics());
    const there = specs.map(({ topic }) => topic).filter((topic) => names.has(topic));
    const partitions = await partitionCounts(admin, there);
    const settings = await topicSettings(admin, there, () => true);
    return specs.flatMap((spec): TopicChange[] => {
      const { topic } = spec;
      const count = partitions.get(topic);
      if (count === undefined) return [{ kind: 'create', spec }];
      if (count !== spec.partitions) return [wrongCount(spec, count)];
      const changes = changedSettings(spec, settings.get(topic) ?? new Map<string, string>());
      return changes.map((change) => ({ kind: 'configure', topic, ...change }));
    });
  } catch (error) {
    throw translated(error, { what: 'topics cannot be looked at' });
  }
}

export interface ApplyOptions {
  /** -1 is the cluster's own default. */
  readonly replicationFactor: number;
}

/**
 * Does what `planTopics` said. A topic that somebody else has created meanwhile stays as it is: plan again.
 * @throws ConfigError, before anything is done, when one of the changes is refused.
 */
export async function applyTopics(
  admin: Admin,
  changes: readonly TopicChange[],
  { replicationFactor }: ApplyOptions,
): Promise<void> {
  const problems = refusals(changes);
  if (problems.length > 0) throw new ConfigError(problems.join('; '));
  const missing = changes.flatMap((change) => (change.kind === 'create' ? [change.spec] : []));
  if (missing.length > 0) await create(admin, missing, replicationFactor);
  const wider = new Map<string, Map<string, string>>();
  for (const change of changes) {
    if (change.kind !== 'configure') continue;
    const settings = wider.get(change.topic) ?? new Map<string, string>();
    wider.set(change.topic, settings.set(change.setting, change.to));
  }
  if (wider.size > 0) await configure(admin, wider);
}

async function create(admin: Admin, specs: readonly TopicSpec[], replicationFactor: number): Promise<void> {
  try {
    await admin.createTopics({
      timeout: TIMEOUT_MS,
      // kafkajs would fail on a topic that the broker it asks does not know yet.
      waitForLeaders: false,
      topics: specs.map((spec) => ({
        topic: spec.topic,
        numPartitions: spec.partitions,
        replicationFactor,
        configEntries: entries(settingsOf(spec, replicationFactor)),
      })),
    });
  } catch (error) {
    const faults = error instanceof Error && 'errors' in error ? (error.errors as TopicFault[]) : [];
    const fault = faults.find(({ type }) => type !== 'TOPIC_ALREADY_EXISTS');
    // Somebody else was faster with some of them; the others are created.
    if (fault !== undefined || faults.length === 0) {
      const what = fault?.topic === undefined ? 'topics' : `topic ${fault.topic}`;
      throw refused(fault ?? error, what, 'created');
    }
  }
  await untilThere(
    admin,
    specs.map(({ topic }) => topic),
  );
}

/** Brokers learn of new topics and of their leaders one after the other, some time after the controller has them. */
async function untilThere(admin: Admin, names: string[]): Promise<void> {
  const deadline = performance.now() + TIMEOUT_MS;
  for (;;) {
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: names });
      if (topics.every(({ partitions }) => partitions.every(({ leader }) => leader >= 0))) return;
    } catch (error) {
      if (!NOT_THERE_YET.has(errorType(error)))
        throw translated(error, { what: 'topics cannot be looked at' });
    }
    if (performance.now() > deadline) {
      throw new RetryableError(
        `topics ${names.join(', ')} have no leaders ${TIMEOUT_MS / 1000} s after they were created: see the brokers' logs, then run it again`,
      );
    }
    await sleep(LEADER_POLL_MS);
  }
}

/** An error of one of the topics that were to be created. */
interface TopicFault extends Error {
  readonly topic?: string;
  readonly type?: string;
}

/**
 * Setting one replaces all that were set on the topic (Kafka's AlterConfigs; kafkajs has not the incremental one), so
 * the others go along as they are. What somebody else sets in the same moment would be lost.
 */
async function configure(admin: Admin, wider: ReadonlyMap<string, TopicSettings>): Promise<void> {
  const names = [...wider.keys()];
  try {
    const there = await topicSettings(admin, names, (source) => source === kafkajs.ConfigSource.TOPIC_CONFIG);
    const resources = names.map((name): IResourceConfig => {
      const settings = new Map([...(there.get(name) ?? []), ...wider.get(name)!]);
      return { type: kafkajs.ConfigResourceTypes.TOPIC, name, configEntries: entries(settings) };
    });
    await admin.alterConfigs({ validateOnly: false, resources });
  } catch (error) {
    throw refused(error, `settings of ${names.join(', ')}`, 'changed');
  }
}

function refused(error: unknown, what: string, done: string): Error {
  const advice = REFUSALS[errorType(error)];
  if (advice === undefined) return translated(error, { what: `${what} cannot be ${done}` });
  return new ConfigError(`${what} cannot be ${done} (${errorType(error)}): ${advice}`, { cause: error });
}

async function partitionCounts(admin: Admin, names: string[]): Promise<Map<string, number>> {
  // An empty list would mean all topics.
  if (names.length === 0) return new Map();
  const { topics } = await admin.fetchTopicMetadata({ topics: names });
  return new Map(topics.map(({ name, partitions }) => [name, partitions.length]));
}

async function topicSettings(
  admin: Admin,
  names: readonly string[],
  wanted: (source: ConfigSource) => boolean,
): Promise<Map<string, TopicSettings>> {
  if (names.length === 0) return new Map();
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: names.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name })),
  });
  if (resources.length !== names.length) {
    throw new RetryableError(
      `Kafka told the settings of ${resources.length} of ${names.length} topics: try again`,
    );
  }
  return new Map(
    resources.map(({ resourceName, configEntries }) => {
      const chosen = configEntries.filter(({ configSource }) => wanted(configSource));
      return [resourceName, new Map(chosen.map(({ configName, configValue }) => [configName, configValue]))];
    }),
  );
}

function entries(settings: TopicSettings): { name: string; value: string }[] {
  return [...settings].map(([name, value]) => ({ name, value }));
}

function wrongCount({ topic, partitions }: TopicSpec, there: number): TopicChange {
  return {
    kind: 'refuse',
    topic,
    problem: `${there} partitions, wanted are ${partitions}`,
    advice:
      'keys would move to other partitions, so the count is fixed once a topic exists: set broker.partitions to ' +
      `${there}, or broker.prefix to begin anew beside it`,
  };
}
