/** SASL and TLS against a real Kafka: what works, and what is said when it does not; never the secret. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { kafkaBroker, type KafkaBrokerOptions } from '../../pipeline/broker/kafka/kafka-broker.ts';
import { ConfigError } from '../../pipeline/model/errors.ts';
import { Secret } from '../../pipeline/model/secret.ts';
import type { Broker } from '../../pipeline/broker/port.ts';
import { record, texts, topicSpec, unique } from '../contract/broker/broker-lab.ts';
import { canRunKafka, kafkaServer, type KafkaServer } from '../services/kafka-server.ts';
import { reasonOf } from '../services/service.ts';
import { recordingLog } from '../support/log.ts';
import { describeIf } from '../support/requires.ts';
import { until } from '../support/until.ts';

const USER = { name: 'netsigma', password: 'correct-horse-battery' };
const WRONG = 'staple-of-another-horse';
/** An authority that has signed nothing here. */
const OTHER_CA = `-----BEGIN CERTIFICATE-----
MIIBgDCCASegAwIBAgIUXQ==
-----END CERTIFICATE-----
`;

const sasl = (mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512', password = USER.password) => ({
  mechanism,
  username: USER.name,
  password: new Secret(password),
});

const can = await canRunKafka();

describeIf(can.kind === 'ready', reasonOf(can))('a Kafka that asks who it is talking to', () => {
  let server: KafkaServer;
  let other: KafkaServer;

  beforeAll(async () => {
    [server, other] = await Promise.all([
      kafkaServer({
        listeners: [
          { name: 'USERS', protocol: 'SASL_PLAINTEXT' },
          { name: 'TLS', protocol: 'SSL' },
          { name: 'BOTH', protocol: 'SASL_SSL' },
          { name: 'SCRAM', protocol: 'SASL_PLAINTEXT', mechanisms: ['SCRAM-SHA-512'] },
        ],
        users: [USER],
      }),
      // Only for its certificate.
      kafkaServer({ listeners: [{ name: 'TLS', protocol: 'SSL' }] }),
    ]);
  }, 120_000);

  afterAll(async () => {
    await Promise.all([server.stop(), other.stop()]);
  });

  type Options = Pick<KafkaBrokerOptions, 'sasl' | 'tls'>;

  const log = recordingLog();
  const brokerAt = (listener: string, options: Options): Broker =>
    kafkaBroker({ brokers: [server.addressOf(listener)], clientId: 'security', log, ...options });

  /** A transaction, a consumer and a range: every kind of client. */
  async function roundTrip(broker: Broker): Promise<void> {
    await broker.start();
    const topic = unique('topic');
    await broker.createTopics([topicSpec(topic)]);
    const producer = broker.transactionalProducer(unique('tx'));
    await producer.start();
    const transaction = await producer.begin();
    await transaction.send([record(topic, 'a')]);
    await transaction.commit();
    const seen: string[] = [];
    const consumer = broker.consumer({
      group: unique('group'),
      topics: [topic],
      handlers: {
        assigned: async (partitions) => partitions.forEach((partition) => consumer.resume(partition)),
        revoked: async () => undefined,
        batch: async ({ records }) => void seen.push(...texts(records)),
        failed: (error) => seen.push(String(error)),
      },
    });
    await consumer.start();
    await until(() => seen.length > 0, 'the record');
    expect(seen).toEqual(['a']);
    await consumer.stop();
    await producer.stop();
    await broker.stop();
  }

  /** How starting fails. Neither that nor what was logged holds a password. */
  async function refusal(broker: Broker): Promise<Error> {
    const error: unknown = await broker.start().then(
      () => new Error('it started'),
      (reason: unknown) => reason,
    );
    await broker.stop();
    const everything = inspect([error, log.entries], { depth: 10 }) + JSON.stringify(log.entries);
    for (const secret of [USER.password, WRONG]) {
      expect(everything).not.toContain(secret);
      expect(everything).not.toContain(Buffer.from(secret).toString('base64'));
    }
    return error as Error;
  }

  it.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)('takes a user by %s', async (mechanism) => {
    await roundTrip(brokerAt('USERS', { sasl: sasl(mechanism) }));
  });

  it('is trusted by its pinned authority', async () => {
    await roundTrip(brokerAt('TLS', { tls: { ca: server.certificate! } }));
  });

  it('takes a user over TLS', async () => {
    await roundTrip(brokerAt('BOTH', { tls: { ca: server.certificate! }, sasl: sasl('scram-sha-512') }));
  });

  it.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)(
    'refuses a wrong password by %s',
    async (mechanism) => {
      const error = await refusal(brokerAt('USERS', { sasl: sasl(mechanism, WRONG) }));
      expect(error).toBeInstanceOf(ConfigError);
      expect(error.message).toContain(server.addressOf('USERS'));
      expect(error.message).toMatch(/refused the user.*check.*password/);
    },
  );

  it('refuses a mechanism that it has not', async () => {
    const error = await refusal(brokerAt('SCRAM', { sasl: sasl('plain') }));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toMatch(/mechanism/);
  });

  it('is not trusted by another authority', async () => {
    const error = await refusal(brokerAt('TLS', { tls: { ca: other.certificate! } }));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toContain(server.addressOf('TLS'));
    expect(error.message).toMatch(/broker\.kafka\.tls\.ca_file/);
  });

  it('is not trusted by the system’s authorities', async () => {
    const error = await refusal(brokerAt('TLS', { tls: {} }));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toMatch(/broker\.kafka\.tls\.ca_file/);
  });

  it('does not take an authority that is no certificate', async () => {
    const error = await refusal(brokerAt('TLS', { tls: { ca: OTHER_CA } }));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toMatch(/broker\.kafka\.tls\.ca_file/);
  });

  it.each([
    ['TLS on a port without it', 'PLAINTEXT', { tls: {} }],
    ['no TLS on a port with it', 'TLS', {}],
    ['no user where one is asked for', 'USERS', {}],
    ['a user where none is asked for', 'PLAINTEXT', { sasl: sasl('plain') }],
  ])('with %s says where to look', async (_, listener, options: Options) => {
    const error = await refusal(brokerAt(listener, options));
    expect(error.message).toContain(server.addressOf(listener));
    expect(error.message).toMatch(/broker\.kafka\.(tls|sasl)/);
  });
});
