/**
 * From a reading to its committed row at half of what the pipeline can do, and where the time goes:
 *
 *   due --produce--> in raw.interface --fold, commit--> in metric.interface --sink--> row committed
 *
 * Kafka, the tasks, the sink and the database are processes of this machine. Latency counts from when a reading is
 * due, so that a pipeline that stands still is charged for all that it keeps waiting.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { embeddedRegistry } from '../../../pipeline/codec/embedded-registry.ts';
import { catalogue } from '../../../topics/catalogue.ts';
import { startedCodec } from '../../support/codec.ts';
import { assertValid, type Bench, type BenchContext } from '../bench.ts';
import { figure, type Figure, type Target } from '../figure.ts';
import { polledTopic, reports, startMember, type Member, type PolledTopic } from '../member/members.ts';
import { startSink, untilStored, type SinkMember } from '../member/sink-members.ts';
import { WARM_POLLS } from '../schedule.ts';
import { benchServer } from '../sink/databases.ts';
import { schedule, sendOnTime, type Scheduled } from './open-loop.ts';
import { appendTimes, commitTimes } from './stamps.ts';

interface LatencyOptions {
  readonly entities: number;
  readonly runs: number;
  readonly secondsPerRun: number;
  /** Polls of the backlog whose time gives the full load. */
  readonly capacityPolls: number;
}

const ROWS = 48;
const PARTITIONS = 4;
const TARGET: Target = { better: 'lower', atLeast: 1_000, then: 300 };

const PARTS = ['in all', 'of that producing', 'of that folding, Kafka commit', 'of that the sink'] as const;
type Part = (typeof PARTS)[number];
const QUANTILES = { p50: 0.5, p99: 0.99, 'p99.9': 0.999 } as const;

export const latency: Bench = {
  name: 'latency',
  measures: 'from a reading to its committed row at half load: p50, p99, p99.9, and where it goes',
  minutes: 6,
  full: (context) =>
    measureLatency(context, { entities: 500, runs: 3, secondsPerRun: 30, capacityPolls: 20 }),
};

interface Pipeline {
  readonly topic: PolledTopic;
  readonly member: Member;
  readonly tables: SinkMember;
}

export async function measureLatency(context: BenchContext, options: LatencyOptions): Promise<Figure[]> {
  const { entities, runs, secondsPerRun, capacityPolls } = options;
  const server = await benchServer(context, { durable: true, settings: { track_commit_timestamp: 'on' } });
  const { pool, url } = await server.database('timescaledb-apache');
  const topic = await polledTopic(context, {
    entities,
    rowsPerEntity: ROWS,
    partitions: PARTITIONS,
    polls: capacityPolls,
  });
  const address = await context.kafka();
  const { naming, broker, readings } = topic;
  context.progress('latency: two days of polls first');
  await topic.write(WARM_POLLS);
  const member = startMember(context, { address, naming });
  const tables = startSink(context, { address, naming, url });
  let stored = entities * WARM_POLLS * ROWS;
  await untilStored(tables, stored);

  const rowsPerSecond = await capacity({ topic, member, tables }, capacityPolls, stored);
  stored += entities * capacityPolls * ROWS;
  const recordsPerSecond = rowsPerSecond / 2 / ROWS;
  context.progress(`latency: ${Math.round(rowsPerSecond)} rows/s are the full load`);

  const codec = await startedCodec(catalogue, embeddedRegistry());
  const values = new Map<string, number[]>();
  let step = topic.step;
  for (let run = 1; run <= runs; run += 1) {
    context.progress(`latency: run ${run} of ${runs}`);
    const loop = { recordsPerSecond, seconds: secondsPerRun, partitions: PARTITIONS };
    const scheduled = schedule(topic, step, loop);
    step += Math.ceil(scheduled.length / entities);
    const fromMs = scheduled[0]!.dueMs;
    assertValid(Date.now() < fromMs, 'encoding took longer than was planned for: run it on an idle machine');
    await sleep(fromMs - Date.now());
    const lateMs = await sendOnTime(broker, scheduled);
    stored += scheduled.length * ROWS;
    await untilStored(tables, stored);
    context.progress(`latency: the producer was ${lateMs} ms late at most`);
    const raw = await appendTimes(broker, codec, naming, 'raw.interface', fromMs);
    const metric = await appendTimes(broker, codec, naming, 'metric.interface', fromMs);
    const committed = await commitTimes(pool, readings.entities, fromMs, ROWS);
    for (const [name, value] of quantiles(parts(scheduled, raw, metric, committed)))
      values.set(name, [...(values.get(name) ?? []), value]);
  }
  await member.kill();
  await tables.kill();
  return [
    figure('latency: full load, from a backlog to rows', 'rows/s', [rowsPerSecond]),
    ...[...values].map(([name, of]) =>
      figure(name, 'ms', of, name === 'latency: in all, p99' ? TARGET : undefined),
    ),
  ];
}

/** Rows/s of all parts together while they have a backlog. */
async function capacity({ topic, member, tables }: Pipeline, polls: number, stored: number): Promise<number> {
  member.ask('hold');
  await member.answer('held');
  const rows = (await topic.write(polls)) * ROWS;
  const began = performance.now();
  member.ask('go');
  await untilStored(tables, stored + rows);
  await reports([member], PARTITIONS);
  return rows / ((performance.now() - began) / 1000);
}

/** Milliseconds of every reading, by part. */
function parts(
  scheduled: readonly Scheduled[],
  ...[raw, metric, committed]: readonly ReadonlyMap<string, number>[]
): Map<Part, number[]> {
  const of = new Map<Part, number[]>(PARTS.map((part) => [part, []]));
  for (const { id, dueMs } of scheduled) {
    const stamps = [raw!.get(id), metric!.get(id), committed!.get(id)];
    assertValid(!stamps.includes(undefined), `the reading ${id} did not come through`);
    const [inRaw, inMetric, inTable] = stamps as [number, number, number];
    const took = [inTable - dueMs, inRaw - dueMs, inMetric - inRaw, inTable - inMetric];
    for (const [index, ms] of took.entries()) of.get(PARTS[index]!)!.push(ms);
  }
  return of;
}

function quantiles(of: ReadonlyMap<Part, number[]>): Map<string, number> {
  const values = new Map<string, number>();
  for (const [part, ms] of of) {
    ms.sort((a, b) => a - b);
    for (const [name, q] of Object.entries(QUANTILES))
      values.set(`latency: ${part}, ${name}`, ms[Math.min(ms.length - 1, Math.floor(q * ms.length))]!);
  }
  return values;
}
