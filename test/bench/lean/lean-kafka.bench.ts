/**
 * The lean job on netsigma's runtime beside the same job on Kafka Streams, in turns on one broker and one topic,
 * exactly once, commits each 100 ms. First the outputs are compared: without that, no figure is given.
 */
import type { Broker } from '../../../pipeline/broker/port.ts';
import { ConfigError } from '../../../pipeline/model/errors.ts';
import { kafkaServer, type KafkaServer } from '../../services/kafka-server.ts';
import { assertValid, type Bench, type BenchContext } from '../bench.ts';
import { figure, type Figure } from '../figure.ts';
import { createRunTopics, deleteRunTopics, deleteTopics, runTopics } from './bench-topics.ts';
import { compareOutputs } from './compare-outputs.ts';
import { durabilityFigures, ourFigures, peerFigures } from './kafka-figures.ts';
import { FULL, leanCost, type LeanCost } from './lean.bench.ts';
import { leanDurability, type LeanDurability } from './lean-durability.ts';
import { leanProcess, type LeanMeasured, type LeanMemberOptions } from './lean-process.ts';
import { peer, type Peer, type PeerMeasured, type PeerOptions } from './peer.ts';
import { METRICS } from './peer-topics.ts';
import { benchBroker, SHIPPED } from '../shipped.ts';

interface LeanKafkaOptions {
  readonly devices: number;
  readonly polls: number;
  readonly runs: number;
  /** Of the peer's JVM; 2 unless told. */
  readonly heapGb?: number;
}

const PARTITIONS = 4;
const ROWS = 48;
const SAMPLES_PER_POLL = ROWS * METRICS;
const FROM = '2026-11-16T09:30:00Z';
const WEEK_FROM = '2026-11-09T00:00:00Z';
const INPUT = 'peer.raw';
const WEEK = 'peer.raw168';
/** So many bytes that the time decides when a task commits, as it does in the peer. */
const COMMITS = { commitIntervalMs: 100, commitBytes: 4_000_000 } as const;

/** A run takes some seconds: without the second, none has a checkpoint in it. */
const OURS = {
  'as shipped': { compression: SHIPPED.compression, checkpointIntervalMs: SHIPPED.checkpointIntervalMs },
  'a checkpoint each second': { compression: SHIPPED.compression, checkpointIntervalMs: 1_000 },
  'no compression': { compression: 'none', checkpointIntervalMs: SHIPPED.checkpointIntervalMs },
} as const satisfies Record<string, Partial<LeanMemberOptions>>;

/** Store, and what has one state value: what people write, then the best that were found. lz4 unless told. */
const VARIANTS = {
  'rocksdb by interface': { store: 'rocksdb', grain: 'row' },
  'rocksdb by device': { store: 'rocksdb', grain: 'entity' },
  'memory by device': { store: 'memory', grain: 'entity', cache: false },
  'memory by device, no compression': {
    store: 'memory',
    grain: 'entity',
    cache: false,
    compression: 'none',
  },
} as const satisfies Record<string, PeerOptions>;

/** What a variant of the peer is held against. */
const AGAINST: Readonly<Record<keyof typeof VARIANTS, keyof typeof OURS>> = {
  'rocksdb by interface': 'as shipped',
  'rocksdb by device': 'as shipped',
  'memory by device': 'as shipped',
  'memory by device, no compression': 'no compression',
};

/** 23 M samples a run. */
export const leanKafka: Bench = {
  name: 'lean-kafka',
  measures: 'the same job through Kafka, exactly once, beside Kafka Streams on the same topic',
  minutes: 5,
  full: (run) =>
    inTurns({ devices: 2_000, polls: 30, runs: 3 }, run, (turns) => turns.throughput('lean-kafka')),
};

/** No device comes twice within a commit, as in real time: no cache of the peer's merges its writes. */
export const leanKafkaSteady: Bench = {
  name: 'lean-kafka-10k',
  measures: 'lean-kafka with 10,000 devices (3.84 M series): no device twice within a commit',
  minutes: 6,
  full: (run) =>
    inTurns({ devices: 10_000, polls: 10, runs: 1, heapGb: 4 }, run, (turns) =>
      turns.throughput('lean-kafka-10k'),
    ),
};

