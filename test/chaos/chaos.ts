/**
 * The pipeline under attack: a load of misbehaving devices, tasks and sinks in processes of their own, which are
 * killed, added and removed at random moments; the broker is killed, committed offsets are lost. When everything is
 * through, the verifier compares all topics and tables with the raw log.
 *
 *   load writer -> raw.interface -> N x netsigma process -> metric.*, insight.* -> N x netsigma sink -> tables
 */
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { until } from '../support/until.ts';
import type { Report } from '../verify/check.ts';
import { TopicLogs } from '../verify/topic-log.ts';
import { verify } from '../verify/verify.ts';
import { chance, type Chance } from './chance.ts';
import { deleteGroup, loseMetadata, untilCommitted } from './group-offsets.ts';
import { sinkLag, tasksLag } from './lag.ts';
import { LoadWriter, type LoadCounts } from './load-writer.ts';
import { PROCESS_GROUPS, runCommand, type MemberKind, type Surroundings } from './member.ts';
import { Members, type BadEnd, type Stop } from './members.ts';
import { patientAdmin, type PatientAdmin } from './patient-admin.ts';
import { plan, type Event } from './plan.ts';
import { restoreCounts, type Restore, type RestoreCounts } from './restores.ts';

/** A broker of the run's own. */
export interface KillableBroker {
  kill(): Promise<void>;
  restart(): Promise<void>;
}

export interface ChaosOptions extends Surroundings {
  readonly broker: KillableBroker;
  readonly seed: number;
  readonly durationMs: number;
  readonly kills: number;
  /** Of each kind at the beginning. */
  readonly members: number;
  readonly devices: number;
  readonly progress: (line: string) => void;
  /** A folder for what the members write. */
  readonly logs?: string;
}

export interface ChaosResult {
  readonly ok: boolean;
  readonly seed: number;
  readonly events: Readonly<Record<string, number>>;
  readonly load: LoadCounts;
  /** Members that ended by themselves (they were started again), or badly when they were told to stop. */
  readonly badEnds: readonly BadEnd[];
  /** Every orderly stop. */
  readonly stops: readonly Stop[];
  readonly restores: RestoreCounts;
  /** What the member restored that came after all others had been stopped in order. */
  readonly handOver: readonly Restore[];
  /** From the end of the load until everything was stored. */
  readonly catchUpMs: number;
  readonly verifyMs: number;
  readonly report: Report;
}

const MOST_MEMBERS = 4;
const CATCH_UP_MS = 180_000;

export async function chaos(options: ChaosOptions): Promise<ChaosResult> {
  const { seed, members: count, progress, ...where } = options;
  const random = chance(seed);
  const kafka = new kafkajs.Kafka({
    brokers: where.kafka.split(','),
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 30, initialRetryTime: 50, maxRetryTime: 1_000 },
  });
  await runCommand(['topics', 'apply'], where);
  await runCommand(['migrate'], where);
  const load = new LoadWriter({ ...where, kafka, seed, nowMs: Date.now() });
  await load.prepare();
  const connected = kafka.admin();
  await connected.connect();
  const admin = patientAdmin(connected);
  const members = new Members(where, options.logs);
  const events = plan({ chance: random, ...options });
  try {
    for (let at = 0; at < count; at += 1)
      for (const kind of ['process', 'sink'] as const) members.start(kind);
    load.start();
    for (const group of PROCESS_GROUPS) await untilCommitted(admin, `${where.prefix}${group}`);
    await attack(events, { ...options, random, client: kafka, admin, members });
    await load.stop();
    const stoppedMs = Date.now();
    progress(`load ended: ${JSON.stringify(load.counts)}`);
    const handOver = await settle(members, admin, kafka, options);
    const catchUpMs = Date.now() - stoppedMs;
    progress(`caught up after ${catchUpMs} ms`);
    const report = await verify(where);
    const verifyMs = Date.now() - stoppedMs - catchUpMs;
    const { badEnds, stops } = members;
    const ok = report.ok && report.counts.metrics.metricRecords > 0;
    return {
      ok,
      seed,
      events: counted(events),
      load: load.counts,
      badEnds,
      stops,
      restores: restoreCounts(members.restores),
      handOver,
      catchUpMs,
      verifyMs,
      report,
    };
  } finally {
    for (const kind of ['process', 'sink'] as const) await members.endAll(kind, 'SIGKILL');
    await connected.disconnect();
  }
}

interface Attack extends Omit<ChaosOptions, 'members'> {
  readonly random: Chance;
  readonly client: kafkajs.Kafka;
  readonly admin: PatientAdmin;
  readonly members: Members;
}

async function attack(events: readonly Event[], of: Attack): Promise<void> {
  const began = Date.now();
  for (const event of events) {
    await sleep(Math.max(0, event.atMs - (Date.now() - began)));
    of.progress(`${((Date.now() - began) / 1000).toFixed(1)} s: ${JSON.stringify(event)}`);
    await happen(event, of);
  }
  await sleep(Math.max(0, of.durationMs - (Date.now() - began)));
}

async function happen(event: Event, of: Attack): Promise<void> {
  const { members, client, admin, random, broker, prefix, progress } = of;
  switch (event.kind) {
    case 'kill':
      await members.kill(event.member, random);
      await sleep(event.downMs);
      members.start(event.member);
      return;
    case 'add':
      if (members.count(event.member) < MOST_MEMBERS) members.start(event.member);
      return;
    case 'remove':
      if (members.count(event.member) > 1) members.remove(event.member, random);
      return;
    case 'kill_broker':
      await broker.kill();
      await broker.restart();
      return;
    case 'lose_metadata':
    case 'delete_group': {
      const groups = PROCESS_GROUPS.map((group) => `${prefix}${group}`);
      for (const group of groups) await untilCommitted(admin, group);
      const count = Math.max(1, members.count('process'));
      await members.endAll('process', 'SIGKILL');
      for (const group of groups) {
        if (event.kind === 'delete_group') await deleteGroup(admin, group);
        else progress(`metadata of ${await loseMetadata(client, admin, group)} offsets of ${group} is lost`);
      }
      for (let at = 0; at < count; at += 1) members.start('process');
    }
  }
}

/** Waits until everything is folded and stored, and ends the members in that order: ticks go on writing until then. */
async function settle(
  members: Members,
  admin: PatientAdmin,
  kafka: kafkajs.Kafka,
  where: Surroundings,
): Promise<Restore[]> {
  const enough = (kind: MemberKind) => {
    if (members.count(kind) === 0) members.start(kind);
  };
  enough('process');
  await untilNone(() => tasksLag(admin, where), 'raw records to be folded');
  await members.endAll('process', 'SIGTERM');
  const handOver = await members.handOver('process');
  enough('sink');
  const logs = await TopicLogs.connect(kafka);
  try {
    await untilNone(() => sinkLag(logs, where), 'records to be stored');
  } finally {
    await logs.close();
  }
  await members.endAll('sink', 'SIGTERM');
  return handOver;
}

async function untilNone(lag: () => Promise<bigint>, what: string): Promise<void> {
  let last = -1n;
  await until(async () => (last = await lag()) === 0n, what, CATCH_UP_MS).catch((cause: unknown) => {
    throw new Error(`${last} ${what}, after ${CATCH_UP_MS} ms`, { cause });
  });
}

function counted(events: readonly Event[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const event of events) {
    const name = 'member' in event ? `${event.kind}_${event.member}` : event.kind;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
