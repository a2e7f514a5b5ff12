/** A broker that is not there: what is thrown and what is logged. */
import { describe, expect, it } from '@jest/globals';
import { kafkaBroker } from '../../pipeline/broker/kafka/kafka-broker.ts';
import { PermanentError, RetryableError } from '../../pipeline/model/errors.ts';
import { freePort } from '../services/free-port.ts';
import { recordingLog } from '../support/log.ts';

describe('a Kafka that is away', () => {
  it('is told by its address, within seconds, as something to try again', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const log = recordingLog();
    const broker = kafkaBroker({ brokers: [address], clientId: 'away', log });
    const startedAt = performance.now();
    const start = broker.start();
    await expect(start).rejects.toBeInstanceOf(RetryableError);
    await expect(start).rejects.toThrow(address);
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
});