/** Polls an hour apart for a week: every cell of 99,840 series is filled. */
export const leanRestart: Bench = {
  name: 'lean-restart',
  measures: 'the same job: from the start of a process until it runs, every cell of a week filled',
  minutes: 5,
  full: (run) => inTurns({ devices: 260, polls: 168, runs: 3 }, run, (turns) => turns.restart()),
};

/** @throws ConfigError when Kafka or the peer cannot be had; Error when the two jobs do not say the same. */
export async function inTurns(
  options: LeanKafkaOptions,
  context: BenchContext,
  measure: (turns: Turns) => Promise<Figure[]>,
): Promise<Figure[]> {
  // Its own: the CPU time of the broker is read, and nobody else uses it.
  const server = await kafkaServer({ progress: (line) => context.progress(line) });
  context.onEnd(() => server.stop());
  const broker = benchBroker(server.address);
  await broker.start();
  try {
    const there = await peer({
      address: server.address,
      brokerPid: server.pid(),
      heapGb: options.heapGb ?? 2,
      progress: (line) => context.progress(line),
    });
    if (there.kind === 'missing')
      throw new ConfigError(`the bench compares with Kafka Streams, which cannot be run: ${there.reason}`);
    return await measure(new Turns(options, context, server, broker, there));
  } finally {
    await broker.stop();
    await server.stop();
  }
}

class Turns {
  readonly #options: LeanKafkaOptions;
  readonly #address: string;
  readonly #brokerPid: number;
  readonly #broker: Broker;
  readonly #kafkaStreams: Peer;
  readonly #progress: (line: string) => void;
  #run = 0;

  constructor(
    options: LeanKafkaOptions,
    context: BenchContext,
    server: KafkaServer,
    broker: Broker,
    kafkaStreams: Peer,
  ) {
    this.#options = options;
    this.#kafkaStreams = kafkaStreams;
    this.#progress = (line) => context.progress(line);
    this.#address = server.address;
    this.#brokerPid = server.pid();
    this.#broker = broker;
  }

  /** CPU, speed, memory and durability of both, as figures of the bench of this name. */
  async throughput(bench: string): Promise<Figure[]> {
    const { devices, polls, runs } = this.#options;
    await this.#load({ topic: INPUT, devices, polls, seconds: 60, from: FROM });
    const anomalies = await this.#compare();
    const ours: Record<keyof typeof OURS, LeanMeasured[]> = emptyRuns(OURS);
    const theirs: Record<keyof typeof VARIANTS, PeerMeasured[]> = emptyRuns(VARIANTS);
    const inMemory: LeanCost[] = [];
    const checked = <M extends { readonly anomalies: number }>(name: string, measured: M): M => {
      const { anomalies: found } = measured;
      assertValid(found === anomalies, `${name}: ${found} anomalies, not ${anomalies}`);
      return measured;
    };
    for (let run = 0; run < runs; run += 1) {
      this.#progress(`run ${run + 1} of ${runs}`);
      for (const [name, setting] of Object.entries(OURS)) {
        const mine = checked(name, await this.#ours(INPUT, devices * polls, setting));
        this.#progress(`ours, ${name}: ${mine.cpuUsPerSample.toFixed(3)} CPU us/sample`);
        ours[name as keyof typeof OURS].push(mine);
      }
      if (devices === FULL.devices) inMemory.push(await leanCost(run));
      for (const [name, variant] of Object.entries(VARIANTS)) {
        const measured = checked(name, await this.#kafkaStreams.streams(variant));
        this.#progress(`${name}: ${measured.cpu_s_per_million} CPU us/sample`);
        theirs[name as keyof typeof VARIANTS].push(measured);
      }
    }
    await deleteTopics(this.#address, [INPUT]);
    return [
      ...ourFigures(bench, ours, inMemory),
      ...Object.entries(theirs).flatMap(([name, all]) =>
        peerFigures(`${bench}: Kafka Streams, ${name}`, all, ours[AGAINST[name as keyof typeof VARIANTS]]),
      ),
    ];
  }

  async #load(
    input: Record<'devices' | 'polls' | 'seconds', number> & { topic: string; from: string },
  ): Promise<void> {
    const samples = input.devices * input.polls * SAMPLES_PER_POLL;
    this.#progress(`loading ${samples.toLocaleString('en-US')} samples`);
    await this.#kafkaStreams.load({ ...input, partitions: PARTITIONS });
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
      ...OURS['as shipped'],
      stop: false,
      ...over,
    });
    if (over.name === undefined) {
      assertValid(measured.polls === polls, `${measured.polls} of ${polls} polls were folded`);
      await deleteRunTopics(this.#address, name, topics);
    }
    return measured;
  }

  #nextName(): string {
    this.#run += 1;
    return `lean-${this.#run}`;
  }

