/** Each change of kafkajs's behaviour: these fail without it. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { BrokerRecord } from '../../pipeline/broker/port.ts';
import { PermanentError } from '../../pipeline/model/errors.ts';
import { record, texts, topicSpec, unique } from '../contract/broker/broker-lab.ts';
import { kafkaService } from '../services/kafka.ts';
import { reasonOf } from '../services/service.ts';
import { silentLog } from '../support/log.ts';
import { describeIf } from '../support/requires.ts';
import { until } from '../support/until.ts';

// kafkajs is less patient where this says "test".
process.env['NODE_ENV'] = 'production';
const { groupCluster } = await import('../../pipeline/broker/kafka/group-cluster.ts');
const { kafkaBroker } = await import('../../pipeline/broker/kafka/kafka-broker.ts');
const { barCluster, kafkajs } = await import('../../pipeline/broker/kafka/patches.ts');

interface Queue {
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  readonly pending: unknown[];
  checkPendingRequests(): void;
  push(request: object): void;
  destroy(): void;
}

const require = createRequire(import.meta.url);
const RequestQueue = require('kafkajs/src/network/requestQueue') as new (options: object) => Queue;

const Connection = require('kafkajs/src/network/connection') as new (options: object) => {
  connect(): Promise<true>;
  disconnect(): Promise<true>;
};

const requestQueue = () =>
  new RequestQueue({
    maxInFlightRequests: 1,
    requestTimeout: 1000,
    enforceRequestTimeout: false,
    clientId: 'test',
    broker: 'nowhere',
    logger: silentLog,
  });

describe('a connection of kafkajs', () => {
  it('keeps no timer while no request is pending', () => {
    const queue = requestQueue();
    queue.checkPendingRequests();
    expect(queue.throttleCheckTimeoutId).toBeNull();
  });

  it('still looks again after requests that have to wait', async () => {
    const queue = requestQueue();
    const sent: number[] = [];
    queue.throttledUntil = Date.now() + 500;
    queue.push({ entry: { correlationId: 1 }, expectResponse: true, sendRequest: () => sent.push(1) });
    expect(sent).toEqual([]);
    expect(queue.throttleCheckTimeoutId).not.toBeNull();
    await until(() => sent.length === 1, 'the request to be sent');
    queue.destroy();
  });
});

describe('a connection', () => {
  const sockets: Socket[] = [];
  let accepted = 0;
  const server = createServer((socket) => {
    accepted += 1;
    socket.on('error', () => undefined);
  });

  async function connection() {
    if (!server.listening) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return new Connection({
      host: '127.0.0.1',
      port,
      clientId: 'test',
      logger: { ...silentLog, namespace: () => silentLog },
      connectionTimeout: 1000,
      requestTimeout: 1000,
      socketFactory: ({ onConnect }: { onConnect: () => void }) => {
        const socket = connect({ host: '127.0.0.1', port }, onConnect);
        sockets.push(socket);
        return socket;
      },
    });
  }

  afterEach(async () => {
    sockets.length = 0;
    await new Promise((resolve) => server.close(resolve));
  });

  it('that is closed is opened once for all who want it', async () => {
    const wanted = await connection();
    await Promise.all([wanted.connect(), wanted.connect(), wanted.connect()]);
    await wanted.disconnect();
    await wanted.connect();
    await wanted.disconnect();
    expect(sockets).toHaveLength(2);
    await until(() => accepted === 2, 'two sockets to arrive');
  });

  it('that could not be opened is closed as often as one likes', async () => {
    const refused = await connection();
    await new Promise((resolve) => server.close(resolve));
    await expect(refused.connect()).rejects.toThrow(/ECONNREFUSED/);
    for (let i = 0; i < 12; i += 1) await refused.disconnect();
    expect(sockets[0]!.listenerCount('connect')).toBeLessThan(5);
  });
});

describe('a client that is barred', () => {
  it('connects no more, whatever tries it', async () => {
    const cluster = groupCluster(new kafkajs.Kafka({ brokers: ['127.0.0.1:1'] }));
    barCluster(cluster);
    for (const call of [
      () => cluster.connect(),
      () => cluster.refreshMetadata(),
      () => cluster.findGroupCoordinator({ groupId: 'group' }),
    ]) {
      await expect(call()).rejects.toMatchObject({ retriable: false });
    }
  });
});

const kafka = await kafkaService();

describeIf(kafka.kind === 'running', reasonOf(kafka))('with a real Kafka', () => {
  const brokerOf = (compression: 'none' | 'gzip' | 'zstd' = 'none', fastProduce = true) =>
    kafkaBroker({
      brokers: [kafka.kind === 'running' ? kafka.address : ''],
      clientId: 'patches',
      log: silentLog,
      compression,
      fastProduce,
    });

  it('a topic that is deleted does not hide the others', async () => {
    const broker = brokerOf();
    await broker.start();
    const [kept, deleted] = [unique('topic'), unique('topic')];
    await broker.createTopics([topicSpec(kept), topicSpec(deleted)]);
    await Promise.all([broker.offsets(kept), broker.offsets(deleted)]);
    const admin = new kafkajs.Kafka({
      brokers: [kafka.kind === 'running' ? kafka.address : ''],
      logLevel: kafkajs.logLevel.NOTHING,
    }).admin();
    await admin.connect();
    await admin.deleteTopics({ topics: [deleted] });
    await admin.disconnect();
    const gone = () =>
      broker.offsets(deleted).then(
        () => false,
        (error: unknown) => error instanceof PermanentError,
      );
    await until(gone, 'the topic to be gone');
    const later = unique('topic');
    await broker.createTopics([topicSpec(later)]);
    expect([await broker.offsets(later), await broker.offsets(kept)]).toHaveLength(2);
    await broker.stop();
  });

  it('fencing a pending transaction does not wait kafkajs’s 300 ms', async () => {
    const broker = brokerOf();
    await broker.start();
    const topic = unique('topic');
    await broker.createTopics([topicSpec(topic)]);
    const tookMs: number[] = [];
    for (let i = 0; i < 5; i += 1) {
      const id = randomUUID();
      const old = broker.transactionalProducer(id);
      await old.start();
      await (await old.begin()).send([record(topic, 'never')]);
      const owner = broker.transactionalProducer(id);
      const startedAt = performance.now();
      await owner.start();
      tookMs.push(performance.now() - startedAt);
      await Promise.all([old.stop(), owner.stop()]);
    }
    await broker.stop();
    // The default waits 240 ms at the least.
    expect(Math.min(...tookMs)).toBeLessThan(200);
  });

  const sendings = (['none', 'gzip', 'zstd'] as const).flatMap((compression) =>
    [true, false].map((fastProduce) => ({ compression, fastProduce })),
  );

  it.each(sendings)('records are sent and read with $compression, fast $fastProduce', async (sending) => {
    const broker = brokerOf(sending.compression, sending.fastProduce);
    await broker.start();
    const topic = unique('topic');
    await broker.createTopics([topicSpec(topic)]);
    const plain = Array.from({ length: 50 }, (_, i) => `${i} ${'x'.repeat(1000)}`);
    const transacted = Array.from({ length: 50 }, (_, i) => `in a transaction ${i}`);
    const headers = { ключ: 'значение', empty: '' };
    const producer = broker.producer();
    const transactional = broker.transactionalProducer(randomUUID());
    await Promise.all([producer.start(), transactional.start()]);
    await producer.send(plain.map((value) => ({ ...record(topic, value), headers })));
    const transaction = await transactional.begin();
    await transaction.send(transacted.map((value) => record(topic, value)));
    await transaction.commit();
    // Kafka writes the marker after its answer.
    const isStable = async () => (await broker.offsets(topic))[0]!.lastStable === 101;
    await until(isStable, 'the transaction to be stable');
    const found: BrokerRecord[] = [];
    for await (const { records } of broker.readRange({ topic, partition: 0 }, 0, 100)) found.push(...records);
    expect(texts(found)).toEqual([...plain, ...transacted]);
    expect(found[49]!.headers).toEqual(headers);
    expect(found[50]!.headers).toBeUndefined();
    await Promise.all([producer.stop(), transactional.stop()]);
    await broker.stop();
  });
});
