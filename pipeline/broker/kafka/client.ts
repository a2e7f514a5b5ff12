/** kafkajs clients for the broker's options: addresses, TLS, SASL, patience, and kafkajs's log lines as ours. */
import type { Kafka, KafkaConfig, LogEntry, RetryOptions, SASLOptions } from 'kafkajs';
import type { Log } from '../../model/component.ts';
import type { Secret } from '../../model/secret.ts';
import { ConnectionNews } from './connection-news.ts';
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

/** How long a client waits and how often it tries again. */
export interface ClientPatience {
  readonly retry: RetryOptions;
  readonly connectionTimeoutMs: number;
  readonly requestTimeoutMs: number;
}

/** Short first waits, because CONCURRENT_TRANSACTIONS ends after a few milliseconds; gives up after about 8 s. */
const WORKING: ClientPatience = {
  retry: { initialRetryTime: 15, maxRetryTime: 500, retries: 20 },
  connectionTimeoutMs: 5000,
  requestTimeoutMs: 20_000,
};

/** Before anything runs a person waits for an answer: 3 s where nothing answers, 12 s where nothing connects. */
export const PROBING: ClientPatience = {
  retry: { initialRetryTime: 50, maxRetryTime: 300, retries: 3 },
  connectionTimeoutMs: 3000,
  requestTimeoutMs: 3000,
};

export interface KafkaClient {
  readonly kafka: Kafka;
  /** Ends all its connections, whatever is under way on them. */
  close(): void;
}

export type NewClient = (patience?: ClientPatience) => KafkaClient;

/** Makes clients of their own sockets, which say together only once that a broker is away, and that it is back. */
export function kafkaClients(options: ClientOptions, news: ConnectionNews): NewClient {
  const forward = forwardTo(options.log, news);
  return (patience = WORKING) => {
    const sockets = new Sockets({
      answered: (broker) => news.answered(broker),
      endedUnanswered: (broker) => news.failed(broker, { broker, reason: 'it ended the connection' }),
    });
    const kafka = new kafkajs.Kafka({
      ...kafkaConfig(options, patience, forward),
      socketFactory: sockets.factory,
    });
    return { kafka, close: () => sockets.close() };
  };
}

export function kafkaClient(options: ClientOptions): Kafka {
  return kafkaClients(options, new ConnectionNews(options.log))().kafka;
}

function kafkaConfig(
  { brokers, clientId, sasl, tls }: ClientOptions,
  { retry, connectionTimeoutMs, requestTimeoutMs }: ClientPatience,
  forward: (entry: LogEntry) => void,
): KafkaConfig {
  return {
    brokers: [...brokers],
    clientId,
    retry,
    connectionTimeout: connectionTimeoutMs,
    requestTimeout: requestTimeoutMs,
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

const AWAY = /^Connection (error|timeout)/;

/**
 * kafkajs calls errors what it mends by itself (a lost connection, a transaction that has to wait), and whoever called
 * it is told what it cannot mend. So its errors are a warning at most, and only such as say that a broker is away.
 */
function forwardTo(log: Log, news: ConnectionNews): (entry: LogEntry) => void {
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
    if (isAway) news.failed(String(broker), fields);
    else log.debug(fields, 'kafka client');
  };
}