  /** @returns how many anomalies both found. @throws Error naming what differs. */
  async #compare(): Promise<number> {
    const { devices, polls } = this.#options;
    this.#progress('comparing the outputs of both');
    const name = this.#nextName();
    await this.#ours(INPUT, devices * polls, { name });
    // Nothing here reads lz4, the peer's default.
    await this.#kafkaStreams.streams({ keep: true, compression: 'none' });
    const theirs = { deviation: 'peer.deviation', anomaly: 'peer.anomaly' };
    const ours = runTopics(name, INPUT);
    const found = await compareOutputs(this.#broker, ours, theirs);
    const { differences, shown, identicalPolls, anomalies } = found;
    const all = devices * polls;
    assertValid(
      differences === 0,
      `${differences} differences in ${found.polls} polls:\n${shown.join('\n')}`,
    );
    assertValid(found.polls === all, `${found.polls} of ${all} polls were compared`);
    this.#progress(
      `${found.polls} polls say the same, ${identicalPolls} of them to the last bit, and ${anomalies} anomalies`,
    );
    await deleteRunTopics(this.#address, name, ours);
    await deleteTopics(this.#address, Object.values(theirs));
    return anomalies;
  }

  /** Every cell of a week is filled; the process ends in order, and another one starts. */
  async restart(): Promise<Figure[]> {
    const { devices, polls, runs } = this.#options;
    await this.#load({ topic: WEEK, devices, polls, seconds: 3600, from: WEEK_FROM });
    const name = this.#nextName();
    this.#progress('filling the cells of a week, then restarting');
    const filled = await this.#ours(WEEK, devices * polls, { name, stop: true });
    const seconds: number[] = [];
    for (let run = 0; run < runs; run += 1) {
      // Each leaves the group: the next does not wait for the session's timeout.
      const { runningSeconds, polls: refolded } = await this.#ours(WEEK, 0, { name, stop: true });
      assertValid(refolded === 0, `${refolded} polls were folded twice`);
      seconds.push(runningSeconds);
    }
    await deleteRunTopics(this.#address, name, runTopics(name, WEEK));
    const series = (devices * ROWS * METRICS).toLocaleString('en-US');
    this.#progress('two hours of polls in memory: what checkpoints would write of them');
    const durability: LeanDurability[] = [];
    for (let run = 0; run < runs; run += 1) durability.push(await leanDurability(devices, run));
    const figures = [
      figure(`lean-restart: ${series} full series, process start to running`, 'seconds', seconds, {
        better: 'lower',
        atLeast: 8,
        then: 3,
      }),
      figure('lean-restart: the checkpoint of an orderly end', 'MB', [filled.checkpointBytes / 1e6]),
      ...durabilityFigures(durability, filled, seconds),
    ];
    for (const [variant, variantOptions] of Object.entries(VARIANTS)) {
      const topic = { ...variantOptions, topic: WEEK, app: 'peer.restore', output: 'peer.restore' };
      await this.#kafkaStreams.streams({ ...topic, keep: true });
      const theirs: number[] = [];
      for (let run = 0; run < runs; run += 1)
        theirs.push((await this.#kafkaStreams.resume({ ...topic, keep: true })).main_to_running_s);
      await this.#kafkaStreams.resume(topic);
      figures.push(figure(`lean-restart: Kafka Streams, ${variant}, main to running`, 'seconds', theirs));
    }
    return figures;
  }
}

function emptyRuns<K extends string, M>(variants: Readonly<Record<K, unknown>>): Record<K, M[]> {
  return Object.fromEntries(Object.keys(variants).map((name) => [name, [] as M[]])) as Record<K, M[]>;
}
