/**
 * One collector process on thousands of switches of 48 ports, each polled once an interval over UDP, readings to a real
 * Kafka: its CPU time a poll, and whether every switch was polled in every interval with every column right. Switches
 * and broker are other processes; they share the cores, so wall times are upper bounds.
 */
import { randomBytes } from 'node:crypto';
import type { SnmpCredential } from '../../../pipeline/model/secret.ts';
import { kafkaService } from '../../services/kafka.ts';
import { registryService } from '../../services/registry.ts';
import type { Service } from '../../services/service.ts';
import { V2C, V3 } from '../../services/snmpd.ts';
import { killProcesses } from '../../support/netsigma-process.ts';
import { figure, type Figure } from '../figure.ts';
import { telegraf } from '../peers/telegraf/build.ts';
import { telegrafCollector } from '../peers/telegraf/telegraf-collector.ts';
import { startAgents } from './agents.ts';
import { netsigmaCollector } from './netsigma-collector.ts';
import { quantile } from './polls.ts';
import type { CollectorRun, Trial } from './trial.ts';
import { steadyWindow } from './window.ts';

export interface SnmpBenchOptions {
  readonly sizes: readonly number[];
  readonly credentials: readonly SnmpCredential[];
  readonly intervalMs: number;
  /** Measured; the first ones, which start everything, are not among them. */
  readonly intervals: number;
  /** Longest answer of a switch. */
  readonly maxMessageBytes: number;
  /** Telegraf in turns with ours. */
  readonly besideTelegraf: boolean;
}

/** An hour of both versions beside Telegraf. */
export const SNMP_BENCH: SnmpBenchOptions = {
  sizes: [500, 2_000],
  credentials: [V2C, V3],
  intervalMs: 60_000,
  intervals: 3,
  maxMessageBytes: 65_507,
  besideTelegraf: true,
};

export const SNMP_10K: SnmpBenchOptions = { ...SNMP_BENCH, sizes: [10_000] };

/** Starts a collector. */
type Subject = (trial: Trial) => Promise<CollectorRun>;

/** @throws Error with the reason when a service cannot be had; "bench is void" when anything came out wrong. */
export async function snmpBench(options: SnmpBenchOptions): Promise<Figure[]> {
  const services = await Promise.all([kafkaService(), registryService()]);
  try {
    const [kafka, registry] = services.map(addressOf);
    const subjects = await subjectsOf(options);
    const figures: Figure[] = [];
    for (const devices of options.sizes) {
      for (const credential of options.credentials) {
        const at = { kafka: kafka!, registry: registry!, devices, credential };
        for (const [name, subject] of subjects) {
          const measured = await measure(name, subject, at, options);
          figures.push(...measured);
        }
      }
    }
    return figures;
  } finally {
    killProcesses();
    for (const service of services) if (service.kind === 'running') await service.stop();
  }
}

async function subjectsOf({ besideTelegraf }: SnmpBenchOptions): Promise<(readonly [string, Subject])[]> {
  const own = ['netsigma', netsigmaCollector] as const;
  if (!besideTelegraf) return [own];
  const peer = await telegraf();
  if (peer.kind === 'ready') return [own, ['Telegraf', (trial) => telegrafCollector(peer.program, trial)]];
  process.stderr.write(`without Telegraf: ${peer.reason}\n`);
  return [own];
}

function addressOf(service: Service): string {
  if (service.kind === 'missing') throw new Error(`the bench needs it: ${service.reason}`);
  return service.address;
}

async function measure(
  name: string,
  subject: Subject,
  at: Pick<Trial, 'kafka' | 'registry' | 'devices' | 'credential'>,
  { intervalMs, intervals, maxMessageBytes }: SnmpBenchOptions,
): Promise<Figure[]> {
  const { devices, credential } = at;
  const agents = await startAgents({ count: devices, credential, maxMessageBytes });
  try {
    const prefix = `bench-${randomBytes(4).toString('hex')}.`;
    const trial = { ...at, prefix, intervalMs, agentsPort: agents.port, agentsStartMs: agents.startMs };
    const run = await subject(trial);
    const window = await steadyWindow(run, { intervalMs, intervals, agentsPid: agents.pid });
    await run.stop();
    const { sendErrors } = await agents.counts();
    if (sendErrors > 0) throw new Error(`bench is void: the switches could not send ${sendErrors} answers`);
    const found = await run.check(window.fromMs, window.toMs);
    const label = `${name} ${credential.version} ${devices}`;
    const one = (what: string, unit: string, value: number) => figure(`${label}: ${what}`, unit, [value]);
    const cpu = window.cpuMs.map((ms) => ms / devices);
    return [
      figure(`${label}: CPU`, 'ms/poll', cpu),
      figure(
        `${label}: devices a core each minute`,
        'devices',
        cpu.map((ms) => 60_000 / ms),
      ),
      one('RSS', 'MB', window.residentBytes / 1e6),
      ...(window.eventLoopDelayP99Ms === undefined
        ? []
        : [one('event loop delay p99', 'ms', window.eventLoopDelayP99Ms)]),
      ...(found.durationsMs.length === 0
        ? []
        : [
            one('poll p50', 'ms', quantile(found.durationsMs, 0.5)),
            one('poll p99', 'ms', quantile(found.durationsMs, 0.99)),
          ]),
      one('begin of poll after its time p99', 'ms', quantile(found.lateMs, 0.99)),
      one('begin of poll after its time at most', 'ms', quantile(found.lateMs, 1)),
      ...(found.requests === undefined ? [] : [one('requests', 'per poll', found.requests / found.polls)]),
      ...(found.retries === undefined ? [] : [one('requests repeated', 'in all', found.retries)]),
      one('polls missed', 'in all', found.missed),
      one('records', '/s', (1_000 * found.records) / (window.toMs - window.fromMs)),
      one('octets of a poll', 'B', found.bytes / found.polls),
      figure(
        `${label}: (the switches' CPU)`,
        'ms/poll',
        window.agentsCpuMs.map((ms) => ms / devices),
      ),
    ];
  } finally {
    await agents.stop();
  }
}
