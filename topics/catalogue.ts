/** Every topic, a row each: name, routing, key, schema, retention. Adding one is adding its row here. */
import { anomaly } from './anomaly.ts';
import { checkpointName, internalTopics } from './checkpoint.ts';
import { domainInput } from './domain.ts';
import { baseline, deviation } from './insight.ts';
import { metricInterface, rawInterface } from './interface.ts';
import { controlSite, controlTick, inventoryDevice } from './inventory.ts';
import { mlEvaluation, mlFeature } from './ml.ts';
import { deadLetter, opsCollection } from './ops.ts';
import { controlRule } from './rules.ts';
import { DAYS, MEGABYTE, type FieldRow, type RecordOf, type RecordRow, type TopicRow } from './row.ts';

const keyed = { class: 'entity', key: 'entity', cleanup: 'delete', maxRecordBytes: MEGABYTE } as const;

export const catalogue = {
  'raw.interface': { ...keyed, name: 'raw.interface', shape: 'reading', value: rawInterface, retentionMs: 7 * DAYS, doc: "One poll of a device's interface tables." },
  'metric.interface': { ...keyed, name: 'metric.interface', shape: 'reading', value: metricInterface, retentionMs: 7 * DAYS, doc: 'The same with rates, utilisation, quality.' },
  'insight.deviation': { ...keyed, name: 'insight.deviation', shape: 'record', value: deviation, retentionMs: DAYS, doc: 'Rows of one poll against their baselines.' },
  'insight.anomaly': { ...keyed, name: 'insight.anomaly', shape: 'record', value: anomaly, retentionMs: 90 * DAYS, doc: 'One anomaly: opened, updated, closed.' },
  'insight.baseline': { ...keyed, name: 'insight.baseline', shape: 'record', value: baseline, retentionMs: 7 * DAYS, doc: 'Seasonal cells, packed per entity and hour.' },
  'ml.feature': { ...keyed, name: 'ml.feature', shape: 'record', value: mlFeature, retentionMs: 30 * DAYS, doc: 'Features of closed windows, packed per entity, and labels.' },
  'ml.evaluation': { ...keyed, name: 'ml.evaluation', shape: 'record', value: mlEvaluation, retentionMs: 90 * DAYS, doc: 'How often detectors were right, by entity and version.' },
  'inventory.device': { ...keyed, name: 'inventory.device', shape: 'record', value: inventoryDevice, retentionMs: 7 * DAYS, cleanup: 'compact', doc: 'One packed record per device.' },
  'control.tick': { name: 'control.tick', class: 'broadcast', key: 'none', shape: 'record', value: controlTick, retentionMs: 7 * DAYS, cleanup: 'delete', maxRecordBytes: 10_000, doc: 'A record every 5 s in every partition, so that time goes on in silence.' },
  'control.site': { name: 'control.site', class: 'broadcast', key: 'domain/slug', shape: 'record', value: controlSite, retentionMs: 7 * DAYS, cleanup: 'compact', maxRecordBytes: 100_000, doc: 'Sites with their time zones.' },
  'control.rule': { name: 'control.rule', class: 'broadcast', key: 'domain/rule_id', shape: 'record', value: controlRule, retentionMs: 7 * DAYS, cleanup: 'compact', maxRecordBytes: 100_000, doc: 'What people say: thresholds, maintenance, verdicts.' },
  'ops.collection': { ...keyed, name: 'ops.collection', class: 'other', shape: 'record', value: opsCollection, retentionMs: 7 * DAYS, doc: 'Audit of every poll.' },
  'netsigma.repartition.domain': { ...keyed, name: 'netsigma.repartition.domain', class: 'repartition', key: 'domain', shape: 'record', value: domainInput, retentionMs: 7 * DAYS, doc: 'Internal: what the tasks of entity tell those of domain.' },
  'netsigma.dead-letter': { name: 'netsigma.dead-letter', class: 'other', key: 'origin', shape: 'record', value: deadLetter, retentionMs: 30 * DAYS, cleanup: 'delete', maxRecordBytes: 10 * MEGABYTE, doc: 'What could not be used: reason, origin, bytes.' },
} as const satisfies Record<string, TopicRow>;

export type TopicName = keyof typeof catalogue;

/** The object of a topic's value. */
export type TopicRecord<T extends TopicName> = RecordOf<(typeof catalogue)[T]['value']>;

/** The topics' rows by name, as the pipeline takes them: a test or an operator may pass one with rows added. */
export type Catalogue = Readonly<Record<TopicName, TopicRow>>;

/** Ticks fire whenever append time crosses a multiple of this. */
export const TICK_MS = 5_000;

export interface Naming {
  /** Put before every name, e.g. `lab.`; empty unless configured. */
  readonly prefix: string;
  /** Suffix of a replay's outputs; empty for the live ones. */
  readonly generation: string;
}

/** The topic's name on the broker. */
export function topicName(row: Pick<TopicRow, 'name'>, naming: Naming): string {
  return `${naming.prefix}${row.name}${naming.generation === '' ? '' : `.${naming.generation}`}`;
}

/** The topic where the tasks of a sub-topology keep their state. */
export function checkpointTopicName(subTopology: string, naming: Naming): string {
  return topicName({ name: checkpointName(subTopology) }, naming);
}

/** What a broker has to be told to make the catalogue's topics and the internal ones (broker/port.ts, TopicSpec). */
export function topicSpecs(from: Catalogue, naming: Naming, partitions: number) {
  return [...Object.values(from), ...internalTopics].map((row) => {
    const { cleanup, retentionMs, maxRecordBytes } = row;
    return { topic: topicName(row, naming), partitions, cleanup, retentionMs, maxRecordBytes };
  });
}

/** Fields of the rows of a reading topic. @throws TypeError when the topic carries no rows. */
export function rowFields(topic: TopicRow): readonly FieldRow[] {
  return rowRecord(topic).fields;
}

/** The record of the rows of a reading topic. @throws TypeError when the topic carries no rows. */
export function rowRecord(topic: TopicRow): RecordRow {
  const rows = topic.value.fields.find((field) => field.name === 'rows')?.type;
  if (typeof rows !== 'object' || !('array' in rows) || rows.array === 'string') {
    throw new TypeError(`topic ${topic.name} has no rows`);
  }
  return rows.array;
}

/** `catalogue` with fields added to the rows of a reading topic: how an operator or a test adds a metric. */
export function withFields(from: Catalogue, topic: TopicName, added: readonly FieldRow[]): Catalogue {
  const row = from[topic];
  const record = rowRecord(row);
  const fields = row.value.fields.map((field) => (field.name === 'rows' ? { ...field, type: { array: { ...record, fields: [...record.fields, ...added] } } } : field));
  return { ...from, [topic]: { ...row, value: { ...row.value, fields } } };
}
