/**
 * The same polls through Kafka, exactly once (journal and checkpoints on), and in memory, in one run: samples/s and CPU
 * time of this process a sample. The log is written before the clock starts; joining the group, V8's compiling and the
 * first hours of baselines are in it. For steady state: matrix-kafka.
 */
import { randomUUID } from 'node:crypto';
import { partitionFor } from '../../pipeline/broker/partitioner.ts';
import type { Broker, ProducerRecord } from '../../pipeline/broker/port.ts';
import { embeddedRegistry } from '../../pipeline/codec/embedded-registry.ts';
import type { Codec } from '../../pipeline/codec/port.ts';
import { ReadingProcessor } from '../../pipeline/runtime/reading-processor.ts';
import type { ProcessorOutput } from '../../pipeline/runtime/sub-topology.ts';
import { entityTopology } from '../../pipeline/topology.ts';
import { catalogue, topicName, topicSpecs, type Naming } from '../../topics/catalogue.ts';
import { startedCodec } from '../support/codec.ts';
import { entityThread } from '../support/entity-thread.ts';
import { silentOutput } from '../support/silent-output.ts';
import { STAGE_DEFAULTS } from '../support/topology-driver.ts';
import { until } from '../support/until.ts';
import { assertValid, type Bench } from './bench.ts';
import { countRecords } from './count-records.ts';
import { figure, type Figure } from './figure.ts';
import { load } from './load.ts';
import { yardstick } from './yardstick.ts';
import { benchBroker } from './shipped.ts';

interface KafkaBenchOptions {
  readonly entities: number;
  readonly rowsPerEntity: number;
  readonly polls: number;
  readonly partitions: number;
  readonly runs: number;
  readonly seed: number;
}

const START_MS = 1_780_000_000_000;
const INTERVAL_MS = 300_000;
const COMMIT_INTERVAL_MS = 100;
const YARD_TIMES = 20;
const SIZE = { rowsPerEntity: 48, partitions: 4, seed: 20_261_121 };

export const kafka: Bench = {
  name: 'kafka',
  measures: 'the same polls through Kafka, exactly once, beside the fold in memory',
  minutes: 3,
  full: async (run) => measure(await run.kafka(), { ...SIZE, entities: 200, polls: 60, runs: 5 }),
  quick: async (run) => measure(await run.kafka(), { ...SIZE, entities: 100, polls: 40, runs: 3 }),
};

interface Cost {
  readonly samplesPerSecond: number;
  readonly cpuUsPerSample: number;
}

async function measure(address: string, options: KafkaBenchOptions): Promise<Figure[]> {
  const inMemory: Cost[] = [];
  const throughKafka: Cost[] = [];
  const ratios: number[] = [];
  for (let run = 0; run < options.runs; run += 1) {
    const codec = await startedCodec(catalogue, embeddedRegistry());
    const records = polls(codec, options, run);
    inMemory.push(await foldInMemory(codec, records, options));
    const yard = await yardstick(
      codec,
      records.keyed.slice(0, options.entities).map(({ value }) => value),
    );
    yard.measure(YARD_TIMES);
    const before = yard.measure(YARD_TIMES);
    const cost = await foldThroughKafka(address, codec, records, options);
    const yardNsPerSample = (before + yard.measure(YARD_TIMES)) / 2 / records.samplesPerRow;
    throughKafka.push(cost);
    ratios.push((cost.cpuUsPerSample * 1000) / yardNsPerSample);
  }
  const of = (costs: readonly Cost[], pick: (cost: Cost) => number) => costs.map(pick);
  const speed = (cost: Cost) => cost.samplesPerSecond;
  const cpu = (cost: Cost) => cost.cpuUsPerSample;
  return [
    figure('kafka: in memory, decode and encode', 'samples/s', of(inMemory, speed)),
    figure('kafka: in memory, CPU', 'us/sample', of(inMemory, cpu)),
    figure('kafka: exactly once', 'samples/s', of(throughKafka, speed)),
    figure('kafka: exactly once, CPU', 'us/sample', of(throughKafka, cpu)),
    figure(
      'kafka: CPU in memory / through Kafka',
      'share',
      throughKafka.map((cost, run) => inMemory[run]!.cpuUsPerSample / cost.cpuUsPerSample),
    ),
    // Not against the fold in memory: a faster stage would make it worse.
    figure('kafka: exactly once, CPU against JSON.parse of the same polls', 'ratio', ratios, {
      better: 'lower',
    }),
  ];
}

