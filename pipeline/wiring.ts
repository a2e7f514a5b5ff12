/**
 * All components of one process, wired by hand: broker -> codec -> sink -> tasks -> ticks -> status address.
 * Collectors come on top (`run` polls the inventory's devices, the demo a simulated network).
 */
import type { Pool } from 'pg';
import { memoryBroker, type MemoryBroker } from './broker/memory/memory-broker.ts';
import { avroCodec } from './codec/avro-codec.ts';
import { embeddedRegistry } from './codec/embedded-registry.ts';
import type { Codec } from './codec/port.ts';
import { inventoryPublisher } from './collect/inventory-publisher.ts';
import type { Inventory } from './collect/inventory.ts';
import type { Profile } from './collect/snmp/profile.ts';
import { snmpCollector } from './collect/snmp/snmp-collector.ts';
import type { Config } from './config.ts';
import type { Clock, Component, Log } from './model/component.ts';
import type { SnmpCredential } from './model/secret.ts';
import type { Metrics } from './observe/metrics.ts';
import { processMetrics, sinkMetrics, snmpMetrics } from './observe/observers.ts';
import { statusServer, type StatusServer } from './observe/status-server.ts';
import { drain } from './runtime/drain.ts';
import { readingSubTopology } from './runtime/reading-processor.ts';
import { streamThread, type StreamThread } from './runtime/stream-thread.ts';
import { ticker } from './runtime/ticker.ts';
import { sink, type Sink } from './sink/sink.ts';
import { tailJson, topicTail } from './tail.ts';
import { entityTopology } from './topology.ts';
import { topicSpecs, type Catalogue, type Naming, type TopicName } from '../topics/catalogue.ts';

export interface WiringOptions {
  readonly config: Config;
  readonly catalogue: Catalogue;
  /** A migrated database. */
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** What is read off agents, by name; the standard ones unless told. */
  readonly profiles?: ReadonlyMap<string, Profile>;
  /** Where the configured HTTP port is taken, any free one will do. */
  readonly anyHttpPort?: boolean;
  /** A component cannot go on. */
  readonly failed: (error: unknown) => void;
}

export interface Wiring {
  readonly broker: MemoryBroker;
  readonly codec: Codec;
  readonly naming: Naming;
  readonly stream: StreamThread;
  readonly sink: Sink;
  readonly status: StatusServer;
  /** In the order in which they start. */
  readonly components: readonly Component[];
  /** Publishes an inventory and polls its devices: start after the components above. */
  collectors(
    inventory: Inventory,
    credentials: ReadonlyMap<string, SnmpCredential>,
  ): readonly [Component, Component];
  /** Rows that this process has committed to a table. */
  storedRows(table: string): number;
  /** Everything that was published has been folded, and is in the tables. */
  readonly idle: boolean;
}

/** Per partition: enough for `tail` to show what tasks and sink have long been done with. */
const KEEP_COMMITTED_BYTES = 128 * 1024;

/** How long the end waits for what is under way: the database may be gone for good. */
const DRAIN_MS = 15_000;

