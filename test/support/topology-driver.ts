/**
 * The whole topology in memory, step by step (as Kafka Streams' TopologyTestDriver): pipe records in, read decoded
 * records out. No broker, no clock: append times are the test's. The sub-topology `domain` is there if ticks are.
 */
import { embeddedRegistry } from '../../pipeline/codec/embedded-registry.ts';
import type { Codec } from '../../pipeline/codec/port.ts';
import type { Reading } from '../../pipeline/model/reading.ts';
import { Folding } from '../../pipeline/runtime/folding.ts';
import { readingSubTopology } from '../../pipeline/runtime/reading-processor.ts';
import { recordSubTopology } from '../../pipeline/runtime/record-processor.ts';
import type { ProcessorOutput } from '../../pipeline/runtime/sub-topology.ts';
import { BASELINE_DEFAULTS } from '../../pipeline/stages/baseline/baseline.ts';
import { DETECT_DEFAULTS } from '../../pipeline/stages/detect/detect.ts';
import { FEATURE_DEFAULTS } from '../../pipeline/stages/features/feature-settings.ts';
import { RATE_DEFAULTS } from '../../pipeline/stages/rate/rate.ts';
import { domainTopology, entityTopology, type StageSettings } from '../../pipeline/topology.ts';
import {
  catalogue as standard,
  type Catalogue,
  type TopicName,
  type TopicRecord,
} from '../../topics/catalogue.ts';
import { tickInput } from '../../topics/domain.ts';
import { startedCodec } from './codec.ts';
import { feed, type Feed } from './feed.ts';

export interface SentRecord {
  readonly topic: TopicName;
  readonly key: string | null;
  readonly value: Buffer;
}

export interface RefusedRecord {
  readonly topic: TopicName;
  readonly offset: number;
  readonly reason: string;
}

export interface TopologyDriver {
  readonly codec: Codec;
  readonly sent: SentRecord[];
  readonly refused: RefusedRecord[];
  readonly outcomes: Map<string, number>;
  /** Folds one record of any input topic. */
  readonly pipe: Feed;
  /** Encodes and folds a raw reading. */
  pipeReading(reading: Reading, appendedAtMs?: number): Promise<void>;
  tick(tickMs: number): void;
  /** Takes and decodes what was sent to a record topic since the last call. */
  take<T extends TopicName>(topic: T): Promise<TopicRecord<T>[]>;
  state: { entities: number; rows: number };
}

export const STAGE_DEFAULTS: StageSettings = {
  rate: RATE_DEFAULTS,
  baseline: BASELINE_DEFAULTS,
  detect: DETECT_DEFAULTS,
  features: FEATURE_DEFAULTS,
};

export interface TopologyDriverOptions {
  readonly catalogue?: Catalogue;
  readonly settings?: StageSettings;
  /** Ticks fire as a task has them, by the append times of readings; by `tick` alone otherwise. */
  readonly ticks?: boolean;
}

export async function topologyDriver(options: TopologyDriverOptions = {}): Promise<TopologyDriver> {
  const catalogue = options.catalogue ?? standard;
  const codec = await startedCodec(catalogue, embeddedRegistry());
  const topology = entityTopology(catalogue, options.settings ?? STAGE_DEFAULTS);
  const processor = readingSubTopology({ codec, catalogue, topology }).newProcessor();
  const encoder = codec.readingEncoder('raw.interface');
  const domain = options.ticks === true ? domainSide(codec, catalogue, options.settings) : undefined;
  const sent: SentRecord[] = [];
  const refused: RefusedRecord[] = [];
  const outcomes = new Map<string, number>();

  const out: ProcessorOutput = {
    send: (topic, key, value) => sent.push({ topic, key: key?.toString() ?? null, value }),
    repartition: (topic, key, value) => sent.push({ topic, key: key.toString(), value }),
    deadLetter: (topic, record, reason) => refused.push({ topic, offset: record.offset, reason }),
    count: (stage, outcome, by = 1) =>
      outcomes.set(`${stage}.${outcome}`, (outcomes.get(`${stage}.${outcome}`) ?? 0) + by),
    countRows: (quality, rows) =>
      outcomes.set(`quality.${quality}`, (outcomes.get(`quality.${quality}`) ?? 0) + rows),
  };

  const folding = new Folding(() => processor);
  // Control records come at any append time: only readings tell of time.
  folding.continueFrom(new Map(topology.control.map((topic) => [topic, Infinity])), Number.NaN);
  const pipeEntity = feed(processor, (topic, record) =>
    domain === undefined
      ? processor.fold(topic, record, out, record.appendedAtMs)
      : folding.fold(topic, record, out),
  );
  const pipe: Feed = async (...record) => {
    const before = sent.length;
    await pipeEntity(...record);
    const told = sent.slice(before).filter(({ topic }) => topic === topology.domain);
    await domain?.(
      told.map(({ value }) => value),
      folding.lastTickMs,
      out,
    );
  };

  return {
    codec,
    sent,
    refused,
    outcomes,
    state: processor.state,
    pipe,
    pipeReading: (reading, appendedAtMs = reading.observedAtMs + 100) =>
      pipe('raw.interface', reading.entity, encoder.encode(reading), appendedAtMs),
    tick: (tickMs) => processor.punctuate(tickMs, out),
    async take<T extends TopicName>(topic: T) {
      const decoder = codec.recordDecoder(topic);
      const taken = sent.filter((record) => record.topic === topic);
      sent.splice(0, sent.length, ...sent.filter((record) => record.topic !== topic));
      await decoder.prepare(taken.map(({ value }) => value));
      return taken.map(({ value }) => {
        const outcome = decoder.decode(value);
        if (outcome.kind === 'deadLetter') throw new Error(`${topic}: ${outcome.reason} ${outcome.detail}`);
        return outcome.record;
      });
    },
  };
}

/** What tasks of `domain` make of what the only task of `entity` tells them. */
function domainSide(codec: Codec, catalogue: Catalogue, settings = STAGE_DEFAULTS) {
  const topology = domainTopology(catalogue, settings);
  const folding = new Folding(() => recordSubTopology({ codec, topology }).newProcessor());
  const encoder = codec.recordEncoder(topology.input);
  let toldTickMs = Number.NaN;
  return async (values: readonly Buffer[], tickMs: number, out: ProcessorOutput): Promise<void> => {
    const pipe = feed(folding.processor, (topic, record) => folding.fold(topic, record, out));
    for (const value of values) await pipe(topology.input, null, value, tickMs);
    if (Number.isNaN(tickMs) || tickMs === toldTickMs) return;
    toldTickMs = tickMs;
    await pipe(topology.input, null, encoder.encode(tickInput(tickMs, 0, 1)), tickMs);
  };
}
