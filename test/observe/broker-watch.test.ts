import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { memoryBroker } from '../../pipeline/broker/memory/memory-broker.ts';
import type { Broker, Consumer, ConsumerHandlers, Producer } from '../../pipeline/broker/port.ts';
import { RetryableError } from '../../pipeline/model/errors.ts';
import { brokerWatch, type BrokerWatch } from '../../pipeline/observe/broker-watch.ts';
import { delegatingBroker } from '../../pipeline/observe/delegating-broker.ts';
import { until } from '../support/until.ts';

const TOPIC = 'inventory.device';
const HANDLERS: ConsumerHandlers = {
  async assigned() {},
  async revoked() {},
  async batch() {},
  failed() {},
};
const RECORDS = [{ topic: TOPIC, partition: 0, key: null, value: Buffer.from('x') }];

interface Fickle {
  readonly broker: Broker;
  mode: 'up' | 'away' | 'silent' | 'forgetful';
}

/** A broker in memory that can be out of reach, fall silent, or forget its members. */
function fickleBroker(): Fickle {
  const memory = memoryBroker({ clock: () => 0 });
  const away = (): Promise<never> => Promise.reject(new RetryableError('cannot reach 10.0.0.1:9092'));
  const fickle: Fickle = {
    mode: 'up',
    broker: {
      ...delegatingBroker(memory, {
        consumer(options) {
          const consumer = memory.consumer(options);
          const owns: Consumer['owns'] = async (one) => fickle.mode !== 'forgetful' && consumer.owns(one);
          return new Proxy(consumer, {
            get(target, name) {
              if (name === 'owns') return owns;
              const value: unknown = Reflect.get(target, name, target);
              return typeof value === 'function' ? (value.bind(target) as unknown) : value;
            },
          });
        },
        producer(): Producer {
          const producer = memory.producer();
          return {
            name: producer.name,
            start: () => producer.start(),
            stop: () => producer.stop(),
            send: (records) => (fickle.mode === 'away' ? away() : producer.send(records)),
          };
        },
      }),
      offsets(topic: string) {
        if (fickle.mode === 'away') return away();
        return fickle.mode === 'silent' ? new Promise<never>(() => undefined) : memory.offsets(topic);
      },
    },
  };
  return fickle;
}

describe('the watch over a broker', () => {
  let fickle: Fickle;
  let watch: BrokerWatch;
  let nowMs: number;

  beforeEach(async () => {
    nowMs = 0;
    fickle = fickleBroker();
    watch = brokerWatch({ broker: fickle.broker, clock: () => nowMs, askEveryMs: 1 });
    const spec = { cleanup: 'delete', retentionMs: Infinity, maxRecordBytes: 1_000 } as const;
    await watch.broker.start();
    await watch.broker.createTopics([{ topic: TOPIC, partitions: 1, ...spec }]);
    await watch.start();
  });

  afterEach(async () => {
    await watch.stop();
    await watch.broker.stop();
  });

  /** A member with its partition. */
  async function member(): Promise<void> {
    const consumer = watch.broker.consumer({ group: 'g', topics: [TOPIC], handlers: HANDLERS });
    await consumer.start();
    await until(() => consumer.owns({ topic: TOPIC, partition: 0 }), 'the partition');
  }

  /** What it says once time passes and there is something to say. */
  async function complaints(): Promise<string[]> {
    await until(() => {
      nowMs += 100;
      return watch.notReady().length > 0;
    }, 'a complaint');
    return watch.notReady();
  }

  it('has nothing to say about one that answers, nor before anybody reads', async () => {
    expect(watch.notReady()).toEqual([]);
    await member();
    nowMs += 60_000;
    await until(() => watch.notReady().length === 0, 'no complaint');
  });

  it('says that it is away, though nobody has anything to read, and that it is back', async () => {
    await member();
    fickle.mode = 'away';
    const told = await complaints();
    expect(told).toEqual([
      expect.stringMatching(/^the broker has given no good answer for \d+ s: cannot reach 10\.0\.0\.1:9092$/),
    ]);
    fickle.mode = 'up';
    await until(() => watch.notReady().length === 0, 'no complaint');
  });

  it('gives it three seconds', async () => {
    await member();
    fickle.mode = 'away';
    await complaints();
    expect(nowMs).toBeGreaterThanOrEqual(3_000);
  });

  it('says that it is silent', async () => {
    await member();
    fickle.mode = 'silent';
    expect(await complaints()).toEqual([
      expect.stringMatching(/^the broker has given no good answer for \d+ s$/),
    ]);
  });

  it('says that the group does not count the process any more', async () => {
    await member();
    fickle.mode = 'forgetful';
    expect(await complaints()).toEqual([expect.stringContaining('group g does not count this process')]);
  });

  it('says at once that a send was refused for now, until one succeeds', async () => {
    const producer = watch.broker.producer();
    await producer.start();
    fickle.mode = 'away';
    await expect(producer.send(RECORDS)).rejects.toBeInstanceOf(RetryableError);
    expect(watch.notReady()).toEqual(['records wait to be sent: cannot reach 10.0.0.1:9092']);
    fickle.mode = 'up';
    await producer.send(RECORDS);
    expect(watch.notReady()).toEqual([]);
    await producer.stop();
  });
});
