import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { memoryBroker } from '../../pipeline/broker/memory/memory-broker.ts';
import type { Broker, BrokerRecord } from '../../pipeline/broker/port.ts';
import type { Codec } from '../../pipeline/codec/port.ts';
import type { DeadLetterRecord } from '../../topics/ops.ts';
import { catalogue, type TopicName } from '../../topics/catalogue.ts';
import { streamThread, type StreamThread } from '../../pipeline/runtime/stream-thread.ts';
import type { Processor, SubTopology } from '../../pipeline/runtime/sub-topology.ts';
import { NAMING, startedCodec } from '../support/codec.ts';
import { snapshotOf } from '../support/snapshot-of.ts';
import { silentLog } from '../support/log.ts';
import { silentObserver } from '../support/silent-observer.ts';
import { until } from '../support/until.ts';

const PARTITIONS = 2;
let broker: Broker;
let codec: Codec;
let nowMs: number;
const failures: unknown[] = [];
const running: StreamThread[] = [];

beforeEach(async () => {
  nowMs = 1_000_000;
  failures.length = 0;
  broker = memoryBroker({ clock: () => nowMs });
  await broker.start();
  codec = await startedCodec();
  await broker.createTopics(
    (Object.keys(catalogue) as TopicName[]).map((topic) => ({
      topic,
      partitions: PARTITIONS,
      cleanup: catalogue[topic].cleanup,
      retentionMs: 60_000_000,
      maxRecordBytes: 1_000_000,
    })),
  );
});

afterEach(async () => {
  for (const thread of running.splice(0)) await thread.stop();
  await broker.stop();
});

/** Echoes raw.interface to metric.interface; notes what it folded and when it ticked. */
function echo(notes: string[], fold?: (record: BrokerRecord) => void): SubTopology {
  const processor = (): Processor => ({
    async prepare() {
      // Values are plain text here.
    },
    advance: (_topic, { appendedAtMs }) => appendedAtMs,
    fold(topic, record, out) {
      notes.push(`${topic}@${record.offset}`);
      fold?.(record);
      if (record.value?.toString() === 'poison') out.deadLetter(topic, record, 'poison', 'as asked');
      else if (topic === 'raw.interface') out.send('metric.interface', record.key, record.value!);
    },
    punctuate: (tickMs) => void notes.push(`tick ${tickMs}`),
    reconcile: async () => 0,
    snapshot: () => snapshotOf([]),
    load: () => ({ load: () => false }),
    state: { entities: 0, rows: 0, bytesByStage: () => new Map() },
  });
  return {
    name: 'echo',
    inputs: ['raw.interface', 'control.tick'],
    preloaded: [],
    foldVersion: 'one',
    reconciled: 'insight.anomaly',
    newProcessor: processor,
  };
}

async function started(subTopology: SubTopology, commitIntervalMs = 5): Promise<StreamThread> {
  const thread = streamThread({
    broker,
    codec,
    catalogue,
    naming: NAMING,
    subTopology,
    settings: { commitIntervalMs, commitBytes: 100_000 },
    checkpoints: undefined,
    clock: () => nowMs,
    log: silentLog,
    observer: silentObserver,
    failed: (error) => failures.push(error),
  });
  running.push(thread);
  await thread.start();
  return thread;
}

async function append(topic: TopicName, ...values: string[]): Promise<void> {
  const producer = broker.producer();
  await producer.start();
  await producer.send(
    values.map((value) => ({ topic, partition: 0, key: Buffer.from('k'), value: Buffer.from(value) })),
  );
  await producer.stop();
}

async function contents(topic: TopicName): Promise<string[]> {
  const log = (await broker.offsets(topic))[0]!;
  const values: string[] = [];
  for await (const batch of broker.readRange({ topic, partition: 0 }, log.earliest, log.lastStable)) {
    values.push(...batch.records.map((record) => record.value!.toString()));
  }
  return values;
}

