/** What we write, read by others: Python, Kafka's own Java client, kcat. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import kafkajs from 'kafkajs';
import { kafkaBroker } from '../../pipeline/broker/kafka/kafka-broker.ts';
import { murmur2, partitionFor } from '../../pipeline/broker/partitioner.ts';
import type { Broker, ProducerRecord } from '../../pipeline/broker/port.ts';
import { avroCodec } from '../../pipeline/codec/avro-codec.ts';
import { httpRegistry } from '../../pipeline/codec/http-registry.ts';
import type { Codec } from '../../pipeline/codec/port.ts';
import { catalogue, topicSpecs } from '../../topics/catalogue.ts';
import { fleet } from '../chaos/fleet.ts';
import { inMemoryRun, type InMemoryRun } from '../chaos/in-memory-run.ts';
import { schemaOf } from '../chaos/wire-writer.ts';
import { canRunKafka, prepareKafka } from '../services/kafka-server.ts';
import { kafkaService } from '../services/kafka.ts';
import { python } from '../services/python.ts';
import { registryService } from '../services/registry.ts';
import { reasonOf, toStderr } from '../services/service.ts';
import { startedCodec } from '../support/codec.ts';
import { hasProgram } from '../support/has-program.ts';
import { silentLog } from '../support/log.ts';
import { describeIf } from '../support/requires.ts';
import { avroType } from '../verify/wire.ts';
import { oddAnomaly } from './foreign/odd-anomaly.ts';
import { difference, parseExact } from './foreign/exact-json.ts';

const run = promisify(execFile);
const [kafka, registry, snake, java] = await Promise.all([
  kafkaService(),
  registryService(),
  python(),
  canRunKafka(),
]);
const missing = [kafka, registry].map(reasonOf).filter(Boolean).join('; ');

const PARTITIONS = 5;
const EXAMPLE = new URL('../../docs/examples/read_anomalies.py', import.meta.url).pathname;
const JAVA_CLIENT = new URL('./foreign/JavaClient.java', import.meta.url).pathname;
const START_MS = Date.UTC(2026, 5, 1);
const MOST_OUTPUT = 64 << 20;

/** A record as it should be read, and as bytes. */
interface Written {
  readonly key: string;
  readonly partition: number;
  readonly bytes: Buffer;
  readonly value: Readonly<Record<string, unknown>>;
}

/** A line of the Python example. */
interface Line {
  readonly partition: number;
  readonly offset: number;
  readonly appended_at: number;
  readonly key: string | null;
  readonly value: Readonly<Record<string, unknown>>;
}

