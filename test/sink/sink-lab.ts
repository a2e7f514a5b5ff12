/** A sink between a memory broker and a test's database, and what tests put into its topics. */
import { avroCodec } from '../../pipeline/codec/avro-codec.ts';
import { embeddedRegistry } from '../../pipeline/codec/embedded-registry.ts';
import { columnSpecs } from '../../pipeline/codec/reading-columns.ts';
import { memoryBroker } from '../../pipeline/broker/memory/memory-broker.ts';
import type { Broker, Producer } from '../../pipeline/broker/port.ts';
import type { Codec } from '../../pipeline/codec/port.ts';
import { deviceId, entityKey } from '../../pipeline/model/entity.ts';
import type { Reading } from '../../pipeline/model/reading.ts';
import { sink, type Sink, type SinkDeps } from '../../pipeline/sink/sink.ts';
import type { SinkObserver } from '../../pipeline/sink/sink-observer.ts';
import {
  catalogue,
  rowFields,
  topicSpecs,
  type Catalogue,
  type TopicName,
  type TopicRecord,
} from '../../topics/catalogue.ts';
import type { AnomalyRecord } from '../../topics/anomaly.ts';
import type { CollectionRecord, DeadLetterRecord } from '../../topics/ops.ts';
import type { Pool } from 'pg';
import { silent } from '../services/postgres.ts';

export const NAMING = { prefix: '', generation: '' };
/** Everything of a test happens around this moment. */
export const NOW = Date.UTC(2026, 10, 21, 12);

export interface SinkLab {
  readonly broker: Broker;
  readonly codec: Codec;
  readonly observed: Observed;
  /** A sink that is not started. */
  sink(changes?: Partial<SinkDeps>): Sink;
  /** A reading of interfaces, every metric filled with numbers that follow from `seed`; change it before sending. */
  reading(device: string, observedAtMs: number, interfaces: readonly string[], seed?: number): Reading;
  send(topic: TopicName, key: string | null, value: Buffer | null, partition?: number): Promise<void>;
  sendReading(reading: Reading, partition?: number): Promise<void>;
  sendRecord<T extends TopicName>(
    topic: T,
    key: string,
    record: TopicRecord<T>,
    partition?: number,
  ): Promise<void>;
  deadLetters(): Promise<DeadLetterRecord[]>;
  stop(): Promise<void>;
}

export interface Observed extends SinkObserver {
  readonly rows: Map<string, number>;
  readonly deadLetters: string[];
  readonly failures: unknown[];
  retries: number;
  lost: number;
  flushes: number;
}

export async function sinkLab(
  pool: Pool,
  options: { catalogue?: Catalogue; partitions?: number; broker?: Broker } = {},
): Promise<SinkLab> {
  const { catalogue: topics = catalogue, partitions = 2 } = options;
  const registry = embeddedRegistry();
  const codec = avroCodec({ catalogue: topics, naming: NAMING, registry });
  const broker = options.broker ?? memoryBroker({ clock: () => NOW });
  await broker.start();
  await registry.start();
  await codec.start();
  await broker.createTopics(topicSpecs(topics, NAMING, partitions));
  const producer: Producer = broker.producer();
  await producer.start();
  const observed = observer();
  const sinks: Sink[] = [];
  const reading = codec.newReading('metric.interface');

  const send: SinkLab['send'] = (topic, key, value, partition = 0) =>
    producer.send([{ topic, partition, key: key === null ? null : Buffer.from(key), value }]);

  return {
    broker,
    codec,
    observed,
    sink(changes = {}) {
      const settings = { group: 'netsigma-sink', writer: 'netsigma', flushMs: 5, flushRows: 5_000 };
      const made = sink({
        broker,
        codec,
        catalogue: topics,
        naming: NAMING,
        pool,
        clock: () => NOW,
        log: silent,
        settings,
        observer: observed,
        ...changes,
      });
      sinks.push(made);
      return made;
    },
    reading: (device, observedAtMs, interfaces, seed = 1) =>
      fill(reading, topics, { device, observedAtMs, interfaces, seed }),
    send,
    sendReading: (of, partition) =>
      send(
        'metric.interface',
        of.entity,
        Buffer.from(codec.readingEncoder('metric.interface').encode(of)),
        partition,
      ),
    sendRecord: (topic, key, record, partition) =>
      send(topic, key, Buffer.from(codec.recordEncoder(topic).encode(record)), partition),
    async deadLetters() {
      const topic = 'netsigma.dead-letter';
      const decoder = codec.recordDecoder(topic);
      const letters: DeadLetterRecord[] = [];
      for (const { partition, earliest, lastStable } of await broker.offsets(topic)) {
        for await (const { records } of broker.readRange({ topic, partition }, earliest, lastStable)) {
          await decoder.prepare(records.map(({ value }) => value));
          for (const { value } of records) {
            const decoded = decoder.decode(value!);
            if (decoded.kind === 'record') letters.push(decoded.record);
          }
        }
      }
      return letters;
    },
    async stop() {
      for (const made of sinks) await made.stop();
      await producer.stop();
      await broker.stop();
    },
  };
}

