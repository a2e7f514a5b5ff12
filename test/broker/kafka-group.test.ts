/** Groups of a real Kafka: members that differ, and members that the group refuses. */
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { kafkaBroker } from '../../pipeline/broker/kafka/kafka-broker.ts';
import { kafkajs } from '../../pipeline/broker/kafka/patches.ts';
import type { Broker } from '../../pipeline/broker/port.ts';
import { ConfigError, PermanentError } from '../../pipeline/model/errors.ts';
import { BrokerLab, unique } from '../contract/broker/broker-lab.ts';
import { kafkaService } from '../services/kafka.ts';
import { reasonOf } from '../services/service.ts';
import { silentLog } from '../support/log.ts';
import { describeIf } from '../support/requires.ts';
import { until } from '../support/until.ts';

const kafka = await kafkaService();

describeIf(kafka.kind === 'running', reasonOf(kafka))('a group of a real Kafka', () => {
  const address = kafka.kind === 'running' ? kafka.address : '';
  const lab = new BrokerLab();
  const brokerWith = (sessionTimeoutMs: number): Broker =>
    kafkaBroker({ brokers: [address], clientId: 'group', log: silentLog, sessionTimeoutMs });

  beforeAll(() =>
    lab.open(async () => {
      const broker = brokerWith(6000);
      await broker.start();
      return { broker, stop: () => broker.stop() };
    }),
  );
  afterEach(() => lab.tidy());
  afterAll(() => lab.close());

  it('gives each member what it reads, while a program is replaced by one that reads more', async () => {
    const [old, added] = [await lab.topic({ partitions: 4 }), await lab.topic({ partitions: 4 })];
    const first = await lab.record([old]);
    const second = await lab.record([old, added], { group: first.group });
    await until(() => first.held().length === 2 && second.held().length === 4, 'the partitions to be shared');
    const numbers = (topic: string) =>
      second.held().flatMap((each) => (each.topic === topic ? each.partition : []));
    expect(numbers(added).toSorted()).toEqual(numbers(old).toSorted());
    await first.consumer.stop();
    await until(() => second.held().length === 8, 'the partitions of the old member');
    expect([first.failures, second.failures]).toEqual([[], []]);
  });

  it('that others use with another protocol is refused', async () => {
    const [topic, group] = [await lab.topic(), unique('group')];
    const other = new kafkajs.Kafka({ brokers: [address], logLevel: kafkajs.logLevel.NOTHING }).consumer({
      groupId: group,
    });
    await other.connect();
    await other.subscribe({ topics: [topic] });
    await other.run({ eachMessage: async () => undefined });
    const start = lab.record([topic], { group });
    await expect(start).rejects.toBeInstanceOf(PermanentError);
    await expect(start).rejects.toThrow(group);
    await other.disconnect();
  });

  it('with too short a session is refused, naming the setting', async () => {
    const broker = brokerWith(500);
    await broker.start();
    const start = lab.record([await lab.topic()], { broker });
    await expect(start).rejects.toBeInstanceOf(ConfigError);
    await expect(start).rejects.toThrow(/broker\.kafka\.session_timeout/);
    await broker.stop();
  });
});
