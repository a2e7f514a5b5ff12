/** Folds an input that lies complete in the log, and tells what came out of it, by entity. */
import { createHash } from 'node:crypto';
import { partitionFor } from '../../pipeline/broker/partitioner.ts';
import type { Broker, ProducerRecord } from '../../pipeline/broker/port.ts';
import { catalogue, topicName, type Naming, type TopicName } from '../../topics/catalogue.ts';
import {
  domainThread,
  entityThread,
  type EntityThread,
  type EntityThreadOptions,
} from '../support/entity-thread.ts';
import { until } from '../support/until.ts';
import type { GoldenRecord } from './golden-input.ts';

const OUTPUTS = [
  'metric.interface',
  'insight.deviation',
  'insight.anomaly',
  'insight.baseline',
  'ml.feature',
  'ml.evaluation',
  'netsigma.dead-letter',
] as const satisfies readonly TopicName[];

/** Records and a digest of their bytes in order, by `<topic> <entity>`. */
export type GoldenOutput = ReadonlyMap<string, { readonly records: number; readonly digest: string }>;

/** The records of the input with their partitions: broadcast ones once each. */
export function placed(input: readonly GoldenRecord[], partitions: number, naming: Naming) {
  return input.flatMap(({ topic, entity, key, value, appendedAtMs }) => {
    const record = {
      topic: topicName(catalogue[topic], naming),
      key: key === null ? null : Buffer.from(key),
      value,
    };
    const targets =
      entity === null
        ? Array.from({ length: partitions }, (_, partition) => partition)
        : [partitionFor(Buffer.from(entity), partitions)];
    return targets.map((partition): { record: ProducerRecord; appendedAtMs: number } => ({
      record: { ...record, partition },
      appendedAtMs,
    }));
  });
}

const TIMEOUT_MS = 220_000;

/** Resolves when everything is folded and committed. @throws what the thread failed with. */
export async function untilFolded({ thread, failures }: EntityThread): Promise<void> {
  await until(() => failures.length > 0 || thread.idle, 'everything to be folded', TIMEOUT_MS);
  if (failures.length > 0) throw failures[0];
}

/** Runs both sub-topologies until everything is folded and committed. */
export async function foldAll(options: EntityThreadOptions): Promise<void> {
  const entity = entityThread(options);
  const domain = domainThread(options);
  await domain.thread.start();
  await entity.thread.start();
  try {
    await untilFolded(entity);
    // What a consumer knows of the end of a log is as old as its last fetch.
    await until(
      async () => domain.failures.length > 0 || !(await isAnyLeft(options, domain.thread.group)),
      'what entity sent to be folded',
      TIMEOUT_MS,
    );
    await untilFolded(domain);
  } finally {
    await entity.thread.stop();
    await domain.thread.stop();
  }
}

/** Whether there are records for `domain` behind what it has committed. */
async function isAnyLeft(
  { broker, naming }: Pick<EntityThreadOptions, 'broker' | 'naming'>,
  group: string,
): Promise<boolean> {
  const topic = topicName(catalogue['netsigma.repartition.domain'], naming);
  const committed = await broker.committedOffsets(group, [topic]);
  for (const { partition, earliest, lastStable } of await broker.offsets(topic)) {
    const from = committed.find((one) => one.partition === partition)?.offset ?? earliest;
    for await (const { records } of broker.readRange({ topic, partition }, from, lastStable))
      if (records.length > 0) return true;
  }
  return false;
}

/** Everything that was sent, without the schema ids of the registry. */
export async function outputOf(broker: Broker, naming: Naming): Promise<GoldenOutput> {
  const found = new Map<string, { records: number; hash: ReturnType<typeof createHash> }>();
  for (const name of OUTPUTS) {
    const topic = topicName(catalogue[name], naming);
    for (const { partition, earliest, lastStable } of await broker.offsets(topic)) {
      for await (const { records } of broker.readRange({ topic, partition }, earliest, lastStable)) {
        for (const { key, value } of records) {
          const of = `${name} ${key?.toString() ?? ''}`;
          const entry = found.get(of) ?? { records: 0, hash: createHash('sha256') };
          entry.records += 1;
          entry.hash.update(value!.subarray(5));
          found.set(of, entry);
        }
      }
    }
  }
  const sorted = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(sorted.map(([of, { records, hash }]) => [of, { records, digest: hash.digest('hex') }]));
}
