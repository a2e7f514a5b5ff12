/**
 * Every setting of netsigma, a row each: key, meaning, default, limits, and whether it changes the fold. The YAML file,
 * the environment variables, `netsigma config print` and the table of settings all follow from this file.
 */
import { z } from 'zod';
import { credentials } from './credentials.ts';
import {
  choice,
  duration,
  integer,
  number,
  optionalPath,
  optionalSecret,
  optionalText,
  path,
  section,
  tableDays,
  text,
} from './setting.ts';
import { databaseUrlProblem } from '../model/database-url.ts';
import { connectionProblems, kafkaSection, registrySection } from './connection-sections.ts';
import { baselineSection, detectSection, featuresSection, rateSection } from './stage-sections.ts';

/** Part of every entity key, which `/` separates. */
const keyPart = { regex: /^[^/]+$/, words: 'expected a name without "/"' };
const topicPart = { regex: /^[A-Za-z0-9._-]*$/, words: 'expected letters, digits, ".", "_" and "-" only' };

const snmp = section('SNMP polling.', {
  interval: duration('Time between two polls of a device, unless the inventory says otherwise.', '60s', {
    min: '100ms',
  }),
  deadline_share: number('Share of the interval after which a poll ends with what it has.', 0.8, {
    min: 0.05,
    max: 1,
  }),
  timeout: duration('How long one request waits for its answer.', '2s', { min: '10ms', max: '1m' }),
  retries: integer('How often a request without an answer is repeated.', 1, { max: 10 }),
  max_repetitions: integer('Rows asked for in one GETBULK at first; halved when an agent says tooBig.', 25, {
    min: 1,
    max: 1_000,
  }),
  max_in_flight: integer('Polls under way at once in one collector.', 256, { min: 1, max: 100_000 }),
  listen_address: text('Local address of the one UDP socket that asks all agents.', '0.0.0.0'),
  listen_port: integer('Local port of that socket; 0 takes a free one.', 0, { max: 65_535 }),
  breaker_failures: integer('Failed polls in a row after which a device is asked less often.', 3, {
    min: 1,
    max: 1_000,
  }),
  longest_backoff: duration('The longest time between two polls of a device that does not answer.', '10m'),
});

const settings = z.strictObject({
  domain: text('Tenant and routing realm: the first part of every entity key.', 'default', keyPart),
  zone: text('Which devices of the inventory this collector reaches.', 'default'),
  collector_id: optionalText(
    "Name of this collector in every reading, no other may have it; unless given, the host's name and four random digits, new at each start: core1-3fa9.",
  ),

  startup_timeout: duration(
    'How long the start waits for Kafka, registry and database to answer before it gives up.',
    '60s',
    { min: '0ms', max: '1h' },
  ),

  broker: section('Where the topics are.', {
    kind: choice(
      'Which broker: memory keeps the topics inside this process, kafka is for several processes.',
      ['memory', 'kafka'],
      'memory',
    ),
    partitions: integer(
      'Partitions of every keyed and broadcast topic: fixed for good once topics exist.',
      12,
      {
        min: 1,
        max: 1_000,
      },
    ),
    prefix: text('Put before the name of every topic, such as "lab.".', '', topicPart),
    memory: section('The memory broker.', {
      max_partition_bytes: integer(
        'Bytes that a partition may hold; producers wait while it is full.',
        8_000_000,
        {
          min: 100_000,
          max: 16_000_000_000,
        },
      ),
    }),
    kafka: kafkaSection,
  }),

  registry: registrySection,

  database: section('Where the tables are.', {
    url: optionalSecret(
      'PostgreSQL to write to, postgres://user@host:port/name; with a password by reference (env:NAME, file:/path). Without it an embedded server is started.',
      databaseUrlProblem,
    ),
    embedded: section('The embedded PostgreSQL, used when there is no url.', {
      directory: path('Folder of its data.', 'netsigma-data/postgres'),
    }),
    pool_size: integer('Connections at most.', 8, { min: 1, max: 500 }),
  }),

  credentials: credentials(),

  inventory: section('Which devices there are.', {
    file: optionalPath('YAML file of sites and devices.'),
  }),

  rules: section('Thresholds and maintenance windows.', {
    file: optionalPath('YAML file of rules, published at the start of run and collect.'),
  }),

  collect: section('Collectors.', { snmp }),

  runtime: section('Tasks.', {
    commit_interval: duration('Longest time between two commits of a task that has something new.', '150ms', {
      min: '10ms',
      max: '1m',
    }),
    commit_bytes: integer('Output bytes after which a task commits at once.', 1_000_000, {
      min: 10_000,
      max: 100_000_000,
    }),
    checkpoint_interval: duration(
      'Time between two checkpoints of a task; a crash folds again what came since. Longer ones write less (docs/operations.md). Shorter than the retention of every input.',
      '15m',
      { min: '100ms', max: '1d' },
    ),
    lost_state: choice(
      'When committed offsets are there and their checkpoint is not: refuse to start, or start_anew with an empty state (set it for one start only).',
      ['refuse', 'start_anew'],
      'refuse',
    ),
  }),

  rate: rateSection,
  baseline: baselineSection,
  detect: detectSection,
  features: featuresSection,

  sink: section('Topics into tables.', {
    flush_interval: duration('Longest time that a row waits for its database transaction.', '200ms', {
      min: '10ms',
      max: '1m',
    }),
    flush_rows: integer('Rows after which a transaction begins at once.', 5_000, { min: 1, max: 1_000_000 }),
    retention: section('How long the rows of a table are kept, in days.', {
      interface_metrics: tableDays('Rates of interfaces are kept so many days (30d or 30).', 30),
      anomaly_events: tableDays('Anomalies are kept so many days.', 730),
      anomaly_verdicts: tableDays('What people said of anomalies is kept so many days.', 730),
      ml_training_snapshots: tableDays('Features and labels are kept so many days.', 365),
      ml_model_metrics: tableDays('How good models are is kept so many days.', 730),
      poll_history: tableDays('The audit of polls is kept so many days.', 30),
      data_collection_audit: tableDays('The audit over all methods of collection is kept so many days.', 30),
    }),
  }),

  http: section('Health, metrics and status over HTTP.', {
    host: text(
      'Address to listen on. There is no login: keep it on loopback or behind a proxy.',
      '127.0.0.1',
    ),
    port: integer('Port to listen on; 0 takes a free one.', 9464, { max: 65_535 }),
  }),

  log: section('Logs, on standard error.', {
    level: choice(
      'The least important level that is written.',
      ['debug', 'info', 'warn', 'error', 'silent'],
      'info',
    ),
    format: choice('auto is pretty on a terminal and json elsewhere.', ['auto', 'json', 'pretty'], 'auto'),
  }),
});

export const schema = settings.check(({ value, issues }) => connectionProblems(value, issues));
