/** The memory broker: what compaction keeps. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { memoryBroker, type MemoryBroker } from '../../pipeline/broker/memory/memory-broker.ts';
import type { BrokerRecord } from '../../pipeline/broker/port.ts';
import { BrokerLab, record } from '../contract/broker/broker-lab.ts';
import { until } from '../support/until.ts';

let broker: MemoryBroker;
let lab: BrokerLab;

beforeEach(async () => {
  broker = memoryBroker({ clock: () => 0, maxPartitionBytes: 14_000 });
  await broker.start();
  lab = new BrokerLab();
  await lab.open(async () => ({ broker, stop: () => broker.stop() }));
});

function bytesOf(records: readonly BrokerRecord[]): number {
  return records.reduce((sum, { key, value }) => sum + key!.length + value!.length + 250, 0);
}

afterEach(async () => {
  await lab.tidy();
  await lab.close();
});

describe('a "compact" topic', () => {
  const compacted = () => lab.topic({ cleanup: 'compact' });

  async function update(topic: string, key: string, times: number): Promise<void> {
    const producer = await lab.producer();
    for (let i = 0; i < times; i += 1) {
      await producer.send([record(topic, `${i} `.padEnd(1000, 'x'), { key })]);
    }
  }

  it('keeps the newest record of each key at its own offset, and its earliest offset', async () => {
    const topic = await compacted();
    await update(topic, 'a', 1);
    await update(topic, 'b', 200);
    expect(broker.stats()[0]!.records).toBeLessThan(30);
    const records = await lab.readAll(topic);
    expect(records[0]).toMatchObject({ offset: 0, key: Buffer.from('a') });
    expect(records.at(-1)).toMatchObject({ offset: 200, key: Buffer.from('b') });
    expect((await broker.offsets(topic))[0]?.earliest).toBe(0);
    expect(broker.stats()[0]!.bytes).toBe(bytesOf(records));
  });

  it('loses its tombstones once compacted', async () => {
    const topic = await compacted();
    await lab.send(topic, ['old']);
    await (await lab.producer()).send([record(topic, null)]);
    await update(topic, 'other', 50);
    expect((await lab.readAll(topic)).every(({ key }) => key?.toString() === 'other')).toBe(true);
  });

  it('keeps a tombstone until every reading group has passed it, committed or not', async () => {
    const topic = await compacted();
    const { consumer, batches } = await lab.record([topic]);
    await lab.send(topic, ['old']);
    await until(() => batches.length === 1, 'the value to be read');
    consumer.pause({ topic, partition: 0 });
    await (await lab.producer()).send([record(topic, null)]);
    await update(topic, 'other', 50);
    consumer.resume({ topic, partition: 0 });
    await until(() => batches.length > 1, 'the rest');
    expect(batches[1]!.records[0]).toMatchObject({ offset: 1, value: null });
    await update(topic, 'other', 50);
    expect((await lab.readAll(topic)).every(({ value }) => value !== null)).toBe(true);
  });

  it('compacts below an open transaction and counts its records neither lost nor twice', async () => {
    const topic = await compacted();
    const first = await (await lab.transactional()).begin();
    const updates = Array.from({ length: 50 }, () => record(topic, 'x'.repeat(1000), { key: 'a' }));
    await first.send(updates);
    const second = await (await lab.transactional()).begin();
    await second.send([record(topic, 'mine', { key: 'b' })]);
    await first.commit();
    expect(broker.stats()[0]!.records).toBe(2);
    await second.commit();
    const records = await lab.readAll(topic);
    expect(records.map(({ offset, key }) => [offset, key?.toString()])).toEqual([
      [49, 'a'],
      [50, 'b'],
    ]);
    expect(broker.stats()[0]!.bytes).toBe(bytesOf(records));
  });

  it('is never full: its keys are its bound', async () => {
    const topic = await compacted();
    await lab.record([topic], { from: 'paused' });
    const producer = await lab.producer();
    await producer.send(
      Array.from({ length: 50 }, (_, i) => record(topic, 'x'.repeat(1000), { key: `${i}` })),
    );
    expect(await lab.readAll(topic)).toHaveLength(50);
  });

  it('is compacted only when about half of it is old, so that each record costs a constant', async () => {
    const topic = await compacted();
    const producer = await lab.producer();
    const round = Array.from({ length: 50 }, (_, i) => record(topic, 'x'.repeat(1000), { key: `${i}` }));
    await producer.send(round);
    await producer.send(round.slice(0, 40));
    expect(await lab.readAll(topic)).toHaveLength(90);
    await producer.send(round.slice(40));
    expect(await lab.readAll(topic)).toHaveLength(50);
  });
});