interface Polls {
  readonly keyed: readonly { readonly entity: string; readonly value: Buffer }[];
  readonly samples: number;
  readonly samplesPerRow: number;
}

function polls(
  codec: Codec,
  { entities, rowsPerEntity, polls: count, seed }: KafkaBenchOptions,
  run: number,
): Polls {
  const readings = load(codec, {
    seed: seed + run,
    entities,
    rowsPerEntity,
    startMs: START_MS,
    intervalMs: INTERVAL_MS,
  });
  const keyed = Array.from({ length: count }, (_, step) =>
    readings.poll(step).map((value, index) => ({ entity: readings.entities[index]!, value })),
  ).flat();
  const samplesPerRow = readings.countersPerRow;
  return { keyed, samples: count * entities * rowsPerEntity * samplesPerRow, samplesPerRow };
}

/** The same processors, a partition each, without a broker. */
async function foldInMemory(
  codec: Codec,
  { keyed, samples }: Polls,
  { partitions }: KafkaBenchOptions,
): Promise<Cost> {
  const topology = entityTopology(catalogue, STAGE_DEFAULTS);
  const processors = Array.from(
    { length: partitions },
    () => new ReadingProcessor({ codec, catalogue, topology }),
  );
  const records = keyed.map(({ entity, value }, offset) => {
    const key = Buffer.from(entity);
    const partition = partitionFor(key, partitions);
    const appendedAtMs = Date.now();
    return { topic: 'raw.interface', partition, offset, appendedAtMs, key, value };
  });
  for (const processor of processors) await processor.prepare('raw.interface', [records[0]!.value]);
  let sent = 0;
  const out: ProcessorOutput = {
    ...silentOutput,
    send: (topic) => void (sent += topic === 'metric.interface' ? 1 : 0),
    deadLetter: (_topic, _record, reason) => assertValid(false, reason),
  };
  const cost = meter();
  for (const record of records)
    processors[record.partition]!.fold('raw.interface', record, out, record.appendedAtMs);
  assertValid(sent === records.length, `${sent} of ${records.length} metric records sent`);
  return cost(samples);
}

async function foldThroughKafka(
  address: string,
  codec: Codec,
  { keyed, samples }: Polls,
  { partitions }: KafkaBenchOptions,
): Promise<Cost> {
  const naming: Naming = { prefix: `bench-${randomUUID()}.`, generation: '' };
  const broker = benchBroker(address);
  await broker.start();
  try {
    await broker.createTopics(topicSpecs(catalogue, naming, partitions));
    await write(
      broker,
      keyed.map(({ entity, value }) => {
        const key = Buffer.from(entity);
        const topic = topicName(catalogue['raw.interface'], naming);
        return { topic, partition: partitionFor(key, partitions), key, value };
      }),
    );
    return await fold(broker, codec, naming, samples, keyed.length);
  } finally {
    await broker.stop();
  }
}

async function write(broker: Broker, records: readonly ProducerRecord[]): Promise<void> {
  const producer = broker.producer();
  await producer.start();
  for (let at = 0; at < records.length; at += 500) await producer.send(records.slice(at, at + 500));
  await producer.stop();
}

async function fold(
  broker: Broker,
  codec: Codec,
  naming: Naming,
  samples: number,
  records: number,
): Promise<Cost> {
  const { thread, failures } = entityThread({
    broker,
    codec,
    naming,
    commitIntervalMs: COMMIT_INTERVAL_MS,
    commitBytes: 1_000_000,
    checkpointIntervalMs: 60_000,
  });
  const cost = meter();
  await thread.start();
  await until(() => failures.length > 0 || thread.idle, 'everything to be folded', 600_000);
  const measured = cost(samples);
  await thread.stop();
  if (failures.length > 0) throw failures[0];
  const metric = topicName(catalogue['metric.interface'], naming);
  const committed = await countRecords(broker, metric);
  assertValid(committed === records, `${committed} metric records of ${records} readings`);
  return measured;
}

/** Starts the clocks; the call that it returns stops them. */
function meter(): (samples: number) => Cost {
  const beganMs = performance.now();
  const before = process.cpuUsage();
  return (samples) => {
    const { user, system } = process.cpuUsage(before);
    const seconds = (performance.now() - beganMs) / 1000;
    return { samplesPerSecond: samples / seconds, cpuUsPerSample: (user + system) / samples };
  };
}
