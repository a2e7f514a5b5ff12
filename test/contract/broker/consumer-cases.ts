/** Broker contract: consumers. Which records arrive, from where, in which order. */
import { describe, expect, it } from '@jest/globals';
import { PermanentError } from '../../../pipeline/model/errors.ts';
import { until } from '../../support/until.ts';
import { type BrokerLab, record, unique } from './broker-lab.ts';

export function consumerCases(lab: BrokerLab): void {
  const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `${from + i}`);

  /** One send a record, so that brokers which store whole batches can serve them one by one. */
  async function sendOneByOne(topic: string, values: readonly string[], partition = 0): Promise<void> {
    const producer = await lab.producer();
    for (const value of values) await producer.send([record(topic, value, { partition })]);
  }

  describe('a consumer', () => {
    it('is assigned every partition of its topics', async () => {
      const topics = [await lab.topic({ partitions: 3 }), await lab.topic({ partitions: 2 })];
      const { assigned } = await lab.record(topics, { from: 'paused' });
      const expected = [0, 1, 2].map((partition) => ({ topic: topics[0]!, partition }));
      expect(assigned).toHaveLength(5);
      expect(assigned).toEqual(expect.arrayContaining(expected));
      expect(assigned).toContainEqual({ topic: topics[1]!, partition: 1 });
    });

    it('finds its partitions paused: each one starts when it is resumed', async () => {
      const topic = await lab.topic({ partitions: 2 });
      await lab.send(topic, ['a'], 0);
      await lab.send(topic, ['b'], 1);
      const { consumer, values, batches } = await lab.record([topic], { from: 'paused' });
      consumer.resume({ topic, partition: 0 });
      consumer.pause({ topic, partition: 0 });
      consumer.seek({ topic, partition: 1 }, 0);
      consumer.resume({ topic, partition: 1 });
      await until(() => values(1).length === 1, 'partition 1 to be read');
      expect(batches.every(({ partition }) => partition === 1)).toBe(true);
      consumer.seek({ topic, partition: 0 }, 0);
      consumer.resume({ topic, partition: 0 });
      await until(() => values(0).length === 1, 'partition 0 to be read');
      expect(values()).toEqual(['b', 'a']);
    });

    it('receives what is there and what comes later, in order, with offsets and times', async () => {
      const topic = await lab.topic();
      await lab.send(topic, numbers(0, 10));
      const { values, batches } = await lab.record([topic]);
      await until(() => values().length === 10, 'what was there');
      await lab.send(topic, numbers(10, 20));
      await until(() => values().length === 20, 'what came later');
      expect(values()).toEqual(numbers(0, 20));
      expect(batches.flatMap(({ records }) => records)).toEqual(await lab.readAll(topic));
    });

    it('resumed without a seek starts at the group’s committed offset, else at the earliest', async () => {
      const topic = await lab.topic({ partitions: 2 });
      const group = unique('group');
      await lab.send(topic, ['a', 'b', 'c'], 0);
      await lab.send(topic, ['d', 'e'], 1);
      const id = unique('tx');
      const transaction = await (await lab.transactional(id)).begin();
      await transaction.send([record(await lab.topic(), 'output')]);
      await transaction.sendOffsets(group, [{ topic, partition: 0, offset: 2, metadata: '' }]);
      await transaction.commit();
      await lab.transactional(id);
      const { values } = await lab.record([topic], { group, from: 'committed' });
      await until(() => values().length === 3, 'both partitions');
      expect([values(0), values(1)]).toEqual([['c'], ['d', 'e']]);
    });

    it('sees committed records only', async () => {
      const topic = await lab.topic();
      const { values } = await lab.record([topic]);
      const aborted = await (await lab.transactional()).begin();
      await aborted.send([record(topic, 'never')]);
      const committed = await (await lab.transactional()).begin();
      await committed.send([record(topic, 'b')]);
      await aborted.abort();
      await lab.send(topic, ['c']);
      await committed.commit();
      await until(() => values().length === 2, 'the committed records');
      expect(values()).toEqual(['b', 'c']);
    });

    it('shares nothing with other groups', async () => {
      const topic = await lab.topic();
      const first = await lab.record([topic]);
      const second = await lab.record([topic]);
      await lab.send(topic, ['a', 'b']);
      await until(() => first.values().length === 2 && second.values().length === 2, 'both groups');
      expect(first.values()).toEqual(second.values());
    });

    it('refuses a topic that does not exist', async () => {
      const topic = unique('missing');
      const start = lab.record([topic]);
      await expect(start).rejects.toBeInstanceOf(PermanentError);
      await expect(start).rejects.toThrow(topic);
    });

    it('owns what it was assigned, as long as it runs', async () => {
      const topic = await lab.topic();
      const { consumer } = await lab.record([topic]);
      expect(await consumer.owns({ topic, partition: 0 })).toBe(true);
      expect(await consumer.owns({ topic, partition: 1 })).toBe(false);
      expect(await consumer.owns({ topic: unique('other'), partition: 0 })).toBe(false);
      await consumer.stop();
      expect(await consumer.owns({ topic, partition: 0 })).toBe(false);
    });

    it('ignores pause, resume and seek of partitions that it does not have', async () => {
      const topic = await lab.topic();
      const { consumer, failures } = await lab.record([topic]);
      for (const other of [
        { topic, partition: 7 },
        { topic: unique('other'), partition: 0 },
      ]) {
        consumer.pause(other);
        consumer.seek(other, 0);
        consumer.resume(other);
        expect(consumer.fetchState(other)).toBeUndefined();
      }
      expect(failures).toEqual([]);
    });
  });

  describe('seek', () => {
    it('starts the next batch at its offset', async () => {
      const topic = await lab.topic();
      await lab.send(topic, numbers(0, 10));
      const { consumer, values } = await lab.record([topic]);
      await until(() => values().length === 10, 'the first pass');
      consumer.seek({ topic, partition: 0 }, 7);
      await until(() => values().length === 13, 'the second pass');
      expect(values().slice(10)).toEqual(['7', '8', '9']);
    });

    it('drops what was fetched before it', async () => {
      const topic = await lab.topic();
      const values = numbers(0, 60).map((i) => `${i} ${'x'.repeat(1000)}`);
      await sendOneByOne(topic, values);
      const reader = await lab.record([topic], {
        maxBatchBytes: 10_000,
        onBatch: ({ records: [first] }, { consumer }) => {
          if (first?.offset === 0) consumer.seek({ topic, partition: 0 }, 50);
        },
      });
      await until(() => reader.values().at(-1) === values[59], 'the last record');
      const [first, ...later] = reader.batches;
      expect(first!.records.length).toBeLessThan(50);
      expect(later.flatMap(({ records }) => records.map(({ offset }) => offset))).toEqual(
        numbers(50, 60).map(Number),
      );
    });

    it('from within the handler of the batch repeats it', async () => {
      const topic = await lab.topic();
      await lab.send(topic, ['a', 'b']);
      let times = 0;
      const reader = await lab.record([topic], {
        onBatch: (_, { consumer }) => {
          times += 1;
          if (times < 3) consumer.seek({ topic, partition: 0 }, 0);
        },
      });
      await lab.send(topic, ['c']);
      await until(() => reader.values().at(-1) === 'c' && times >= 3, 'the third pass');
      expect(reader.values().filter((value) => value === 'a')).toHaveLength(3);
    });

    it.each([
      ['beyond the end', 1000],
      ['below the earliest kept offset', 1],
    ])('%s fails with a PermanentError that names the place, never jumps', async (_, offset) => {
      const topic = await lab.topic();
      await lab.send(topic, ['a', 'b', 'c', 'd']);
      await lab.broker.deleteRecords({ topic, partition: 0 }, 3);
      const { consumer, batches, failures } = await lab.record([topic], { from: 'paused' });
      consumer.seek({ topic, partition: 0 }, offset);
      consumer.resume({ topic, partition: 0 });
      await until(() => failures.length > 0, 'the failure');
      const [error] = failures;
      expect(error).toBeInstanceOf(PermanentError);
      expect((error as Error).message).toMatch(new RegExp(`\\b${offset}\\b.*${topic}.*\\b0\\b.*\\b3\\b`));
      expect(batches).toEqual([]);
    });
  });

  describe('fetchState', () => {
    it('is undefined before the partition is assigned', async () => {
      const topic = await lab.topic();
      const consumer = lab.broker.consumer({
        group: unique('group'),
        topics: [topic],
        handlers: {
          assigned: async () => undefined,
          revoked: async () => undefined,
          batch: async () => undefined,
          failed: () => undefined,
        },
      });
      expect(consumer.fetchState({ topic, partition: 0 })).toBeUndefined();
    });

    it('reaches the last stable offset once all is read, also on an empty partition', async () => {
      const topic = await lab.topic({ partitions: 2 });
      await lab.transact((tx) => tx.send([record(topic, 'a'), record(topic, 'b')]));
      const { consumer } = await lab.record([topic]);
      for (const [partition, end] of [
        [0, 3],
        [1, 0],
      ] as const) {
        await until(() => {
          const state = consumer.fetchState({ topic, partition });
          return state?.position === end && state.lastStableOffset === end;
        }, `partition ${partition} to stand at ${end}`);
      }
    });

    it('moves past aborted and control records, be there an empty batch or none', async () => {
      const topic = await lab.topic();
      const { consumer, values, batches } = await lab.record([topic]);
      const producer = await lab.transactional();
      for (let i = 0; i < 3; i += 1) {
        const transaction = await producer.begin();
        await transaction.send([record(topic, 'never')]);
        await transaction.abort();
      }
      await until(() => consumer.fetchState({ topic, partition: 0 })?.position === 6, 'position 6');
      await lab.send(topic, ['a']);
      await until(() => values().length === 1, 'the record behind them');
      expect(values()).toEqual(['a']);
      for (const { records, nextOffset } of batches) {
        expect(nextOffset).toBeGreaterThan(records.at(-1)?.offset ?? 0);
      }
    });

    it('counts a batch from the moment that its handler is called', async () => {
      const topic = await lab.topic();
      await lab.send(topic, numbers(0, 5));
      const seen: boolean[] = [];
      const reader = await lab.record([topic], {
        onBatch: ({ nextOffset }, { consumer }) => {
          seen.push(consumer.fetchState({ topic, partition: 0 })!.position >= nextOffset);
        },
      });
      await until(() => reader.values().length === 5, 'the records');
      expect(seen.every(Boolean)).toBe(true);
    });

    it('shows the last stable offset ahead while the partition is paused, and no old position after a seek', async () => {
      const topic = await lab.topic();
      await lab.send(topic, ['a', 'b']);
      const { consumer, values } = await lab.record([topic]);
      await until(() => values().length === 2, 'the records');
      consumer.pause({ topic, partition: 0 });
      consumer.seek({ topic, partition: 0 }, 1);
      expect(consumer.fetchState({ topic, partition: 0 })?.position ?? 1).toBe(1);
      expect(consumer.fetchState({ topic, partition: 0 })?.lastStableOffset ?? 2).toBe(2);
    });
  });
}
