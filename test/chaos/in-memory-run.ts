/** The pipeline's stages over records of a fleet, without a broker: the topics that come out, decoded as the verifier decodes. */
import type avro from 'avsc';
import { deadLetterId } from '../../pipeline/model/entity.ts';
import { rawReading } from '../support/raw-reading.ts';
import { topologyDriver, type SentRecord } from '../support/topology-driver.ts';
import type { DeadLetterRecord, Located, RawRecord, Topics } from '../verify/records.ts';
import { avroType } from '../verify/wire.ts';
import type { InventoryRecord } from './fleet.ts';
import { schemaOf } from './wire-writer.ts';

export type Step =
  | { readonly kind: 'raw'; readonly record: RawRecord; readonly key?: string }
  | { readonly kind: 'inventory'; readonly key: string; readonly record: InventoryRecord | null };

export interface InMemoryRun {
  readonly topics: Topics;
  /** What the stages sent, as bytes. */
  readonly sent: readonly SentRecord[];
}

/** Folds the steps; records are appended 100 ms after they were observed, inventory just before the next of them. */
export async function inMemoryRun(steps: readonly Step[]): Promise<InMemoryRun> {
  const driver = await topologyDriver({ ticks: true });
  const types = new Map<string, avro.Type>();
  const typeOf = (topic: string) => {
    const type = types.get(topic) ?? avroType(schemaOf(topic));
    types.set(topic, type);
    return type;
  };
  const frame = driver.codec
    .readingEncoder('raw.interface')
    .encode(rawReading(driver.codec, {}, []))
    .subarray(0, 5);
  const raw: Located<RawRecord>[] = [];
  const inventory: Located<InventoryRecord>[] = [];
  let nowMs = 0;
  for (const step of steps) {
    if (step.kind === 'raw') {
      const { record, key = record.entity } = step;
      nowMs = Math.max(nowMs, record.observed_at + 100);
      const body = typeOf('raw.interface').toBuffer(record);
      raw.push({
        topic: 'raw.interface',
        partition: 0,
        offset: BigInt(raw.length + inventory.length),
        appendedAtMs: nowMs,
        key,
        value: record,
      });
      await driver.pipe('raw.interface', key, Buffer.concat([frame, body]), nowMs);
    } else {
      const { key, record } = step;
      inventory.push({
        topic: 'inventory.device',
        partition: 0,
        offset: BigInt(raw.length + inventory.length),
        appendedAtMs: nowMs,
        key,
        value: record,
      });
      const bytes =
        record === null ? null : driver.codec.recordEncoder('inventory.device').encode(record as never);
      await driver.pipe('inventory.device', key, bytes, nowMs);
    }
  }
  const sent = <T>(topic: string): Located<T>[] =>
    driver.sent
      .filter((record) => record.topic === topic)
      .map(({ key, value }, at) => ({
        topic,
        partition: 0,
        offset: BigInt(at),
        appendedAtMs: nowMs,
        key,
        value: typeOf(topic).fromBuffer(value.subarray(5)) as T,
      }));
  const deadLetters = driver.refused.map(({ topic, offset, reason }, at): Located<DeadLetterRecord> => ({
    topic: 'netsigma.dead-letter',
    partition: 0,
    offset: BigInt(at),
    appendedAtMs: nowMs,
    key: deadLetterId(topic, 0, offset, -1),
    value: { reason, failed_in: 'entity', topic, partition: 0, offset: BigInt(offset), row: null },
  }));
  const topics: Topics = {
    raw,
    inventory,
    metrics: sent('metric.interface'),
    anomalies: sent('insight.anomaly'),
    baselines: sent('insight.baseline'),
    deviations: sent('insight.deviation'),
    collections: [],
    deadLetters,
  };
  return { topics, sent: driver.sent };
}
