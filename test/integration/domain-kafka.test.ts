/**
 * Both sub-topologies as processes on a real Kafka, of which the one that has the domain's task is killed: what the
 * totals of sites, roles and the network are said to be is what SQL makes of the stored rows.
 */
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { avroCodec } from '../../pipeline/codec/avro-codec.ts';
import type { Codec } from '../../pipeline/codec/port.ts';
import type { Broker, ProducerRecord } from '../../pipeline/broker/port.ts';
import { partitionFor } from '../../pipeline/broker/partitioner.ts';
import { openBroker, openRegistry } from '../../pipeline/connections.ts';
import { historyReadings } from '../../pipeline/demo/history.ts';
import { catalogue, topicName, topicSpecs, type Naming, type TopicName } from '../../topics/catalogue.ts';
import { load } from '../config/load.ts';
import { kafkaService } from '../services/kafka.ts';
import { postgresService, type TestDatabase } from '../services/postgres.ts';
import { registryService } from '../services/registry.ts';
import { reasonOf } from '../services/service.ts';
import { demoNetwork } from '../support/demo-network.ts';
import { silentLog } from '../support/log.ts';
import { killProcesses, netsigma, type NetsigmaProcess } from '../support/netsigma-process.ts';
import { describeIf } from '../support/requires.ts';
import { until } from '../support/until.ts';

const [kafka, registry] = await Promise.all([kafkaService(), registryService()]);
const missing = [kafka, registry].map(reasonOf).filter(Boolean).join('; ');
const postgres = postgresService();

const PARTITIONS = 3;
const HOUR_MS = 3_600_000;
const STEP_MS = 300_000;
/** Hours of history; the last two are in windows that wait for more. */
const HOURS = 7;
const SCOPES = 4 + 3 + 1;

let database: TestDatabase;
let naming: Naming;
let broker: Broker;
let codec: Codec;

const environment = (): Record<string, string> => ({
  NETSIGMA_BROKER_KIND: 'kafka',
  NETSIGMA_BROKER_KAFKA_BROKERS: kafka.kind === 'running' ? kafka.address : '',
  NETSIGMA_BROKER_KAFKA_SESSION_TIMEOUT: '1500ms',
  NETSIGMA_BROKER_PREFIX: naming.prefix,
  NETSIGMA_BROKER_PARTITIONS: String(PARTITIONS),
  NETSIGMA_REGISTRY_URL: registry.kind === 'running' ? registry.address : '',
  NETSIGMA_RUNTIME_CHECKPOINT_INTERVAL: '1s',
  // Cells of the past are published as if it were now, at the next tick.
  NETSIGMA_BASELINE_LIVE: '3650d',
  NETSIGMA_BASELINE_SPREAD: '5s',
});

/** The past of a simulated network as far as `toMs`, sites and inventory first. */
function* history(fromMs: number, toMs: number): Generator<ProducerRecord> {
  const network = demoNetwork(3, fromMs);
  const record = (topic: TopicName, key: string, value: Buffer, partition?: number): ProducerRecord => ({
    topic: topicName(catalogue[topic], naming),
    key: Buffer.from(key),
    value,
    partition: partition ?? partitionFor(Buffer.from(key), PARTITIONS),
  });
  for (const site of network.sites()) {
    const value = codec.recordEncoder('control.site').encode(site);
    for (let at = 0; at < PARTITIONS; at += 1)
      yield record('control.site', `default/${site.slug}`, value, at);
  }
  const polled = { credential: 'lab', zone: 'default', profile: 'interface', intervalMs: STEP_MS };
  for (const device of network.inventory(polled))
    yield record('inventory.device', device.entity, codec.recordEncoder('inventory.device').encode(device));
  const reading = codec.newReading('raw.interface');
  const encoder = codec.readingEncoder('raw.interface');
  for (const one of historyReadings({ network, fromMs, toMs, stepMs: STEP_MS, reading }))
    yield record('raw.interface', one.entity, encoder.encode(one));
}

async function write(records: readonly ProducerRecord[]): Promise<void> {
  const producer = broker.producer();
  await producer.start();
  for (let at = 0; at < records.length; at += 100) await producer.send(records.slice(at, at + 100));
  await producer.stop();
}

async function count(from: string): Promise<number> {
  const { rows } = await database.pool.query<{ n: string }>(`SELECT count(*) AS n FROM ${from}`);
  return Number(rows[0]!.n);
}

/** Whether the process has the task that folds everything of the domain. */
async function hasDomain(process: NetsigmaProcess): Promise<boolean> {
  const { tasks } = await process.status<{ tasks: { subTopology: string; partition: number }[] }>();
  const partition = partitionFor(Buffer.from('default'), PARTITIONS);
  return tasks.some((task) => task.subTopology === 'domain' && task.partition === partition);
}

