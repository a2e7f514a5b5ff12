/** The memory broker: what it keeps, what it drops, and when senders wait. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { memoryBroker, type MemoryBroker } from '../../pipeline/broker/memory/memory-broker.ts';
import { PermanentError, RetryableError } from '../../pipeline/model/errors.ts';
import type { ProducerRecord } from '../../pipeline/broker/port.ts';
import { BrokerLab, record, texts, unique } from '../contract/broker/broker-lab.ts';
import { until } from '../support/until.ts';

/** Room for ten records of `kilobytes` and a bit. */
const MAX_PARTITION_BYTES = 14_000;

let nowMs: number;
let broker: MemoryBroker;
let lab: BrokerLab;

beforeEach(async () => {
  nowMs = 1_000_000;
  broker = memoryBroker({ clock: () => nowMs, maxPartitionBytes: MAX_PARTITION_BYTES });
  await broker.start();
  lab = new BrokerLab();
  await lab.open(async () => ({ broker, stop: () => broker.stop() }));
});

afterEach(async () => {
  await lab.tidy();
  await lab.close();
});

function kilobytes(topic: string, from: number, to: number, partition = 0): ProducerRecord[] {
  return Array.from({ length: to - from }, (_, i) =>
    record(topic, `${from + i} `.padEnd(1000, 'x'), { partition }),
  );
}

async function commit(group: string, topic: string, offset: number, partition = 0): Promise<void> {
  await lab.transact((tx) => tx.sendOffsets(group, [{ topic, partition, offset, metadata: '' }]));
}

async function earliest(topic: string, partition = 0): Promise<number> {
  return (await broker.offsets(topic))[partition]!.earliest;
}

