/** kafkajs clients for the broker's options: addresses, TLS, SASL, patience, and kafkajs's log lines as ours. */
import type { Kafka, KafkaConfig, LogEntry, RetryOptions, SASLOptions } from 'kafkajs';
import type { Log } from '../../model/component.ts';
import type { Secret } from '../../model/secret.ts';
import { kafkajs } from './patches.ts';
import { CLOSED_BY_US, Sockets } from './sockets.ts';

export interface KafkaSasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: Secret;
}

/** Certificates and key in PEM. Without `ca` the system's authorities are trusted. */
export interface KafkaTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: Secret;
}

export interface ClientOptions {
  /** host:port, some of the cluster's brokers. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly log: Log;
  readonly sasl?: KafkaSasl;
  readonly tls?: KafkaTls;
}

/** Short first waits, because CONCURRENT_TRANSACTIONS ends after a few milliseconds; gives up after about 8 s. */
export const RETRY: RetryOptions = { initialRetryTime: 15, maxRetryTime: 500, retries: 20 };

/** Before anything runs a person waits for an answer. */
export const START_RETRY: RetryOptions = { initialRetryTime: 50, maxRetryTime: 300, retries: 3 };

const CONNECTION_TIMEOUT_MS = 5000;
const REQUEST_TIMEOUT_MS = 20_000;

export interface KafkaClient {
  readonly kafka: Kafka;
  /** Ends all its connections, whatever is under way on them. */
  close(): void;
}

export type NewClient = (retry?: RetryOptions) => KafkaClient;

/** Makes clients of their own sockets, which say together only once that a broker is away. */
export function kafkaClients(options: ClientOptions): NewClient {
  const forward = forwardTo(options.log);
  return (retry = RETRY) => {
    const sockets = new Sockets();
    const kafka = new kafkajs.Kafka({
      ...kafkaConfig(options, retry, forward),
      socketFactory: sockets.factory,
    });
    return { kafka, close: () => sockets.close() };
  };
}

export function kafkaClient(options: ClientOptions, retry = RETRY): Kafka {
  return kafkaClients(options)(retry).kafka;
}

function kafkaConfig(
  { brokers, clientId, sasl, tls }: ClientOptions,
  retry: RetryOptions,
  forward: (entry: LogEntry) => void,
): KafkaConfig {
  return {
    brokers: [...brokers],
    clientId,
    retry,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    logLevel: kafkajs.logLevel.INFO,
    logCreator: () => forward,
    ...(tls !== undefined && { ssl: tlsOptions(tls) }),
    ...(sasl !== undefined && { sasl: saslOptions(sasl) }),
  };
}

function tlsOptions({ ca, cert, key }: KafkaTls): NonNullable<Exclude<KafkaConfig['ssl'], boolean>> {
  return {
    ...(ca !== undefined && { ca: [ca] }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key: key.reveal() }),
  };
}

function saslOptions({ mechanism, username, password }: KafkaSasl): SASLOptions {
  return { mechanism, username, password: password.reveal() };
}

/** A broker that is away is told once in this time, not at every attempt. */
const REPEAT_MS = 10_000;
const AWAY = /^Connection (error|timeout)/;

/**
 * kafkajs calls errors what it mends by itself (a lost connection, a transaction that has to wait), and whoever called
 * it is told what it cannot mend. So its errors are a warning at most, and only such as say that a broker is away.
 */
function forwardTo(log: Log): (entry: LogEntry) => void {
  const toldUntil = new Map<string, number>();
  return ({ namespace, level, log: entry }) => {
    const { message, broker, groupId, error } = entry as LogEntry['log'] & Record<string, unknown>;
    const fields = {
      namespace,
      detail: message,
      ...(typeof broker === 'string' && { broker }),
      ...(typeof groupId === 'string' && { group: groupId }),
      ...(typeof error === 'string' && { reason: error }),
    };
    const isAway = level === kafkajs.logLevel.ERROR && AWAY.test(message) && !message.endsWith(CLOSED_BY_US);
    if (!isAway) return log.debug(fields, 'kafka client');
    const now = performance.now();
    const told = `${String(broker)} ${message}`;
    if ((toldUntil.get(told) ?? 0) > now) return;
    toldUntil.set(told, now + REPEAT_MS);
    log.warn(fields, 'no connection to Kafka: trying again');
  };
}