describeIf(missing === '', missing)('foreign clients', () => {
  if (kafka.kind !== 'running' || registry.kind !== 'running') return;
  const { address } = kafka;
  const registryUrl = registry.address;
  const prefix = `foreign-${randomBytes(4).toString('hex')}.`;
  const naming = { prefix, generation: '' };
  const topics = { anomalies: `${prefix}insight.anomaly`, metrics: `${prefix}metric.interface` };
  const httpRegistryOf = httpRegistry({ url: registry.address, log: silentLog });
  const broker: Broker = kafkaBroker({
    brokers: address.split(','),
    clientId: 'foreign',
    log: silentLog,
    compression: 'zstd',
  });
  const codec: Codec = avroCodec({ catalogue, naming, registry: httpRegistryOf });
  const written = { anomalies: [] as Written[], metrics: [] as Written[] };
  let beganMs: number;

  const add = (to: Written[], key: string, bytes: Buffer, value: object) =>
    to.push({
      key,
      partition: partitionFor(Buffer.from(key), PARTITIONS),
      bytes,
      value: value as Written['value'],
    });

  /** Readings of misbehaving devices, from the stages' bytes into bytes of this registry. */
  async function encodeMetrics({ sent }: InMemoryRun): Promise<void> {
    const embedded = await startedCodec();
    const decoder = embedded.readingDecoder('metric.interface');
    const reading = embedded.newReading('metric.interface');
    const encoder = codec.readingEncoder('metric.interface');
    const type = avroType(schemaOf('metric.interface'));
    for (const { topic, key, value } of sent) {
      if (topic !== 'metric.interface') continue;
      await decoder.prepare([value]);
      expect(decoder.decode(value, reading)).toBeUndefined();
      add(
        written.metrics,
        key!,
        Buffer.from(encoder.encode(reading)),
        type.fromBuffer(value.subarray(5)) as object,
      );
    }
  }

  beforeAll(async () => {
    await broker.start();
    await httpRegistryOf.start();
    await codec.start();
    const specs = topicSpecs(catalogue, naming, PARTITIONS).filter(({ topic }) =>
      Object.values(topics).includes(topic),
    );
    await broker.createTopics(specs);
    const encoder = codec.recordEncoder('insight.anomaly');
    for (let at = 0; at < 200; at += 1) {
      const record = oddAnomaly(at, START_MS);
      add(written.anomalies, record.entity, Buffer.from(encoder.encode(record)), record);
    }
    const devices = fleet({
      seed: 9,
      devices: 6,
      portsPerDevice: 6,
      intervalMs: 60_000,
      startMs: START_MS,
      trouble: 0.3,
    });
    const polls = Array.from({ length: 40 }, (_, at) => devices.poll(START_MS + (at + 1) * 60_000)).flat();
    await encodeMetrics(await inMemoryRun(polls.map((record) => ({ kind: 'raw', record }))));

    beganMs = Date.now();
    const producer = broker.transactionalProducer(`${prefix}writer`);
    await producer.start();
    const records = (topic: string, of: readonly Written[]): ProducerRecord[] =>
      of.map(({ partition, key, bytes }) => ({ topic, partition, key: Buffer.from(key), value: bytes }));
    const all = [
      ...records(topics.anomalies, written.anomalies),
      ...records(topics.metrics, written.metrics),
    ];
    // Nobody may see these.
    const aborted = await producer.begin();
    await aborted.send(all.slice(0, 20));
    await aborted.abort();
    const committed = await producer.begin();
    await committed.send(all);
    await committed.commit();
    await producer.stop();
  }, 120_000);

  afterAll(async () => {
    await codec.stop();
    await httpRegistryOf.stop();
    await broker.stop();
    const admin = new kafkajs.Kafka({
      brokers: address.split(','),
      logLevel: kafkajs.logLevel.NOTHING,
    }).admin();
    await admin.connect();
    await admin.deleteTopics({ topics: Object.values(topics) });
    await admin.disconnect();
  });

  describeIf(snake.kind === 'ready', reasonOf(snake))('Python: docs/examples/read_anomalies.py', () => {
    if (snake.kind !== 'ready') return;

    async function read(topic: string, ...more: string[]): Promise<Line[]> {
      const options = ['--brokers', address, '--registry', registryUrl];
      const { stdout } = await run(
        snake.kind === 'ready' ? snake.program : '',
        [EXAMPLE, ...options, '--topic', topic, ...more],
        {
          env: { ...process.env, ...(snake.kind === 'ready' && snake.env) },
          maxBuffer: MOST_OUTPUT,
        },
      );
      return stdout.trim().split('\n').map(parseExact) as Line[];
    }

    it('reads every anomaly, equal field by field', async () => {
      const lines = await read(topics.anomalies);
      expect(lines).toHaveLength(written.anomalies.length);
      compare(lines, written.anomalies);
    }, 60_000);

    it('reads readings with 64-bit counters and packed rows', async () => {
      const lines = await read(topics.metrics);
      compare(lines, written.metrics);
      const counters = written.metrics.flatMap(({ value }) =>
        (value['rows'] as { in_octets: bigint | null }[]).map((row) => row.in_octets),
      );
      expect(counters.some((counter) => counter !== null && counter > 2n ** 32n)).toBe(true);
    }, 60_000);

    it('unpacks rows: a line an interface', async () => {
      const lines = await read(topics.metrics, '--rows');
      const rows = written.metrics.flatMap(({ value }) => value['rows'] as unknown[]);
      expect(lines).toHaveLength(rows.length);
      expect(lines[0]!.value).toHaveProperty('interface_name');
      expect(lines[0]!.value).toHaveProperty('observed_at');
    }, 60_000);

    /** By partition in the order in which they were written, timed by the broker. */
    function compare(lines: readonly Line[], expected: readonly Written[]): void {
      for (let partition = 0; partition < PARTITIONS; partition += 1) {
        const [found, wanted] = [lines, expected].map((all) =>
          all.filter((one) => one.partition === partition),
        );
        expect(found!.map(({ key }) => key)).toEqual(wanted!.map(({ key }) => key));
        for (const [at, line] of (found as Line[]).entries()) {
          expect(difference(wanted![at]!.value, line.value)).toBeUndefined();
          expect(line.appended_at).toBeGreaterThanOrEqual(beganMs - 1_000);
        }
      }
    }
  });

  describeIf(java.kind === 'ready', reasonOf(java))("Kafka's Java client", () => {
    async function client(args: readonly string[], input = ''): Promise<string[]> {
      const classpath = `${await prepareKafka(toStderr)}/*`;
      const running = execFile(
        java.kind === 'ready' ? java.program : '',
        ['-cp', classpath, JAVA_CLIENT, ...args],
        { maxBuffer: MOST_OUTPUT },
      );
      running.stdin!.end(input);
      return (await buffer(running.stdout!)).toString().trim().split('\n');
    }

    it('puts 10,000 keys of all kinds where we put them', async () => {
      const keys = [
        Buffer.alloc(0),
        Buffer.alloc(100_000, 7),
        Buffer.from('🚦ü\0'),
        Buffer.from([255, 254, 128, 127]),
      ];
      while (keys.length < 10_000) keys.push(randomBytes(keys.length % 67));
      const answers = await client(
        ['partitions', '12'],
        keys.map((key) => `${key.toString('base64')}\n`).join(''),
      );
      expect(answers).toEqual(keys.map((key) => `${murmur2(key)} ${partitionFor(key, 12)}`));
    }, 60_000);

    it('reads the same bytes, in the order of each partition, stamped by the broker', async () => {
      const lines = (await client(['read', address, topics.metrics])).map((line) => line.split(' '));
      for (let partition = 0; partition < PARTITIONS; partition += 1) {
        const found = lines.filter(([of]) => of === String(partition));
        const wanted = written.metrics.filter((one) => one.partition === partition);
        expect(found.map(([, , , , key, value]) => [key, value])).toEqual(
          wanted.map(({ key, bytes }) => [Buffer.from(key).toString('base64'), bytes.toString('base64')]),
        );
        for (const [, , timestamp, kind] of found) {
          expect(kind).toBe('LogAppendTime');
          expect(Number(timestamp)).toBeGreaterThanOrEqual(beganMs - 1_000);
        }
      }
    }, 60_000);
  });

  const noKcat = 'there is no program "kcat" (on Debian: apt-get install kcat)';
  describeIf(hasProgram('kcat'), noKcat, { optional: true })('kcat', () => {
    it('reads the same bytes', async () => {
      const format = '%p %o %T %S %k\\n%s';
      const args = [
        '-b',
        address,
        '-t',
        topics.metrics,
        '-C',
        '-e',
        '-q',
        '-f',
        format,
        '-X',
        'isolation.level=read_committed',
      ];
      let rest = (await run('kcat', args, { encoding: 'buffer', maxBuffer: MOST_OUTPUT })).stdout;
      const found: string[] = [];
      while (rest.length > 0) {
        const end = rest.indexOf('\n');
        const [partition, , timestamp, size, key] = rest.subarray(0, end).toString().split(' ');
        const value = rest.subarray(end + 1, end + 1 + Number(size));
        rest = rest.subarray(end + 1 + Number(size));
        expect(Number(timestamp)).toBeGreaterThanOrEqual(beganMs - 1_000);
        found.push(`${partition} ${key} ${value.toString('base64')}`);
      }
      const wanted = written.metrics.map(
        ({ partition, key, bytes }) => `${partition} ${key} ${bytes.toString('base64')}`,
      );
      expect(found.toSorted()).toEqual(wanted.toSorted());
    }, 60_000);
  });
});
