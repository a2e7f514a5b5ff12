/** Tasks of `entity` tell those of `domain` how far their time has come: once a tick, in every partition. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { memoryBroker, type MemoryBroker } from '../../pipeline/broker/memory/memory-broker.ts';
import type { Broker, Transaction } from '../../pipeline/broker/port.ts';
import type { Codec } from '../../pipeline/codec/port.ts';
import { RetryableError } from '../../pipeline/model/errors.ts';
import { catalogue, TICK_MS, topicSpecs } from '../../topics/catalogue.ts';
import { NAMING, startedCodec } from '../support/codec.ts';
import { domainThread, entityThread, type EntityThread } from '../support/entity-thread.ts';
import { until } from '../support/until.ts';

const PARTITIONS = 3;
const DOMAIN = 'netsigma.repartition.domain';
const START = 1_700_000_000_000;

let nowMs: number;
let broker: MemoryBroker;
let codec: Codec;
const running: EntityThread[] = [];

beforeEach(async () => {
  nowMs = START;
  broker = memoryBroker({ clock: () => nowMs });
  await broker.start();
  await broker.createTopics(topicSpecs(catalogue, NAMING, PARTITIONS));
  codec = await startedCodec();
});
afterEach(async () => {
  for (const { thread } of running.splice(0)) await thread.stop();
  await broker.stop();
});

async function started(what: EntityThread): Promise<EntityThread> {
  running.push(what);
  await what.thread.start();
  await until(() => what.thread.idle, 'everything to be committed');
  return what;
}

/** A record of control.tick in these partitions. */
async function pass(ms: number, partitions = [0, 1, 2]): Promise<void> {
  nowMs += ms;
  const producer = broker.producer();
  await producer.start();
  const value = codec.recordEncoder('control.tick').encode({ writer: 'test' });
  await producer.send(
    partitions.map((partition) => ({ topic: 'control.tick', partition, key: null, value })),
  );
  await producer.stop();
}

/** Ticks that lie in the partition: upstream and time, in seconds since the start. */
async function told(partition: number): Promise<string[]> {
  const decoder = codec.recordDecoder(DOMAIN);
  const { lastStable } = (await broker.offsets(DOMAIN))[partition]!;
  const found: string[] = [];
  for await (const { records } of broker.readRange({ topic: DOMAIN, partition }, 0, lastStable)) {
    await decoder.prepare(records.map(({ value }) => value));
    for (const { value } of records) {
      const outcome = decoder.decode(value!);
      if (outcome.kind === 'deadLetter') throw new Error(outcome.detail);
      const { kind, upstream, upstreams, sent_at: sentAtMs } = outcome.record;
      found.push(`${kind} ${upstream}/${upstreams} ${(sentAtMs - START) / 1_000}`);
    }
  }
  return found.toSorted();
}

describe('a tick of a task', () => {
  it('is told to every partition once', async () => {
    const { thread } = await started(entityThread({ broker, codec, naming: NAMING }));
    await pass(0);
    await until(async () => (await told(0)).length === PARTITIONS, 'the first tick');
    await pass(TICK_MS);
    await until(() => thread.idle, 'the tick to be committed');
    for (let partition = 0; partition < PARTITIONS; partition += 1)
      expect(await told(partition)).toEqual(
        [0, 1, 2].flatMap((upstream) => [`tick ${upstream}/3 0`, `tick ${upstream}/3 5`]),
      );
  });

  it('is told as one with those of the same commit', async () => {
    await pass(0);
    for (let n = 0; n < 100; n += 1) await pass(TICK_MS);
    const { thread } = entityThread({ broker, codec, naming: NAMING, commitIntervalMs: 60_000 });
    await thread.start();
    const times = () => thread.status().map(({ tickMs }) => tickMs);
    await until(() => times().filter((time) => time === nowMs).length === PARTITIONS, 'all to be folded');
    await thread.stop();
    expect(await told(0)).toEqual([0, 1, 2].map((upstream) => `tick ${upstream}/3 500`));
  });

  it('is told no more than once, whatever else is folded within it', async () => {
    const { thread } = await started(entityThread({ broker, codec, naming: NAMING }));
    for (const ms of [0, 1_000, 1_000, 1_000]) {
      await pass(ms, [1]);
      await until(() => thread.idle, 'the record to be committed');
    }
    expect(await told(2)).toEqual(['tick 1/3 0']);
  });

  it.each([
    ['did not happen', false],
    ['happened, though nobody was told', true],
  ])('is not lost with a commit that %s', async (_what, happens) => {
    let failures = 1;
    const failed = failing(happens, () => (failures -= 1) >= 0);
    const { thread } = await started(entityThread({ broker: failed, codec, naming: NAMING }));
    await pass(0);
    await until(async () => (await told(0)).length === PARTITIONS && thread.idle, 'all ticks');
    expect(failures).toBeLessThan(0);
    expect(await told(0)).toEqual([0, 1, 2].map((upstream) => `tick ${upstream}/3 0`));
  });

  it('moves the time of the other sub-topology when all have told it', async () => {
    const entity = await started(entityThread({ broker, codec, naming: NAMING }));
    const { thread } = await started(domainThread({ broker, codec, naming: NAMING }));
    const isSettled = () => entity.thread.idle && thread.idle;
    const times = () => thread.status().map(({ tickMs }) => tickMs && (tickMs - START) / 1_000);
    await pass(0);
    await until(() => isSettled() && times().every((time) => time === 0), 'time to begin');
    await pass(20_000, [0, 1]);
    await until(isSettled, 'two of three');
    expect(times()).toEqual([0, 0, 0]);
    await pass(10_000);
    await until(() => times().every((time) => time === 30), 'all of them');
  });
});

/** The broker; `isFailing` is asked at each commit behind the first of a task. Those that fail happen or not. */
function failing(happens: boolean, isFailing: () => boolean): Broker {
  return new Proxy<Broker>(broker, {
    get(target, property) {
      if (property === 'transactionalProducer') {
        return (id: string) => {
          const producer = target.transactionalProducer(id);
          let isFirst = true;
          const begin = async (): Promise<Transaction> => {
            const wasFirst = isFirst;
            const transaction = await producer.begin();
            return {
              send: (records) => transaction.send(records),
              sendOffsets: (group, offsets) => transaction.sendOffsets(group, offsets),
              abort: () => transaction.abort(),
              async commit() {
                isFirst = false;
                const fails = !wasFirst && isFailing();
                if (happens || !fails) await transaction.commit();
                if (fails) throw new RetryableError('the answer was lost', { retryAfterMs: 1 });
              },
            };
          };
          return { name: producer.name, start: () => producer.start(), stop: () => producer.stop(), begin };
        };
      }
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
