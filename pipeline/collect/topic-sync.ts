/**
 * Brings compacted topics to what a file says: reads what each partition holds of a domain, so that only what differs
 * is written. Several writers may start together: each fences the others and reads anew before it writes, so nobody
 * writes differences from what is no longer there.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Broker, ProducerRecord } from '../broker/port.ts';
import type { Codec, RecordEncoder } from '../codec/port.ts';
import type { Log } from '../model/component.ts';
import { ConfigError, RetryableError } from '../model/errors.ts';
import {
  topicName,
  type Catalogue,
  type Naming,
  type TopicName,
  type TopicRecord,
} from '../../topics/catalogue.ts';

export interface TopicSyncDeps {
  readonly broker: Broker;
  readonly codec: Codec;
  readonly catalogue: Catalogue;
  readonly naming: Naming;
  /** Of every topic that is written. */
  readonly partitions: number;
  readonly log: Log;
}

/** Writers that start together fence each other, at most a few times. */
const ATTEMPTS = 5;
const AGAIN_MS = 100;

/** What a partition holds under a key. */
export interface HeldRecord<T extends TopicName> {
  readonly fingerprint: string;
  /** undefined: it cannot be decoded, and must be replaced. */
  readonly record: TopicRecord<T> | undefined;
}

export type HeldPartition<T extends TopicName> = ReadonlyMap<string, HeldRecord<T>>;

type Fingerprint<T extends TopicName> = (record: TopicRecord<T>) => string;

export class TopicSync {
  readonly #deps: TopicSyncDeps;
  readonly #writer: string;
  /** By topic: each has a buffer of its own. */
  readonly #encoders = new Map<TopicName, RecordEncoder<never>>();

  /** `writer`: the name of those who fence each other, such as inventory. */
  constructor(deps: TopicSyncDeps, writer: string) {
    this.#deps = deps;
    this.#writer = writer;
  }

  /**
   * Writes what `changes` finds (by transaction, in order). It is asked again whenever others may have written.
   * @returns what was written.
   * @throws RetryableError when the broker is away; nothing or all of a transaction is written then.
   */
  async sync(domain: string, changes: () => Promise<readonly ProducerRecord[][]>): Promise<ProducerRecord[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#syncOnce(domain, changes);
      } catch (error) {
        const isWorthIt = !(error instanceof RetryableError) && !(error instanceof ConfigError);
        if (!isWorthIt || attempt === ATTEMPTS) throw error;
        this.#deps.log.warn(
          { domain, writer: this.#writer, err: error },
          'topic not written, perhaps because somebody else writes it: reading it anew',
        );
        await wait(attempt * AGAIN_MS);
      }
    }
  }

  async #syncOnce(
    domain: string,
    changes: () => Promise<readonly ProducerRecord[][]>,
  ): Promise<ProducerRecord[]> {
    if ((await changes()).length === 0) return [];
    const { broker, naming } = this.#deps;
    const producer = broker.transactionalProducer(`${naming.prefix}netsigma-${this.#writer}-${domain}`);
    try {
      // Now whoever else writes is fenced, or we will be; what he wrote before is read then.
      await producer.start();
      const transactions = await changes();
      for (const records of transactions) {
        const transaction = await producer.begin();
        await transaction.send(records);
        await transaction.commit();
      }
      return transactions.flat();
    } finally {
      // Rarely used, and of no more use after an error (see broker/port.ts).
      await producer.stop().catch(() => undefined);
    }
  }

  /** What each partition holds of the domain; equal fingerprints need no writing. */
  async held<T extends TopicName>(
    name: T,
    domain: string,
    fingerprint: Fingerprint<T> = fingerprintOf,
  ): Promise<HeldPartition<T>[]> {
    const { broker, codec, catalogue, naming, partitions } = this.#deps;
    const topic = topicName(catalogue[name], naming);
    const decoder = codec.recordDecoder(name);
    const held = Array.from({ length: partitions }, () => new Map<string, HeldRecord<T>>());
    for (const { partition, earliest, lastStable } of await broker.offsets(topic)) {
      const into = held[partition];
      if (into === undefined) continue;
      for await (const { records } of broker.readRange({ topic, partition }, earliest, lastStable)) {
        await decoder.prepare(records.map(({ value }) => value));
        for (const { key, value } of records) {
          const text = key?.toString() ?? '';
          // Other domains have their own writers.
          if (!text.startsWith(`${domain}/`)) continue;
          if (value === null) {
            into.delete(text);
            continue;
          }
          const decoded = decoder.decode(value);
          const record = decoded.kind === 'record' ? decoded.record : undefined;
          into.set(text, { fingerprint: record === undefined ? '' : fingerprint(record), record });
        }
      }
    }
    return held;
  }

  /** The record, or a tombstone, for one partition. */
  record<T extends TopicName>(
    name: T,
    partition: number,
    key: string,
    record: TopicRecord<T> | undefined,
  ): ProducerRecord {
    const { catalogue, naming } = this.#deps;
    return {
      topic: topicName(catalogue[name], naming),
      partition,
      key: Buffer.from(key),
      value: record === undefined ? null : this.#encoder(name).encode(record),
    };
  }

  /** The same for every partition of a broadcast topic: to be written in one transaction. */
  broadcast<T extends TopicName>(name: T, key: string, record: TopicRecord<T> | undefined): ProducerRecord[] {
    const { partitions } = this.#deps;
    return Array.from({ length: partitions }, (_, partition) => this.record(name, partition, key, record));
  }

  #encoder<T extends TopicName>(name: T): RecordEncoder<TopicRecord<T>> {
    const encoder = this.#encoders.get(name) ?? this.#deps.codec.recordEncoder(name);
    this.#encoders.set(name, encoder);
    return encoder;
  }
}

/** Keys whose record some partition lacks or holds otherwise: what has to be broadcast. */
export function changedKeys<T extends TopicName>(
  held: readonly HeldPartition<T>[],
  wanted: ReadonlyMap<string, string>,
): string[] {
  const keys = new Set([...wanted.keys(), ...held.flatMap((one) => [...one.keys()])]);
  return [...keys].filter((key) => held.some((one) => one.get(key)?.fingerprint !== wanted.get(key)));
}

/** Equal for equal records, whatever made them: keys in one order. */
export function fingerprintOf(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
