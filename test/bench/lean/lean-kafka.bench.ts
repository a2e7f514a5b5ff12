/**
 * The lean job on netsigma's runtime beside the same job on Kafka Streams, in turns on one broker and one topic,
 * exactly once, commits each 100 ms. First the outputs are compared: without that, no figure is given.
 */
import { kafkaBroker } from '../../../pipeline/broker/kafka/kafka-broker.ts';
import type { Broker } from '../../../pipeline/broker/port.ts';
import { kafkaServer } from '../../services/kafka-server.ts';
import { silentLog } from '../../support/log.ts';
import { figure, type Figure } from '../figure.ts';
import { createRunTopics, deleteRunTopics, deleteTopics, loadInput, runTopics } from './bench-topics.ts';
import { compareOutputs } from './compare-outputs.ts';
import { leanProcess, type LeanMeasured, type LeanMemberOptions } from './lean-process.ts';
import { peer, type Peer, type PeerMeasured, type PeerOptions } from './peer.ts';
import { METRICS } from './peer-topics.ts';

export interface LeanKafkaOptions {
  readonly devices: number;
  readonly polls: number;
  /** Polls an hour apart for the restart: 168 fill every cell. 0: no restart is measured. */
  readonly restartPolls: number;
  readonly restartDevices: number;
  readonly runs: number;
  readonly progress: (line: string) => void;
}

const PARTITIONS = 4;
const ROWS = 48;
const SAMPLES_PER_POLL = ROWS * METRICS;
const FROM = '2026-11-16T09:30:00Z';
const WEEK_FROM = '2026-11-09T00:00:00Z';
const INPUT = 'peer.raw';
const WEEK = 'peer.raw168';
const COMMITS = { commitIntervalMs: 100, commitBytes: 1_000_000 } as const;
/** As `runtime.checkpoint_interval` is unless configured. */
const CHECKPOINT_MS = 300_000;

/** What people write first, the best found in memory, and the best found. */
const VARIANTS: Readonly<Record<string, PeerOptions>> = {
  'rocksdb, a value per interface': { store: 'rocksdb', grain: 'row' },
  'rocksdb, a value per device': { store: 'rocksdb', grain: 'entity' },
  'memory, a value per device': { store: 'memory', grain: 'entity', cache: false },
};

/** @throws Error with the reason when no Kafka can be had, or when the two jobs do not say the same. */
export async function leanKafkaBench(options: LeanKafkaOptions): Promise<Figure[]> {
  const server = await kafkaServer({ progress: options.progress });
  const broker = kafkaBroker({ brokers: [server.address], clientId: 'bench', log: silentLog });
  try {
    await broker.start();
    const there = await peer(server.address, server.pid(), options.progress);
    if (there.kind === 'missing')
      options.progress(`Kafka Streams is left out, so outputs are not compared: ${there.reason}`);
    const bench = new Bench(options, server.address, server.pid(), broker);
    return await bench.run(there.kind === 'ready' ? there : undefined);
  } finally {
    await broker.stop();
    await server.stop();
  }
}

class Bench {
  readonly #options: LeanKafkaOptions;
  readonly #address: string;
  readonly #brokerPid: number;
  readonly #broker: Broker;
  #run = 0;

  constructor(options: LeanKafkaOptions, address: string, brokerPid: number, broker: Broker) {
    this.#options = options;
    this.#address = address;
    this.#brokerPid = brokerPid;
    this.#broker = broker;
  }

