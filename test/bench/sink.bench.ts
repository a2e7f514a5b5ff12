/**
 * Rows/s of the sink (decode, encode, COPY, offsets, commit) into interface_metrics, beside a plain COPY of a ready
 * file into the same table over the same connection settings. The server does not wait for its disk (fsync off).
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Pool } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { memoryBroker } from '../../pipeline/broker/memory/memory-broker.ts';
import { partitionFor } from '../../pipeline/broker/partitioner.ts';
import { embeddedRegistry } from '../../pipeline/codec/embedded-registry.ts';
import type { Codec } from '../../pipeline/codec/port.ts';
import { embeddedPostgres } from '../../pipeline/db/embedded-postgres.ts';
import { migrate } from '../../pipeline/db/migrate.ts';
import { connectionPool } from '../../pipeline/db/pool.ts';
import { ReadingProcessor } from '../../pipeline/runtime/reading-processor.ts';
import { sink as tableSink } from '../../pipeline/sink/sink.ts';
import { entityTopology } from '../../pipeline/topology.ts';
import { catalogue, topicSpecs } from '../../topics/catalogue.ts';
import { NAMING, startedCodec } from '../support/codec.ts';
import { silentLog } from '../support/log.ts';
import { STAGE_DEFAULTS } from '../support/topology-driver.ts';
import { until } from '../support/until.ts';
import { assertValid, type Bench } from './bench.ts';
import { figure, type Figure } from './figure.ts';
import { load } from './load.ts';

interface SinkBenchOptions {
  readonly entities: number;
  readonly rowsPerEntity: number;
  readonly polls: number;
  readonly runs: number;
  readonly seed: number;
}

interface Metric {
  readonly key: Buffer;
  readonly value: Buffer;
}

const PARTITIONS = 12;
const INTERVAL_MS = 60_000;
const SIZE = { rowsPerEntity: 48, seed: 20_261_121 };

export const sink: Bench = {
  name: 'sink',
  measures: 'topic to table beside a plain COPY of a ready file into the same table',
  minutes: 2,
  full: () => measureSink({ ...SIZE, entities: 200, polls: 40, runs: 5 }),
  quick: () => measureSink({ ...SIZE, entities: 50, polls: 20, runs: 2 }),
};

async function measureSink(options: SinkBenchOptions): Promise<Figure[]> {
  const server = embeddedPostgres({ durable: false, log: silentLog });
  await server.start();
  const pool = connectionPool({ url: server.url, applicationName: 'netsigma bench', log: silentLog });
  const folder = await mkdtemp(join(tmpdir(), 'netsigma-bench-'));
  const sinkRates: number[] = [];
  const plain = { text: [] as number[], binary: [] as number[] };
  try {
    await migrate({ pool, catalogue, log: silentLog });
    const codec = await startedCodec(catalogue, embeddedRegistry());
    const records = await metricRecords(codec, options);
    const rows = options.entities * options.rowsPerEntity * options.polls;
    // The first run makes the partitions and warms both sides: it is not counted.
    for (let run = -1; run < options.runs; run += 1) {
      const took = await sinkRun(pool, codec, records, rows);
      const ready = {
        text: await copyOut(pool, folder, 'text'),
        binary: await copyOut(pool, folder, 'binary'),
      };
      for (const format of ['text', 'binary'] as const) {
        await pool.query('TRUNCATE interface_metrics');
        const seconds = await copyIn(pool, ready[format], format);
        await expectRows(pool, rows);
        if (run >= 0) plain[format].push(rows / seconds);
      }
      if (run >= 0) sinkRates.push(rows / took);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
    await pool.end();
    await server.stop();
  }
  return [
    figure('sink: topic to table, decode to commit', 'rows/s', sinkRates),
    figure('sink: plain COPY of a ready text file', 'rows/s', plain.text),
    figure('sink: plain COPY of a ready binary file', 'rows/s', plain.binary),
    figure(
      'sink: against the text file',
      'ratio',
      sinkRates.map((rate, run) => rate / plain.text[run]!),
      { better: 'higher', atLeast: 0.8, then: 1.2 },
    ),
    figure(
      'sink: against the binary file',
      'ratio',
      sinkRates.map((rate, run) => rate / plain.binary[run]!),
      { better: 'higher' },
    ),
  ];
}

/** metric.interface records as the stages make them out of the load. */
async function metricRecords(
  codec: Codec,
  { entities, rowsPerEntity, polls, seed }: SinkBenchOptions,
): Promise<Metric[]> {
  const startMs = Date.now() - (polls + 1) * INTERVAL_MS;
  const readings = load(codec, { seed, entities, rowsPerEntity, startMs, intervalMs: INTERVAL_MS });
  const processor = new ReadingProcessor({
    codec,
    catalogue,
    topology: entityTopology(catalogue, STAGE_DEFAULTS),
  });
  const records: Metric[] = [];
  for (let step = 0; step < polls; step += 1) {
    const values = readings.poll(step);
    await processor.prepare('raw.interface', values);
    for (const [index, value] of values.entries()) {
      const appendedAtMs = startMs + (step + 1) * INTERVAL_MS;
      const key = Buffer.from(readings.entities[index]!);
      processor.fold(
        'raw.interface',
        { topic: 'raw.interface', partition: 0, offset: step, appendedAtMs, key, value },
        {
          send: (topic, sentKey, sent) => {
            if (topic === 'metric.interface') records.push({ key: sentKey!, value: sent });
          },
          deadLetter: (_topic, _record, reason) => {
            assertValid(false, reason);
          },
          count: () => undefined,
          countRows: () => undefined,
        },
      );
    }
  }
  return records;
}

