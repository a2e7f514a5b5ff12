/** Records at a fixed rate, whatever becomes of those before: who is slow cannot slow down what measures it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { partitionFor } from '../../../pipeline/broker/partitioner.ts';
import type { Broker, ProducerRecord } from '../../../pipeline/broker/port.ts';
import { catalogue, topicName } from '../../../topics/catalogue.ts';
import type { PolledTopic } from '../member/members.ts';

export interface OpenLoopOptions {
  readonly recordsPerSecond: number;
  readonly seconds: number;
  readonly partitions: number;
}

export interface Scheduled {
  /** `<entity> <ms>`: the reading's observed_at is when it is due. */
  readonly id: string;
  readonly dueMs: number;
  readonly record: ProducerRecord;
}

const TICK_MS = 5;

/** Encodes what will be sent: the entities in turn, from some seconds from now on. */
export function schedule(
  topic: PolledTopic,
  firstStep: number,
  { recordsPerSecond, seconds, partitions }: OpenLoopOptions,
): Scheduled[] {
  const { entities } = topic.readings;
  const count = Math.floor(recordsPerSecond * seconds);
  const intervalMs = (1000 * entities.length) / recordsPerSecond;
  const encode = (k: number, fromMs: number): Scheduled => {
    const number = k % entities.length;
    const observedAtMs = Math.floor(fromMs + (1000 * k) / recordsPerSecond);
    const at = { observedAtMs, intervalMs: Math.round(intervalMs) };
    const value = topic.readings.record(number, firstStep + Math.floor(k / entities.length), at);
    const key = Buffer.from(entities[number]!);
    const raw = topicName(catalogue['raw.interface'], topic.naming);
    const record = { topic: raw, partition: partitionFor(key, partitions), key, value };
    return { id: `${entities[number]!} ${observedAtMs}`, dueMs: observedAtMs, record };
  };
  // Time to encode them all: a guess that the caller holds to what it took.
  const fromMs = Date.now() + 2_000 + count;
  return Array.from({ length: count }, (_, k) => encode(k, fromMs));
}

/** Sends each when it is due. @returns by how many ms the latest was handed over late. */
export async function sendOnTime(broker: Broker, scheduled: readonly Scheduled[]): Promise<number> {
  const producer = broker.producer();
  await producer.start();
  const sending: Promise<void>[] = [];
  let latestMs = 0;
  let next = 0;
  while (next < scheduled.length) {
    const now = Date.now();
    const from = next;
    while (next < scheduled.length && scheduled[next]!.dueMs <= now) next += 1;
    if (next > from) {
      latestMs = Math.max(latestMs, now - scheduled[from]!.dueMs);
      sending.push(producer.send(scheduled.slice(from, next).map(({ record }) => record)));
    }
    await sleep(TICK_MS);
  }
  await Promise.all(sending);
  await producer.stop();
  return latestMs;
}
