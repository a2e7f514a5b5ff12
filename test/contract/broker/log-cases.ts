/** Broker contract: topics, plain producers and what lies in the log. */
import { describe, expect, it } from '@jest/globals';
import { ConfigError, PermanentError } from '../../../pipeline/model/errors.ts';
import { until } from '../../support/until.ts';
import { type BrokerLab, record, texts, topicSpec, unique } from './broker-lab.ts';

export function logCases(lab: BrokerLab): void {
  describe('topics', () => {
    it('are empty and start at offset 0 once created', async () => {
      const topic = await lab.topic({ partitions: 3 });
      expect(await lab.broker.offsets(topic)).toEqual(
        [0, 1, 2].map((partition) => ({ partition, earliest: 0, lastStable: 0 })),
      );
    });

    it('keep their records when they are created again', async () => {
      const topic = await lab.topic();
      await lab.send(topic, ['a']);
      await lab.broker.createTopics([topicSpec(topic)]);
      expect(texts(await lab.readAll(topic))).toEqual(['a']);
    });

    it('refuse another partition count, naming topic and both counts', async () => {
      const topic = await lab.topic({ partitions: 3 });
      const again = lab.broker.createTopics([topicSpec(topic, { partitions: 12 })]);
      await expect(again).rejects.toBeInstanceOf(ConfigError);
      await expect(again).rejects.toThrow(new RegExp(`${topic}.*\\b3\\b.*\\b12\\b`));
    });

    it('that do not exist are a PermanentError naming them', async () => {
      const topic = unique('missing');
      const producer = await lab.producer();
      for (const call of [
        lab.broker.offsets(topic),
        lab.broker.committedOffsets(unique('group'), [topic]),
        lab.readRange(topic, 0, 1),
        producer.send([record(topic, 'a')]),
      ]) {
        await expect(call).rejects.toBeInstanceOf(PermanentError);
        await expect(call).rejects.toThrow(topic);
      }
    });
  });

  describe('planning topics', () => {
    it('tells what is missing, what cannot be, and nothing once all is there', async () => {
      const missing = topicSpec(unique('topic'));
      const there = topicSpec(await lab.topic({ partitions: 2 }), { partitions: 2 });
      const refused = topicSpec(there.topic, { partitions: 3 });
      expect(await lab.broker.planTopics([missing, there])).toEqual([{ kind: 'create', spec: missing }]);
      const [refusal, ...others] = await lab.broker.planTopics([refused]);
      expect(refusal).toMatchObject({ kind: 'refuse', topic: there.topic });
      expect(refusal?.kind === 'refuse' && refusal.problem).toMatch(/\b2\b.*\b3\b/);
      expect(others).toEqual([]);
      await lab.broker.createTopics([missing]);
      expect(await lab.broker.planTopics([missing, there])).toEqual([]);
    });

    it('changes nothing when one of the topics is refused', async () => {
      const missing = topicSpec(unique('topic'));
      const there = await lab.topic({ partitions: 2 });
      await expect(
        lab.broker.createTopics([missing, topicSpec(there, { partitions: 3 })]),
      ).rejects.toBeInstanceOf(ConfigError);
      expect(await lab.broker.planTopics([missing])).toEqual([{ kind: 'create', spec: missing }]);
    });
  });

  describe('deleting records', () => {
    it('drops those below the offset and keeps the others, their offsets and the end', async () => {
      const topic = await lab.topic({ partitions: 2 });
      await lab.send(topic, ['a', 'b', 'c', 'd']);
      await lab.send(topic, ['x'], 1);
      await lab.broker.deleteRecords({ topic, partition: 0 }, 3);
      expect(await lab.broker.offsets(topic)).toEqual([
        { partition: 0, earliest: 3, lastStable: 4 },
        { partition: 1, earliest: 0, lastStable: 1 },
      ]);
      expect((await lab.readAll(topic)).map(({ offset }) => offset)).toEqual([3]);
      await lab.broker.deleteRecords({ topic, partition: 0 }, 2);
      expect((await lab.broker.offsets(topic))[0]?.earliest).toBe(3);
    });

    it('of a partition that does not exist is a PermanentError', async () => {
      const topic = await lab.topic();
      const calls = [
        { topic: unique('missing'), partition: 0 },
        { topic, partition: 1 },
      ];
      for (const partition of calls) {
        await expect(lab.broker.deleteRecords(partition, 1)).rejects.toBeInstanceOf(PermanentError);
      }
    });
  });

  describe('a topic that is kept for ever', () => {
    it('takes whatever is sent, and keeps what a group has committed', async () => {
      const topic = await lab.topic({ retentionMs: Infinity });
      const values = Array.from({ length: 20 }, (_, i) => `${i} ${'x'.repeat(90_000)}`);
      const reader = await lab.record([topic]);
      await lab.send(topic, values);
      await until(() => reader.values().length === 20, 'the group to read all');
      await lab.transact(async (tx) => {
        await tx.sendOffsets(reader.group, [{ topic, partition: 0, offset: 20, metadata: '' }]);
      });
      await lab.send(topic, ['last']);
      expect(texts(await lab.readAll(topic))).toEqual([...values, 'last']);
    });
  });

  describe('a plain producer', () => {
    it('appends keys, values, tombstones and headers at dense offsets, in order', async () => {
      const topic = await lab.topic({ partitions: 2 });
      const producer = await lab.producer();
      await producer.send([
        { ...record(topic, 'a', { key: 'k1' }), headers: { kind: 'first', origin: 'é' } },
        record(topic, 'elsewhere', { partition: 1 }),
        record(topic, null, { key: 'k2' }),
      ]);
      await producer.send([record(topic, '', { key: null })]);
      const records = await lab.readAll(topic);
      expect(records.map(({ offset, key, value }) => [offset, key?.toString(), value?.toString()])).toEqual([
        [0, 'k1', 'a'],
        [1, 'k2', undefined],
        [2, undefined, ''],
      ]);
      expect(records[0]).toMatchObject({ topic, partition: 0, headers: { kind: 'first', origin: 'é' } });
      expect(texts(await lab.readAll(topic, 1))).toEqual(['elsewhere']);
    });

    it('gives append times that never decrease', async () => {
      const topic = await lab.topic();
      for (const value of ['a', 'b', 'c']) await lab.send(topic, [value]);
      const times = (await lab.readAll(topic)).map(({ appendedAtMs }) => appendedAtMs);
      expect(times).toHaveLength(3);
      expect(times.every(Number.isSafeInteger)).toBe(true);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    });

    it('leaves the sender its buffers: changing them later changes nothing in the log', async () => {
      const topic = await lab.topic();
      const producer = await lab.producer();
      const sent = record(topic, 'before', { key: 'before' });
      await producer.send([sent]);
      sent.value?.fill('x');
      sent.key?.fill('x');
      const [kept] = await lab.readAll(topic);
      expect([kept?.key?.toString(), kept?.value?.toString()]).toEqual(['before', 'before']);
    });

    it('refuses a record above the topic’s limit, naming topic, size and limit', async () => {
      const topic = await lab.topic({ maxRecordBytes: 1000 });
      const producer = await lab.producer();
      await producer.send([record(topic, 'x'.repeat(700))]);
      const send = producer.send([record(topic, 'x'.repeat(2000), { key: 'four' })]);
      await expect(send).rejects.toBeInstanceOf(PermanentError);
      await expect(send).rejects.toThrow(/2004/);
      await expect(send).rejects.toThrow(/1000/);
      await expect(send).rejects.toThrow(topic);
      expect(await lab.lastStable(topic)).toBe(1);
    });

    it('refuses a partition that does not exist', async () => {
      const topic = await lab.topic({ partitions: 2 });
      const producer = await lab.producer();
      const send = producer.send([record(topic, 'a', { partition: 2 })]);
      await expect(send).rejects.toBeInstanceOf(PermanentError);
      await expect(send).rejects.toThrow(topic);
    });

    it('keeps the order of sends that do not wait for each other, and fails each for itself', async () => {
      const topic = await lab.topic({ partitions: 2, retentionMs: Infinity });
      const later = await lab.topic();
      const producer = await lab.producer();
      const sends = Array.from({ length: 200 }, (_, i) => {
        const records = [record(topic, `${i}`, { partition: i % 2 })];
        if (i === 0) records.push(record(later, 'later'));
        if (i === 100) records.push(record(topic, 'nowhere', { partition: 2 }));
        return producer.send(records);
      });
      const outcomes = await Promise.allSettled(sends);
      expect(outcomes.flatMap(({ status }, i) => (status === 'rejected' ? i : []))).toEqual([100]);
      const expected = Array.from({ length: 200 }, (_, i) => `${i}`).toSpliced(100, 1);
      expect(texts(await lab.readAll(topic, 0))).toEqual(expected.filter((text) => Number(text) % 2 === 0));
      expect(texts(await lab.readAll(topic, 1))).toEqual(expected.filter((text) => Number(text) % 2 === 1));
    });

    it('sends nothing for an empty list', async () => {
      const producer = await lab.producer();
      await expect(producer.send([])).resolves.toBeUndefined();
    });
  });

  describe('a compacted topic', () => {
    it('gives the last value of every key, and no value for a key that ended in a tombstone', async () => {
      const topic = await lab.topic({ cleanup: 'compact' });
      const producer = await lab.producer();
      for (let round = 0; round < 150; round += 1) {
        await producer.send(
          Array.from({ length: 10 }, (_, i) =>
            record(topic, `${round} ${'x'.repeat(1000)}`, { key: `key${i}` }),
          ),
        );
      }
      await producer.send([record(topic, null, { key: 'key3' }), record(topic, 'newest', { key: 'key4' })]);
      const records = await lab.readAll(topic);
      const offsets = records.map(({ offset }) => offset);
      expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
      const last = new Map(
        records.map(({ key, value }) => [key?.toString(), value?.toString().split(' ')[0]]),
      );
      expect(last.get('key3')).toBeUndefined();
      expect(last.get('key4')).toBe('newest');
      for (const i of [0, 1, 2, 5, 6, 7, 8, 9]) expect(last.get(`key${i}`)).toBe('149');
      expect(await lab.lastStable(topic)).toBe(1502);
    });

    it('refuses records without a key', async () => {
      const topic = await lab.topic({ cleanup: 'compact' });
      const producer = await lab.producer();
      await expect(producer.send([record(topic, 'a', { key: null })])).rejects.toBeInstanceOf(PermanentError);
    });
  });
}
