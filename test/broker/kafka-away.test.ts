/** A broker that is not there: what is thrown and what is logged. */
import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { kafkaBroker } from '../../pipeline/broker/kafka/kafka-broker.ts';
import { PermanentError, RetryableError } from '../../pipeline/model/errors.ts';
import { freePort } from '../services/free-port.ts';
import { recordingLog, silentLog } from '../support/log.ts';

describe('a Kafka that is away', () => {
  it('is told by its address, within seconds, as something to try again', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const log = recordingLog();
    const broker = kafkaBroker({ brokers: [address], clientId: 'away', log });
    const startedAt = performance.now();
    const start = broker.start();
    await expect(start).rejects.toBeInstanceOf(RetryableError);
    await expect(start).rejects.toThrow(
      `cannot start: no use of Kafka at ${address} now (connect ECONNREFUSED ${address}): start it, or correct broker.kafka.brokers`,
    );
    const { cause } = (await start.catch((error: unknown) => error)) as Error;
    expect(cause).toMatchObject({ message: `connect ECONNREFUSED ${address}`, code: 'ECONNREFUSED' });
    expect((cause as Error).cause).toBeUndefined();
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(() => broker.clusterId).toThrow(PermanentError);
    for (const call of [
      broker.offsets('topic'),
      broker.planTopics([]),
      broker.readRange({ topic: 'topic', partition: 0 }, 0, 1)[Symbol.asyncIterator]().next(),
    ]) {
      await expect(call).rejects.toBeInstanceOf(RetryableError);
    }
    await broker.stop();
    const loud = log.entries.filter(({ level }) => level !== 'debug');
    expect(loud).toEqual([
      expect.objectContaining({ level: 'warn', fields: expect.objectContaining({ broker: address }) }),
    ]);
  });

  it('is told by its address, within seconds, when something else listens there and never answers', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    const sockets: Socket[] = [];
    server.on('connection', (socket) => sockets.push(socket));
    await once(server, 'listening');
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const broker = kafkaBroker({ brokers: [address], clientId: 'away', log: silentLog });
    const startedAt = performance.now();
    const start = broker.start();
    await expect(start).rejects.toBeInstanceOf(RetryableError);
    await expect(start).rejects.toThrow(
      new RegExp(
        `Kafka at ${address} now .* does not answer as Kafka does: correct broker\\.kafka\\.brokers`,
      ),
    );
    expect(performance.now() - startedAt).toBeLessThan(8_000);
    await broker.stop();
    for (const socket of sockets) socket.destroy();
    server.close();
  }, 20_000);
});
