/** `netsigma topics`: what would have to be done so that the broker has the catalogue's topics, and doing it. */
import type { Broker, TopicChange, TopicSpec } from './broker/port.ts';
import { refusals } from './broker/refusals.ts';
import { formatDuration } from './config/duration.ts';
import { ConfigError } from './model/errors.ts';

export interface TopicsCommandDeps {
  /** broker.kind of the configuration. */
  readonly kind: string;
  /** Not started yet. */
  readonly broker: Broker;
  readonly specs: readonly TopicSpec[];
  readonly write: (text: string) => unknown;
}

export interface TopicsCommandOptions {
  /** Do it; else only say what would be done. */
  readonly apply: boolean;
  /** A JSON object a line. */
  readonly json: boolean;
}

/** @throws ConfigError, after all was said and before anything was done, when a topic cannot be as specified. */
export async function topicsCommand(
  { kind, broker, specs, write }: TopicsCommandDeps,
  { apply, json }: TopicsCommandOptions,
): Promise<void> {
  if (kind === 'memory') {
    throw new ConfigError(
      'broker.kind is memory, whose topics begin and end with each process: set broker.kind to kafka and broker.kafka.brokers',
    );
  }
  await broker.start();
  try {
    const changes = await broker.planTopics(specs);
    for (const change of changes) write(`${json ? JSON.stringify(plain(change)) : sentence(change)}\n`);
    const problems = refusals(changes);
    if (problems.length > 0) throw new ConfigError(`nothing is done: ${problems.join('; ')}`);
    if (changes.length === 0) {
      if (!json) write(`nothing to do: the ${specs.length} topics are as specified\n`);
    } else if (apply) {
      await broker.createTopics(specs);
      if (!json) write('done\n');
    }
  } finally {
    await broker.stop();
  }
}

function sentence(change: TopicChange): string {
  switch (change.kind) {
    case 'create': {
      const { topic, partitions, cleanup, retentionMs, maxRecordBytes } = change.spec;
      const past = cleanup === 'delete' ? 'deleted' : 'compacted';
      const kept =
        retentionMs === Infinity ? `never ${past} by age` : `${past} after ${formatDuration(retentionMs)}`;
      return `create     ${topic}: ${partitions} partitions, ${kept}, records up to ${maxRecordBytes} bytes`;
    }
    case 'configure':
      return `configure  ${change.topic}: ${change.setting} ${change.from} -> ${change.to}`;
    case 'refuse':
      return `refuse     ${change.topic}: it has ${change.problem}`;
  }
}

/** JSON knows no Infinity: -1 is Kafka's own word for it. */
function plain(change: TopicChange): object {
  if (change.kind !== 'create') return change;
  const { retentionMs } = change.spec;
  return { kind: 'create', ...change.spec, retentionMs: retentionMs === Infinity ? -1 : retentionMs };
}
