/** Opens what the configuration names: the broker with the topics, the registry with their schemas. */
import { readFileSync } from 'node:fs';
import { kafkaBroker, type KafkaBrokerOptions } from './broker/kafka/kafka-broker.ts';
import { memoryBroker, type MemoryBroker } from './broker/memory/memory-broker.ts';
import type { Broker } from './broker/port.ts';
import { embeddedRegistry } from './codec/embedded-registry.ts';
import { httpRegistry, type HttpRegistry } from './codec/http-registry.ts';
import type { SchemaRegistry } from './codec/port.ts';
import type { Config } from './config.ts';
import type { Clock, Log } from './model/component.ts';
import { ConfigError } from './model/errors.ts';
import { Secret } from './model/secret.ts';
import { systemClock } from './runtime/clock.ts';

export type ConnectionConfig = Pick<Config, 'broker' | 'registry'>;

/** Per partition: enough for `tail` to show what tasks and sink have long been done with. */
const KEEP_COMMITTED_BYTES = 128 * 1024;

/** An inert broker. @throws ConfigError when a file of its TLS settings cannot be read. */
export function openBroker(config: ConnectionConfig, log: Log): Broker {
  switch (config.broker.kind) {
    case 'memory':
      return openMemoryBroker(config, log, systemClock);
    case 'kafka':
      return kafkaBroker(kafkaOptions(config, log));
  }
}

export function openMemoryBroker({ broker }: ConnectionConfig, log: Log, clock: Clock): MemoryBroker {
  return memoryBroker({
    clock,
    log,
    maxPartitionBytes: broker.memory.maxPartitionBytes,
    keepCommittedBytes: KEEP_COMMITTED_BYTES,
  });
}

/** An inert registry: inside this process beside the memory broker, else the one of registry.url. */
export function openRegistry(config: ConnectionConfig, log: Log): SchemaRegistry {
  return config.broker.kind === 'memory' ? embeddedRegistry() : openHttpRegistry(config, log);
}

/** The inert registry of registry.url, whatever the broker. @throws ConfigError without one. */
export function openHttpRegistry({ registry }: Pick<Config, 'registry'>, log: Log): HttpRegistry {
  const { url, username, password, caFile } = registry;
  if (url === null) {
    throw new ConfigError(
      'registry.url is missing: set it to a schema registry, such as http://registry:8081',
    );
  }
  return httpRegistry({
    url,
    log,
    ...(username !== null && { username }),
    ...(password !== null && { password }),
    ...(caFile !== null && { ca: pem('registry.ca_file', caFile) }),
  });
}

export function kafkaOptions({ broker }: Pick<Config, 'broker'>, log: Log): KafkaBrokerOptions {
  const { brokers, clientId, sessionTimeoutMs, replicationFactor, compression, fastProduce, ...kafka } =
    broker.kafka;
  const { mechanism, username, password } = kafka.sasl;
  const { enabled, caFile, certFile, keyFile } = kafka.tls;
  return {
    brokers,
    clientId,
    log,
    sessionTimeoutMs,
    replicationFactor,
    compression,
    fastProduce,
    // The configuration is checked: a mechanism has both.
    ...(mechanism !== 'none' && { sasl: { mechanism, username: username!, password: password! } }),
    ...(enabled && {
      tls: {
        ...(caFile !== null && { ca: pem('broker.kafka.tls.ca_file', caFile) }),
        ...(certFile !== null && { cert: pem('broker.kafka.tls.cert_file', certFile) }),
        ...(keyFile !== null && { key: new Secret(pem('broker.kafka.tls.key_file', keyFile)) }),
      },
    }),
  };
}

function pem(setting: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new ConfigError(`${setting} ${file} cannot be read (${code}): check the path`, { cause });
  }
}
