/** The restart of a task with full state on a real Kafka: from its checkpoint alone, and with records to fold again. */
import { randomUUID } from 'node:crypto';
import type { Broker } from '../../pipeline/broker/port.ts';
import { embeddedRegistry } from '../../pipeline/codec/embedded-registry.ts';
import type { Codec } from '../../pipeline/codec/port.ts';
import { StateStore } from '../../pipeline/runtime/state-store.ts';
import { catalogue, topicName, topicSpecs, type Naming } from '../../topics/catalogue.ts';
import { startedCodec } from '../support/codec.ts';
import { entityThread, type EntityThread } from '../support/entity-thread.ts';
import { until } from '../support/until.ts';
import { assertValid } from './bench.ts';
import type { CheckpointBenchOptions } from './checkpoint.bench.ts';
import { fillCells } from './full-state.ts';
import { load, type Load } from './load.ts';
import { benchBroker } from './shipped.ts';

export interface Restart {
  readonly countersPerRow: number;
  /** By run: fencing, reading and filling the state. */
  readonly restoreS: readonly number[];
  readonly refoldedPerSecond: readonly number[];
}

const WARM_POLLS = 4;
const REFOLDED_POLLS = 30;
const TIMEOUT_MS = 600_000;

/** On the Kafka at this address. */
export async function measureRestart(address: string, options: CheckpointBenchOptions): Promise<Restart> {
  const broker = benchBroker(address);
  await broker.start();
  try {
    const runs = [];
    for (let run = 0; run < options.runs; run += 1) runs.push(await restartOnce(broker, options, run));
    return {
      countersPerRow: runs[0]!.countersPerRow,
      restoreS: runs.map(({ restoreS }) => restoreS),
      refoldedPerSecond: runs.map(({ refoldedPerSecond }) => refoldedPerSecond),
    };
  } finally {
    await broker.stop();
  }
}

async function restartOnce(broker: Broker, options: CheckpointBenchOptions, run: number) {
  const codec = await startedCodec(catalogue, embeddedRegistry());
  const naming: Naming = { prefix: `bench-${randomUUID()}.`, generation: '' };
  await broker.createTopics(topicSpecs(catalogue, naming, 1));
  const { entities, rowsPerEntity, seed } = options;
  const size = { entities, rowsPerEntity, startMs: Date.now() - 3_600_000, intervalMs: 60_000 };
  const readings = load(codec, { seed: seed + run, ...size });
  await write(broker, naming, readings, 0, WARM_POLLS);
  const first = await started(broker, codec, naming);
  await folded(first);
  const { state } = first.thread.tasks.get(0)!.processor;
  assertValid(state instanceof StateStore, 'another state');
  fillCells(state);
  // Something has to come after, or the checkpoint is as fresh as the state seems to be.
  await write(broker, naming, readings, WARM_POLLS, 1);
  await folded(first);
  await first.thread.stop();
  const second = await timedStart(broker, codec, naming);
  await write(broker, naming, readings, WARM_POLLS + 1, REFOLDED_POLLS);
  await folded(second);
  await Promise.all([...second.thread.tasks.values()].map((task) => task.abandon()));
  await second.thread.stop();
  const third = await timedStart(broker, codec, naming);
  const { entities: restored, rows } = third.thread.status()[0]!;
  assertValid(
    restored === entities && rows === entities * rowsPerEntity,
    `${restored} entities and ${rows} rows were restored`,
  );
  await third.thread.stop();
  const samples = REFOLDED_POLLS * rows * readings.countersPerRow;
  return {
    countersPerRow: readings.countersPerRow,
    restoreS: second.seconds,
    refoldedPerSecond: samples / (third.seconds - second.seconds),
  };
}

async function started(broker: Broker, codec: Codec, naming: Naming): Promise<EntityThread> {
  const started = entityThread({
    broker,
    codec,
    naming,
    commitIntervalMs: 100,
    commitBytes: 1_000_000,
    checkpointIntervalMs: 86_400_000,
  });
  await started.thread.start();
  return started;
}

/** From the moment that the task exists, that is without joining the group, until it runs. */
async function timedStart(broker: Broker, codec: Codec, naming: Naming) {
  const begun = await started(broker, codec, naming);
  const { thread } = begun;
  await reached(begun, () => thread.tasks.size > 0, 'the task');
  const beganMs = performance.now();
  await reached(begun, () => thread.status()[0]?.state === 'running', 'the task to run');
  return { ...begun, seconds: (performance.now() - beganMs) / 1000 };
}

async function folded(begun: EntityThread): Promise<void> {
  await reached(begun, () => begun.thread.idle, 'everything to be folded');
}

async function reached({ failures }: EntityThread, condition: () => boolean, what: string): Promise<void> {
  await until(() => failures.length > 0 || condition(), what, TIMEOUT_MS);
  if (failures.length > 0) throw failures[0];
}

async function write(
  broker: Broker,
  naming: Naming,
  readings: Load,
  from: number,
  polls: number,
): Promise<void> {
  const producer = broker.producer();
  await producer.start();
  const topic = topicName(catalogue['raw.interface'], naming);
  for (let step = from; step < from + polls; step += 1) {
    const records = readings.poll(step).map((value, index) => ({
      topic,
      partition: 0,
      key: Buffer.from(readings.entities[index]!),
      value,
    }));
    await producer.send(records);
  }
  await producer.stop();
}