  async run(kafkaStreams: Peer | undefined): Promise<Figure[]> {
    const { devices, polls, runs, restartPolls, progress } = this.#options;
    const input = { topic: INPUT, devices, polls, seconds: 60, from: FROM };
    await this.#load(kafkaStreams, input);
    const anomalies = kafkaStreams && (await this.#compare(kafkaStreams));
    const ours: LeanMeasured[] = [];
    const theirs = new Map<string, PeerMeasured[]>(Object.keys(VARIANTS).map((name) => [name, []]));
    for (let run = 0; run < runs; run += 1) {
      progress(`run ${run + 1} of ${runs}`);
      ours.push(await this.#ours(INPUT, devices * polls));
      for (const [name, variant] of Object.entries(VARIANTS)) {
        const measured = await kafkaStreams?.streams(variant);
        if (measured === undefined) continue;
        if (measured.anomalies !== anomalies)
          throw new Error(`bench is void: ${name} found ${measured.anomalies} anomalies, not ${anomalies}`);
        theirs.get(name)!.push(measured);
      }
    }
    await deleteTopics(this.#address, [INPUT]);
    const figures = [
      ...ourFigures(ours),
      ...[...theirs].flatMap(([name, all]) => peerFigures(name, all, ours)),
    ];
    return restartPolls === 0 ? figures : [...figures, ...(await this.#restart(kafkaStreams))];
  }

  async #load(
    kafkaStreams: Peer | undefined,
    {
      topic,
      devices,
      polls,
      seconds,
      from,
    }: Record<'devices' | 'polls' | 'seconds', number> & {
      topic: string;
      from: string;
    },
  ): Promise<void> {
    this.#options.progress(`loading ${(devices * polls * SAMPLES_PER_POLL).toLocaleString('en-US')} samples`);
    if (kafkaStreams === undefined) {
      const fromMs = Date.parse(from);
      await loadInput(this.#broker, topic, { devices, polls, seconds, fromMs, partitions: PARTITIONS });
    } else await kafkaStreams.load({ topic, devices, polls, seconds, from, partitions: PARTITIONS });
  }

  async #ours(input: string, polls: number, over: Partial<LeanMemberOptions> = {}): Promise<LeanMeasured> {
    const name = over.name ?? this.#nextName();
    const topics = runTopics(name, input);
    await createRunTopics(this.#broker, name, topics, PARTITIONS);
    const measured = await leanProcess({
      address: this.#address,
      brokerPid: this.#brokerPid,
      name,
      topics,
      polls,
      samplesPerPoll: SAMPLES_PER_POLL,
      ...COMMITS,
      checkpointIntervalMs: CHECKPOINT_MS,
      stop: false,
      ...over,
    });
    if (over.name === undefined) {
      if (measured.polls !== polls)
        throw new Error(`bench is void: ${measured.polls} of ${polls} polls were folded`);
      await deleteRunTopics(this.#address, name, topics);
    }
    return measured;
  }

  #nextName(): string {
    this.#run += 1;
    return `lean-${this.#run}`;
  }

  /** @returns how many anomalies both found. @throws Error naming what differs. */
  async #compare(kafkaStreams: Peer): Promise<number> {
    const { devices, polls, progress } = this.#options;
    progress('comparing the outputs of both');
    const name = this.#nextName();
    await this.#ours(INPUT, devices * polls, { name });
    // Nothing here reads lz4, the peer's default.
    await kafkaStreams.streams({ keep: true, compression: 'none' });
    const theirs = { deviation: 'peer.deviation', anomaly: 'peer.anomaly' };
    const ours = runTopics(name, INPUT);
    const found = await compareOutputs(this.#broker, ours, theirs);
    const { differences, shown, identicalPolls, anomalies } = found;
    if (differences > 0 || found.polls !== devices * polls)
      throw new Error(
        `bench is void: ${differences} differences in ${found.polls} polls (${devices * polls} were read):\n` +
          shown.join('\n'),
      );
    progress(
      `${found.polls} polls say the same, ${identicalPolls} of them to the last bit, and ${anomalies} anomalies`,
    );
    await deleteRunTopics(this.#address, name, ours);
    await deleteTopics(this.#address, Object.values(theirs));
    return anomalies;
  }

  /** Every cell of a week is filled; the process ends in order, and another one starts. */
  async #restart(kafkaStreams: Peer | undefined): Promise<Figure[]> {
    const { restartDevices: devices, restartPolls: polls, runs, progress } = this.#options;
    await this.#load(kafkaStreams, { topic: WEEK, devices, polls, seconds: 3600, from: WEEK_FROM });
    const name = this.#nextName();
    progress('filling the cells of a week, then restarting');
    const { checkpointBytes } = await this.#ours(WEEK, devices * polls, { name, stop: true });
    const seconds: number[] = [];
    for (let run = 0; run < runs; run += 1) {
      const { runningSeconds, polls: refolded } = await this.#ours(WEEK, 0, { name });
      if (refolded > 0) throw new Error(`bench is void: ${refolded} polls were folded twice`);
      seconds.push(runningSeconds);
    }
    await deleteRunTopics(this.#address, name, runTopics(name, WEEK));
    const series = (devices * ROWS * METRICS).toLocaleString('en-US');
    const figures = [
      figure(`lean-kafka: restart of ${series} full series`, 'seconds', seconds),
      figure('lean-kafka: the checkpoint of an orderly end', 'MB', [checkpointBytes / 1e6]),
    ];
    if (kafkaStreams === undefined) return figures;
    for (const [variant, variantOptions] of Object.entries(VARIANTS)) {
      const topic = { ...variantOptions, topic: WEEK, app: 'peer.restore', output: 'peer.restore' };
      await kafkaStreams.streams({ ...topic, keep: true });
      const theirs: number[] = [];
      for (let run = 0; run < runs; run += 1)
        theirs.push((await kafkaStreams.resume({ ...topic, keep: true })).main_to_running_s);
      await kafkaStreams.resume(topic);
      figures.push(figure(`Kafka Streams (${variant}): restart`, 'seconds', theirs));
    }
    return figures;
  }
}

function ourFigures(ours: readonly LeanMeasured[]): Figure[] {
  const of = (pick: (one: LeanMeasured) => number) => ours.map(pick);
  return [
    figure(
      'lean-kafka: exactly once, 100 ms',
      'CPU us/sample',
      of((one) => one.cpuUsPerSample),
    ),
    figure(
      'lean-kafka: exactly once, 100 ms',
      'samples/s',
      of((one) => one.samplesPerSecond),
    ),
    figure(
      'lean-kafka: the broker',
      'CPU us/sample',
      of((one) => one.brokerCpuUsPerSample),
    ),
    figure(
      'lean-kafka: process',
      'MiB RSS',
      of((one) => one.rssMb),
    ),
    figure(
      'lean-kafka: durability at full speed',
      'bytes/sample',
      of((one) => one.durabilityBytesPerSample),
    ),
  ];
}

/** Ratios are of the same turn: both met the same machine. */
function peerFigures(variant: string, all: readonly PeerMeasured[], ours: readonly LeanMeasured[]): Figure[] {
  if (all.length === 0) return [];
  const name = `Kafka Streams (${variant})`;
  const of = (pick: (one: PeerMeasured) => number) => all.map(pick);
  return [
    figure(
      name,
      'CPU us/sample',
      of((one) => one.cpu_s_per_million),
    ),
    figure(
      name,
      'samples/s',
      of((one) => one.samples_per_s),
    ),
    figure(
      `${name}: the broker`,
      'CPU us/sample',
      of((one) => one.broker_cpu_s_per_million),
    ),
    figure(
      `${name}: process`,
      'MiB RSS',
      of((one) => one.rss_mb),
    ),
    figure(
      `${name}: changelog`,
      'bytes/sample',
      of((one) => one.changelog_bytes_per_sample),
    ),
    figure(
      `${name}: its CPU / ours`,
      'ratio',
      all.map((one, run) => one.cpu_s_per_million / ours[run]!.cpuUsPerSample),
    ),
  ];
}