function observer(): Observed {
  const observed: Observed = {
    rows: new Map(),
    deadLetters: [],
    failures: [],
    retries: 0,
    lost: 0,
    flushes: 0,
    flushed(rows) {
      observed.flushes += 1;
      for (const [table, more] of rows) observed.rows.set(table, (observed.rows.get(table) ?? 0) + more);
    },
    deadLetter: (reason) => void observed.deadLetters.push(reason),
    retried: () => void (observed.retries += 1),
    partitionsLost: (count) => void (observed.lost += count),
    failed: (error) => void observed.failures.push(error),
  };
  return observed;
}

function fill(
  reading: Reading,
  topics: Catalogue,
  of: { device: string; observedAtMs: number; interfaces: readonly string[]; seed: number },
): Reading {
  const { device, observedAtMs, interfaces, seed } = of;
  const entity = entityKey('default', 'device', device);
  reading.reset(interfaces.length);
  Object.assign(reading, {
    domain: 'default',
    entity,
    deviceIp: '10.0.0.1',
    collectorId: 'c1',
    pollId: '0190a0b4-0000-7000-8000-0000000000aa',
    observedAtMs,
    deviceId: deviceId(entity),
    netboxDeviceId: 7,
    siteId: 3,
  });
  const fields = rowFields(topics['metric.interface']);
  const whole = new Set(fields.filter(({ type }) => type === 'int').map(({ name }) => name));
  for (const [row, name] of interfaces.entries()) {
    reading.instances[row] = name;
    for (const { name: column, kind } of columnSpecs(fields)) {
      if (kind === 'counter') {
        const counter = reading.counter(column);
        counter.hi[row] = seed;
        counter.lo[row] = row;
        counter.known[row] = 1;
      } else if (kind === 'number') {
        reading.number(column).values[row] = whole.has(column) ? seed : seed + row / 8;
      } else reading.text(column).set(row, `${column} of ${name}`);
    }
  }
  return reading;
}

/** An anomaly of device `device`, as `detect` would open it. */
export function anomalyRecord(changes: Partial<AnomalyRecord> & { anomaly_id: string }): AnomalyRecord {
  return {
    revision: 1,
    state: 'opened',
    domain: 'default',
    entity: 'default/device/r1',
    device_ip: '10.0.0.1',
    device_id: deviceId('default/device/r1'),
    netbox_device_id: null,
    site_id: 3,
    interface_name: 'Gi0/1',
    interface_index: 1,
    metric_name: 'rx_bps',
    detector: 'deviation',
    detector_version: '1',
    anomaly_type: 'spike',
    severity: 'warning',
    metric_value: 9e9,
    baseline_mean: 1e6,
    baseline_stddev: 1e5,
    deviation_sigma: 89_990,
    deviation_pct: 899_900,
    score: 12.5,
    confidence: 0.9,
    polls: 1,
    opened_at: NOW - 60_000,
    updated_at: NOW - 60_000,
    closed_at: null,
    close_reason: null,
    description: 'rx_bps of Gi0/1 is far above what is usual',
    peak_at: null,
    duration_seconds: null,
    correlation_group_id: null,
    ...changes,
  };
}

/** The audit of a poll of device `r1` by collector `c1`. */
export function collectionRecord(changes: Partial<CollectionRecord> = {}): CollectionRecord {
  return {
    domain: 'default',
    entity: 'default/device/r1',
    device_ip: '2001:db8::17',
    device_id: deviceId('default/device/r1'),
    netbox_device_id: null,
    collector_id: 'c1',
    poll_id: '0190a0b4-0000-7000-8000-0000000000aa',
    job_type: 'interface',
    started_at: NOW - 90,
    completed_at: NOW,
    duration_ms: 90,
    status: 'success',
    error_message: null,
    records_collected: 48,
    requests: 3,
    retries: 0,
    late_ms: 0,
    missed_polls: 0,
    ...changes,
  };
}

/** Rows of a table. */
export async function countOf(pool: Pool, table: string): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`);
  return rows[0]!.count;
}

/** Next offsets of a topic by partition, as the database has them. */
export async function stored(pool: Pool, topic: string): Promise<Record<number, number>> {
  const { rows } = await pool.query<{ partition: number; next: number }>(
    'SELECT partition, next_offset::int AS next FROM sink_offsets WHERE topic = $1',
    [topic],
  );
  return Object.fromEntries(rows.map(({ partition, next }) => [partition, next]));
}
