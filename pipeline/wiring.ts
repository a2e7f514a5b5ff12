/**
 * All components of one process, wired by hand: status address -> broker -> topics -> registry -> codec -> sink ->
 * tasks -> ticks. Collectors come on top (`run` polls the inventory's devices, the demo a simulated network).
 */
import type { Pool } from 'pg';
import type { MemoryBroker } from './broker/memory/memory-broker.ts';
import type { Broker } from './broker/port.ts';
import { avroCodec } from './codec/avro-codec.ts';
import type { Codec } from './codec/port.ts';
import type { Profile } from './collect/snmp/profile.ts';
import type { Config } from './config.ts';
import { openBroker, openMemoryBroker, openRegistry } from './connections.ts';
import type { Clock, Component, Log } from './model/component.ts';
import type { Metrics } from './observe/metrics.ts';
import { brokerWatch } from './observe/broker-watch.ts';
import { countingRebalances } from './observe/rebalances.ts';
import { statusServer, type StatusServer } from './observe/status-server.ts';
import type { Patience } from './patience.ts';
import { collectRole, type CollectOptions, type CollectRole } from './roles/collect.ts';
import { processRole, type ProcessRole } from './roles/process.ts';
import type { Role, RoleDeps } from './roles/role.ts';
import { sinkRole, type SinkRole } from './roles/sink.ts';
import { topicReader } from './tail.ts';
import { startTopics } from './topics.ts';
import type { Catalogue, Naming } from '../topics/catalogue.ts';

export interface WiringOptions {
  readonly config: Config;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** The role sink: a migrated database to store in. */
  readonly pool?: Pool | undefined;
  /** The role process; has it unless told. */
  readonly process?: boolean;
  /** What is read off agents, by name; the standard ones unless told. */
  readonly profiles?: ReadonlyMap<string, Profile>;
  /** Where the configured HTTP port is taken, any free one will do. */
  readonly anyHttpPort?: boolean;
  /** For what others have to start first; what fails at its start fails unless told. */
  readonly patience?: Patience;
  /** A component cannot go on. */
  readonly failed: (error: unknown) => void;
}

export interface Wiring {
  readonly broker: Broker;
  readonly codec: Codec;
  readonly naming: Naming;
  readonly status: StatusServer;
  readonly process: ProcessRole | undefined;
  readonly sink: SinkRole | undefined;
  /** In the order in which they start. */
  readonly components: readonly Component[];
  /** The role collect: start its components after those above. */
  collect(options: Omit<CollectOptions, 'profiles'>): CollectRole;
  /** Everything that was published has been folded, and is in the tables. */
  readonly idle: boolean;
}

export function wiring(options: WiringOptions): Wiring {
  const {
    config,
    catalogue,
    pool,
    clock,
    log,
    metrics,
    failed,
    patience = (component: Component) => component,
  } = options;
  const naming: Naming = { prefix: config.broker.prefix, generation: '' };
  const memory = config.broker.kind === 'memory' ? openMemoryBroker(config, log, clock) : undefined;
  const watch = brokerWatch({
    broker: countingRebalances(memory ?? openBroker(config, log), metrics),
    clock,
  });
  const { broker } = watch;
  const registry = openRegistry(config, log);
  const codec = avroCodec({ catalogue, naming, registry });
  const deps: RoleDeps = { config, broker, codec, catalogue, naming, clock, log, metrics, failed };
  const stored = pool && sinkRole({ ...deps, pool });
  const tasks = options.process === false ? undefined : processRole(deps);
  const roles: Role[] = [stored, tasks].filter((role) => role !== undefined);
  const reader = topicReader({ broker, codec, catalogue, naming });
  const startedAt = new Date(clock());
  const status = statusServer({
    ...config.http,
    anyPort: options.anyHttpPort ?? false,
    log,
    metrics,
    status: () => ({
      startedAt,
      roles: roles.map(({ name }) => name),
      broker: {
        kind: config.broker.kind,
        cluster: reader.isOpen ? broker.clusterId : null,
        ...(memory && { topics: held(memory) }),
      },
      ...roles.reduce<object>((all, role) => ({ ...all, ...role.status() }), {}),
    }),
    ready() {
      const reasons = [...roles.flatMap((role) => role.notReady()), ...watch.notReady()];
      return { ready: reasons.length === 0, reasons };
    },
    tail: reader.tail,
  });
  if (memory !== undefined) {
    metrics.memoryBrokerBytes.readFrom(() => held(memory).map(({ topic, bytes }) => [bytes, topic] as const));
  }

  return {
    broker,
    codec,
    naming,
    status,
    process: tasks,
    sink: stored,
    components: [
      // First: a process that waits for others can be asked what it waits for.
      status,
      ...[broker, startTopics(deps), registry, codec].map(patience),
      reader,
      watch,
      ...(stored?.components ?? []),
      ...(tasks?.components ?? []),
    ],
    collect(what) {
      const role = collectRole(deps, { ...what, profiles: options.profiles });
      roles.push(role);
      return role;
    },
    get idle() {
      return (tasks?.idle ?? true) && (stored?.sink.idle ?? true);
    },
  };
}

function held(broker: MemoryBroker) {
  return broker.stats().map(({ topic, records, bytes }) => ({ topic, records, bytes }));
}