const RECOMPUTED = `
WITH per_window AS (
  SELECT d.site_id, d.role, floor(extract(epoch FROM m.recorded_at) / 300) AS number, sum(m.rx_bps) AS total
    FROM interface_metrics m JOIN devices d USING (device_id)
   WHERE m.quality = 'good' GROUP BY 1, 2, 3),
scoped AS (
  SELECT 'site' AS scope, s.slug AS name, s.time_zone AS zone, number, sum(total) AS total
    FROM per_window JOIN sites s USING (site_id) GROUP BY 1, 2, 3, 4
   UNION ALL
  SELECT 'device_role', role, 'UTC', number, sum(total) FROM per_window GROUP BY 1, 2, 3, 4
   UNION ALL
  SELECT 'network', '', 'UTC', number, sum(total) FROM per_window GROUP BY 1, 2, 3, 4),
hours AS (
  SELECT scope, name, extract(hour FROM to_timestamp(number * 300 + 150) AT TIME ZONE zone) AS hour,
         avg(total) AS mean, count(*) AS windows
    FROM scoped GROUP BY 1, 2, 3)
SELECT h.*, b.baseline_mean AS published, b.sample_count AS visits
  FROM hours h JOIN metric_baselines b
    ON b.scope_type = h.scope AND b.hour_of_day = h.hour AND b.day_of_week IS NULL
   AND b.metric_name = 'rx_bps' AND b.is_active
   AND (h.scope <> 'site' OR b.site_id = (SELECT site_id FROM sites WHERE slug = h.name))
   AND (h.scope <> 'device_role' OR b.device_role = h.name)
 WHERE h.windows = 12`;

interface Compared {
  readonly scope: string;
  readonly name: string;
  readonly hour: number;
  readonly mean: number;
  readonly published: number;
  readonly visits: number;
}

describeIf(missing === '', missing)('on Kafka', () => {
  beforeAll(async () => {
    naming = { prefix: `t${randomBytes(4).toString('hex')}.`, generation: '' };
    const { config } = load('', { env: environment() });
    broker = openBroker(config, silentLog);
    await broker.start();
    await broker.createTopics(topicSpecs(catalogue, naming, PARTITIONS));
    codec = avroCodec({ catalogue, naming, registry: openRegistry(config, silentLog) });
    await codec.start();
  }, 60_000);
  afterEach(killProcesses);
  afterAll(() => broker.stop());

  it('the totals of sites, roles and the network are those of the rows, though their process was killed', async () => {
    database = await postgres.database();
    const env = { ...environment(), NETSIGMA_DATABASE_URL: database.url };
    const toMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - HOUR_MS;
    const records = [...history(toMs - HOURS * HOUR_MS, toMs)];
    const half = Math.floor(records.length / 2);
    await write(records.slice(0, half));
    const processes = ['first', 'second'].map((id) =>
      netsigma(['process'], { ...env, NETSIGMA_COLLECTOR_ID: id }),
    );
    const sink = netsigma(['sink'], env);
    await Promise.all([...processes, sink].map((one) => one.ready()));
    await until(async () => (await count('interface_metrics')) > 0, 'rows', 30_000);
    await until(
      async () => (await count("metric_baselines WHERE scope_type = 'site'")) > 0,
      'baselines of sites',
      60_000,
    );

    const owners = await Promise.all(processes.map(hasDomain));
    expect(owners.filter(Boolean)).toHaveLength(1);
    const [owner, other] = owners[0] ? processes : processes.toReversed();
    await write(records.slice(half));
    owner!.child.kill('SIGKILL');
    await owner!.ended;
    await until(() => hasDomain(other!), 'the other has its tasks', 30_000);

    const compared = async () => (await database.pool.query<Compared>(RECOMPUTED)).rows;
    // Of every scope the first hour begins while devices are first seen, and the last two wait for later windows.
    await until(async () => (await compared()).length >= SCOPES * (HOURS - 3), 'all hours', 120_000);
    const hours = await compared();
    expect(new Set(hours.map(({ scope, name }) => `${scope} ${name}`)).size).toBe(SCOPES);
    for (const { mean, published, visits, ...of } of hours) {
      expect({ ...of, visits }).toEqual({ ...of, visits: 1 });
      // Means of cells are float32.
      expect({ ...of, off: Math.abs(published / mean - 1) < 1e-5 }).toEqual({ ...of, off: true });
    }
    expect(await Promise.all([other!, sink].map((one) => one.stop()))).toEqual([0, 0]);
    for (const one of [other!, sink]) expect(one.output()).not.toContain('"level":"error"');
  }, 300_000);
});
