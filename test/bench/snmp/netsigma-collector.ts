/** `netsigma collect` on simulated switches, and what it published about them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import type { Row } from '../../verify/records.ts';
import { netsigma, type NetsigmaProcess } from '../../support/netsigma-process.ts';
import { assertValid } from '../bench.ts';
import { readRecords } from './read-records.ts';
import { checkPort } from './port-check.ts';
import { missedPolls, type CheckedPolls } from './polls.ts';
import { PORTS, switchAddress, switchName } from './switch-mib.ts';
import type { CollectorRun, Trial } from './trial.ts';

const DOMAIN = 'bench';

interface Audit {
  readonly entity: string;
  readonly poll_id: string;
  readonly started_at: number;
  readonly duration_ms: number;
  readonly status: string;
  readonly error_message: string | null;
  readonly requests: number;
  readonly retries: number;
  readonly late_ms: number;
}

interface Raw {
  readonly entity: string;
  readonly poll_id: string;
  readonly parts: number;
  readonly observed_at: number;
  readonly duration_ms: number;
  readonly rows: readonly Row[];
}

/** Starts it; resolves once all switches are its own. */
export async function netsigmaCollector(trial: Trial): Promise<CollectorRun> {
  const folder = await mkdtemp(join(tmpdir(), 'netsigma-bench-'));
  const config = join(folder, 'netsigma.yaml');
  await writeFile(config, stringify(configuration(trial)));
  await writeFile(join(folder, 'inventory.yaml'), stringify(inventory(trial)));
  const command = (...args: string[]) => netsigma([...args, '--config', config], secrets(trial));
  await succeeds(command('topics', 'apply'));
  const collector = command('collect');
  try {
    await collector.ready();
    await assigned(collector, trial.devices);
  } catch (error) {
    collector.child.kill('SIGKILL');
    throw error;
  }
  return {
    pid: collector.child.pid!,
    eventLoopDelayP99Ms: () => eventLoopDelayP99Ms(collector),
    async stop() {
      const code = await collector.stop();
      await rm(folder, { recursive: true });
      if (code !== 0) throw new Error(`netsigma collect ended with ${code}: ${collector.output()}`);
    },
    check: (fromMs, toMs) => check(trial, fromMs, toMs),
  };
}

function configuration({ kafka, registry, prefix, intervalMs, credential }: Trial) {
  return {
    domain: DOMAIN,
    zone: DOMAIN,
    inventory: { file: 'inventory.yaml' },
    credentials: {
      [DOMAIN]:
        credential.version === 'v2c'
          ? { version: 'v2c', community: 'env:BENCH_COMMUNITY' }
          : {
              version: 'v3',
              user: credential.user,
              auth_protocol: credential.authProtocol,
              auth_key: 'env:BENCH_AUTH_KEY',
              priv_protocol: credential.privProtocol,
              priv_key: 'env:BENCH_PRIV_KEY',
            },
    },
    broker: { kind: 'kafka', prefix, partitions: 12, kafka: { brokers: [kafka] } },
    registry: { url: registry },
    collect: { snmp: { interval: `${intervalMs}ms` } },
  };
}

function secrets({ credential }: Trial): Record<string, string> {
  return credential.version === 'v2c'
    ? { BENCH_COMMUNITY: credential.community.reveal() }
    : { BENCH_AUTH_KEY: credential.authKey!.reveal(), BENCH_PRIV_KEY: credential.privKey!.reveal() };
}

function inventory({ devices, agentsPort }: Trial) {
  return {
    sites: [{ slug: 'bench', time_zone: 'Europe/Zurich' }],
    devices: Array.from({ length: devices }, (_, device) => ({
      name: switchName(device),
      address: switchAddress(device),
      port: agentsPort,
      credential: DOMAIN,
      site: 'bench',
      role: 'switch',
    })),
  };
}

async function succeeds(command: NetsigmaProcess): Promise<void> {
  const code = await command.ended;
  if (code !== 0) throw new Error(`a preparation ended with ${code}: ${command.output()}`);
}

async function assigned(collector: NetsigmaProcess, devices: number): Promise<void> {
  for (;;) {
    const { collect } = await collector.status<{ collect: { devices: number } }>();
    if (collect.devices === devices) return;
    if (collector.child.exitCode !== null) throw new Error(`netsigma collect ended: ${collector.output()}`);
    await sleep(500);
  }
}

/** prom-client begins a new histogram at each scrape. */
async function eventLoopDelayP99Ms(collector: NetsigmaProcess): Promise<number> {
  const text = await (await fetch(`${await collector.url()}/metrics`)).text();
  return 1_000 * Number(/^nodejs_eventloop_lag_p99_seconds (\S+)$/m.exec(text)?.[1]);
}

/** Every poll a success, and one record of all ports with all columns, read while it was under way. */
async function check(trial: Trial, fromMs: number, toMs: number): Promise<CheckedPolls> {
  const audits = new Map<string, Audit>();
  const planned: { device: number; atMs: number }[] = [];
  for await (const audit of readRecords<Audit>(trial, `${trial.prefix}ops.collection`)) {
    const atMs = audit.started_at - audit.late_ms;
    if (atMs < fromMs || atMs >= toMs) continue;
    const { entity, status, error_message: error, poll_id: id } = audit;
    const isGood = status === 'success' && error === null && !audits.has(id);
    assertValid(isGood, `${entity}: ${status}, ${String(error)}, poll ${id}`);
    audits.set(id, audit);
    planned.push({ device: deviceOf(entity), atMs });
  }
  const missed = missedPolls(planned, trial, fromMs, toMs);
  const unpublished = new Set(audits.keys());
  let bytes = 0;
  for await (const raw of readRecords<Raw>(trial, `${trial.prefix}raw.interface`)) {
    const audit = audits.get(raw.poll_id);
    if (audit === undefined) continue;
    assertValid(unpublished.delete(raw.poll_id), `poll ${raw.poll_id} was published twice`);
    checkRecord(trial, raw, audit);
    bytes += raw.octets;
  }
  assertValid(unpublished.size === 0, `${unpublished.size} polls without a record`);
  const all = [...audits.values()];
  return {
    polls: all.length,
    missed,
    records: all.length,
    rows: all.length * PORTS,
    bytes,
    durationsMs: all.map(({ duration_ms: duration }) => duration),
    lateMs: all.map(({ late_ms: late }) => late),
    requests: all.reduce((sum, { requests }) => sum + requests, 0),
    retries: all.reduce((sum, { retries }) => sum + retries, 0),
  };
}

function checkRecord({ agentsStartMs }: Trial, raw: Raw, audit: Audit): void {
  const isWhole = raw.entity === audit.entity && raw.parts === 1 && raw.rows.length === PORTS;
  assertValid(isWhole, `${raw.entity}: ${raw.rows.length} rows, ${raw.parts} parts`);
  const device = deviceOf(raw.entity);
  for (const [i, values] of raw.rows.entries()) {
    assertValid(values['if_index'] === i + 1, `${raw.entity}: row ${i} is not port ${i + 1}`);
    const { firstMs, lastMs } = checkPort({ device, port: i + 1, values });
    const endMs = audit.started_at + audit.duration_ms;
    const isInTime = agentsStartMs + firstMs >= audit.started_at && agentsStartMs + lastMs <= endMs;
    assertValid(isInTime, `${raw.entity}: port ${i + 1} was not read during its poll`);
  }
}

function deviceOf(entity: string): number {
  return Number(/switch-(\d{5})$/.exec(entity)?.[1]);
}
