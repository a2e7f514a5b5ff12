/** collect, process and sink as processes of their own, meeting on a real Kafka, registry and PostgreSQL. */
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simulatedAgents, type SimulatedAgents } from '../../pipeline/collect/snmp/agent/simulated-agents.ts';
import { openBroker } from '../../pipeline/connections.ts';
import { topicSpecs, catalogue } from '../../topics/catalogue.ts';
import { load } from '../config/load.ts';
import { kafkaService } from '../services/kafka.ts';
import { postgresService, type TestDatabase } from '../services/postgres.ts';
import { registryService } from '../services/registry.ts';
import { reasonOf, type Service } from '../services/service.ts';
import { fakeMib } from '../support/fake-mib.ts';
import { silentLog } from '../support/log.ts';
import { killProcesses, netsigma, type NetsigmaProcess } from '../support/netsigma-process.ts';
import { describeIf } from '../support/requires.ts';
import { until } from '../support/until.ts';

const [kafka, registry] = await Promise.all([kafkaService(), registryService()]);
const missing = [kafka, registry].map(reasonOf).filter(Boolean).join('; ');
const postgres = postgresService();

const DEVICES = ['core-1', 'core-2', 'access-1', 'access-2', 'access-3', 'access-4'];
const ROWS = 2;
const PARTITIONS = 3;

/** A session that a killed member's partitions outlive by little; brokers of tests allow it. */
const SESSION = '1500ms';

/** Where no broker is. */
const NOBODY = { NETSIGMA_BROKER_KAFKA_BROKERS: '127.0.0.1:9' };

let agents: SimulatedAgents;
let folder: string;
let database: TestDatabase;
let prefix: string;

/** Names for fresh topics, a fresh database. */
async function configured(): Promise<void> {
  prefix = `t${randomBytes(4).toString('hex')}.`;
  database = await postgres.database();
  await writeFile(join(folder, 'netsigma.yaml'), configuration());
}

/** With the topics made. */
async function prepared(): Promise<string> {
  await configured();
  const { config } = load(configuration(), { env: environment() });
  const broker = openBroker(config, silentLog);
  await broker.start();
  await broker.createTopics(topicSpecs(catalogue, { prefix, generation: '' }, PARTITIONS));
  const { clusterId } = broker;
  await broker.stop();
  return clusterId;
}

const configuration = (): string => `
inventory: { file: inventory.yaml }
credentials: { lab: { version: v2c, community: env:TEST_COMMUNITY } }
startup_timeout: 10s
broker:
  kind: kafka
  partitions: ${PARTITIONS}
  prefix: ${prefix}
  kafka: { brokers: "${addressOf(kafka)}", session_timeout: ${SESSION} }
registry: { url: "${addressOf(registry)}" }
runtime: { commit_interval: 50ms }
sink: { flush_interval: 20ms }
log: { level: info }
`;

const environment = () => ({
  TEST_COMMUNITY: 'c0mmunity',
  NETSIGMA_DATABASE_URL: database.url,
});

const inventory = (): string => `
sites: [{ slug: berlin, time_zone: Europe/Berlin }]
devices:
${DEVICES.map((name) => `  - { name: ${name}, address: 127.0.0.1, port: ${agents.endpoint(name).port}, credential: lab, site: berlin, interval: 200ms }`).join('\n')}
`;

function addressOf(service: Service): string {
  return service.kind === 'running' ? service.address : '';
}

const command = (name: string, env: Record<string, string> = {}): NetsigmaProcess =>
  netsigma([...name.split(' '), '--config', join(folder, 'netsigma.yaml')], { ...environment(), ...env });

async function count(from: string): Promise<number> {
  const { rows } = await database.pool.query<{ n: string }>(`SELECT count(*) AS n FROM ${from}`);
  return Number(rows[0]!.n);
}

/** Who polled a device last, by its name; since then all others are silent. */
async function lastCollectors(): Promise<Map<string, string>> {
  const { rows } = await database.pool.query<{ hostname: string; collector: string }>(
    `SELECT DISTINCT ON (device_id) hostname, collector_id AS collector
       FROM poll_history JOIN devices USING (device_id) ORDER BY device_id, started_at DESC`,
  );
  return new Map(rows.map(({ hostname, collector }) => [hostname, collector]));
}

