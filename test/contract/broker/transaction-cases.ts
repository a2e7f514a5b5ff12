/** Broker contract: transactions, offsets committed in them, fencing. */
import { describe, expect, it } from '@jest/globals';
import { PermanentError } from '../../../pipeline/model/errors.ts';
import type { CommittedOffset } from '../../../pipeline/broker/port.ts';
import { until } from '../../support/until.ts';
import { type BrokerLab, record, texts, unique } from './broker-lab.ts';

export function transactionCases(lab: BrokerLab): void {
  const committed = (group: string, topic: string) => lab.broker.committedOffsets(group, [topic]);

  const untilCommitted = (group: string, topic: string, expected: readonly CommittedOffset[]) =>
    until(
      async () => {
        const found = (await committed(group, topic)).toSorted((a, b) => a.partition - b.partition);
        return JSON.stringify(found) === JSON.stringify(expected);
      },
      `group ${group} to have committed ${JSON.stringify(expected)}`,
    );

  describe('a transaction', () => {
    it('shows its records in no partition before the commit, and in all of them after it', async () => {
      const topic = await lab.topic({ partitions: 2 });
      const transaction = await (await lab.transactional()).begin();
      await transaction.send([record(topic, 'a'), record(topic, 'b', { partition: 1 })]);
      await transaction.send([record(topic, 'c')]);
      expect(await lab.readAll(topic, 0)).toEqual([]);
      expect(await lab.readAll(topic, 1)).toEqual([]);
      await transaction.commit();
      await lab.untilStable(topic, ['a', 'c'], 0);
      await lab.untilStable(topic, ['b'], 1);
    });

    it('that is aborted never shows anything, and its producer begins the next one', async () => {
      const topic = await lab.topic();
      const producer = await lab.transactional();
      const first = await producer.begin();
      await first.send([record(topic, 'never')]);
      await first.abort();
      const second = await producer.begin();
      await second.send([record(topic, 'a')]);
      await second.commit();
      await lab.untilStable(topic, ['a']);
    });

    it('takes one offset for its marker in each partition it touched', async () => {
      const topic = await lab.topic({ partitions: 3 });
      await lab.transact((tx) => tx.send([record(topic, 'a'), record(topic, 'b', { partition: 1 })]));
      await lab.untilStable(topic, ['a'], 0);
      await lab.untilStable(topic, ['b'], 1);
      await lab.send(topic, ['c']);
      expect((await lab.readAll(topic)).map(({ offset }) => offset)).toEqual([0, 2]);
      await until(async () => (await lab.lastStable(topic, 1)) === 2, 'the marker in partition 1');
      expect(await lab.lastStable(topic, 2)).toBe(0);
    });

    it('holds back the records that others append behind its own until it ends', async () => {
      const topic = await lab.topic();
      await lab.send(topic, ['a']);
      const transaction = await (await lab.transactional()).begin();
      await transaction.send([record(topic, 'b')]);
      await lab.send(topic, ['c']);
      await lab.transact((tx) => tx.send([record(topic, 'd')]));
      expect(await lab.lastStable(topic)).toBe(1);
      expect(texts(await lab.readAll(topic))).toEqual(['a']);
      await transaction.commit();
      await lab.untilStable(topic, ['a', 'b', 'c', 'd']);
    });

    it('tells where the records of each send went', async () => {
      const topic = await lab.topic({ partitions: 2 });
      await lab.send(topic, ['a']);
      const transaction = await (await lab.transactional()).begin();
      const values = ['b', 'c'].map((value) => record(topic, value));
      expect(await transaction.send([...values, record(topic, 'd', { partition: 1 })])).toEqual([
        { topic, partition: 0, baseOffset: 1, count: 2 },
        { topic, partition: 1, baseOffset: 0, count: 1 },
      ]);
      expect(await transaction.send([record(topic, 'e')])).toEqual([
        { topic, partition: 0, baseOffset: 3, count: 1 },
      ]);
      expect(await transaction.send([])).toEqual([]);
      await transaction.commit();
      await lab.untilStable(topic, ['a', 'b', 'c', 'e']);
    });

    it('may be larger than one batch, and tells where each part went', async () => {
      const topic = await lab.topic({ retentionMs: Infinity });
      const values = Array.from({ length: 40 }, (_, i) => `${i} ${'x'.repeat(60_000)}`);
      const transaction = await (await lab.transactional()).begin();
      const ranges = await transaction.send(values.map((value) => record(topic, value)));
      let next = 0;
      for (const { baseOffset, count } of ranges) {
        expect(baseOffset).toBe(next);
        next += count;
      }
      expect(next).toBe(40);
      await transaction.commit();
      await lab.untilStable(topic, values);
    });

    it('may have nothing but offsets, many times in a row', async () => {
      const topic = await lab.topic();
      const group = unique('group');
      const producer = await lab.transactional();
      for (let offset = 1; offset <= 10; offset += 1) {
        const transaction = await producer.begin();
        await transaction.sendOffsets(group, [{ topic, partition: 0, offset, metadata: '' }]);
        await transaction.commit();
      }
      await untilCommitted(group, topic, [{ topic, partition: 0, offset: 10, metadata: '' }]);
    });

    it('that aborts lets go what it held back', async () => {
      const topic = await lab.topic();
      const transaction = await (await lab.transactional()).begin();
      await transaction.send([record(topic, 'never')]);
      await lab.send(topic, ['a']);
      await transaction.abort();
      await lab.untilStable(topic, ['a']);
    });

    it('is the only one of its producer, and over after its commit', async () => {
      const topic = await lab.topic();
      const producer = await lab.transactional();
      const transaction = await producer.begin();
      await transaction.send([record(topic, 'a')]);
      await expect(producer.begin()).rejects.toBeInstanceOf(PermanentError);
      await transaction.commit();
      await expect(transaction.send([record(topic, 'b')])).rejects.toBeInstanceOf(PermanentError);
      await expect(transaction.commit()).rejects.toBeInstanceOf(PermanentError);
      await lab.untilStable(topic, ['a']);
    });

    it('cannot be committed after a call of it failed', async () => {
      const topic = await lab.topic({ maxRecordBytes: 1000 });
      const transaction = await (await lab.transactional()).begin();
      await transaction.send([record(topic, 'never')]);
      const oversized = transaction.send([record(topic, 'x'.repeat(2000))]);
      await expect(oversized).rejects.toBeInstanceOf(PermanentError);
      await expect(transaction.commit()).rejects.toBeInstanceOf(PermanentError);
      await transaction.abort();
      await lab.send(topic, ['a']);
      await lab.untilStable(topic, ['a']);
    });

    it('is aborted when its producer stops', async () => {
      const topic = await lab.topic();
      const producer = await lab.transactional();
      const transaction = await producer.begin();
      await transaction.send([record(topic, 'never')]);
      await producer.stop();
      await producer.stop();
      await lab.send(topic, ['a']);
      await lab.untilStable(topic, ['a']);
    });
  });

  describe('committed offsets', () => {
    it('are left out for partitions without one', async () => {
      const topic = await lab.topic({ partitions: 2 });
      expect(await committed(unique('group'), topic)).toEqual([]);
    });

    it('become visible with the commit, metadata and all, and are the group’s own', async () => {
      const topic = await lab.topic({ partitions: 3 });
      const group = unique('group');
      const offsets = [
        { topic, partition: 0, offset: 7, metadata: '{"manifest":12}' },
        { topic, partition: 2, offset: 1, metadata: '' },
      ];
      const transaction = await (await lab.transactional()).begin();
      await transaction.send([record(topic, 'a')]);
      await transaction.sendOffsets(group, offsets);
      expect(await committed(group, topic)).toEqual([]);
      await transaction.commit();
      await untilCommitted(group, topic, offsets);
      expect(await committed(unique('group'), topic)).toEqual([]);
    });

    it('stay what they were when the transaction aborts', async () => {
      const topic = await lab.topic();
      const output = await lab.topic();
      const group = unique('group');
      const first = { topic, partition: 0, offset: 1, metadata: 'first' };
      await lab.transact(async (tx) => {
        await tx.send([record(output, 'a')]);
        await tx.sendOffsets(group, [first]);
      });
      await untilCommitted(group, topic, [first]);
      const transaction = await (await lab.transactional()).begin();
      await transaction.send([record(output, 'b')]);
      await transaction.sendOffsets(group, [{ ...first, offset: 2, metadata: 'second' }]);
      await transaction.abort();
      await lab.send(output, ['c']);
      await lab.untilStable(output, ['a', 'c']);
      expect(await committed(group, topic)).toEqual([first]);
    });

    it('carry 4096 UTF-16 units of metadata, and not one more', async () => {
      const topic = await lab.topic();
      const group = unique('group');
      const longest = { topic, partition: 0, offset: 1, metadata: 'é'.repeat(4096) };
      await lab.transact(async (tx) => {
        await tx.send([record(topic, 'a')]);
        await tx.sendOffsets(group, [longest]);
      });
      await untilCommitted(group, topic, [longest]);
      const transaction = await (await lab.transactional()).begin();
      await transaction.send([record(topic, 'never')]);
      const tooLong = transaction.sendOffsets(group, [{ ...longest, offset: 2, metadata: 'a'.repeat(4097) }]);
      await expect(tooLong).rejects.toBeInstanceOf(PermanentError);
      await expect(tooLong).rejects.toThrow(/4096/);
      await expect(transaction.commit()).rejects.toBeInstanceOf(PermanentError);
      await transaction.abort();
      expect(await committed(group, topic)).toEqual([longest]);
    });
  });

  describe('a new producer of a transactional id', () => {
    it('aborts what the old one left pending, and ends the old one for good', async () => {
      const topic = await lab.topic();
      const group = unique('group');
      const id = unique('tx');
      const old = await lab.transactional(id);
      const pending = await old.begin();
      await pending.send([record(topic, 'never')]);
      await pending.sendOffsets(group, [{ topic, partition: 0, offset: 99, metadata: 'never' }]);

      const owner = await lab.transactional(id);
      expect(await lab.readAll(topic)).toEqual([]);
      for (const call of [
        () => pending.send([record(topic, 'zombie')]),
        () => pending.sendOffsets(group, [{ topic, partition: 0, offset: 98, metadata: '' }]),
        () => pending.commit(),
        () => old.begin(),
      ]) {
        await expect(call()).rejects.toBeInstanceOf(PermanentError);
      }
      const transaction = await owner.begin();
      await transaction.send([record(topic, 'a')]);
      await transaction.commit();
      await lab.untilStable(topic, ['a']);
      expect(await committed(group, topic)).toEqual([]);
      await expect(old.stop()).resolves.toBeUndefined();
    });

    it('is not disturbed when the old one stops', async () => {
      const topic = await lab.topic();
      const id = unique('tx');
      const old = await lab.transactional(id);
      await old.begin();
      const owner = await lab.transactional(id);
      const transaction = await owner.begin();
      await transaction.send([record(topic, 'a')]);
      await old.stop();
      await transaction.commit();
      await lab.untilStable(topic, ['a']);
      const pending = await owner.begin();
      await pending.send([record(topic, 'never')]);
      await lab.transactional(id);
      await expect(pending.commit()).rejects.toBeInstanceOf(PermanentError);
    });

    it('sees every offset that was committed before it started, without waiting', async () => {
      const topic = await lab.topic();
      const group = unique('group');
      const id = unique('tx');
      for (let offset = 1; offset <= 5; offset += 1) {
        const transaction = await (await lab.transactional(id)).begin();
        await transaction.send([record(topic, `${offset}`)]);
        await transaction.sendOffsets(group, [{ topic, partition: 0, offset, metadata: '' }]);
        await transaction.commit();
        await lab.transactional(id);
        expect(await committed(group, topic)).toEqual([{ topic, partition: 0, offset, metadata: '' }]);
      }
    });
  });
}
