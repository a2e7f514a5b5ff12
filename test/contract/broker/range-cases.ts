/** Broker contract: a range of the log, read without a group. */
import { describe, expect, it } from '@jest/globals';
import { PermanentError } from '../../../pipeline/model/errors.ts';
import { until } from '../../support/until.ts';
import { type BrokerLab, record, texts } from './broker-lab.ts';

export function rangeCases(lab: BrokerLab): void {
  describe('a range', () => {
    it('gives exactly the records of [from, to)', async () => {
      const topic = await lab.topic();
      await lab.send(topic, ['a', 'b', 'c', 'd', 'e']);
      expect(texts(await lab.readRange(topic, 1, 4))).toEqual(['b', 'c', 'd']);
      expect(texts(await lab.readRange(topic, 0, 5))).toEqual(['a', 'b', 'c', 'd', 'e']);
      expect(await lab.readRange(topic, 2, 2)).toEqual([]);
    });

    it('comes in consecutive batches that never pass its end', async () => {
      const topic = await lab.topic();
      for (let i = 0; i < 8; i += 1) {
        await lab.send(topic, Array<string>(25).fill(`${i} ${'x'.repeat(1000)}`));
      }
      let next = 10;
      let count = 0;
      for await (const batch of lab.broker.readRange({ topic, partition: 0 }, 10, 190)) {
        for (const { offset } of batch.records) expect(offset).toBe(10 + count++);
        expect(batch.nextOffset).toBeGreaterThanOrEqual(next);
        next = batch.nextOffset;
      }
      expect(count).toBe(180);
      expect(next).toBe(190);
    });

    it('ends behind a commit marker', async () => {
      const topic = await lab.topic();
      await lab.transact((tx) => tx.send(['a', 'b', 'c'].map((value) => record(topic, value))));
      await lab.untilStable(topic, ['a', 'b', 'c']);
      expect(await lab.lastStable(topic)).toBe(4);
      expect(texts(await lab.readRange(topic, 0, 4))).toEqual(['a', 'b', 'c']);
      expect(await lab.readRange(topic, 3, 4)).toEqual([]);
    });

    it('leaves out aborted records, whose offsets stay empty', async () => {
      const topic = await lab.topic();
      await lab.send(topic, ['a']);
      const transaction = await (await lab.transactional()).begin();
      await transaction.send([record(topic, 'x'), record(topic, 'y')]);
      await transaction.abort();
      await lab.send(topic, ['b']);
      await lab.untilStable(topic, ['a', 'b']);
      expect((await lab.readRange(topic, 0, 5)).map(({ offset }) => offset)).toEqual([0, 4]);
      expect(texts(await lab.readRange(topic, 1, 5))).toEqual(['b']);
    });

    it('begins and ends anywhere among transactions that overlap', async () => {
      const topic = await lab.topic();
      const [first, second] = [await lab.transactional(), await lab.transactional()];
      for (let round = 0; round < 4; round += 1) {
        const never = await first.begin();
        const kept = await second.begin();
        await never.send([record(topic, 'never')]);
        await kept.send([record(topic, `kept ${round}`)]);
        await never.send([record(topic, 'never')]);
        await kept.commit();
        await lab.send(topic, [`plain ${round}`]);
        await never.abort();
      }
      const end = 24;
      await until(async () => (await lab.lastStable(topic)) === end, 'the last marker');
      const all = await lab.readRange(topic, 0, end);
      expect(texts(all)).toEqual([0, 1, 2, 3].flatMap((round) => [`kept ${round}`, `plain ${round}`]));
      for (let from = 0; from < end; from += 1) {
        const to = Math.min(end, from + 7);
        const expected = all.filter(({ offset }) => offset >= from && offset < to);
        expect(await lab.readRange(topic, from, to)).toEqual(expected);
      }
    });

    it('of nothing but aborted records ends without any', async () => {
      const topic = await lab.topic();
      const transaction = await (await lab.transactional()).begin();
      await transaction.send([record(topic, 'x'), record(topic, 'y')]);
      await transaction.abort();
      await lab.send(topic, ['b']);
      await lab.untilStable(topic, ['b']);
      expect(await lab.readRange(topic, 0, 3)).toEqual([]);
      expect(await lab.readRange(topic, 1, 2)).toEqual([]);
    });

    it('below the earliest kept offset is a PermanentError that says what is kept', async () => {
      const topic = await lab.topic();
      await lab.send(topic, ['a', 'b', 'c', 'd']);
      await lab.broker.deleteRecords({ topic, partition: 0 }, 2);
      expect((await lab.broker.offsets(topic))[0]?.earliest).toBe(2);
      const read = lab.readRange(topic, 1, 4);
      await expect(read).rejects.toBeInstanceOf(PermanentError);
      await expect(read).rejects.toThrow(topic);
      await expect(read).rejects.toThrow(/\b1\b.*\b2\b/);
      expect(texts(await lab.readRange(topic, 2, 4))).toEqual(['c', 'd']);
    });

    it('beyond the end of the log is a PermanentError, not a wait', async () => {
      const topic = await lab.topic();
      await lab.send(topic, ['a']);
      await expect(lab.readRange(topic, 0, 2)).rejects.toBeInstanceOf(PermanentError);
    });
  });
}
