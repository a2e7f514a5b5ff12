/** One input, one output: whatever the partitions, and however often the tasks are interrupted. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { memoryBroker } from '../../pipeline/broker/memory/memory-broker.ts';
import type { Broker } from '../../pipeline/broker/port.ts';
import type { Codec } from '../../pipeline/codec/port.ts';
import { catalogue, topicSpecs } from '../../topics/catalogue.ts';
import { NAMING, startedCodec } from '../support/codec.ts';
import { interrupting } from './interrupting-broker.ts';
import { goldenInput, type GoldenRecord } from './golden-input.ts';
import { foldAll, outputOf, placed, type GoldenOutput } from './golden-run.ts';

const SEED = 7;

let codec: Codec;
let input: GoldenRecord[];
let expected: GoldenOutput;

beforeAll(async () => {
  codec = await startedCodec();
  input = goldenInput(codec, SEED);
  expected = await onMemory(1);
}, 120_000);

async function onMemory(partitions: number, wrap = (broker: Broker) => broker): Promise<GoldenOutput> {
  let nowMs = 0;
  const broker = memoryBroker({
    clock: () => nowMs,
    maxPartitionBytes: 4_000_000_000,
    keepCommittedBytes: 4_000_000_000,
  });
  await broker.start();
  await broker.createTopics(topicSpecs(catalogue, NAMING, partitions));
  const producer = broker.producer();
  await producer.start();
  for (const { record, appendedAtMs } of placed(input, partitions, NAMING)) {
    nowMs = appendedAtMs;
    await producer.send([record]);
  }
  await foldAll({ broker: wrap(broker), codec, naming: NAMING });
  const output = await outputOf(broker, NAMING);
  await broker.stop();
  return output;
}

describe('a fixed input', () => {
  it('has anomalies, baselines, resets and silence in it', () => {
    const topics = [...expected].map(([of]) => of.split(' ')[0]);
    expect(new Set(topics)).toEqual(
      new Set(['metric.interface', 'insight.deviation', 'insight.anomaly', 'insight.baseline']),
    );
    expect(expected.size).toBeGreaterThan(30);
  });

  it.each([3, 12])(
    'gives the same outputs through %i partitions',
    async (partitions) => {
      expect(await onMemory(partitions)).toEqual(expected);
    },
    120_000,
  );

  it.each([1, 2, 3])(
    'gives the same outputs however tasks are interrupted (seed %i)',
    async (seed) => {
      let interrupted = 0;
      const wrap = (broker: Broker) =>
        interrupting(broker, { seed, share: 0.08, onInterrupt: () => (interrupted += 1) });
      expect(await onMemory(3, wrap)).toEqual(expected);
      expect(interrupted).toBeGreaterThan(10);
    },
    120_000,
  );
});
