/** Settings of what netsigma connects to besides devices and the database: Kafka and the schema registry. */
import type { z } from 'zod';
import {
  choice,
  duration,
  flag,
  integer,
  list,
  optionalPath,
  optionalSecret,
  optionalText,
  section,
  text,
} from './setting.ts';

const BROKER = {
  regex: /^(\[[0-9a-fA-F:.]+\]|[^\s:,[\]/@]+):\d{1,5}$/,
  words: 'expected host:port, or several in a list or with commas between them',
};

const sasl = section('How Kafka is told who we are.', {
  mechanism: choice(
    'Plain and SCRAM send username and password; none for listeners without login.',
    ['none', 'plain', 'scram-sha-256', 'scram-sha-512'],
    'none',
  ),
  username: optionalText('User of Kafka.'),
  password: optionalSecret('Password of that user, by reference (env:NAME, file:/path).'),
});

const tls = section('Encrypted connections to Kafka.', {
  enabled: flag('Whether connections are encrypted.', false),
  ca_file: optionalPath("PEM file of the authority that signed the brokers' certificates."),
  cert_file: optionalPath('PEM file of our certificate, where brokers ask for one.'),
  key_file: optionalPath('PEM file of its key.'),
});

export const kafkaSection = section('The Kafka cluster, with kind kafka.', {
  brokers: list('Brokers to begin with, host:port each; they name the others.', '127.0.0.1:9092', BROKER),
  client_id: text("Name of this client in the brokers' logs and quotas.", 'netsigma'),
  sasl,
  tls,
  session_timeout: duration(
    'A member of a group that was not heard of for so long is gone. Brokers take 6s or more unless told.',
    '6s',
    { min: '1s', max: '5m' },
  ),
  replication_factor: integer("Copies of each topic that is created; -1 is the brokers' default.", -1, {
    min: -1,
    max: 32,
  }),
  compression: choice('How batches of records are packed.', ['none', 'gzip', 'zstd'], 'zstd'),
  fast_produce: flag(
    'Whether batches are encoded by netsigma itself. false: by the Kafka client, which takes several times as long.',
    true,
  ),
});

export const registrySection = section('The schema registry, with kind kafka.', {
  url: optionalText('Address of its Confluent API, such as http://registry:8081.', urlProblem),
  username: optionalText('User of the registry.'),
  password: optionalSecret('Password of that user, by reference (env:NAME, file:/path).'),
  ca_file: optionalPath('PEM file of the authority that signed its certificate, with https.'),
});

function urlProblem(value: string): string | undefined {
  const url = URL.parse(value);
  if (url === null || !/^https?:$/.test(url.protocol)) return 'is no address such as http://registry:8081';
  return url.username === '' && url.password === ''
    ? undefined
    : 'holds a user or a password: put them into registry.username and registry.password';
}

type Given = string | null | { reveal(): string };

interface Connections {
  readonly broker: {
    readonly kind: string;
    readonly kafka: {
      readonly sasl: {
        readonly mechanism: string;
        readonly username: Given;
        readonly password: Given;
      };
      readonly tls: {
        readonly enabled: boolean;
        readonly ca_file: Given;
        readonly cert_file: Given;
        readonly key_file: Given;
      };
    };
  };
  readonly registry: { readonly url: Given; readonly username: Given; readonly password: Given };
}

/** What one setting asks of another. */
export function connectionProblems({ broker, registry }: Connections, issues: z.core.$ZodRawIssue[]): void {
  const { kind, kafka } = broker;
  const problem = (path: string, message: string): void => {
    issues.push({ code: 'custom', message, path: path.split('.'), input: null });
  };
  const { mechanism, username, password } = kafka.sasl;
  for (const [name, given] of Object.entries({ username, password })) {
    if (mechanism !== 'none' && given === null)
      problem(`broker.kafka.sasl.${name}`, `is missing: mechanism ${mechanism} needs it`);
  }
  const { enabled, ca_file: ca, cert_file: cert, key_file: key } = kafka.tls;
  if (!enabled && [ca, cert, key].some((file) => file !== null))
    problem('broker.kafka.tls.enabled', 'is false, though files are named: write true, or leave them out');
  if ((cert === null) !== (key === null))
    problem('broker.kafka.tls', 'has only one of cert_file and key_file: they go together');
  if ((registry.username === null) !== (registry.password === null))
    problem('registry', 'has only one of username and password: they go together');
  if (kind === 'kafka' && registry.url === null) {
    problem(
      'registry.url',
      'is missing: broker.kind kafka needs a schema registry, such as http://registry:8081 (NETSIGMA_REGISTRY_URL)',
    );
  }
}