describe('stream thread', () => {
  it('commits outputs and next offsets together', async () => {
    await append('raw.interface', 'a', 'b', 'c');
    const thread = await started(echo([]));
    await until(() => thread.idle, 'everything is committed');
    expect(await contents('metric.interface')).toEqual(['a', 'b', 'c']);
    const committed = await broker.committedOffsets(thread.group, ['raw.interface']);
    expect(committed).toEqual([{ topic: 'raw.interface', partition: 0, offset: 3, metadata: '' }]);
  });

  it('goes on where its predecessor committed: nothing lost, nothing twice', async () => {
    await append('raw.interface', 'a', 'b');
    const first = await started(echo([]));
    await until(() => first.idle, 'the first has committed');
    await first.stop();
    await append('raw.interface', 'c');
    const second = await started(echo([]));
    await until(() => second.idle, 'the second has committed');
    expect(await contents('metric.interface')).toEqual(['a', 'b', 'c']);
  });

  it('commits what it has folded when it is stopped before the interval is over', async () => {
    const notes: string[] = [];
    const thread = await started(echo(notes), 60_000);
    await append('raw.interface', 'a');
    await until(() => notes.includes('raw.interface@0'), 'it is folded');
    await thread.stop();
    await thread.stop();
    expect(await contents('metric.interface')).toEqual(['a']);
  });

  it('ticks at every 5 s boundary that append time crosses, in order, before the record behind it', async () => {
    const notes: string[] = [];
    const thread = await started(echo(notes));
    await append('raw.interface', 'a');
    nowMs += 12_000;
    await append('control.tick', 't');
    await until(() => thread.idle, 'both are folded');
    expect(notes).toEqual(['raw.interface@0', 'tick 1005000', 'tick 1010000', 'control.tick@0']);
  });

  it('sends a record that cannot be used to the dead letters, with its bytes, reason and origin', async () => {
    await append('raw.interface', 'good', 'poison', 'good again');
    const thread = await started(echo([]));
    await until(() => thread.idle, 'everything is committed');
    expect(await contents('metric.interface')).toEqual(['good', 'good again']);
    const decoder = codec.recordDecoder('netsigma.dead-letter');
    const log = (await broker.offsets('netsigma.dead-letter'))[0]!;
    const letters: DeadLetterRecord[] = [];
    for await (const { records } of broker.readRange(
      { topic: 'netsigma.dead-letter', partition: 0 },
      0,
      log.lastStable,
    )) {
      await decoder.prepare(records.map(({ value }) => value));
      for (const { value } of records) {
        const outcome = decoder.decode(value!);
        if (outcome.kind === 'record') letters.push(outcome.record);
      }
    }
    expect(letters).toMatchObject([
      {
        reason: 'poison',
        detail: 'as asked',
        failed_in: 'echo',
        topic: 'raw.interface',
        partition: 0,
        offset: 1n,
        value: Buffer.from('poison'),
      },
    ]);
  });

  it('stops with the error of a processor that throws, and commits nothing of that record', async () => {
    await append('raw.interface', 'a');
    await started(
      echo([], () => {
        throw new TypeError('a bug');
      }),
    );
    await until(() => failures.length > 0, 'the failure is reported');
    expect(String(failures[0])).toContain('a bug');
    expect(await contents('metric.interface')).toEqual([]);
  });

  it('folds a backlog larger than its queues', async () => {
    const values = Array.from({ length: 12_345 }, (_, index) => `v${index}`);
    await append('raw.interface', ...values);
    const thread = await started(echo([]));
    await until(() => thread.idle, 'the backlog is folded', 20_000);
    expect(await contents('metric.interface')).toEqual(values);
  });
});

describe('a task that has failed', () => {
  it('commits neither what the record that threw had sent, nor anything after it', async () => {
    await append('raw.interface', 'a', 'bad', 'c');
    const subTopology = echo([]);
    const sendsThenThrows: SubTopology = {
      ...subTopology,
      newProcessor: () => {
        const processor = subTopology.newProcessor();
        return {
          ...processor,
          fold(topic, record, out, tickMs) {
            processor.fold(topic, record, out, tickMs);
            if (record.value?.toString() === 'bad') throw new TypeError('a bug');
          },
        };
      },
    };
    const thread = await started(sendsThenThrows, 60_000);
    await until(() => failures.length > 0, 'the failure is reported');
    await thread.stop();
    expect(await contents('metric.interface')).toEqual([]);
    expect(thread.idle).toBe(true);
    const again = await started(echo([]));
    await until(() => again.idle, 'a mended processor goes on from the start');
    expect(await contents('metric.interface')).toEqual(['a', 'bad', 'c']);
  });
});
