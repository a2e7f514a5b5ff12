/** Records as what kafkajs sends: checked, then cut into batches that the topics take. */
import type { Message } from 'kafkajs';
import { PermanentError } from '../../model/errors.ts';
import type { ProducerRecord, TopicPartition } from '../port.ts';
import { noPartition, type TopicLimits } from './topic-lookup.ts';
import { FRAMING_BYTES } from './topic-settings.ts';

/** One record batch of one partition. */
export interface PlannedBatch extends TopicPartition {
  readonly messages: readonly Message[];
  readonly bytes: number;
  readonly maxBytes: number;
}

/** One record batch a partition and call; the broker's default limit is 1 MiB. */
const MAX_BATCH_BYTES = 900_000;
/** A batch's header. */
const BATCH_BYTES = 61;
/** Lengths, time and offset of a record, at most. */
const RECORD_BYTES = 35;
/** Lengths of a header, at most. */
const HEADER_BYTES = 10;

/**
 * Batches in the order of each partition.
 * @throws PermanentError, before anything is sent, when a record cannot be.
 */
export async function sendPlan(
  records: readonly ProducerRecord[],
  limitsOf: (topic: string) => Promise<TopicLimits>,
): Promise<PlannedBatch[]> {
  const limits = new Map<string, TopicLimits>();
  for (const { topic } of records) if (!limits.has(topic)) limits.set(topic, await limitsOf(topic));
  const plan = new Plan();
  for (const record of records) {
    const limit = limits.get(record.topic)!;
    const bytes = checkedSize(record, limit);
    plan.add(record, [toMessage(record)], bytes, Math.min(MAX_BATCH_BYTES, limit.maxBatchBytes));
  }
  return plan.batches;
}

/** As few batches as the limits allow, in the order of each partition. */
export function merged(batches: readonly PlannedBatch[]): PlannedBatch[] {
  const plan = new Plan();
  for (const batch of batches) plan.add(batch, batch.messages, batch.bytes - BATCH_BYTES, batch.maxBytes);
  return plan.batches;
}

interface OpenBatch extends PlannedBatch {
  readonly messages: Message[];
  bytes: number;
}

class Plan {
  readonly batches: OpenBatch[] = [];
  /** The last batch of each partition, by topic. */
  readonly #last = new Map<string, OpenBatch[]>();

  /** `bytes`: of the messages, without a batch's header. */
  add(
    { topic, partition }: TopicPartition,
    messages: readonly Message[],
    bytes: number,
    maxBytes: number,
  ): void {
    let last = this.#last.get(topic);
    if (last === undefined) this.#last.set(topic, (last = []));
    const open = last[partition];
    if (open !== undefined && open.bytes + bytes <= maxBytes) {
      for (const message of messages) open.messages.push(message);
      open.bytes += bytes;
    } else {
      const batch = { topic, partition, messages: [...messages], bytes: BATCH_BYTES + bytes, maxBytes };
      last[partition] = batch;
      this.batches.push(batch);
    }
  }
}

/** Without what else the record may have: kafkajs knows fields of the same names. */
function toMessage({ key, value, headers }: ProducerRecord): Message {
  return headers === undefined ? { key, value } : { key, value, headers: { ...headers } };
}

/** Batches that can go together: at most one of each partition, in order. */
export function rounds(batches: readonly PlannedBatch[]): PlannedBatch[][] {
  const counts = new Map<string, number>();
  const all: PlannedBatch[][] = [];
  for (const batch of batches) {
    const name = `${batch.topic}/${batch.partition}`;
    const round = counts.get(name) ?? 0;
    counts.set(name, round + 1);
    (all[round] ??= []).push(batch);
  }
  return all;
}

function checkedSize(record: ProducerRecord, limits: TopicLimits): number {
  const { topic, partition, key, value, headers = {} } = record;
  const { partitions, maxBatchBytes, isCompacted } = limits;
  if (!Number.isInteger(partition) || partition < 0 || partition >= partitions) {
    throw noPartition({ topic, partition }, partitions);
  }
  if (key === null && isCompacted) {
    throw new PermanentError(`topic ${topic} is compacted: each record needs a key`);
  }
  let payload = (key?.length ?? 0) + (value?.length ?? 0);
  let overhead = RECORD_BYTES;
  for (const name in headers) {
    payload += Buffer.byteLength(name) + Buffer.byteLength(headers[name]!);
    overhead += HEADER_BYTES;
  }
  if (payload + Math.max(overhead + BATCH_BYTES, FRAMING_BYTES) > maxBatchBytes) {
    throw new PermanentError(
      `a record of ${payload} bytes is larger than topic ${topic} takes (${maxBatchBytes - FRAMING_BYTES} bytes, ` +
        `max.message.bytes being ${maxBatchBytes}): split it or raise the limit in the catalogue`,
    );
  }
  return payload + overhead;
}
