import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { memoryBroker } from '../pipeline/broker/memory/memory-broker.ts';
import type { Broker, TopicChange } from '../pipeline/broker/port.ts';
import { ConfigError } from '../pipeline/model/errors.ts';
import { startTopics } from '../pipeline/topics.ts';
import { catalogue, topicSpecs } from '../topics/catalogue.ts';
import { load } from './config/load.ts';
import { NAMING } from './support/codec.ts';
import { recordingLog } from './support/log.ts';

const KAFKA = 'broker: { kind: kafka, partitions: 2 }\nregistry: { url: "http://r:1" }';
const specs = topicSpecs(catalogue, NAMING, 2);
let broker: Broker;

beforeEach(async () => {
  broker = memoryBroker({ clock: Date.now });
  await broker.start();
});
afterEach(() => broker.stop());

const starting = (text: string, on = broker) => {
  const log = recordingLog();
  return {
    log,
    topics: startTopics({ config: load(text).config, broker: on, catalogue, naming: NAMING, log }),
  };
};

describe('topics at the start', () => {
  it('are made in memory', async () => {
    await starting('broker: { partitions: 2 }').topics.start();
    expect(await broker.planTopics(specs)).toEqual([]);
  });

  it('are only looked at on Kafka', async () => {
    await broker.createTopics(specs);
    const { topics, log } = starting(KAFKA);
    await topics.start();
    expect(log.entries).toEqual([]);
  });

  it('that are missing, or have other partitions, are a configuration error that says what to do', async () => {
    const [first, ...others] = specs;
    await broker.createTopics([{ ...first!, partitions: 3 }, ...others.slice(1)]);
    const failed = starting(KAFKA).topics.start();
    await expect(failed).rejects.toThrow(ConfigError);
    await expect(failed).rejects.toThrow(
      new RegExp(
        `^the topics are not those of the catalogue: .*${first!.topic}.*3 .*${others[0]!.topic} is missing: run "netsigma topics apply"$`,
      ),
    );
  });

  it('are told in one sentence for each problem, and to be applied only where that helps', async () => {
    await broker.createTopics(specs.map((spec) => ({ ...spec, partitions: 3 })));
    const failed = starting(KAFKA).topics.start();
    const named = specs.slice(0, 5).map(({ topic }) => topic);
    await expect(failed).rejects.toThrow(
      `the topics are not those of the catalogue: topics ${named.join(', ')} and ${specs.length - 5} more have 3 partitions, wanted are 2: `,
    );
    await expect(failed).rejects.not.toThrow(/apply|;/);
  });

  it('with another setting are only warned about', async () => {
    const change: TopicChange = {
      kind: 'configure',
      topic: 'raw.interface',
      setting: 'retention.ms',
      from: '1',
      to: '2',
    };
    const { topics, log } = starting(KAFKA, { ...broker, planTopics: async () => [change] });
    await topics.start();
    expect(log.entries).toEqual([
      {
        level: 'warn',
        fields: { topic: 'raw.interface', setting: 'retention.ms', from: '1', to: '2' },
        message: 'topic has another setting: run "netsigma topics apply"',
      },
    ]);
  });
});
