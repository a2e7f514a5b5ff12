/** The memory broker: its lifecycle, its clock, and its one member per group. */
import { describe, expect, it } from '@jest/globals';
import { memoryBroker } from '../../pipeline/broker/memory/memory-broker.ts';
import { PermanentError, RetryableError } from '../../pipeline/model/errors.ts';
import type { ConsumerHandlers } from '../../pipeline/broker/port.ts';
import { record, topicSpec } from '../contract/broker/broker-lab.ts';
import { until } from '../support/until.ts';

const handlers: ConsumerHandlers = {
  assigned: async () => undefined,
  revoked: async () => undefined,
  batch: async () => undefined,
  failed: (error) => {
    throw error;
  },
};

async function started(clock = () => 0) {
  const broker = memoryBroker({ clock });
  await broker.start();
  await broker.createTopics([topicSpec('topic')]);
  const producer = broker.producer();
  await producer.start();
  return { broker, producer };
}

describe('memoryBroker', () => {
  it('allows one member per group at a time and says so', async () => {
    const { broker } = await started();
    const options = { group: 'tasks', topics: ['topic'], handlers };
    const first = broker.consumer(options);
    await first.start();
    const second = broker.consumer(options).start();
    await expect(second).rejects.toBeInstanceOf(PermanentError);
    await expect(second).rejects.toThrow(/group tasks has a member already.*one at a time/);
    await first.stop();
    await expect(broker.consumer(options).start()).resolves.toBeUndefined();
    await broker.stop();
  });

  it('gives append times of its clock, which stand still when the clock goes back', async () => {
    let nowMs = 1000;
    const { broker, producer } = await started(() => nowMs);
    for (nowMs of [1000, 1500, 1200, 1600]) await producer.send([record('topic', 'a')]);
    const times: number[] = [];
    for await (const { records } of broker.readRange({ topic: 'topic', partition: 0 }, 0, 4)) {
      times.push(...records.map(({ appendedAtMs }) => appendedAtMs));
    }
    expect(times).toEqual([1000, 1500, 1500, 1600]);
    await broker.stop();
  });

  it('keeps concurrent sends of one producer in order', async () => {
    const { broker, producer } = await started();
    await Promise.all(['a', 'b', 'c'].map((value) => producer.send([record('topic', value)])));
    const values: string[] = [];
    for await (const { records } of broker.readRange({ topic: 'topic', partition: 0 }, 0, 3)) {
      values.push(...records.map(({ value }) => value!.toString()));
    }
    expect(values).toEqual(['a', 'b', 'c']);
    await broker.stop();
  });

  it('rejects calls before start and after stop with a RetryableError', async () => {
    const broker = memoryBroker({ clock: () => 0 });
    const calls = () => [
      broker.createTopics([topicSpec('topic')]),
      broker.offsets('topic'),
      broker.committedOffsets('group', ['topic']),
      broker.producer().start(),
      broker.transactionalProducer('id').start(),
      broker.consumer({ group: 'group', topics: ['topic'], handlers }).start(),
    ];
    for (const call of calls()) await expect(call).rejects.toBeInstanceOf(RetryableError);
    await broker.start();
    await broker.stop();
    await broker.stop();
    for (const call of calls()) await expect(call).rejects.toBeInstanceOf(RetryableError);
    await expect(broker.start()).rejects.toBeInstanceOf(PermanentError);
  });

  it('stops its consumers when it stops, and waits for their handlers', async () => {
    const { broker, producer } = await started();
    const { promise: opened, resolve: open } = Promise.withResolvers<undefined>();
    let running = false;
    const consumer = broker.consumer({
      group: 'group',
      topics: ['topic'],
      handlers: {
        ...handlers,
        assigned: async ([partition]) => consumer.resume(partition!),
        batch: async () => {
          running = true;
          await opened;
          await new Promise((resolve) => setImmediate(resolve));
          running = false;
        },
      },
    });
    await consumer.start();
    await producer.send([record('topic', 'a')]);
    await until(() => running, 'the handler to run');
    const stopped = broker.stop().then(() => running);
    open(undefined);
    expect(await stopped).toBe(false);
  });

  it('refuses to begin on a producer that was not started, was stopped, or started twice', async () => {
    const { broker } = await started();
    const producer = broker.transactionalProducer('id');
    await expect(producer.begin()).rejects.toThrow(/id is not started/);
    await producer.start();
    await expect(producer.start()).rejects.toThrow(/id is started already/);
    await producer.stop();
    await expect(producer.begin()).rejects.toThrow(/id is stopped/);
    await expect(broker.producer().send([])).rejects.toBeInstanceOf(PermanentError);
    await broker.stop();
  });

  it('runs no timer while nothing happens', async () => {
    const timers = () =>
      process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout' || kind === 'Immediate').length;
    const before = timers();
    const { broker, producer } = await started();
    const { promise: read, resolve: onRead } = Promise.withResolvers<undefined>();
    const consumer = broker.consumer({
      group: 'group',
      topics: ['topic'],
      handlers: {
        ...handlers,
        assigned: async ([partition]) => consumer.resume(partition!),
        batch: async () => onRead(undefined),
      },
    });
    await consumer.start();
    await producer.send([record('topic', 'a')]);
    await read;
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(timers()).toBeLessThanOrEqual(before);
    await broker.stop();
  });

  it('has an identity of its own, or the one that it is given', () => {
    const clock = () => 0;
    expect(memoryBroker({ clock }).clusterId).not.toBe(memoryBroker({ clock }).clusterId);
    expect(memoryBroker({ clock, clusterId: 'lab' }).clusterId).toBe('lab');
  });

  it('logs once per topic that unread records were dropped by size', async () => {
    const messages: object[] = [];
    const ignore = () => undefined;
    const log = {
      debug: ignore,
      warn: ignore,
      error: ignore,
      info: (fields: object) => messages.push(fields),
    };
    const broker = memoryBroker({ clock: () => 0, maxPartitionBytes: 1000, log });
    await broker.start();
    await broker.createTopics([topicSpec('topic')]);
    const producer = broker.producer();
    await producer.start();
    await producer.send(Array.from({ length: 20 }, () => record('topic', 'x'.repeat(500))));
    expect(messages).toEqual([{ topic: 'topic', maxPartitionBytes: 1000 }]);
    await broker.stop();
  });

  it('tells what each topic holds', async () => {
    const { broker, producer } = await started();
    await producer.send([record('topic', 'a'), record('topic', 'b')]);
    const transactional = broker.transactionalProducer('id');
    await transactional.start();
    const transaction = await transactional.begin();
    await transaction.send([record('topic', 'never')]);
    await transaction.abort();
    const bytes = 2 * ('key'.length + 1 + 250);
    expect(broker.stats()).toEqual([
      {
        topic: 'topic',
        records: 2,
        bytes,
        partitions: [{ partition: 0, records: 2, bytes, earliest: 0, lastStable: 4 }],
      },
    ]);
    await broker.stop();
  });
});
