/** One input, one output: whatever the partitions, and however often the tasks are interrupted. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { kafkaBroker } from '../../pipeline/broker/kafka/kafka-broker.ts';
import { memoryBroker } from '../../pipeline/broker/memory/memory-broker.ts';
import type { Broker } from '../../pipeline/broker/port.ts';
import type { Codec } from '../../pipeline/codec/port.ts';
import { catalogue, topicName, topicSpecs, type Naming } from '../../topics/catalogue.ts';
import { VERDICTS } from '../../topics/rules.ts';
import { kafkaService } from '../services/kafka.ts';
import { reasonOf } from '../services/service.ts';
import { NAMING, startedCodec } from '../support/codec.ts';
import { silentLog } from '../support/log.ts';
import { describeIf } from '../support/requires.ts';
import { until } from '../support/until.ts';
import { randomFrom } from '../support/random-from.ts';
import { interrupting } from './interrupting-broker.ts';
import { goldenInput, type GoldenRecord } from './golden-input.ts';
import { writeToKafka } from './golden-kafka.ts';
import { foldAll, outputOf, placed, type GoldenOutput } from './golden-run.ts';
import { withVerdicts } from './golden-verdicts.ts';

const SEED = 7;
const TIMEOUT_MS = 240_000;

const kafka = await kafkaService();

let codec: Codec;
let input: GoldenRecord[];
let expected: GoldenOutput;

beforeAll(async () => {
  codec = await startedCodec();
  input = await withVerdicts(codec, goldenInput(codec, SEED), (_anomaly, n) => ({
    verdict: VERDICTS[n % VERDICTS.length]!,
    withdrawn: n % 4 === 3,
  }));
  expected = await onMemory(1);
}, TIMEOUT_MS);

type Wrap = (broker: Broker) => Broker;

async function onMemory(partitions: number, wrap: Wrap = (broker) => broker): Promise<GoldenOutput> {
  let nowMs = 0;
  const broker = memoryBroker({
    clock: () => nowMs,
  });
  await broker.start();
  // The input is older than any retention when it is folded.
  await broker.createTopics(
    topicSpecs(catalogue, NAMING, partitions).map((spec) => ({ ...spec, retentionMs: Infinity })),
  );
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

async function onKafka(partitions: number, wrap: Wrap = (broker) => broker): Promise<GoldenOutput> {
  if (kafka.kind === 'missing') throw new Error(kafka.reason);
  const naming = { prefix: `golden-${randomUUID()}.`, generation: '' };
  const broker = kafkaBroker({ brokers: [kafka.address], clientId: 'golden', log: silentLog });
  await broker.start();
  try {
    await writeToKafka(kafka.address, broker, input, partitions, naming);
    await foldAll({ broker: wrap(broker), codec, naming, checkpointIntervalMs: 1_000 });
    return await outputOf(broker, naming);
  } finally {
    await broker.stop();
  }
}

/**
 * Folded by processes that are killed with SIGKILL one after the other, each when random shares of the output are
 * there, and a last one that ends by itself.
 */
async function onKafkaKilled(partitions: number, seed: number, kills: number): Promise<GoldenOutput> {
  if (kafka.kind === 'missing') throw new Error(kafka.reason);
  const { address } = kafka;
  const naming = { prefix: `golden-${randomUUID()}.`, generation: '' };
  const broker = kafkaBroker({ brokers: [address], clientId: 'golden', log: silentLog });
  await broker.start();
  try {
    await writeToKafka(address, broker, input, partitions, naming);
    const readings = input.filter(({ topic }) => topic === 'raw.interface').length;
    const metric = topicName(catalogue['metric.interface'], naming);
    const stored = async () =>
      (await broker.offsets(metric)).reduce((sum, { lastStable }) => sum + lastStable, 0);
    const chance = randomFrom(seed);
    const shares = Array.from({ length: kills }, () => 0.9 * chance()).toSorted((a, b) => a - b);
    for (const share of shares) {
      const member = spawnMember(address, naming);
      await until(
        async () => (await stored()) >= share * readings || member.exitCode !== null,
        'a share of the output',
        TIMEOUT_MS,
      );
      expect(member.exitCode).toBeNull();
      member.kill('SIGKILL');
      await once(member, 'exit');
    }
    const last = spawnMember(address, naming);
    const [code] = (await once(last, 'exit')) as [number | null];
    expect(code).toBe(0);
    return await outputOf(broker, naming);
  } finally {
    await broker.stop();
  }
}

function spawnMember(address: string, { prefix }: Naming): ChildProcess {
  const script = new URL('./golden-member.ts', import.meta.url).pathname;
  return spawn(process.execPath, [script, address, prefix], { stdio: 'inherit' });
}

/** Counts what it interrupted, so that a test can tell that there was something. */
function interruptions(seed: number, share: number): { wrap: Wrap; count: number } {
  const made = {
    count: 0,
    wrap: (broker: Broker) =>
      interrupting(broker, { seed, share, onInterrupt: () => void (made.count += 1) }),
  };
  return made;
}

describe('a fixed input', () => {
  it('has anomalies, verdicts, baselines, resets and silence in it', () => {
    const topics = [...expected].map(([of]) => of.split(' ')[0]);
    expect(new Set(topics)).toEqual(
      new Set([
        ...['metric.interface', 'insight.deviation', 'insight.anomaly', 'insight.baseline'],
        ...['ml.feature', 'ml.evaluation'],
      ]),
    );
    expect(expected.size).toBeGreaterThan(30);
  });

  it('has totals of sites, roles and the network in it, of every hour', () => {
    const scopes = [...expected].flatMap(([of, { records }]) => {
      const [, kind] = /^insight\.baseline [^/]+\/(site|device_role|network)\//.exec(of) ?? [];
      return kind === undefined ? [] : [[kind, records] as const];
    });
    expect(new Set(scopes.map(([kind]) => kind))).toEqual(new Set(['site', 'device_role', 'network']));
    for (const [, records] of scopes) expect(records).toBeGreaterThan(7 * 24);
  });

  it.each([3, 12])(
    'gives the same outputs through %i partitions',
    async (partitions) => {
      expect(await onMemory(partitions)).toEqual(expected);
    },
    120_000,
  );

  it.each([1, 3, 12])(
    'gives the same outputs through %i partitions, however their tasks are interrupted',
    async (partitions) => {
      const interrupted = interruptions(partitions, 0.08);
      expect(await onMemory(partitions, interrupted.wrap)).toEqual(expected);
      expect(interrupted.count).toBeGreaterThan(10);
    },
    TIMEOUT_MS,
  );
});

describeIf(kafka.kind === 'running', reasonOf(kafka))('a fixed input on a real Kafka', () => {
  it.each([1, 3, 12])(
    'gives the same outputs as in memory, through %i partitions',
    async (partitions) => {
      expect(await onKafka(partitions)).toEqual(expected);
    },
    TIMEOUT_MS,
  );

  it(
    'gives the same outputs however tasks are interrupted',
    async () => {
      const interrupted = interruptions(3, 0.03);
      expect(await onKafka(3, interrupted.wrap)).toEqual(expected);
      expect(interrupted.count).toBeGreaterThan(10);
    },
    TIMEOUT_MS,
  );

  it.each([1, 3, 12])(
    'gives the same outputs through %i partitions, however often its processes are killed',
    async (partitions) => {
      expect(await onKafkaKilled(partitions, SEED + partitions, 4)).toEqual(expected);
    },
    TIMEOUT_MS,
  );
});
