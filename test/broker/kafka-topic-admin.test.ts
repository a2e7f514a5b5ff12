import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import type { Admin } from 'kafkajs';
import { kafkaClient } from '../../pipeline/broker/kafka/client.ts';
import { kafkajs } from '../../pipeline/broker/kafka/patches.ts';
import { applyTopics, planTopics } from '../../pipeline/broker/kafka/topic-admin.ts';
import { changedSettings } from '../../pipeline/broker/kafka/topic-settings.ts';
import type { TopicChange, TopicSpec } from '../../pipeline/broker/port.ts';
import { ConfigError } from '../../pipeline/model/errors.ts';
import { catalogue, topicSpecs } from '../../topics/catalogue.ts';
import { kafkaService } from '../services/kafka.ts';
import { silentLog } from '../support/log.ts';
import { describeIf } from '../support/requires.ts';
import { until } from '../support/until.ts';

const service = await kafkaService();
const reason = service.kind === 'missing' ? service.reason : '';
const ONE_COPY = { replicationFactor: 1 };
const DAY_MS = 86_400_000;

afterAll(async () => {
  if (service.kind === 'running') await service.stop();
});

function spec(topic: string, changed: Partial<TopicSpec> = {}): TopicSpec {
  return {
    topic,
    partitions: 2,
    cleanup: 'delete',
    retentionMs: DAY_MS,
    maxRecordBytes: 1_000_000,
    ...changed,
  };
}

