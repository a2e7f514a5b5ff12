/**
 * insight.anomaly from its end backwards, in rounds over all partitions: most questions are about what happened
 * lately, and the topic keeps months.
 */
import type { Broker, BrokerRecord } from './broker/port.ts';
import type { Codec } from './codec/port.ts';
import type { AnomalyRecord } from '../topics/anomaly.ts';
import { topicName, type Catalogue, type Naming } from '../topics/catalogue.ts';

export interface AnomalyLogDeps {
  readonly broker: Broker;
  readonly codec: Codec;
  readonly catalogue: Catalogue;
  readonly naming: Naming;
}

/** Offsets of a partition that a round reads: what is held in memory. */
const ROUND_OFFSETS = 2_000;

interface Round {
  /** Of this round, in the order of each partition. */
  readonly records: readonly LoggedAnomaly[];
  /** Everything appended from here on has been read, in this round or before; -Infinity when there is no more. */
  readonly readFromMs: number;
}

interface LoggedAnomaly {
  readonly anomaly: AnomalyRecord;
  readonly appendedAtMs: number;
}

/** The anomaly as its last revision has it. */
export async function findAnomaly(
  deps: AnomalyLogDeps,
  anomalyId: string,
): Promise<AnomalyRecord | undefined> {
  for await (const { records } of rounds(deps)) {
    // One partition has all of its revisions: no later round has a later one.
    const found = records.findLast(({ anomaly }) => anomaly.anomaly_id === anomalyId);
    if (found !== undefined) return found.anomaly;
  }
  return undefined;
}

/** The anomalies that were last heard of, each as its last revision has it, the newest first. */
export async function lastAnomalies(
  deps: AnomalyLogDeps,
  limit: number,
  isWanted: (anomaly: AnomalyRecord) => boolean,
): Promise<AnomalyRecord[]> {
  const seen = new Set<string>();
  const wanted: LoggedAnomaly[] = [];
  for await (const { records, readFromMs } of rounds(deps)) {
    for (const one of records.toReversed()) {
      const { anomaly } = one;
      if (!seen.has(anomaly.anomaly_id) && isWanted(anomaly)) wanted.push(one);
      seen.add(anomaly.anomaly_id);
    }
    if (wanted.filter(({ appendedAtMs }) => appendedAtMs >= readFromMs).length >= limit) break;
  }
  return wanted
    .sort((a, b) => b.appendedAtMs - a.appendedAtMs)
    .slice(0, limit)
    .map(({ anomaly }) => anomaly);
}

async function* rounds({ broker, codec, catalogue, naming }: AnomalyLogDeps): AsyncGenerator<Round, void> {
  const topic = topicName(catalogue['insight.anomaly'], naming);
  const decoder = codec.recordDecoder('insight.anomaly');
  const partitions = (await broker.offsets(topic)).map(({ partition, earliest, lastStable }) => {
    return { partition, earliest, until: lastStable, oldestMs: Infinity };
  });
  for (;;) {
    const records: LoggedAnomaly[] = [];
    for (const one of partitions) {
      const from = Math.max(one.earliest, one.until - ROUND_OFFSETS);
      if (from >= one.until) continue;
      for await (const batch of broker.readRange({ topic, partition: one.partition }, from, one.until)) {
        await decoder.prepare(batch.records.map(({ value }) => value));
        records.push(...batch.records.flatMap((record) => decoded(record)));
        one.oldestMs = Math.min(one.oldestMs, ...batch.records.map(({ appendedAtMs }) => appendedAtMs));
      }
      one.until = from;
    }
    const unread = partitions.filter(({ earliest, until }) => until > earliest);
    // A partition of which only control records were read so far says nothing about when.
    const readFromMs = Math.max(-Infinity, ...unread.map(({ oldestMs }) => oldestMs));
    yield { records, readFromMs };
    if (unread.length === 0) return;
  }

  function decoded({ value, appendedAtMs }: BrokerRecord): LoggedAnomaly[] {
    if (value === null) return [];
    const outcome = decoder.decode(value);
    return outcome.kind === 'record' ? [{ anomaly: outcome.record, appendedAtMs }] : [];
  }
}
