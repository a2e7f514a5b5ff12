import { afterAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { memoryBroker } from '../pipeline/broker/memory/memory-broker.ts';
import type { Broker, TopicSpec } from '../pipeline/broker/port.ts';
import { openBroker } from '../pipeline/connections.ts';
import { ConfigError } from '../pipeline/model/errors.ts';
import { topicsCommand } from '../pipeline/topics-command.ts';
import { load } from './config/load.ts';
import { kafkaService } from './services/kafka.ts';
import { silentLog } from './support/log.ts';
import { describeIf } from './support/requires.ts';

const service = await kafkaService();
const reason = service.kind === 'missing' ? service.reason : '';

afterAll(async () => {
  if (service.kind === 'running') await service.stop();
});

const DAY_MS = 86_400_000;
const state: TopicSpec = {
  topic: 'state',
  partitions: 2,
  cleanup: 'delete',
  retentionMs: Infinity,
  maxRecordBytes: 1_000,
};
const devices: TopicSpec = { ...state, topic: 'devices', cleanup: 'compact', retentionMs: 7 * DAY_MS };

/** A broker that stays as it is when a command has stopped it: what a cluster is to the processes that use it. */
async function cluster(): Promise<Broker> {
  const broker = memoryBroker({ clock: Date.now });
  await broker.start();
  return { ...broker, start: async () => undefined, stop: async () => undefined };
}

async function said(
  broker: Broker,
  specs: readonly TopicSpec[],
  options: { apply?: boolean; json?: boolean } = {},
) {
  let text = '';
  let error: unknown;
  try {
    const write = (written: string) => (text += written);
    await topicsCommand({ kind: 'kafka', broker, specs, write }, { apply: false, json: false, ...options });
  } catch (thrown) {
    error = thrown;
  }
  return { lines: text.split('\n').slice(0, -1), error };
}

describe('netsigma topics', () => {
  it('plans, applies, and has nothing to do then', async () => {
    const broker = await cluster();
    const plan = [
      'create     state: 2 partitions, never deleted by age, records up to 1000 bytes',
      'create     devices: 2 partitions, compacted after 7d, records up to 1000 bytes',
    ];
    expect(await said(broker, [state, devices])).toEqual({ lines: plan, error: undefined });
    expect((await said(broker, [state, devices], { apply: true })).lines).toEqual([...plan, 'done']);
    for (const apply of [false, true]) {
      expect((await said(broker, [state, devices], { apply })).lines).toEqual([
        'nothing to do: the 2 topics are as specified',
      ]);
    }
    expect(await said(broker, [state, devices], { json: true })).toEqual({ lines: [], error: undefined });
  });

  it('says what it refuses, does nothing of the rest, and fails as a configuration does', async () => {
    const broker = await cluster();
    await broker.createTopics([{ ...state, partitions: 3 }]);
    const { lines, error } = await said(broker, [devices, state], { apply: true });
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['create', 'refuse']);
    expect(lines[1]).toMatch(/state: it has 3 partitions, wanted are 2/);
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toMatch(/nothing is done: topic state has 3 partitions/);
    expect((await said(broker, [devices])).lines).toHaveLength(1);
  });

  it('says the way out once for all that have the same problem', async () => {
    const broker = await cluster();
    await broker.createTopics([state, devices].map((spec) => ({ ...spec, partitions: 3 })));
    const { lines, error } = await said(broker, [state, devices]);
    expect(lines).toEqual([
      'refuse     state: it has 3 partitions, wanted are 2',
      'refuse     devices: it has 3 partitions, wanted are 2',
    ]);
    expect(String(error)).toMatch(
      /nothing is done: topics state, devices have 3 partitions, wanted are 2: the count is fixed[^;]*$/,
    );
  });

  it('writes JSON that can be read back: -1 for what is kept for ever', async () => {
    const { lines } = await said(await cluster(), [state], { json: true });
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { kind: 'create', ...state, retentionMs: -1 },
    ]);
  });

  it('has nothing to say about the memory broker, and names the setting', async () => {
    const broker = await cluster();
    const refused = topicsCommand(
      { kind: 'memory', broker, specs: [state], write: () => undefined },
      { apply: true, json: false },
    );
    await expect(refused).rejects.toThrow(ConfigError);
    await expect(refused).rejects.toThrow(/set broker\.kind to kafka and broker\.kafka\.brokers/);
  });
});

describeIf(service.kind === 'running', reason)('netsigma topics on Kafka', () => {
  it('plans, applies, and has nothing to do then', async () => {
    const address = service.kind === 'running' ? service.address : '';
    const { config } = load(
      `broker: { kind: kafka, kafka: { brokers: ["${address}"] } }\nregistry: { url: "http://127.0.0.1:1" }`,
    );
    const topic = `test-${randomBytes(4).toString('hex')}.state`;
    const open = () => openBroker(config, silentLog);
    expect((await said(open(), [{ ...state, topic }], { apply: true })).lines.at(-1)).toBe('done');
    expect((await said(open(), [{ ...state, topic }])).lines).toEqual([
      'nothing to do: the 1 topics are as specified',
    ]);
    const wider = { ...state, topic, maxRecordBytes: 2_000 };
    expect((await said(open(), [wider], { apply: true })).lines).toEqual([
      `configure  ${topic}: max.message.bytes 1512 -> 2512`,
      'done',
    ]);
  });
});
