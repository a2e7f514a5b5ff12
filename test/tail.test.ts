import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { memoryBroker } from '../pipeline/broker/memory/memory-broker.ts';
import type { Broker } from '../pipeline/broker/port.ts';
import type { Codec } from '../pipeline/codec/port.ts';
import { RetryableError } from '../pipeline/model/errors.ts';
import { topicReader, type TopicReader } from '../pipeline/tail.ts';
import { catalogue, topicSpecs } from '../topics/catalogue.ts';
import { NAMING, startedCodec } from './support/codec.ts';

const PARTITIONS = 3;
let broker: Broker;
let codec: Codec;
let reader: TopicReader;
let nowMs = 0;

beforeEach(async () => {
  broker = memoryBroker({ clock: () => (nowMs += 1), keepCommittedBytes: 1 << 20 });
  await broker.start();
  await broker.createTopics(topicSpecs(catalogue, NAMING, PARTITIONS));
  codec = await startedCodec();
  reader = topicReader({ broker, codec, catalogue, naming: NAMING });
  await reader.start();
});
afterEach(async () => {
  await reader.stop();
  await broker.stop();
});

async function write(...writers: string[]): Promise<void> {
  const producer = broker.producer();
  await producer.start();
  for (const [i, writer] of writers.entries()) {
    const value = codec.recordEncoder('control.tick').encode({ writer });
    await producer.send([{ topic: 'control.tick', partition: i % PARTITIONS, key: null, value }]);
  }
  await producer.stop();
}

const signal = new AbortController().signal;

async function read(limit: number, follow = false, until = Infinity): Promise<unknown[]> {
  const writers: unknown[] = [];
  for await (const line of reader.tail.read('control.tick', { limit, follow, signal })) {
    writers.push((JSON.parse(line) as { writer: string }).writer);
    if (writers.length >= until) break;
  }
  return writers;
}

describe('the reader of topics', () => {
  it('shows the newest records over all partitions, oldest first', async () => {
    await write('a', 'b', 'c', 'd', 'e', 'f', 'g');
    expect(await read(3)).toEqual(['e', 'f', 'g']);
    expect(await read(100)).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    expect(await read(0)).toEqual([]);
  });

  it('finds them where they lie in one partition, behind many control records', async () => {
    await write('a', 'b', 'c');
    for (let i = 0; i < 20; i += 1) {
      const producer = broker.transactionalProducer('x');
      await producer.start();
      const transaction = await producer.begin();
      await transaction.send([{ topic: 'control.tick', partition: 0, key: null, value: Buffer.from('x') }]);
      await transaction.abort();
      await producer.stop();
    }
    expect(await read(2)).toEqual(['b', 'c']);
  });

  it('goes on with what comes, until it is stopped', async () => {
    await write('a');
    const following = read(1, true);
    await write('b', 'c');
    expect(await read(1, true, 1)).toEqual(['c']);
    await reader.stop();
    expect(((await following) as string[]).slice(0, 1)).toEqual(['a']);
  });

  it('has nothing to read before and after', async () => {
    expect(reader.isOpen).toBe(true);
    await reader.stop();
    expect(reader.isOpen).toBe(false);
    await expect(read(1)).rejects.toThrow(RetryableError);
  });
});
