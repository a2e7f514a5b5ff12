/** Both sub-topologies, whose tasks are interrupted at any call of any transaction: totals are what they are without. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { memoryBroker } from '../../pipeline/broker/memory/memory-broker.ts';
import type { Broker } from '../../pipeline/broker/port.ts';
import type { Codec } from '../../pipeline/codec/port.ts';
import { catalogue, topicSpecs } from '../../topics/catalogue.ts';
import { goldenInput, type GoldenRecord } from '../golden/golden-input.ts';
import { foldAll, outputOf, placed, type GoldenOutput } from '../golden/golden-run.ts';
import { interrupting } from '../golden/interrupting-broker.ts';
import { NAMING, startedCodec } from '../support/codec.ts';
import { START_MS } from '../support/demo-network.ts';

const HOURS = 5;

let codec: Codec;
let input: GoldenRecord[];
let expected: GoldenOutput;

beforeAll(async () => {
  codec = await startedCodec();
  const endMs = START_MS + HOURS * 3_600_000;
  // With the tick at the end: without it each partition's time ends with its own last reading.
  input = goldenInput(codec, 3).filter(({ appendedAtMs }) => appendedAtMs <= endMs);
  expected = await folded(1, (broker) => broker);
}, 120_000);

async function folded(partitions: number, wrap: (broker: Broker) => Broker): Promise<GoldenOutput> {
  let nowMs = 0;
  const broker = memoryBroker({ clock: () => nowMs });
  await broker.start();
  const specs = topicSpecs(catalogue, NAMING, partitions);
  await broker.createTopics(specs.map((spec) => ({ ...spec, retentionMs: Infinity })));
  const producer = broker.producer();
  await producer.start();
  for (const { record, appendedAtMs } of placed(input, partitions, NAMING)) {
    nowMs = appendedAtMs;
    await producer.send([record]);
  }
  // Small commits: there is something to interrupt.
  await foldAll({
    broker: wrap(broker),
    codec,
    naming: NAMING,
    commitBytes: 20_000,
    checkpointIntervalMs: 5,
  });
  const output = await outputOf(broker, NAMING);
  await broker.stop();
  return output;
}

describe('totals', () => {
  it('are there', () => {
    const scopes = [...expected.keys()].filter((of) => /^insight\.baseline default\/(site|network)/.test(of));
    expect(scopes).toHaveLength(5);
  });

  it('do not depend on partitions, nor on what becomes of single transactions', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(1, 3), fc.nat(), async (partitions, seed) => {
        let count = 0;
        const onInterrupt = (): void => void (count += 1);
        const output = await folded(partitions, (broker) =>
          interrupting(broker, { seed, share: 0.15, onInterrupt }),
        );
        expect(output).toEqual(expected);
        expect(count).toBeGreaterThan(3);
      }),
      { numRuns: 5 },
    );
  }, 120_000);
});
