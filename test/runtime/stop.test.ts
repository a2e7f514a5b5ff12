/** Stream threads that are told to stop while their group, or Kafka itself, is busy with something else. */
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Broker, TransactionalProducer } from '../../pipeline/broker/port.ts';
import { kafkaBroker } from '../../pipeline/broker/kafka/kafka-broker.ts';
import type { Codec } from '../../pipeline/codec/port.ts';
import type { StreamThread } from '../../pipeline/runtime/stream-thread.ts';
import { catalogue, topicSpecs, type Naming } from '../../topics/catalogue.ts';
import { unique } from '../contract/broker/broker-lab.ts';
import { kafkaService } from '../services/kafka.ts';
import { reasonOf } from '../services/service.ts';
import { startedCodec } from '../support/codec.ts';
import { entityThread, type EntityThread } from '../support/entity-thread.ts';
import { recordingLog } from '../support/log.ts';
import { describeIf } from '../support/requires.ts';
import { until } from '../support/until.ts';

const PARTITIONS = 4;
const kafka = await kafkaService();

/** The same broker, which knows the transactional producers that were not stopped, and can hold up their stops. */
class WatchedBroker {
  readonly open = new Set<object>();
  readonly broker: Broker;
  #gate: Promise<unknown> = Promise.resolve();

  constructor(broker: Broker) {
    this.broker = new Proxy(broker, {
      get: (target, property) => {
        if (property === 'transactionalProducer')
          return (id: string) => this.#watched(target.transactionalProducer(id));
        const value: unknown = Reflect.get(target, property, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  }

  /** Until the function that it returns is called, no producer stops. */
  holdStops(): () => void {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#gate = promise;
    return () => resolve(undefined);
  }

  #watched(producer: TransactionalProducer): TransactionalProducer {
    return {
      name: producer.name,
      start: async () => {
        this.open.add(producer);
        await producer.start();
      },
      begin: () => producer.begin(),
      stop: async () => {
        await this.#gate;
        await producer.stop();
        this.open.delete(producer);
      },
    };
  }
}

describeIf(kafka.kind === 'running', reasonOf(kafka))('a stream thread on Kafka that is told to stop', () => {
  let broker: Broker;
  let codec: Codec;
  const running: EntityThread[] = [];
  const log = recordingLog();
  const joins = () => log.entries.filter(({ message }) => message === 'joined the group').length;

  beforeAll(async () => {
    const brokers = [kafka.kind === 'running' ? kafka.address : ''];
    broker = kafkaBroker({ brokers, clientId: 'stop', log, sessionTimeoutMs: 1_500 });
    await broker.start();
    codec = await startedCodec();
  });
  afterEach(async () => {
    for (const { thread } of running.splice(0)) await thread.stop();
  });
  afterAll(() => broker.stop());

  async function namespace(): Promise<Naming> {
    const naming: Naming = { prefix: `${unique('stop')}.`, generation: '' };
    await broker.createTopics(topicSpecs(catalogue, naming, PARTITIONS));
    return naming;
  }

  async function start(of: Broker, naming: Naming): Promise<StreamThread> {
    const started = entityThread({
      broker: of,
      codec,
      naming,
      commitIntervalMs: 20,
      commitBytes: 100_000,
      checkpointIntervalMs: 1_000,
      log,
    });
    running.push(started);
    await started.thread.start();
    return started.thread;
  }

  const runs = (thread: StreamThread, tasks: number) =>
    until(
      () => thread.tasks.size === tasks && thread.status().every(({ state }) => state === 'running'),
      `${tasks} tasks to run`,
      30_000,
    );

  it('takes no partitions any more, though others leave theirs to it', async () => {
    const naming = await namespace();
    const watched = new WatchedBroker(broker);
    const stopping = await start(watched.broker, naming);
    await runs(stopping, PARTITIONS);
    const leaving = await start(broker, naming);
    await Promise.all([runs(stopping, PARTITIONS / 2), runs(leaving, PARTITIONS / 2)]);
    const release = watched.holdStops();
    const joined = joins();
    const stopped = stopping.stop();
    await leaving.stop();
    await until(() => joins() > joined, 'the partitions to be given to the member that stops');
    release();
    await stopped;
    expect(watched.open).toEqual(new Set());
    expect(running.flatMap(({ failures }) => failures)).toEqual([]);
  }, 60_000);
});