describeIf(service.kind === 'running', reason)('topics of a Kafka cluster', () => {
  const brokers = [service.kind === 'running' ? service.address : ''];
  const prefix = `test-${randomBytes(4).toString('hex')}.`;
  const made = new Set<string>();
  let admin: Admin;

  beforeAll(async () => {
    admin = kafkaClient({ brokers, clientId: 'test', log: silentLog }).admin();
    await admin.connect();
  });
  afterAll(async () => {
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(prefix));
    if (topics.length > 0) await admin.deleteTopics({ topics });
    await admin.disconnect();
  });

  const unique = (name: string): string => {
    const topic = `${prefix}${name}-${made.size}`;
    made.add(topic);
    return topic;
  };

  async function settings(topic: string): Promise<Record<string, string>> {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }],
    });
    return Object.fromEntries(
      resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]),
    );
  }

  async function created(wanted: TopicSpec, changed: Record<string, string> = {}): Promise<void> {
    await applyTopics(admin, [{ kind: 'create', spec: wanted }], ONE_COPY);
    if (Object.keys(changed).length === 0) return;
    const { topic: name } = wanted;
    const configEntries = Object.entries({ 'message.timestamp.type': 'LogAppendTime', ...changed }).map(
      ([entry, value]) => ({ name: entry, value }),
    );
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name, configEntries }],
    });
    await until(async () => {
      const now = await settings(name);
      return Object.entries(changed).every(([entry, value]) => now[entry] === value);
    }, 'the changed settings');
  }

  async function applied(specs: readonly TopicSpec[]): Promise<readonly TopicChange[]> {
    const plan = await planTopics(admin, specs);
    await applyTopics(admin, plan, ONE_COPY);
    await until(async () => (await planTopics(admin, specs)).length === 0, 'nothing left to do');
    return plan;
  }

  it('are all of the catalogue and the checkpoints after one apply; then there is nothing to do', async () => {
    const specs = topicSpecs(catalogue, { prefix: `${prefix}all.`, generation: '' }, 3);
    const plan = await applied(specs);
    expect(plan).toEqual(specs.map((each) => ({ kind: 'create', spec: each })));

    expect(await settings(`${prefix}all.raw.interface`)).toMatchObject({
      'cleanup.policy': 'delete',
      'retention.ms': String(7 * DAY_MS),
      'message.timestamp.type': 'LogAppendTime',
      'max.message.bytes': '1114112',
    });
    expect(await settings(`${prefix}all.inventory.device`)).toMatchObject({
      'cleanup.policy': 'compact',
      'min.compaction.lag.ms': String(7 * DAY_MS),
      'delete.retention.ms': String(7 * DAY_MS),
    });
    expect(await settings(`${prefix}all.netsigma.checkpoint.entity`)).toMatchObject({
      'cleanup.policy': 'delete',
      'retention.ms': '-1',
      'retention.bytes': '-1',
      'segment.bytes': String(128 * 1024 * 1024),
    });
    expect(await settings(`${prefix}all.netsigma.dead-letter`)).toMatchObject({
      'max.message.bytes': '10000512',
    });
  });

  it('take a record of the largest size that is specified, and a full batch of small ones', async () => {
    const topic = unique('largest');
    await applied([spec(topic)]);
    const producer = kafkaClient({ brokers, clientId: 'test', log: silentLog }).producer();
    await producer.connect();
    try {
      await producer.send({ topic, messages: [{ partition: 0, value: randomBytes(1_000_000) }] });
      const messages = Array.from({ length: 100 }, () => ({ partition: 0, value: randomBytes(10_000) }));
      await producer.send({ topic, messages });
    } finally {
      await producer.disconnect();
    }
  });

  it('are widened setting by setting; what an operator has set beside them stays', async () => {
    const topic = unique('narrow');
    await created(spec(topic), { 'retention.ms': '1000', 'segment.ms': '77000' });
    const wanted = spec(topic, { cleanup: 'compact', retentionMs: 2 * DAY_MS, maxRecordBytes: 3_000_000 });
    const day2 = String(2 * DAY_MS);
    expect(await applied([wanted])).toEqual([
      { kind: 'configure', topic, setting: 'cleanup.policy', from: 'delete', to: 'compact' },
      { kind: 'configure', topic, setting: 'max.message.bytes', from: '1048588', to: '3000512' },
      { kind: 'configure', topic, setting: 'min.compaction.lag.ms', from: '0', to: day2 },
      { kind: 'configure', topic, setting: 'delete.retention.ms', from: String(DAY_MS), to: day2 },
    ]);
    expect(await settings(topic)).toMatchObject({ 'segment.ms': '77000', 'retention.ms': '1000' });
  });

  it('keep what an operator has raised', async () => {
    const topic = unique('raised');
    await created(spec(topic), { 'retention.ms': '-1', 'max.message.bytes': '20000000' });
    expect(await planTopics(admin, [spec(topic)])).toEqual([]);
  });

  it('that are kept for ever are made so, by age and by size', async () => {
    const topic = unique('forever');
    await created(spec(topic), { 'retention.ms': String(900 * DAY_MS), 'retention.bytes': '1000000' });
    const plan = await applied([spec(topic, { retentionMs: Infinity })]);
    expect(
      plan.map((change) => (change.kind === 'configure' ? [change.setting, change.to] : change)),
    ).toEqual(
      expect.arrayContaining([
        ['retention.ms', '-1'],
        ['retention.bytes', '-1'],
      ]),
    );
  });

  it('with another partition count are refused with the way out, and then nothing is done', async () => {
    const [there, missing] = [unique('three'), unique('missing')];
    await created(spec(there, { partitions: 3 }));
    const plan = await planTopics(admin, [spec(missing), spec(there, { partitions: 12 })]);
    expect(plan.map(({ kind }) => kind)).toEqual(['create', 'refuse']);
    const refused = applyTopics(admin, plan, ONE_COPY);
    await expect(refused).rejects.toThrow(ConfigError);
    await expect(refused).rejects.toThrow(
      new RegExp(`${there} has 3 partitions, wanted are 12.*set broker.partitions to 3, or broker.prefix`),
    );
    expect(await admin.listTopics()).not.toContain(missing);
  });

  it('that two processes create at once are created once', async () => {
    const specs = ['one', 'two', 'three'].map((name) => spec(unique(name)));
    const plan = await planTopics(admin, specs);
    const other = plan.slice(1);
    await Promise.all([applyTopics(admin, plan, ONE_COPY), applyTopics(admin, other, ONE_COPY)]);
    await until(async () => (await planTopics(admin, specs)).length === 0, 'nothing left to do');
  });

  it('that the cluster does not take are a ConfigError naming topic and setting', async () => {
    const topic = unique('copies');
    const refused = applyTopics(admin, [{ kind: 'create', spec: spec(topic) }], { replicationFactor: 9 });
    await expect(refused).rejects.toThrow(ConfigError);
    await expect(refused).rejects.toThrow(`topic ${topic} cannot be created (INVALID_REPLICATION_FACTOR)`);
  });

  it("have the cluster's own number of copies for -1", async () => {
    const topic = unique('default');
    await applyTopics(admin, [{ kind: 'create', spec: spec(topic) }], { replicationFactor: -1 });
    await until(async () => (await planTopics(admin, [spec(topic)])).length === 0, 'the topic');
  });
});

describe('settings of a topic', () => {
  it('that are the same in other words are left alone', () => {
    const there = (policy: string) =>
      new Map([
        ['cleanup.policy', policy],
        ['message.timestamp.type', 'LogAppendTime'],
        ['max.message.bytes', '9000000'],
        ['retention.ms', '-1'],
      ]);
    expect(changedSettings(spec('a'), there('delete'))).toEqual([]);
    expect(changedSettings(spec('a'), there('compact,delete'))).toEqual([
      { setting: 'cleanup.policy', from: 'compact,delete', to: 'delete' },
    ]);
  });
});