describeIf(missing === '', missing)('on Kafka', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'netsigma-processes-'));
    agents = simulatedAgents({
      devices: DEVICES.map((name) => ({ view: fakeMib(name, ROWS), address: '127.0.0.1', port: 0 })),
      community: 'c0mmunity',
      clock: Date.now,
    });
    await agents.start();
    await writeFile(join(folder, 'inventory.yaml'), inventory());
  });
  afterEach(killProcesses);
  afterAll(async () => {
    await agents.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('collect, process and sink bring readings into the tables, once each, and end with 0 at SIGTERM', async () => {
    await configured();
    database = await postgres.emptyDatabase();
    for (const name of ['topics apply', 'migrate']) {
      const once = command(name);
      expect({ name, code: await once.ended, output: once.output() }).toMatchObject({ name, code: 0 });
    }
    const processes = ['collect', 'process', 'sink'].map((name) => command(name));
    for (const one of processes) await one.ready();
    const [collect, process, sink] = processes as [NetsigmaProcess, NetsigmaProcess, NetsigmaProcess];
    const rowsEach = '(SELECT device_id FROM interface_metrics GROUP BY 1 HAVING count(*) >= 6) d';
    await until(
      async () => (await count(rowsEach)) === DEVICES.length,
      'three polls of each are stored',
      30_000,
    );

    expect(await collect.status()).toMatchObject({
      roles: ['collect'],
      broker: { kind: 'kafka' },
      collect: { devices: DEVICES.length, devicesBackedOff: 0, partitions: PARTITIONS },
    });
    const { tasks } = await process.status<{
      tasks: { subTopology: string; partition: number; state: string }[];
    }>();
    for (const name of ['entity', 'domain']) {
      const own = tasks.filter(({ subTopology }) => subTopology === name);
      expect(own.map(({ partition }) => partition).toSorted()).toEqual([0, 1, 2]);
      expect(own.map(({ state }) => state)).toEqual(['running', 'running', 'running']);
    }
    expect(await sink.status()).toMatchObject({
      roles: ['sink'],
      sink: { state: 'running', retrying: null },
    });
    const tail = await fetch(`${await sink.url()}/topics/metric.interface/tail?limit=1`);
    expect((await tail.text()).trim().split('\n')).toHaveLength(ROWS);
    const metrics = await (await fetch(`${await process.url()}/metrics`)).text();
    for (const name of ['entity', 'domain'])
      expect(metrics).toContain(
        `netsigma_rebalances_total{group="${prefix}netsigma-${name}",change="assigned"} 1`,
      );

    expect(await Promise.all(processes.map((one) => one.stop()))).toEqual([0, 0, 0]);
    expect(await count('interface_metrics')).toBe(
      await count('(SELECT DISTINCT device_id, interface_name, recorded_at FROM interface_metrics) x'),
    );
    for (const one of processes) expect(one.output()).not.toMatch(/"level":"error"|c0mmunity/);
  }, 120_000);

  it('collectors that start together with one file write its devices once, and share them', async () => {
    await prepared();
    const both = ['first', 'second'].map((id) => command('collect', { NETSIGMA_COLLECTOR_ID: id }));
    await Promise.all(both.map((one) => one.ready()));
    const devices = async (one: NetsigmaProcess) =>
      (await one.status<{ collect: { devices: number } }>()).collect.devices;
    const shared = async () => {
      const [a, b] = await Promise.all(both.map(devices));
      return a! > 0 && b! > 0 && a! + b! === DEVICES.length;
    };
    await until(shared, 'each has some of the devices', 30_000);
    const tail = await fetch(`${await both[0]!.url()}/topics/inventory.device/tail?limit=1000`);
    expect((await tail.text()).trim().split('\n')).toHaveLength(DEVICES.length);
    expect(await Promise.all(both.map((one) => one.stop()))).toEqual([0, 0]);
  }, 90_000);

  it('run does all of it in one process', async () => {
    await prepared();
    const run = command('run');
    await run.ready();
    await until(async () => (await count('interface_metrics')) > 0, 'something is stored', 30_000);
    expect(await run.status()).toMatchObject({ roles: ['sink', 'process', 'collect'] });
    expect(await run.stop()).toBe(0);
  }, 90_000);

  it('the devices of a collector that is killed are taken over by another', async () => {
    await prepared();
    const [process, sink] = [command('process'), command('sink')];
    const first = command('collect', { NETSIGMA_COLLECTOR_ID: 'first' });
    await Promise.all([first, process, sink].map((one) => one.ready()));
    const by = async (name: string) =>
      [...(await lastCollectors()).values()].filter((one) => one === name).length;
    await until(async () => (await by('first')) === DEVICES.length, 'the first polls all devices', 30_000);

    const second = command('collect', { NETSIGMA_COLLECTOR_ID: 'second' });
    await second.ready();
    await until(
      async () => (await by('first')) > 0 && (await by('second')) > 0,
      'they share the devices',
      30_000,
    );

    first.child.kill('SIGKILL');
    await first.ended;
    await until(async () => (await by('second')) === DEVICES.length, 'the second polls all devices', 30_000);
    const { rows } = await database.pool.query<{ gap: number }>(
      `SELECT max(extract(epoch FROM started_at - before))::float8 AS gap
         FROM (SELECT started_at, collector_id,
                      lag(started_at) OVER w AS before, lag(collector_id) OVER w AS collector_before
                 FROM poll_history WINDOW w AS (PARTITION BY device_id ORDER BY started_at)) x
        WHERE collector_id = 'second' AND collector_before = 'first'`,
    );
    // The session has to end before its partitions are anybody else's.
    expect(rows[0]!.gap).toBeGreaterThan(0.5);
    expect(rows[0]!.gap).toBeLessThan(15);
    expect(await Promise.all([second, process, sink].map((one) => one.stop()))).toEqual([0, 0, 0]);
  }, 120_000);

  it('waits for a broker that is not there yet, then gives up with 1', async () => {
    await configured();
    const process = command('process', { ...NOBODY, NETSIGMA_STARTUP_TIMEOUT: '2s' });
    const answer = await fetch(`${await process.url()}/readyz`);
    expect([answer.status, await process.ended]).toEqual([503, 1]);
    expect(process.output()).toContain('not there yet: trying again');
  }, 60_000);

  it('ends with 0 at SIGTERM while it waits', async () => {
    await configured();
    const sink = command('sink', NOBODY);
    await until(() => sink.output().includes('not there yet'), 'it waits', 30_000);
    expect(await sink.stop()).toBe(0);
  }, 60_000);

  it('a sink whose database knows more than the log ends with 1, saying what to do', async () => {
    const clusterId = await prepared();
    await database.pool.query(
      'INSERT INTO sink_offsets (writer, topic, partition, next_offset) VALUES ($1, $2, 0, 1000)',
      [`netsigma@${clusterId}`, `${prefix}metric.interface`],
    );
    const sink = command('sink');
    expect(await sink.ended).toBe(1);
    expect(sink.output()).toContain('ends at offset 0, but the database holds it up to 1000');
  }, 60_000);

  it.each([
    [
      'topics that nobody made',
      'process',
      () => ({ NETSIGMA_BROKER_PREFIX: 'nobody.' }),
      'run "netsigma topics apply --config ',
    ],
    [
      'an empty database',
      'sink',
      async () => ({ NETSIGMA_DATABASE_URL: (await postgres.emptyDatabase()).url }),
      'run "netsigma migrate --config ',
    ],
    ['no database', 'sink', () => ({ NETSIGMA_DATABASE_URL: '' }), 'database.url is not set'],
    ['topics in memory', 'collect', () => ({ NETSIGMA_BROKER_KIND: 'memory' }), 'broker.kind is memory'],
  ])(
    'with %s netsigma %s ends with 2, saying what to do',
    async (_what, name, env, message) => {
      await prepared();
      const process = command(name, await env());
      expect(await process.ended).toBe(2);
      expect(process.output()).toContain(message);
    },
    60_000,
  );
});
