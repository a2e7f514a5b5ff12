import { describe, expect, it } from '@jest/globals';
import type { Producer, ProducerRecord } from '../../../pipeline/broker/port.ts';
import { PollPublisher } from '../../../pipeline/collect/snmp/poll-publisher.ts';
import { PermanentError, RetryableError } from '../../../pipeline/model/errors.ts';
import { silentLog } from '../../support/log.ts';
import { until } from '../../support/until.ts';

const PATIENT_MS = 60_000;

function record(name: string): ProducerRecord {
  return { topic: 'raw', partition: 0, key: Buffer.from(name), value: Buffer.from(name) };
}

/** A producer that keeps what it is given; `refuse` says what it throws instead. */
function bench(refuse: (names: readonly string[]) => Error | undefined = () => undefined) {
  const sent: string[][] = [];
  const tried: (readonly ProducerRecord[])[] = [];
  const told = { lost: 0, failures: [] as unknown[] };
  const producer: Producer = {
    name: 'recording',
    start: async () => undefined,
    stop: async () => undefined,
    send(records) {
      tried.push(records);
      const names = records.map(({ key }) => key!.toString());
      const error = refuse(names);
      if (error !== undefined) return Promise.reject(error);
      sent.push(names);
      return Promise.resolve();
    },
  };
  const publisher = new PollPublisher({
    producer: () => producer,
    log: silentLog,
    lost: (records) => void (told.lost += records),
    failed: (error) => void told.failures.push(error),
  });
  return { publisher, sent, tried, told };
}

describe('records of polls', () => {
  it('of a quiet time are sent at once, those that come then together', async () => {
    const { publisher, sent } = bench();
    await publisher.publish([record('a')], PATIENT_MS);
    await Promise.all(['b', 'c', 'd'].map((name) => publisher.publish([record(name)], PATIENT_MS)));
    expect(sent).toEqual([['a'], ['b', 'c', 'd']]);
  });

  it('wait for others no longer than their poll can', async () => {
    const { publisher } = bench();
    await publisher.publish([record('a')], PATIENT_MS);
    const before = performance.now();
    await publisher.publish([record('b')], 5);
    expect(performance.now() - before).toBeLessThan(150);
  });

  it('are sent again as they were while the log is away, before any others', async () => {
    let failures = 3;
    const { publisher, sent, tried } = bench(() =>
      (failures -= 1) >= 0 ? new RetryableError('away', { retryAfterMs: 1 }) : undefined,
    );
    const first = publisher.publish([record('a')], PATIENT_MS);
    const second = publisher.publish([record('b')], 1);
    await Promise.all([first, second]);
    expect(sent).toEqual([['a'], ['b']]);
    expect(tried.slice(0, 4).every((records) => records === tried[0])).toBe(true);
  });

  it('that are refused for good take no others with them', async () => {
    const refusal = new PermanentError('too large');
    const { publisher, sent, told } = bench((names) => (names.includes('bad') ? refusal : undefined));
    await publisher.publish([record('a')], PATIENT_MS);
    await Promise.all(['b', 'bad', 'c'].map((name) => publisher.publish([record(name)], PATIENT_MS)));
    expect(sent).toEqual([['a'], ['b'], ['c']]);
    expect(told).toEqual({ lost: 1, failures: [refusal] });
  });

  it('count as lost when the collector gives up', async () => {
    const { publisher, tried, told } = bench(() => new RetryableError('away', { retryAfterMs: 60_000 }));
    const sending = publisher.publish([record('a'), record('b')], PATIENT_MS);
    await until(() => tried.length === 1, 'it is tried');
    publisher.giveUp();
    await sending;
    await publisher.publish([record('c')], PATIENT_MS);
    expect(told).toEqual({ lost: 3, failures: [] });
    expect(tried).toHaveLength(1);
  });
});
