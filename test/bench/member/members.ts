/** Members of the entity sub-topology on a real broker, and the polls that they fold. */
import { randomUUID } from 'node:crypto';
import { partitionFor } from '../../../pipeline/broker/partitioner.ts';
import type { Broker } from '../../../pipeline/broker/port.ts';
import { embeddedRegistry } from '../../../pipeline/codec/embedded-registry.ts';
import { catalogue, topicName, topicSpecs, type Naming } from '../../../topics/catalogue.ts';
import { startedCodec } from '../../support/codec.ts';
import { assertValid, type BenchContext } from '../bench.ts';
import { benchChild, type BenchChild } from '../child.ts';
import { load, type Load } from '../load.ts';
import {
  COUNTERS_PER_ROW,
  INTERVAL_MS,
  METRICS,
  pollTime,
  WARM_INTERVAL_MS,
  WARM_POLLS,
} from '../schedule.ts';
import { benchBroker } from '../shipped.ts';

export interface MemberOptions {
  readonly address: string;
  readonly naming: Naming;
  /** As shipped unless told. */
  readonly commitIntervalMs?: number;
}

export type MemberQuestion = 'hold' | 'go' | 'report' | 'stop';

/** Since `go`, or since its start, until all was folded and committed. */
export interface MemberReport {
  readonly kind: 'report';
  readonly partitions: number;
  /** metric.interface records that it has committed. */
  readonly records: number;
  readonly cpuUs: number;
  readonly seconds: number;
  readonly rssGib: number;
}

export type MemberAnswer =
  | MemberReport
  | { readonly kind: 'held' }
  /** When it committed its first metric.interface record: ms since 1970. */
  | { readonly kind: 'first'; readonly atMs: number };

export type Member = BenchChild<MemberQuestion, MemberAnswer>;

const MEMBER = new URL('stream-member.ts', import.meta.url);

/** A process that joins the group; its state may grow large. */
export function startMember(context: BenchContext, options: MemberOptions): Member {
  return benchChild(context, MEMBER, options);
}

/** What all say once everything is folded and each partition has one of them. */
export async function reports(members: readonly Member[], partitions: number): Promise<MemberReport[]> {
  for (;;) {
    const said = await Promise.all(
      members.map((member) => {
        member.ask('report');
        return member.answer('report');
      }),
    );
    const owned = said.reduce((sum, one) => sum + one.partitions, 0);
    if (owned === partitions && said.every((one) => one.partitions > 0)) return said;
  }
}

/** With a checkpoint. */
export async function stopMembers(members: readonly Member[]): Promise<void> {
  for (const member of members) member.ask('stop');
  for (const member of members) await member.ended();
}

export interface PolledTopic {
  readonly naming: Naming;
  readonly broker: Broker;
  readonly samplesPerPoll: number;
  readonly readings: Load;
  /** Of the next poll. */
  readonly step: number;
  /** Appends the next `count` polls of every entity. @returns the records. */
  write(count: number): Promise<number>;
}

export interface PolledTopicOptions {
  readonly entities: number;
  readonly rowsPerEntity: number;
  readonly partitions: number;
  /** After those that warm up: with the last of them time reaches the present. */
  readonly polls: number;
  /** Hourly ones before; WARM_POLLS unless told. */
  readonly warmPolls?: number;
}

const PRODUCED_AT_ONCE = 200;

/** Fresh topics. */
export async function polledTopic(
  context: BenchContext,
  { entities, rowsPerEntity, partitions, polls, warmPolls = WARM_POLLS }: PolledTopicOptions,
): Promise<PolledTopic> {
  const naming: Naming = { prefix: `bench-${randomUUID()}.`, generation: '' };
  const broker = benchBroker(await context.kafka());
  await broker.start();
  context.onEnd(() => broker.stop());
  await broker.createTopics(topicSpecs(catalogue, naming, partitions));
  const producer = broker.producer();
  await producer.start();
  context.onEnd(() => producer.stop());
  const codec = await startedCodec(catalogue, embeddedRegistry());
  const startMs = Date.now() - (warmPolls - 1) * WARM_INTERVAL_MS - polls * INTERVAL_MS - entities;
  const readings = load(codec, {
    seed: 20_261_121,
    entities,
    rowsPerEntity,
    startMs,
    intervalMs: 0,
    metrics: METRICS,
  });
  const topic = topicName(catalogue['raw.interface'], naming);
  let step = 0;
  return {
    naming,
    broker,
    readings,
    get step() {
      return step;
    },
    samplesPerPoll: entities * rowsPerEntity * COUNTERS_PER_ROW,
    async write(count) {
      assertValid(step + count <= warmPolls + polls, 'more polls are asked for than were planned');
      for (const end = step + count; step < end; step += 1) {
        const records = readings.poll(step, pollTime(startMs, step, warmPolls)).map((value, index) => {
          const key = Buffer.from(readings.entities[index]!);
          return { topic, partition: partitionFor(key, partitions), key, value };
        });
        for (let at = 0; at < records.length; at += PRODUCED_AT_ONCE)
          await producer.send(records.slice(at, at + PRODUCED_AT_ONCE));
      }
      return count * entities;
    },
  };
}
