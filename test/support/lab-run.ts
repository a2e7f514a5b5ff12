/**
 * The whole pipeline on a network of real agents, told as data: traffic of a known rate, then a link taken down.
 *
 *   snmpd r1 (v2c) --+
 *                    +-- collect -- Kafka -- process -- Kafka -- sink -- TimescaleDB
 *   snmpd r2 (v3)  --+
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Direction, KernelOctets } from '../services/kernel-octets.ts';
import type { Lab } from '../services/lab.ts';
import type { TestDatabase } from '../services/postgres.ts';
import { TOOL_ARGUMENTS, tool, V2C, V3 } from '../services/snmpd.ts';
import { check, type Report } from '../verify/check.ts';
import { readTables } from '../verify/database.ts';
import { readTopics } from '../verify/read-topics.ts';
import type { RawRecord } from '../verify/records.ts';
import { netsigma, type NetsigmaProcess } from './netsigma-process.ts';
import { until } from './until.ts';

export const INTERVAL_MS = 2_000;
/** Rows with rates of each agent, all of them under traffic. */
export const RATED_POLLS = 8;
/** More than a device needs to be seen down, so that what comes later would be seen, too. */
const POLLS_AFTER = 4;
/** Long enough a time up, so short, for a link whose loss is told: 10 minutes by default. */
const UP = '5s';
const PAYLOAD_BITS_PER_SECOND = 20_000_000;

const OCTETS_OID = { rx: '1.3.6.1.2.1.31.1.1.1.6', tx: '1.3.6.1.2.1.31.1.1.1.10' } as const;
const IF_NAME = '1.3.6.1.2.1.31.1.1.1.1';

/** A row of interface_metrics about the link "data". */
export interface LinkRow {
  readonly recorded_at: Date;
  readonly ingested_at: Date;
  readonly quality: string;
  readonly admin_status: number;
  readonly oper_status: number;
  readonly rx_bytes: string;
  readonly tx_bytes: string;
  readonly rx_bps: number | null;
  readonly tx_bps: number | null;
}

export interface AnomalyRow {
  readonly hostname: string;
  readonly interface_name: string;
  readonly metric_name: string;
  readonly state: string;
  readonly severity: string;
  readonly metric_value: number;
  readonly opened_at: Date;
  readonly ingested_at: Date;
}

/** One end of the link. */
export interface LinkEnd {
  readonly rows: readonly LinkRow[];
  /** What was read off the agent for each row, by recorded_at. */
  readonly polls: ReadonlyMap<number, RawRecord>;
  readonly kernel: KernelOctets;
  /** What net-snmp's own tools read at last. */
  readonly lastRead: Readonly<Record<Direction, string>>;
}

export interface LabOutcome {
  readonly ends: Readonly<Record<'r1' | 'r2', LinkEnd>>;
  readonly anomalies: readonly AnomalyRow[];
  readonly hypertables: readonly string[];
  readonly wireBitsPerSecond: number;
  /** From here on every poll was of a link under full traffic. */
  readonly steadyFromMs: number;
  readonly downAtMs: number;
  /** By an independent computation over all topics and tables. */
  readonly report: Report;
  readonly exitCodes: readonly (number | null)[];
  readonly output: string;
}

export interface LabRunOptions {
  readonly lab: Lab;
  readonly kafka: string;
  readonly registry: string;
  /** Empty. */
  readonly database: TestDatabase;
}

