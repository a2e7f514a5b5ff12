/** Broker contract: when a consumer's handlers are called, how consumers end, and how slow ones hold senders back. */
import { describe, expect, it } from '@jest/globals';
import { until } from '../../support/until.ts';
import { type BrokerLab, record, unique } from './broker-lab.ts';

/** Opens once; who waits for it then goes on. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  return { opened: promise, open: () => resolve(undefined) };
}

export function handlerCases(lab: BrokerLab): void {
  const values = (count: number, bytes = 1000) =>
    Array.from({ length: count }, (_, i) => `${i} ${'x'.repeat(bytes)}`);

  async function sendOneByOne(topic: string, list: readonly string[], partition = 0): Promise<void> {
    const producer = await lab.producer();
    for (const value of list) await producer.send([record(topic, value, { partition })]);
  }

  describe('batches', () => {
    it('come one at a time per partition, while other partitions go on', async () => {
      const topic = await lab.topic({ partitions: 2 });
      await sendOneByOne(topic, values(30), 0);
      const blocked = gate();
      let running = 0;
      let most = 0;
      const reader = await lab.record([topic], {
        maxBatchBytes: 8_000,
        onBatch: async ({ partition }) => {
          if (partition === 1) return;
          most = Math.max(most, (running += 1));
          await blocked.opened;
          running -= 1;
        },
      });
      await until(() => running === 1, 'the first batch of partition 0');
      await lab.send(topic, ['newest'], 0);
      await sendOneByOne(topic, values(30), 1);
      await until(() => reader.values(1).length === 30, 'all of partition 1');
      expect(reader.batches.filter(({ partition }) => partition === 0)).toHaveLength(1);
      blocked.open();
      await until(() => reader.values(0).length === 31, 'all of partition 0');
      expect(most).toBe(1);
      expect(reader.values(0)).toEqual([...values(30), 'newest']);
    });

    it('are bounded by about maxBatchBytes, and a larger record comes alone', async () => {
      const topic = await lab.topic();
      const list = [...values(40), 'y'.repeat(50_000), ...values(3)];
      await sendOneByOne(topic, list);
      const reader = await lab.record([topic], { maxBatchBytes: 8_000 });
      await until(() => reader.values().length === list.length, 'all records');
      expect(reader.values()).toEqual(list);
      for (const { records } of reader.batches) {
        const bytes = records.reduce((sum, { value }) => sum + value!.length, 0);
        expect(bytes <= 16_000 || records.length === 1).toBe(true);
      }
    });

    it('stop coming when the partition is paused during one, and go on after it is resumed', async () => {
      const topic = await lab.topic({ partitions: 2 });
      await sendOneByOne(topic, values(30), 0);
      const reader = await lab.record([topic], {
        maxBatchBytes: 8_000,
        onBatch: ({ partition }, { consumer, batches }) => {
          if (partition === 0 && batches.length === 1) consumer.pause({ topic, partition });
        },
      });
      await until(() => reader.batches.length === 1, 'the first batch');
      await sendOneByOne(topic, values(30), 1);
      await until(() => reader.values(1).length === 30, 'all of partition 1');
      expect(reader.batches.filter(({ partition }) => partition === 0)).toHaveLength(1);
      reader.consumer.resume({ topic, partition: 0 });
      await until(() => reader.values(0).length === 30, 'all of partition 0');
      expect(reader.values(0)).toEqual(values(30));
    });
  });

  describe('a handler that throws', () => {
    it('stops the consumer, which tells its error once', async () => {
      const topic = await lab.topic({ partitions: 2 });
      const fault = new Error('the handler failed');
      const reader = await lab.record([topic], {
        onBatch: ({ partition }) => {
          if (partition === 0) throw fault;
        },
      });
      await lab.send(topic, ['poison'], 0);
      await until(() => reader.failures.length > 0, 'the failure');
      await lab.send(topic, ['a'], 1);
      await lab.send(topic, ['b'], 0);
      const other = await lab.record([topic]);
      await until(() => other.values().length === 3, 'another group to read all');
      expect(reader.failures).toEqual([fault]);
      expect(reader.values()).toEqual(['poison']);
    });

    it('frees its group: the next member starts where the group had committed', async () => {
      const topic = await lab.topic();
      await lab.send(topic, ['a', 'b']);
      const failing = await lab.record([topic], {
        onBatch: () => {
          throw new Error('the handler failed');
        },
      });
      await until(() => failing.failures.length > 0, 'the failure');
      await failing.consumer.stop();
      const next = await lab.record([topic], { group: failing.group, from: 'committed' });
      await until(() => next.values().length === 2, 'the next member to read all');
      expect(next.values()).toEqual(['a', 'b']);
    });

    it('in assigned is a failure, too', async () => {
      const fault = new Error('no state');
      const failures: unknown[] = [];
      await lab.started(
        lab.broker.consumer({
          group: unique('group'),
          topics: [await lab.topic()],
          handlers: {
            assigned: () => Promise.reject(fault),
            revoked: async () => undefined,
            batch: async () => undefined,
            failed: (error) => failures.push(error),
          },
        }),
      );
      await until(() => failures.length > 0, 'the failure');
      expect(failures).toEqual([fault]);
    });
  });

  describe('stop', () => {
    it('waits for the running handler, and no batch comes after it', async () => {
      const topic = await lab.topic();
      await lab.send(topic, ['a']);
      const blocked = gate();
      let handled = false;
      const reader = await lab.record([topic], {
        onBatch: async () => {
          await blocked.opened;
          await new Promise((resolve) => setImmediate(resolve));
          handled = true;
        },
      });
      await until(() => reader.batches.length === 1, 'the batch');
      const stopped = reader.consumer.stop().then(() => handled);
      blocked.open();
      expect(await stopped).toBe(true);
      await reader.consumer.stop();
      await lab.send(topic, ['b']);
      const other = await lab.record([topic]);
      await until(() => other.values().length === 2, 'another group to read all');
      expect(reader.values()).toEqual(['a']);
      expect(reader.failures).toEqual([]);
    });

    it('frees the group for the next member', async () => {
      const topic = await lab.topic();
      const first = await lab.record([topic]);
      await first.consumer.stop();
      const second = await lab.record([topic], { group: first.group });
      await lab.send(topic, ['a']);
      await until(() => second.values().length === 1, 'the record');
      expect(first.values()).toEqual([]);
    });
  });

  describe('a slow group', () => {
    it('receives everything in order, however much is sent ahead of it', async () => {
      const topic = await lab.topic();
      const output = await lab.topic();
      const list = values(600, 5000);
      const producer = await lab.transactional();
      const reader = await lab.record([topic], {
        maxBatchBytes: 100_000,
        onBatch: async ({ partition, nextOffset }, { group }) => {
          const transaction = await producer.begin();
          await transaction.send([record(output, 'done')]);
          await transaction.sendOffsets(group, [{ topic, partition, offset: nextOffset, metadata: '' }]);
          await transaction.commit();
        },
      });
      const sender = await lab.producer();
      for (let i = 0; i < list.length; i += 100) {
        await sender.send(list.slice(i, i + 100).map((value) => record(topic, value)));
      }
      await until(() => reader.values().length === list.length, 'all records');
      expect(reader.values()).toEqual(list);
      expect(reader.failures).toEqual([]);
    });
  });
}
