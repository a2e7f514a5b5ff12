/**
 * One collector process on thousands of switches of 48 ports, each polled once a minute over UDP, readings to a real
 * Kafka: its CPU time a poll, and whether every switch was polled in every interval with every column right; Telegraf
 * on the same in turns. Switches and broker are other processes; they share the cores, so wall times are upper bounds.
 */
import { randomBytes } from 'node:crypto';
import type { SnmpCredential } from '../../../pipeline/model/secret.ts';
import { registryService } from '../../services/registry.ts';
import { V2C, V3 } from '../../services/snmpd.ts';
import { killProcesses } from '../../support/netsigma-process.ts';
import { assertValid, type Bench, type BenchContext } from '../bench.ts';
import { figure, figureLine, type Figure, type Target } from '../figure.ts';
import { telegraf } from '../peers/telegraf/build.ts';
import { telegrafCollector } from '../peers/telegraf/telegraf-collector.ts';
import { startAgents } from './agents.ts';
import { netsigmaCollector } from './netsigma-collector.ts';
import { quantile, type CheckedPolls } from './polls.ts';
import type { CollectorRun, Trial } from './trial.ts';
import { steadyWindow, type Window } from './window.ts';

export interface SnmpBenchOptions {
  readonly sizes: readonly number[];
  readonly credentials: readonly SnmpCredential[];
  readonly intervalMs: number;
  /** Measured; the first ones, which start everything, are not among them. */
  readonly intervals: number;
  /** Longest answer of a switch. */
  readonly maxMessageBytes: number;
  readonly besideTelegraf: boolean;
}

const OPTIONS: SnmpBenchOptions = {
  sizes: [1_000],
  credentials: [V2C, V3],
  intervalMs: 60_000,
  intervals: 3,
  maxMessageBytes: 65_507,
  besideTelegraf: true,
};

const TARGET: Target = { better: 'higher', atLeast: 2_000, then: 10_000 };

export const snmp: Bench = {
  name: 'snmp',
  measures: 'CPU of one collector on 1,000 switches a minute, v2c and v3, to Kafka, beside Telegraf',
  minutes: 22,
  full: (context) => snmpBench(context, OPTIONS),
};

export const snmp10k: Bench = {
  name: 'snmp-10k',
  measures: 'one collector on 10,000 switches a minute, v2c and v3, to Kafka',
  minutes: 12,
  // With a peer of a core and more the switches would have too little left of two.
  full: (context) => snmpBench(context, { ...OPTIONS, sizes: [10_000], besideTelegraf: false }),
};

/** Starts a collector. */
type Subject = (trial: Trial) => Promise<CollectorRun>;

interface Measured {
  readonly window: Window;
  readonly found: CheckedPolls;
  /** CPU time of the collector a poll, one figure an interval. */
  readonly cpuMs: readonly number[];
}

/** @throws Error with the reason when a service cannot be had; "bench is void" when anything came out wrong. */
export async function snmpBench(context: BenchContext, options: SnmpBenchOptions): Promise<Figure[]> {
  context.onEnd(async () => killProcesses());
  const registry = await registryService();
  if (registry.kind === 'missing') throw new Error(`the bench needs a registry: ${registry.reason}`);
  context.onEnd(() => registry.stop());
  const kafka = await context.kafka();
  const peer = options.besideTelegraf ? await telegrafSubject(context) : undefined;
  const figures: Figure[] = [];
  const keep = (...taken: Figure[]): void => {
    figures.push(...taken);
    // Hours of measuring: what is known is told, should a later part be void.
    for (const each of taken) context.progress(figureLine(each));
  };
  for (const devices of options.sizes) {
    for (const credential of options.credentials) {
      const at = { kafka, registry: registry.address, devices, credential };
      const label = `snmp: ${devices} switches, ${credential.version}`;
      context.progress(`${label}: netsigma`);
      const own = await measure(netsigmaCollector, at, options);
      keep(...figuresOf(`${label}, netsigma`, own, devices, TARGET));
      if (peer === undefined) continue;
      context.progress(`${label}: Telegraf`);
      const other = await measure(peer, at, options);
      keep(...figuresOf(`${label}, Telegraf`, other, devices));
      const ratios = own.cpuMs.map((cpu, i) => other.cpuMs[i]! / cpu);
      keep(figure(`${label}: Telegraf's CPU / netsigma's`, 'ratio', ratios, { better: 'higher' }));
    }
  }
  return figures;
}

async function telegrafSubject({ progress }: BenchContext): Promise<Subject | undefined> {
  const built = await telegraf();
  if (built.kind === 'ready') return (trial) => telegrafCollector(built.program, trial);
  progress(`without Telegraf: ${built.reason}`);
  return undefined;
}

async function measure(
  subject: Subject,
  at: Pick<Trial, 'kafka' | 'registry' | 'devices' | 'credential'>,
  { intervalMs, intervals, maxMessageBytes }: SnmpBenchOptions,
): Promise<Measured> {
  const { devices, credential } = at;
  const agents = await startAgents({ count: devices, credential, maxMessageBytes });
  try {
    const prefix = `bench-${randomBytes(4).toString('hex')}.`;
    const trial = { ...at, prefix, intervalMs, agentsPort: agents.port, agentsStartMs: agents.startMs };
    const run = await subject(trial);
    const window = await steadyWindow(run, { intervalMs, intervals, agentsPid: agents.pid });
    await run.stop();
    const { sendErrors } = await agents.counts();
    assertValid(sendErrors === 0, `the switches could not send ${sendErrors} answers`);
    const found = await run.check(window.fromMs, window.toMs);
    // Of the polls that were made: a collector that leaves some out is not cheaper for it.
    const pollsAnInterval = found.polls / intervals;
    return { window, found, cpuMs: window.cpuMs.map((ms) => ms / pollsAnInterval) };
  } finally {
    await agents.stop();
  }
}

function figuresOf(
  label: string,
  { window, found, cpuMs }: Measured,
  devices: number,
  target?: Target,
): Figure[] {
  const one = (what: string, unit: string, value: number | undefined) =>
    value === undefined || Number.isNaN(value) ? [] : [figure(`${label}: ${what}`, unit, [value])];
  const aMinute = cpuMs.map((ms) => 60_000 / ms);
  const { polls, requests, records, bytes, durationsMs, lateMs, missed, retries } = found;
  return [
    figure(`${label}: CPU`, 'ms/poll', cpuMs),
    figure(`${label}: devices a core each minute`, 'devices', aMinute, target),
    ...one('polls missed', 'in all', missed),
    ...one('polls begin after their time, p99', 'ms', quantile(lateMs, 0.99)),
    ...one('polls begin after their time, at most', 'ms', quantile(lateMs, 1)),
    ...one('a poll takes, p50', 'ms', quantile(durationsMs, 0.5)),
    ...one('a poll takes, p99', 'ms', quantile(durationsMs, 0.99)),
    ...one('event loop delay p99', 'ms', window.eventLoopDelayP99Ms),
    ...one('RSS', 'MB', window.residentBytes / 1e6),
    ...one('requests', 'per poll', requests === undefined ? undefined : requests / polls),
    ...one('requests repeated', 'in all', retries),
    ...one('records', '/s', (1_000 * records) / (window.toMs - window.fromMs)),
    ...one('records of a poll', 'B', bytes / polls),
    figure(
      `${label}: (the switches' CPU)`,
      'ms/poll',
      window.agentsCpuMs.map((ms) => ms / devices),
    ),
  ];
}