export async function labRun({ lab, kafka, registry, database }: LabRunOptions): Promise<LabOutcome> {
  const prefix = `lab-${randomBytes(4).toString('hex')}.`;
  const folder = await mkdtemp(join(tmpdir(), 'netsigma-lab-'));
  const file = join(folder, 'netsigma.yaml');
  const env = {
    LAB_COMMUNITY: V2C.version === 'v2c' ? V2C.community.reveal() : '',
    LAB_AUTH_KEY: V3.authKey!.reveal(),
    LAB_PRIV_KEY: V3.privKey!.reveal(),
    NETSIGMA_DATABASE_URL: database.url,
  };
  const started: NetsigmaProcess[] = [];
  const command = (...name: string[]): NetsigmaProcess => {
    const one = netsigma([...name, '--config', file], env);
    started.push(one);
    return one;
  };
  try {
    await writeFile(file, configuration(prefix, kafka, registry));
    await writeFile(join(folder, 'inventory.yaml'), inventory(lab));
    // A snapshot of the counters each second, not each 3 s, so that every poll sees a new one.
    await Promise.all([lab.r1, lab.r2].map((agent) => agent.setCacheSeconds(1)));
    const kernels = { r1: lab.countOctets('r1'), r2: lab.countOctets('r2') };
    // All at once: none needs another.
    for (const once of [command('topics', 'apply'), command('schemas', 'register'), command('migrate')]) {
      const code = await once.ended;
      if (code !== 0) throw new Error(`a preparation ended with ${code}`);
    }
    const processes = ['collect', 'process', 'sink'].map((name) => command(name));
    for (const one of processes) await one.ready();

    const traffic = await lab.startTraffic(PAYLOAD_BITS_PER_SECOND);
    const from = kernels.r2.now().rx;
    await until(() => kernels.r2.now().rx > from + 3_000_000, 'traffic');
    // Rates of the polls from here on cover traffic alone: a snapshot's age and an interval later.
    const steadyFromMs = Date.now() + 1_000 + INTERVAL_MS;
    await until(
      () => everyAgentHas(database, RATED_POLLS, steadyFromMs, "AND quality = 'good'"),
      'rates of both agents under traffic',
      60_000,
    );
    const downAtMs = Date.now();
    lab.takeLinkDown();
    await until(
      () => everyAgentHas(database, POLLS_AFTER, downAtMs),
      'polls after the link went down',
      30_000,
    );
    const [collect, ...readers] = processes;
    const collected = await collect!.stop();
    await traffic.stop();
    const report = async () =>
      check(await readTopics({ kafka, registry, prefix }), await readTables(database.url));
    await until(
      async () => (await report()).differences.every(({ kind }) => kind !== 'missing'),
      'all that was collected is stored',
      60_000,
    );
    const exitCodes = [collected, ...(await Promise.all(readers.map((one) => one.stop())))];

    const topics = await readTopics({ kafka, registry, prefix });
    const end = async (router: 'r1' | 'r2'): Promise<LinkEnd> => {
      const raw = topics.raw.flatMap(({ value }) => (value?.entity.endsWith(`/${router}`) ? [value] : []));
      const kernel = kernels[router];
      kernel.now();
      return {
        rows: await linkRows(database, router),
        polls: new Map(raw.map((record) => [record.observed_at, record])),
        kernel,
        lastRead: await readByTool(lab, router),
      };
    };
    return {
      ends: { r1: await end('r1'), r2: await end('r2') },
      anomalies: await anomalyRows(database),
      hypertables: await hypertables(database),
      wireBitsPerSecond: traffic.wireBitsPerSecond,
      steadyFromMs,
      downAtMs,
      report: check(topics, await readTables(database.url)),
      exitCodes,
      output: processes.map((one) => one.output()).join(''),
    };
  } catch (cause) {
    const said = started.map((one) => one.output()).join('');
    throw new Error(`${(cause as Error).message}; netsigma said: ${said.slice(-4_000)}`, { cause });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const configuration = (prefix: string, kafka: string, registry: string): string => `
inventory: { file: inventory.yaml }
credentials:
  v2c: { version: v2c, community: env:LAB_COMMUNITY }
  v3:
    version: v3
    user: ${V3.user}
    level: ${V3.level}
    auth_protocol: ${V3.authProtocol}
    auth_key: env:LAB_AUTH_KEY
    priv_protocol: ${V3.privProtocol}
    priv_key: env:LAB_PRIV_KEY
broker: { kind: kafka, partitions: 2, prefix: ${prefix}, kafka: { brokers: "${kafka}" } }
registry: { url: "${registry}" }
detect: { up: ${UP}, settle: ${UP} }
log: { level: info }
`;

const inventory = ({ r1, r2 }: Lab): string => `
sites: [{ slug: lab, time_zone: UTC }]
devices:
  - { name: r1, address: ${r1.address}, port: ${r1.port}, credential: v2c, site: lab, interval: ${INTERVAL_MS}ms }
  - { name: r2, address: ${r2.address}, port: ${r2.port}, credential: v3, site: lab, interval: ${INTERVAL_MS}ms }
`;

async function everyAgentHas(
  { pool }: TestDatabase,
  polls: number,
  sinceMs: number,
  and = '',
): Promise<boolean> {
  const { rows } = await pool.query(
    `SELECT device_id FROM interface_metrics
      WHERE interface_name = 'data' AND recorded_at > $1 ${and} GROUP BY 1 HAVING count(*) >= $2`,
    [new Date(sinceMs), polls],
  );
  return rows.length === 2;
}

async function linkRows({ pool }: TestDatabase, hostname: string): Promise<LinkRow[]> {
  const { rows } = await pool.query<LinkRow>(
    `SELECT m.* FROM interface_metrics m JOIN devices d USING (device_id)
      WHERE d.hostname = $1 AND m.interface_name = 'data' ORDER BY m.recorded_at`,
    [hostname],
  );
  return rows;
}

async function anomalyRows({ pool }: TestDatabase): Promise<AnomalyRow[]> {
  const { rows } = await pool.query<AnomalyRow>(
    'SELECT a.*, d.hostname FROM anomaly_events a JOIN devices d USING (device_id) ORDER BY opened_at',
  );
  return rows;
}

async function hypertables({ pool }: TestDatabase): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    'SELECT hypertable_name AS name FROM timescaledb_information.hypertables WHERE num_chunks > 0',
  );
  return rows.map(({ name }) => name);
}

async function readByTool(lab: Lab, router: 'r1' | 'r2'): Promise<Record<Direction, string>> {
  const { address, port } = lab[router];
  const ask = (program: string, oid: string) =>
    tool(program, [...TOOL_ARGUMENTS[router === 'r1' ? 'v2c' : 'v3'], '-OnQ', `${address}:${port}`, oid]);
  const name = (await ask('snmpbulkwalk', IF_NAME)).find((line) => /= "?data"?$/.test(line))!;
  const index = /\.(\d+) =/.exec(name)![1]!;
  const read = async (direction: Direction) =>
    (await ask('snmpget', `${OCTETS_OID[direction]}.${index}`))[0]!.split(' = ')[1]!;
  return { rx: await read('rx'), tx: await read('tx') };
}