export function wiring(options: WiringOptions): Wiring {
  const { config, catalogue, pool, clock, log, metrics, failed } = options;
  const { partitions, prefix } = config.broker;
  const naming: Naming = { prefix, generation: '' };
  const broker = memoryBroker({
    clock,
    log,
    maxPartitionBytes: config.broker.memory.maxPartitionBytes,
    keepCommittedBytes: KEEP_COMMITTED_BYTES,
  });
  const codec = avroCodec({ catalogue, naming, registry: embeddedRegistry() });
  const ports = { broker, codec, catalogue, naming, clock, log, failed };
  const settings = { rate: config.rate, baseline: config.baseline, detect: config.detect };
  const stream = streamThread({
    ...ports,
    subTopology: readingSubTopology({ codec, catalogue, topology: entityTopology(catalogue, settings) }),
    settings: config.runtime,
    observer: processMetrics(metrics, 'entity'),
  });
  const observer = sinkMetrics(metrics, failed);
  const stored = new Map<string, number>();
  const tables = sink({
    ...ports,
    pool,
    settings: {
      group: `${prefix}netsigma-sink`,
      writer: 'netsigma',
      flushMs: config.sink.flushIntervalMs,
      flushRows: config.sink.flushRows,
    },
    observer: {
      ...observer,
      flushed(rows, durationMs) {
        for (const [table, count] of rows) stored.set(table, (stored.get(table) ?? 0) + count);
        observer.flushed(rows, durationMs);
      },
    },
  });
  const ticks = ticker({ ...ports, partitions, writer: config.collectorId });
  const startedAtMs = clock();
  const status = statusServer({
    ...config.http,
    anyPort: options.anyHttpPort ?? false,
    log,
    metrics,
    status: () => ({
      started_at: new Date(startedAtMs),
      broker: {
        kind: config.broker.kind,
        cluster: broker.clusterId,
        topics: broker.stats().map(topicStatus),
      },
      tasks: stream.status(),
      sink: tables.status(),
    }),
    ready: () => readiness(stream, tables),
    tail: {
      topics: Object.values(catalogue).map(({ name, doc }) => ({ name, doc })),
      async *read(name, request) {
        const tail = topicTail(broker, codec, catalogue, naming);
        for await (const line of tail(name as TopicName, request)) yield tailJson(line);
      },
    },
  });
  gauges(metrics, broker, stream, tables);

  return {
    broker,
    codec,
    naming,
    stream,
    sink: tables,
    status,
    components: [
      broker,
      topics(options, broker, naming),
      codec,
      tables,
      drain({
        name: 'sink',
        idle: () => tables.idle || tables.status().state === 'failed',
        timeoutMs: DRAIN_MS,
        clock,
        log,
      }),
      stream,
      drain({ name: 'tasks', idle: () => stream.idle, timeoutMs: DRAIN_MS, clock, log }),
      ticks,
      status,
    ],
    collectors: (inventory, credentials) => [
      inventoryPublisher({ ...ports, partitions, inventory }),
      snmpCollector({
        ...ports,
        partitions,
        zone: config.zone,
        collectorId: config.collectorId,
        credentials,
        settings: config.collect.snmp,
        ...(options.profiles && { profiles: options.profiles }),
        observer: snmpMetrics(metrics),
      }),
    ],
    storedRows: (table) => stored.get(table) ?? 0,
    get idle() {
      return stream.idle && tables.idle;
    },
  };
}

/** Creates what is missing of the catalogue's topics. */
function topics({ catalogue, config }: WiringOptions, broker: MemoryBroker, naming: Naming): Component {
  return {
    name: 'topics',
    start: () => broker.createTopics(topicSpecs(catalogue, naming, config.broker.partitions)),
    async stop() {
      // Topics outlive those who made them.
    },
  };
}

function topicStatus({ topic, records, bytes }: ReturnType<MemoryBroker['stats']>[number]): object {
  return { topic, records, bytes };
}

function readiness(stream: StreamThread, tables: Sink): { ready: boolean; reasons: string[] } {
  const reasons: string[] = [];
  if (stream.tasks.size === 0) reasons.push('no task has started yet');
  const { state, retrying } = tables.status();
  if (state !== 'running')
    reasons.push(`the sink is ${state}${retrying === null ? '' : `: ${retrying.error}`}`);
  return { ready: reasons.length === 0, reasons };
}

function gauges(metrics: Metrics, broker: MemoryBroker, stream: StreamThread, tables: Sink): void {
  metrics.memoryBrokerBytes.readFrom(() => broker.stats().map(({ topic, bytes }) => [bytes, topic] as const));
  metrics.taskLagRecords.readFrom(() => [
    [stream.status().reduce((sum, { lagRecords }) => sum + lagRecords, 0), 'entity'] as const,
  ]);
  metrics.stateEntities.readFrom(() => [
    [stream.status().reduce((sum, { entities }) => sum + entities, 0)] as const,
  ]);
  metrics.stateBytes.readFrom(() => stateBytes(stream));
  metrics.sinkLagRecords.readFrom(() => [[tables.status().lagRecords ?? 0] as const]);
}

function stateBytes(stream: StreamThread): Iterable<readonly [number, string]> {
  const bytes = new Map<string, number>();
  for (const { processor } of stream.tasks.values()) {
    for (const [stage, size] of processor.state.bytesByStage())
      bytes.set(stage, (bytes.get(stage) ?? 0) + size);
  }
  return [...bytes].map(([stage, size]) => [size, stage] as const);
}
