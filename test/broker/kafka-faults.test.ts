/** Kafka and its clients in trouble: lost answers, a killed broker, killed and stopped members. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { kafkaBroker } from '../../pipeline/broker/kafka/kafka-broker.ts';
import type { Broker, ConsumerHandlers, ProducerRecord } from '../../pipeline/broker/port.ts';
import { PermanentError, RetryableError } from '../../pipeline/model/errors.ts';
import { BrokerLab, record, texts, unique } from '../contract/broker/broker-lab.ts';
import { freePort } from '../services/free-port.ts';
import { canRunKafka, kafkaServer, type KafkaServer } from '../services/kafka-server.ts';
import { reasonOf } from '../services/service.ts';
import { recordingLog } from '../support/log.ts';
import { describeIf } from '../support/requires.ts';
import { until } from '../support/until.ts';
import type { MemberAnswer } from './kafka-member.ts';
import { lossyProxy, type LossyProxy } from './kafka-proxy.ts';

const MEMBER = fileURLToPath(new URL('kafka-member.ts', import.meta.url));

const NO_HANDLERS: ConsumerHandlers = {
  assigned: async () => undefined,
  revoked: async () => undefined,
  batch: async () => undefined,
  failed: () => undefined,
};

const can = await canRunKafka();

describeIf(can.kind === 'ready', reasonOf(can))('Kafka in trouble', () => {
  let server: KafkaServer;
  let proxy: LossyProxy;
  const lab = new BrokerLab();
  const children: ChildProcess[] = [];

  const log = recordingLog();
  const brokerAt = (address: string): Broker =>
    kafkaBroker({ brokers: [address], clientId: 'faults', log, sessionTimeoutMs: 1500 });

  beforeAll(async () => {
    const port = await freePort();
    proxy = await lossyProxy({ host: '127.0.0.1', port });
    // Clients come through the proxy, however they have found the broker.
    const advertised = `PLAINTEXT://127.0.0.1:${proxy.port}`;
    server = await kafkaServer({ port, properties: { 'advertised.listeners': advertised } });
    await lab.open(async () => {
      const broker = brokerAt(`127.0.0.1:${proxy.port}`);
      await broker.start();
      return { broker, stop: () => broker.stop() };
    });
  }, 120_000);

  afterEach(async () => {
    proxy.set('open');
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await lab.tidy();
  });

  afterAll(async () => {
    await lab.close();
    await proxy.stop();
    await server.stop();
  });

  describe('a Kafka that does not answer any more', () => {
    it('is not waited for by what is told to stop', async () => {
      const topic = await lab.topic();
      const broker = brokerAt(`127.0.0.1:${proxy.port}`);
      await broker.start();
      const consumer = broker.consumer({ group: unique('group'), topics: [topic], handlers: NO_HANDLERS });
      await consumer.start();
      const plain = broker.producer();
      const [open, starting] = [unique('tx'), unique('tx')].map((id) => broker.transactionalProducer(id));
      await Promise.all([plain.start(), open!.start()]);
      const transaction = await open!.begin();
      await transaction.send([record(topic, 'pending')]);
      proxy.set('silent');
      const calls = [plain.send([record(topic, 'plain')]), transaction.commit(), starting!.start()];
      void Promise.allSettled(calls);
      for (const each of [consumer, plain, open!, starting!, broker]) {
        const begun = performance.now();
        await each.stop();
        expect(performance.now() - begun).toBeLessThan(6_000);
      }
      // Nothing is left that would wait for an answer.
      await Promise.allSettled(calls);
    }, 60_000);
  });

  describe('a plain producer whose answers are lost', () => {
    it('stores a send once when it is tried again, and nothing before it', async () => {
      const topic = await lab.topic({ partitions: 2 });
      const producer = await lab.producer();
      await producer.send([record(topic, 'first')]);
      const lost = [record(topic, 'lost'), record(topic, 'elsewhere', { partition: 1 })];
      proxy.set('lossy');
      await expect(producer.send(lost)).rejects.toBeInstanceOf(RetryableError);
      proxy.set('open');
      await Promise.all([
        producer.send([record(topic, 'other')]),
        // Made anew, as a caller may.
        producer.send(lost.map((each): ProducerRecord => ({ ...each, value: Buffer.from(each.value!) }))),
      ]);
      await producer.send([record(topic, 'last')]);
      await lab.untilStable(topic, ['first', 'lost', 'other', 'last'], 0);
      await lab.untilStable(topic, ['elsewhere'], 1);
    }, 60_000);

    it('stores it before what others send, also when its sender has given up', async () => {
      const topic = await lab.topic();
      const producer = await lab.producer();
      await producer.send([record(topic, 'first')]);
      proxy.set('closed');
      await expect(producer.send([record(topic, 'given up')])).rejects.toBeInstanceOf(RetryableError);
      proxy.set('open');
      await producer.send([record(topic, 'last')]);
      expect(texts(await lab.readAll(topic))).toEqual(['first', 'given up', 'last']);
    }, 60_000);
  });

  function member(group: string, topic: string) {
    const child = fork(MEMBER, [`127.0.0.1:${proxy.port}`, group, topic], { execArgv: [] });
    children.push(child);
    const answers: MemberAnswer[] = [];
    child.on('message', (answer) => answers.push(answer as MemberAnswer));
    return {
      child,
      answers,
      async ask(question: 'owns' | 'commit'): Promise<MemberAnswer> {
        const before = answers.length;
        child.send(question);
        let answer: MemberAnswer | undefined;
        await until(
          () => (answer = answers.slice(before).find(({ kind }) => kind === question)) !== undefined,
          question,
        );
        return answer!;
      },
    };
  }

  describe('a member in a process of its own', () => {
    it('that is killed loses its partitions after the session’s time', async () => {
      const topic = await lab.topic({ partitions: 2 });
      const group = unique('group');
      const first = await lab.record([topic], { group });
      const { child, answers } = member(group, topic);
      await until(
        () => answers.length > 0 && first.held().length === 1,
        'the partitions to be shared',
        20_000,
      );
      const killedAt = performance.now();
      child.kill('SIGKILL');
      await until(() => first.held().length === 2, 'the partitions of the killed one');
      const tookMs = performance.now() - killedAt;
      process.stderr.write(`takeover after kill -9: ${Math.round(tookMs)} ms at a session of 1500 ms\n`);
      expect(tookMs).toBeLessThan(5000);
    }, 60_000);

    it('that was stopped too long owns nothing, commits nothing, and joins again', async () => {
      const topic = await lab.topic();
      const group = unique('group');
      const zombie = member(group, topic);
      await until(() => zombie.answers.length > 0, 'the member to have the partition', 20_000);
      expect(await zombie.ask('owns')).toEqual({ kind: 'owns', owns: true });
      zombie.child.kill('SIGSTOP');
      const heir = await lab.record([topic], { group });
      expect(heir.held()).toEqual([{ topic, partition: 0 }]);
      const owner = await lab.transactional(`${group}-0`);
      expect(await lab.broker.committedOffsets(group, [topic])).toEqual([]);
      zombie.child.kill('SIGCONT');
      expect(await zombie.ask('commit')).toEqual({ kind: 'commit', error: 'PermanentError' });
      expect(await zombie.ask('owns')).toEqual({ kind: 'owns', owns: false });
      const transaction = await owner.begin();
      await transaction.send([record(topic, 'a')]);
      await transaction.sendOffsets(group, [{ topic, partition: 0, offset: 0, metadata: 'heir' }]);
      await transaction.commit();
      await lab.untilStable(topic, ['a']);
      await lab.transactional(`${group}-0`);
      expect(await lab.broker.committedOffsets(group, [topic])).toMatchObject([{ metadata: 'heir' }]);
      await heir.consumer.stop();
      await until(
        () => zombie.answers.some((each) => each.kind === 'batch' && each.values.includes('a')),
        'the zombie to be a member again',
        20_000,
      );
    }, 60_000);
  });

  describe('a handler that takes longer than a session', () => {
    it('costs the member nothing, not even in a rebalance', async () => {
      const topic = await lab.topic({ partitions: 2 });
      await lab.send(topic, ['a', 'b'], 0);
      await lab.send(topic, ['c'], 1);
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const slow = await lab.record([topic], { onBatch: () => promise });
      try {
        await until(() => slow.batches.length === 2, 'the batches');
        const startedAt = performance.now();
        await until(() => performance.now() - startedAt > 4000, 'more than two sessions to pass');
        const other = await lab.record([topic], { group: slow.group });
        await until(() => slow.held().length === 1, 'the partitions to be shared');
        const [kept] = slow.held();
        expect(await slow.consumer.owns(kept!)).toBe(true);
        expect(await slow.consumer.owns(other.held()[0]!)).toBe(false);
        resolve(undefined);
        await lab.send(topic, ['more'], kept!.partition);
        await until(() => slow.values(kept!.partition).includes('more'), 'the next batch');
        expect([slow.assigned.length, slow.failures, other.failures]).toEqual([2, [], []]);
      } finally {
        resolve(undefined);
      }
    }, 60_000);
  });

  describe('a broker that is killed and comes back', () => {
    it('costs a consumer nothing but time; producers fail, and new ones work', async () => {
      const topic = await lab.topic({ partitions: 2 });
      const reader = await lab.record([topic]);
      const id = unique('tx');
      const broken = await lab.transactional(id);
      const pending = await broken.begin();
      await pending.send([record(topic, 'never')]);
      const plain = await lab.producer();
      await plain.send([record(topic, 'a', { partition: 1 })]);
      await until(() => reader.values(1).length === 1, 'a record before');
      const calm = log.entries.length;
      await server.kill();

      const commit = pending.commit();
      await expect(commit).rejects.toBeInstanceOf(RetryableError);
      await expect(broken.begin()).rejects.toBeInstanceOf(PermanentError);
      await expect(lab.broker.transactionalProducer(id).start()).rejects.toBeInstanceOf(RetryableError);
      await expect(plain.send([record(topic, 'b', { partition: 1 })])).rejects.toBeInstanceOf(RetryableError);
      await expect(lab.broker.offsets(topic)).rejects.toBeInstanceOf(RetryableError);
      expect(await reader.consumer.owns({ topic, partition: 0 })).toBe(false);

      await server.restart();
      const restartedAt = performance.now();
      await retrying(() => plain.send([record(topic, 'b', { partition: 1 })]));
      const fresh = await retrying(() => lab.transactional(id));
      const transaction = await fresh.begin();
      await transaction.send([record(topic, 'c', { partition: 1 })]);
      await transaction.commit();
      const hasEnded = () => reader.failures.length > 0 || reader.values(1).includes('c');
      await until(hasEnded, 'the records after', 60_000);
      expect(reader.failures).toEqual([]);
      process.stderr.write(
        `consumer reads again ${Math.round(performance.now() - restartedAt)} ms after the broker\n`,
      );
      // Out of the group for longer than its session, it was assigned its partitions anew, and began at their beginning.
      expect([...new Set(reader.values(1))]).toEqual(['a', 'b', 'c']);
      expect(reader.values(0)).toEqual([]);
      expect(reader.failures).toEqual([]);
      expect(reader.held()).toHaveLength(2);
      const warnings = log.entries.slice(calm).filter(({ level }) => level === 'warn');
      // A line when it goes away; what else ends the membership is told once until it is a member again.
      const count = (text: string) => warnings.filter(({ message }) => message.startsWith(text)).length;
      expect(count('no connection')).toBe(1);
      expect(count('lost the group')).toBeLessThanOrEqual(1);
      expect(warnings.filter(({ fields }) => 'err' in fields)).toEqual([]);
    }, 180_000);

    it('is not waited for by a consumer that is told to stop', async () => {
      const reader = await lab.record([await lab.topic()]);
      await server.kill();
      const startedAt = performance.now();
      await reader.consumer.stop();
      expect(performance.now() - startedAt).toBeLessThan(10_000);
      await server.restart();
    }, 120_000);
  });
});

async function retrying<T>(work: () => Promise<T>): Promise<T> {
  let result: { readonly value: T } | undefined;
  await until(
    async () => {
      try {
        result = { value: await work() };
      } catch (error) {
        if (!(error instanceof RetryableError)) throw error;
      }
      return result !== undefined;
    },
    'Kafka to be back',
    60_000,
  );
  return result!.value;
}