/** Starts a send and tells whether it has been answered. */
function watch(sending: Promise<unknown>): { readonly sending: Promise<unknown>; answered: boolean } {
  const watched = { sending, answered: false };
  sending.then(
    () => (watched.answered = true),
    () => (watched.answered = true),
  );
  return watched;
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe('a "delete" topic', () => {
  it('is trimmed below the lowest offset that its groups have committed', async () => {
    const topic = await lab.topic();
    await lab.record([topic], { group: 'one' });
    await lab.record([topic], { group: 'two' });
    await lab.send(topic, ['a', 'b', 'c', 'd']);
    await commit('one', topic, 3);
    expect(await earliest(topic)).toBe(0);
    await commit('two', topic, 2);
    expect(await earliest(topic)).toBe(2);
    await commit('two', topic, 4);
    expect(await earliest(topic)).toBe(3);
    expect(broker.stats()).toMatchObject([{ topic, records: 1 }]);
  });

  it('is never trimmed beyond its last stable offset', async () => {
    const topic = await lab.topic();
    await lab.send(topic, ['a']);
    const transaction = await (await lab.transactional()).begin();
    await transaction.send([record(topic, 'b')]);
    await commit('ahead', topic, 100);
    expect(await earliest(topic)).toBe(1);
    await transaction.commit();
    await lab.send(topic, ['c']);
    expect(await earliest(topic)).toBe(4);
  });

  it('without a reader keeps its newest records within the size limit', async () => {
    const topic = await lab.topic();
    const producer = await lab.producer();
    await producer.send(kilobytes(topic, 0, 100));
    expect(await earliest(topic)).toBe(89);
    const records = await lab.readAll(topic);
    expect([records[0]?.offset, records.at(-1)?.offset]).toEqual([89, 99]);
    expect(broker.stats()[0]!.bytes).toBeLessThan(MAX_PARTITION_BYTES + 1500);
  });

  it('keeps within the size limit what a group committed and left', async () => {
    const topic = await lab.topic();
    await commit('gone', topic, 2);
    const producer = await lab.producer();
    await producer.send(kilobytes(topic, 0, 5));
    expect(await earliest(topic)).toBe(2);
    await producer.send(kilobytes(topic, 5, 100));
    expect(await earliest(topic)).toBe(89);
  });

  it('without a reader drops what is older than its retention', async () => {
    const topic = await lab.topic({ retentionMs: 1000 });
    await lab.send(topic, ['a']);
    nowMs += 600;
    await lab.send(topic, ['b']);
    nowMs += 600;
    await lab.send(topic, ['c']);
    expect(texts(await lab.readAll(topic))).toEqual(['b', 'c']);
  });

  it('keeps what a group has yet to read, however old', async () => {
    const topic = await lab.topic({ retentionMs: 1000 });
    await lab.record([topic], { from: 'paused' });
    await lab.send(topic, ['a']);
    nowMs += 1_000_000;
    await lab.send(topic, ['b']);
    expect(texts(await lab.readAll(topic))).toEqual(['a', 'b']);
  });

  it('read by a group that never commits keeps what lies behind its position within the size limit only', async () => {
    const topic = await lab.topic();
    const reader = await lab.record([topic]);
    const producer = await lab.producer();
    await producer.send(kilobytes(topic, 0, 5));
    await until(() => reader.values().length === 5, 'five records');
    expect(await earliest(topic)).toBe(0);
    for (let i = 5; i < 50; i += 5) await producer.send(kilobytes(topic, i, i + 5));
    await until(() => reader.values().length === 50, 'all records');
    expect(reader.failures).toEqual([]);
    expect(await earliest(topic)).toBeGreaterThan(30);
    expect(broker.stats()[0]!.bytes).toBeLessThan(MAX_PARTITION_BYTES + 1500);
  });

  it('read by a group that never commits keeps the batch that its handler has in hand', async () => {
    const topic = await lab.topic();
    const { promise: opened, resolve: open } = Promise.withResolvers<undefined>();
    const reader = await lab.record([topic], { onBatch: () => opened });
    const producer = await lab.producer();
    await producer.send(kilobytes(topic, 0, 10));
    await until(() => reader.batches.length === 1, 'the first batch');
    const sending = watch(producer.send(kilobytes(topic, 10, 20)));
    await nextTurn();
    expect(sending.answered).toBe(false);
    expect(await earliest(topic)).toBe(0);
    open(undefined);
    await sending.sending;
    await until(() => reader.values().length === 20, 'all records');
  });

  it('needs nothing below the offset that such a group seeks', async () => {
    const topic = await lab.topic();
    const { consumer } = await lab.record([topic], { from: 'paused' });
    const producer = await lab.producer();
    const sending = producer.send(kilobytes(topic, 0, 20));
    consumer.seek({ topic, partition: 0 }, 10);
    await sending;
    expect(await earliest(topic)).toBe(9);
  });

  it('gives a range that was begun whole, although it is trimmed meanwhile', async () => {
    const topic = await lab.topic();
    const { group } = await lab.record([topic], { from: 'paused' });
    await lab.transact((tx) => tx.send(kilobytes(topic, 0, 2000)));
    const counts: number[] = [];
    for await (const { records } of broker.readRange({ topic, partition: 0 }, 0, 2000)) {
      await commit(group, topic, 2000);
      expect(await earliest(topic)).toBe(2000);
      counts.push(records.length);
    }
    expect(counts.length).toBeGreaterThan(1);
    expect(counts.reduce((sum, count) => sum + count)).toBe(2000);
    await expect(lab.readRange(topic, 0, 2000)).rejects.toThrow(/only 2000 to 2001 are kept/);
  });
});

describe('a full partition', () => {
  it('lets senders wait until the reading group has committed, and keeps their order', async () => {
    const topic = await lab.topic();
    const { group } = await lab.record([topic], { from: 'paused' });
    await commit(group, topic, 0);
    const producer = await lab.producer();
    const first = watch(producer.send(kilobytes(topic, 0, 15)));
    const second = watch(producer.send(kilobytes(topic, 15, 16)));
    await nextTurn();
    expect([first.answered, second.answered]).toEqual([false, false]);
    expect(broker.stats()[0]!.bytes).toBeLessThan(MAX_PARTITION_BYTES + 1500);
    await commit(group, topic, 8);
    await first.sending;
    await second.sending;
    const values = texts(await lab.readAll(topic)).map((value) => Number(value.split(' ')[0]));
    expect(values).toEqual([8, 9, 10, 11, 12, 13, 14, 15]);
  });

  it('is waited for also when the group has committed elsewhere, but not yet here', async () => {
    const topic = await lab.topic({ partitions: 2 });
    const { group, consumer } = await lab.record([topic], { from: 'beginning' });
    await commit(group, topic, 0, 1);
    const producer = await lab.producer();
    const sending = watch(producer.send(kilobytes(topic, 0, 20)));
    await until(() => consumer.fetchState({ topic, partition: 0 })?.position === 12, 'the group to read');
    expect(sending.answered).toBe(false);
    expect(await earliest(topic)).toBe(0);
    await commit(group, topic, 12);
    await sending.sending;
  });

  it('does not hold back senders to others', async () => {
    const topic = await lab.topic({ partitions: 2 });
    const { consumer } = await lab.record([topic], { from: 'paused' });
    const producer = await lab.producer();
    const both = watch(producer.send([...kilobytes(topic, 0, 20), ...kilobytes(topic, 0, 3, 1)]));
    await producer.send(kilobytes(topic, 3, 5, 1));
    expect(await lab.readAll(topic, 1)).toHaveLength(5);
    expect(both.answered).toBe(false);
    await consumer.stop();
    await both.sending;
  });

  it('is let go when its slow reader leaves', async () => {
    const topic = await lab.topic();
    const { consumer } = await lab.record([topic], { from: 'paused' });
    const producer = await lab.producer();
    const sending = watch(producer.send(kilobytes(topic, 0, 100)));
    await nextTurn();
    expect(sending.answered).toBe(false);
    await consumer.stop();
    await sending.sending;
    expect(await earliest(topic)).toBe(89);
  });

  it('rejects waiting senders with a RetryableError when the broker stops', async () => {
    const topic = await lab.topic();
    await lab.record([topic], { from: 'paused' });
    const producer = await lab.producer();
    const sending = producer.send(kilobytes(topic, 0, 100));
    const transaction = await (await lab.transactional()).begin();
    const transactional = transaction.send(kilobytes(topic, 0, 1));
    const outcomes = Promise.allSettled([sending, transactional]);
    await broker.stop();
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(RetryableError) as unknown });
    }
    await expect(producer.send([])).rejects.toBeInstanceOf(RetryableError);
  });

  it('lets a transaction wait before its records are in the log, and end while it waits', async () => {
    const topic = await lab.topic();
    const { group } = await lab.record([topic], { from: 'paused' });
    await (await lab.producer()).send(kilobytes(topic, 0, 12));
    const id = unique('tx');
    const pending = await (await lab.transactional(id)).begin();
    const zombie = watch(pending.send(kilobytes(topic, 100, 101)));
    await nextTurn();
    expect(zombie.answered).toBe(false);
    const owner = await lab.transactional(id);
    await expect(zombie.sending).rejects.toBeInstanceOf(PermanentError);

    const transaction = await owner.begin();
    const sending = watch(transaction.send(kilobytes(topic, 12, 13)));
    await nextTurn();
    expect(sending.answered).toBe(false);
    await expect(transaction.commit()).rejects.toThrow(/during a send/);
    await commit(group, topic, 12);
    await sending.sending;
    await transaction.commit();
    expect((await lab.readAll(topic)).map(({ offset }) => offset)).toEqual([12]);
  });

  it('never makes transactions wait for each other: only stable records count', async () => {
    const topic = await lab.topic({ partitions: 2 });
    await lab.record([topic], { from: 'paused' });
    const one = await (await lab.transactional()).begin();
    const other = await (await lab.transactional()).begin();
    await one.send(kilobytes(topic, 0, 30, 0));
    await other.send(kilobytes(topic, 0, 30, 1));
    await one.send(kilobytes(topic, 30, 60, 1));
    await other.send(kilobytes(topic, 30, 60, 0));
    await one.commit();
    await other.commit();
    expect(await lab.readAll(topic, 0)).toHaveLength(60);
    expect(await lab.readAll(topic, 1)).toHaveLength(60);
  });
});
