/** server.properties of a single broker for tests. */

export type SaslMechanism = 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';

/** Beside the plain listener that every server has. */
export interface KafkaListener {
  /** Upper case, e.g. CLIENTS; not PLAINTEXT, not CONTROLLER. */
  readonly name: string;
  readonly protocol: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL';
  /** For the SASL protocols; all three unless told. */
  readonly mechanisms?: readonly SaslMechanism[];
}

export interface KafkaUser {
  readonly name: string;
  readonly password: string;
}

export interface KafkaSettings {
  /** By listener, with PLAINTEXT and CONTROLLER. */
  readonly ports: ReadonlyMap<string, number>;
  readonly listeners: readonly KafkaListener[];
  readonly users: readonly KafkaUser[];
  /** A PEM file with key and certificate, where a listener speaks TLS. */
  readonly keystore: string | undefined;
  readonly logDir: string;
  /** Win over all others. */
  readonly properties: Readonly<Record<string, string>>;
}

export const ALL_MECHANISMS: readonly SaslMechanism[] = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'];

/** The same in Docker: a broker and controller of its own, small internal topics, quick groups, nothing made by itself. */
export const BROKER_PROPERTIES: Readonly<Record<string, string>> = {
  'process.roles': 'broker,controller',
  'node.id': '1',
  'controller.listener.names': 'CONTROLLER',
  'inter.broker.listener.name': 'PLAINTEXT',
  'auto.create.topics.enable': 'false',
  'offsets.topic.replication.factor': '1',
  'offsets.topic.num.partitions': '5',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'transaction.state.log.num.partitions': '5',
  'group.initial.rebalance.delay.ms': '0',
  // Tests of takeover: the broker's default of 6 s is the shortest session that it would allow.
  'group.min.session.timeout.ms': '1000',
  // A killed broker is let in again once its old session has ended: 9 s unless told.
  'broker.session.timeout.ms': '3000',
  'broker.heartbeat.interval.ms': '500',
};

/** The lines of server.properties. */
export function kafkaProperties(settings: KafkaSettings): string {
  const { ports, listeners, logDir, properties } = settings;
  const all: Record<string, string> = {
    ...BROKER_PROPERTIES,
    'controller.quorum.voters': `1@127.0.0.1:${ports.get('CONTROLLER')!}`,
    listeners: [...ports].map(([name, port]) => `${name}://127.0.0.1:${port}`).join(','),
    'listener.security.protocol.map': [
      'CONTROLLER:PLAINTEXT',
      'PLAINTEXT:PLAINTEXT',
      ...listeners.map(({ name, protocol }) => `${name}:${protocol}`),
    ].join(','),
    'log.dirs': logDir,
  };
  for (const listener of listeners) Object.assign(all, security(listener, settings));
  return Object.entries({ ...all, ...properties })
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

function security(
  { name, protocol, mechanisms = ALL_MECHANISMS }: KafkaListener,
  { users, keystore }: KafkaSettings,
): Record<string, string> {
  const prefix = `listener.name.${name.toLowerCase()}`;
  const of: Record<string, string> = {};
  if (protocol.endsWith('SSL')) {
    of[`${prefix}.ssl.keystore.type`] = 'PEM';
    of[`${prefix}.ssl.keystore.location`] = keystore!;
  }
  if (!protocol.startsWith('SASL')) return of;
  of[`${prefix}.sasl.enabled.mechanisms`] = mechanisms.join(',');
  const modules = 'org.apache.kafka.common.security';
  const passwords = users.map((user) => ` user_${user.name}="${user.password}"`).join('');
  for (const mechanism of mechanisms) {
    // PLAIN knows its users from here; SCRAM's are in the cluster's metadata since it was formatted.
    of[`${prefix}.${mechanism.toLowerCase()}.sasl.jaas.config`] =
      mechanism === 'PLAIN'
        ? `${modules}.plain.PlainLoginModule required${passwords};`
        : `${modules}.scram.ScramLoginModule required;`;
  }
  return of;
}
