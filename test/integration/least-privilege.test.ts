/**
 * The database with the rights that each process needs: `netsigma migrate` and `maintain` as owner, `netsigma sink` as
 * writer, as processes of their own on a real Kafka, registry and database of each flavour.
 */
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { avroCodec } from '../../pipeline/codec/avro-codec.ts';
import type { ProducerRecord } from '../../pipeline/broker/port.ts';
import { openBroker, openRegistry } from '../../pipeline/connections.ts';
import { dayOf } from '../../pipeline/db/partitions.ts';
import { connectionPool } from '../../pipeline/db/pool.ts';
import { deviceId } from '../../pipeline/model/entity.ts';
import { lifecycle } from '../../pipeline/runtime/lifecycle.ts';
import { catalogue, topicName, topicSpecs, type TopicName } from '../../topics/catalogue.ts';
import { DAYS } from '../../topics/row.ts';
import { load } from '../config/load.ts';
import { kafkaService } from '../services/kafka.ts';
import { postgresService, type PostgresService, type TestDatabase } from '../services/postgres.ts';
import { registryService } from '../services/registry.ts';
import { reasonOf, type Service } from '../services/service.ts';
import { timescaleService } from '../services/timescale.ts';
import { anomalyRecord, collectionRecord } from '../sink/sink-lab.ts';
import { silentLog } from '../support/log.ts';
import { killProcesses, netsigma, type NetsigmaProcess } from '../support/netsigma-process.ts';
import { describeIf } from '../support/requires.ts';
import { until } from '../support/until.ts';

const [kafka, registry, timescale] = await Promise.all([
  kafkaService(),
  registryService(),
  timescaleService(),
]);
const missing = [kafka, registry].map(reasonOf).filter(Boolean).join('; ');
const ENTITY = 'default/device/r1';
const ROLES = ['owner', 'writer'] as const;
type Role = (typeof ROLES)[number];

let folder: string;
let prefix: string;
let cleanups: (() => Promise<unknown>)[];

const addressOf = (service: Service): string => (service.kind === 'running' ? service.address : '');

const configuration = (): string => `
startup_timeout: 10s
broker: { kind: kafka, partitions: 1, prefix: ${prefix}, kafka: { brokers: "${addressOf(kafka)}", session_timeout: 1500ms } }
registry: { url: "${addressOf(registry)}" }
sink: { flush_interval: 20ms }
`;

beforeEach(async () => {
  cleanups = [];
  prefix = `t${randomBytes(4).toString('hex')}.`;
  folder = await mkdtemp(join(tmpdir(), 'netsigma-least-privilege-'));
  await writeFile(join(folder, 'netsigma.yaml'), configuration());
});

afterEach(async () => {
  killProcesses();
  for (const cleanup of cleanups.reverse()) await cleanup();
  await rm(folder, { recursive: true });
});

const command = (line: string, url: string, env: Record<string, string> = {}): NetsigmaProcess =>
  netsigma([...line.split(' '), '--config', join(folder, 'netsigma.yaml')], {
    NETSIGMA_DATABASE_URL: url,
    ...env,
  });

async function ended(line: string, url: string, env: Record<string, string> = {}) {
  const process = command(line, url, env);
  return { code: await process.ended, output: process.output() };
}

/** Steps that `--json` printed. */
const stepsOf = (output: string): unknown[] =>
  output
    .split('\n')
    .filter((line) => line.startsWith('{"kind"'))
    .map((line) => JSON.parse(line) as unknown);

/** A login for each role, with no more than its rights. */
async function logins({ pool, url }: TestDatabase): Promise<Record<Role, string>> {
  const database = new URL(url).pathname.slice(1);
  const urls: [Role, string][] = [];
  for (const role of ROLES) {
    const as = new URL(url);
    [as.username, as.password] = [`${role}_of_${database}`, 'secret'];
    await pool.query(`CREATE ROLE ${as.username} LOGIN PASSWORD 'secret' IN ROLE netsigma_${role}`);
    cleanups.push(() => pool.query(`DROP OWNED BY ${as.username}; DROP ROLE ${as.username}`));
    urls.push([role, as.href]);
  }
  return Object.fromEntries(urls) as Record<Role, string>;
}

/** Sends readings, anomalies and audits of the device r1 into fresh topics. */
async function sender() {
  const { config } = load(configuration());
  const [broker, schemas] = [openBroker(config, silentLog), openRegistry(config, silentLog)];
  const naming = { prefix, generation: '' };
  const codec = avroCodec({ catalogue, naming, registry: schemas });
  const producer = broker.producer();
  const topics = {
    name: 'topics',
    start: () => broker.createTopics(topicSpecs(catalogue, naming, 1)),
    stop: () => Promise.resolve(),
  };
  const running = lifecycle([broker, topics, schemas, codec, producer], silentLog);
  await running.start();
  cleanups.push(() => running.stop());
  const to = (topic: TopicName, value: Buffer): ProducerRecord => ({
    topic: topicName(catalogue[topic], naming),
    partition: 0,
    key: Buffer.from(ENTITY),
    value,
  });
  const reading = codec.newReading('metric.interface');
  return {
    /** One interface, so long ago. */
    async polled(agoMs: number) {
      reading.reset(1);
      Object.assign(reading, {
        domain: 'default',
        entity: ENTITY,
        deviceId: deviceId(ENTITY),
        deviceIp: '192.0.2.1',
        collectorId: 'c1',
        pollId: '0190a0b4-0000-7000-8000-0000000000aa',
        observedAtMs: Date.now() - agoMs,
      });
      reading.instances[0] = 'Gi0/1';
      reading.number('if_index').values[0] = 1;
      await producer.send([to('metric.interface', codec.readingEncoder('metric.interface').encode(reading))]);
    },
    async found() {
      const anomaly_id = '5d9c1f0e-6b3a-5c47-9e21-7f0d8a4b6c13';
      const encoder = codec.recordEncoder('insight.anomaly');
      const now = Date.now();
      const revisions = [1, 2].map((revision) =>
        encoder.encode(anomalyRecord({ anomaly_id, revision, opened_at: now, updated_at: now })),
      );
      const started_at = now - 90;
      const audit = collectionRecord({ started_at, completed_at: now });
      await producer.send([
        ...revisions.map((value) => to('insight.anomaly', value)),
        to('ops.collection', codec.recordEncoder('ops.collection').encode(audit)),
      ]);
    },
  };
}