/** Seconds from the sink's start on a full topic until every row is committed. */
async function sinkRun(pool: Pool, codec: Codec, records: readonly Metric[], rows: number): Promise<number> {
  await pool.query('TRUNCATE interface_metrics');
  const broker = memoryBroker({ clock: Date.now, maxPartitionBytes: 4e9 });
  await broker.start();
  await broker.createTopics(topicSpecs(catalogue, NAMING, PARTITIONS));
  const producer = broker.producer();
  await producer.start();
  await producer.send(
    records.map(({ key, value }) => ({
      topic: 'metric.interface',
      partition: partitionFor(key, PARTITIONS),
      key,
      value,
    })),
  );
  const tables = tableSink({
    broker,
    codec,
    catalogue,
    naming: NAMING,
    pool,
    clock: Date.now,
    log: silentLog,
    settings: { group: 'bench-sink', writer: 'bench', flushMs: 200, flushRows: 20_000 },
  });
  const before = performance.now();
  await tables.start();
  await until(() => tables.idle, 'the sink has stored everything', 600_000);
  const took = (performance.now() - before) / 1000;
  await tables.stop();
  await producer.stop();
  await broker.stop();
  await expectRows(pool, rows);
  return took;
}

async function expectRows(pool: Pool, rows: number): Promise<void> {
  const { rows: counted } = await pool.query<{ count: string }>('SELECT count(*) FROM interface_metrics');
  assertValid(Number(counted[0]!.count) === rows, `${counted[0]!.count} of ${rows} rows stored`);
}

async function copyOut(pool: Pool, folder: string, format: 'text' | 'binary'): Promise<string> {
  const file = join(folder, format);
  const client = await pool.connect();
  try {
    // A partitioned table is read through a query.
    const stream = client.query(
      copyTo(`COPY (SELECT * FROM interface_metrics) TO STDOUT (FORMAT ${format})`),
    );
    await pipeline(stream, createWriteStream(file));
  } finally {
    client.release();
  }
  return file;
}

async function copyIn(pool: Pool, file: string, format: 'text' | 'binary'): Promise<number> {
  const client = await pool.connect();
  try {
    const before = performance.now();
    await pipeline(
      createReadStream(file, { highWaterMark: 256 * 1024 }),
      client.query(copyFrom(`COPY interface_metrics FROM STDIN (FORMAT ${format})`)),
    );
    return (performance.now() - before) / 1000;
  } finally {
    client.release();
  }
}