function holdsOn(postgres: PostgresService): void {
  it('sink as writer stores everything, and maintain as owner keeps the tables beside it', async () => {
    const database = await postgres.database();
    const { pool } = database;
    const { owner, writer } = await logins(database);
    const count = async (from: string): Promise<number> =>
      (await pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${from}`)).rows[0]!.n;
    expect(await ended('migrate', owner)).toMatchObject({ code: 0 });
    const send = await sender();
    const sink = command('sink', writer);
    await sink.ready();

    // COPY into days that have to be made, merges, and offsets.
    for (const days of [0, 1, 20]) await send.polled(days * DAYS);
    await send.found();
    await until(async () => (await count('interface_metrics')) === 3, 'three readings are stored', 30_000);
    await until(
      async () => (await count('anomaly_events WHERE revision = 2')) === 1,
      'the anomaly is merged',
    );
    await until(async () => (await count('poll_history')) === 1, 'the audit is stored');

    // The writer may not drop, and is told who may.
    const refused = await ended('maintain', writer);
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.output).toContain('does not own the tables and may not maintain them');
    const asWriter = connectionPool({ url: writer, applicationName: 'netsigma test', log: silentLog });
    cleanups.push(() => asWriter.end());
    for (const statement of [
      'DROP TABLE interface_metrics',
      'DELETE FROM interface_metrics',
      "UPDATE retention_policy SET keep = '1 day'",
    ])
      await expect(asWriter.query(statement)).rejects.toMatchObject({ code: '42501' });

    const week = { NETSIGMA_SINK_RETENTION_INTERFACE_METRICS: '7d' };
    const dry = await ended('maintain --dry-run --json', owner, week);
    expect(dry).toMatchObject({ code: 0 });
    expect(await count('interface_metrics')).toBe(3);
    const done = await ended('maintain --json', owner, week);
    expect(done).toMatchObject({ code: 0 });
    expect(stepsOf(done.output)).toEqual(stepsOf(dry.output));
    const dropped = { kind: 'drop', table: 'interface_metrics', partition: expect.any(String) };
    expect(stepsOf(done.output).filter((step) => (step as { kind: string }).kind === 'drop')).toEqual([
      dropped,
    ]);
    const { rows } = await pool.query<{ at: Date }>('SELECT recorded_at AS at FROM interface_metrics');
    expect(rows.map(({ at }) => dayOf(Date.now()) - dayOf(at.getTime()) <= 2)).toEqual([true, true]);
    expect((await ended('maintain', owner, week)).output).toContain('nothing to do');

    // The sink is not disturbed.
    const keeping = command('maintain --every 1s', owner, week);
    await until(() => keeping.output().includes('database maintained'), 'the tables are maintained', 30_000);
    await send.polled(2 * DAYS);
    await until(async () => (await count('interface_metrics')) === 3, 'a further reading is stored', 30_000);
    expect(await keeping.stop()).toBe(0);
    expect(await sink.stop()).toBe(0);
    expect(sink.output()).not.toMatch(/"level":"(warn|error)"/);
    expect(sink.output().match(/netsigma maintain/g)).toHaveLength(1);
    expect(keeping.output()).not.toMatch(/"level":"(warn|error)"/);
  }, 120_000);
}

describeIf(missing === '', missing)('least privilege on plain PostgreSQL', () => {
  holdsOn(postgresService());

  it.each([
    ['no database', () => '', 'database.url is not set: "netsigma maintain" needs the database'],
    ['a database that is away', () => 'postgres://x@127.0.0.1:9/x', 'cannot connect to the database'],
  ])('with %s maintain says what to do', async (_what, url, message) => {
    const { code, output } = await ended('maintain', url(), { NETSIGMA_STARTUP_TIMEOUT: '0ms' });
    expect(output).toContain(message);
    expect(code).toBe(url() === '' ? 2 : 1);
  });
});

const reasons = [missing, reasonOf(timescale)].filter(Boolean).join('; ');
describeIf(reasons === '', reasons)('least privilege on TimescaleDB', () => {
  const address = timescale.kind === 'running' ? { url: timescale.address } : {};
  holdsOn(postgresService({ ...address, prepare: 'CREATE EXTENSION IF NOT EXISTS timescaledb' }));
});
