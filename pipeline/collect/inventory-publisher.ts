/**
 * Puts an inventory on its topics: devices to the partition of their entity, sites to every partition. Only what
 * differs from what the topics hold is written, so a restart writes nothing and a change is one record.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { partitionFor } from '../broker/partitioner.ts';
import type { Broker, ProducerRecord, TransactionalProducer } from '../broker/port.ts';
import type { Codec, RecordEncoder } from '../codec/port.ts';
import type { Component, Log } from '../model/component.ts';
import { ConfigError, RetryableError } from '../model/errors.ts';
import { topicName, type Catalogue, type Naming } from '../../topics/catalogue.ts';
import type { Inventory } from './inventory.ts';

export interface InventoryPublisherDeps {
  readonly broker: Broker;
  readonly codec: Codec;
  readonly catalogue: Catalogue;
  readonly naming: Naming;
  /** Of inventory.device and control.site. */
  readonly partitions: number;
  readonly log: Log;
  /** Published by `start`. It owns its domain: what the topics hold of the domain and it does not is removed. */
  readonly inventory: Inventory;
}

export interface InventoryPublisher extends Component {
  /**
   * Brings the topics to `inventory`, for example after the file has changed. One call at a time.
   * @returns how many devices and sites were written and removed.
   * @throws RetryableError when the broker is away; nothing or all of a batch is written then.
   */
  publish(inventory: Inventory): Promise<InventoryChanges>;
}

export interface InventoryChanges {
  readonly written: number;
  readonly removed: number;
}

/** Records of one transaction: a large inventory must not be one huge commit. Sites always are in one. */
const BATCH_RECORDS = 1_000;

/** Collectors that start together with one file fence each other, at most a few times. */
const ATTEMPTS = 5;
const AGAIN_MS = 100;

type InventoryTopic = 'inventory.device' | 'control.site';

/** What a partition holds under a key: a fingerprint of the record. */
type Held = Map<string, string>;

export function inventoryPublisher(deps: InventoryPublisherDeps): InventoryPublisher {
  return new Publisher(deps);
}

class Publisher implements InventoryPublisher {
  readonly name = 'inventory-publisher';
  readonly #deps: InventoryPublisherDeps;
  readonly #encoders: Readonly<Record<InventoryTopic, RecordEncoder<object>>>;
  #producer: TransactionalProducer | undefined;

  constructor(deps: InventoryPublisherDeps) {
    const { codec } = deps;
    this.#deps = deps;
    this.#encoders = {
      'inventory.device': codec.recordEncoder('inventory.device'),
      'control.site': codec.recordEncoder('control.site'),
    };
  }

  async start(): Promise<void> {
    await this.publish(this.#deps.inventory);
  }

  async stop(): Promise<void> {
    await this.#dropProducer();
  }

  async publish(inventory: Inventory): Promise<InventoryChanges> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#publishOnce(inventory);
      } catch (error) {
        const isWorthIt = !(error instanceof RetryableError) && !(error instanceof ConfigError);
        if (!isWorthIt || attempt === ATTEMPTS) throw error;
        const { domain } = inventory;
        this.#deps.log.warn(
          { domain, err: error },
          'inventory not written, perhaps because another collector writes it: reading it anew',
        );
        await wait(attempt * AGAIN_MS);
      } finally {
        // Rarely used, and of no more use after an error (see broker/port.ts).
        await this.#dropProducer().catch(() => undefined);
      }
    }
  }

  async #publishOnce(inventory: Inventory): Promise<InventoryChanges> {
    const { domain, sites, devices } = inventory;
    let transactions = await this.#changes(inventory);
    if (transactions.length > 0) {
      // Now whoever else writes this inventory is fenced, or we will be. What he wrote before is read then, so that
      // collectors which start together with one file write it once.
      await this.#startProducer(domain);
      transactions = await this.#changes(inventory);
    }
    for (const records of transactions) await this.#transaction(records);
    const values = new Map(
      transactions.flat().map(({ topic, key, value }) => [`${topic} ${String(key)}`, value]),
    );
    const removed = [...values.values()].filter((value) => value === null).length;
    const changes = { written: values.size - removed, removed };
    this.#deps.log.info(
      { domain, sites: sites.length, devices: devices.length, ...changes },
      'inventory published',
    );
    return changes;
  }

  /** Records by transaction. Sites first: a task that folds a device should know its time zone already. */
  async #changes(inventory: Inventory): Promise<ProducerRecord[][]> {
    const sites = await this.#siteChanges(inventory);
    const devices = await this.#deviceChanges(inventory);
    const transactions = sites.length > 0 ? [sites] : [];
    for (let at = 0; at < devices.length; at += BATCH_RECORDS)
      transactions.push(devices.slice(at, at + BATCH_RECORDS));
    return transactions;
  }

  async #siteChanges({ domain, sites }: Inventory): Promise<ProducerRecord[]> {
    const wanted = new Map(sites.map((site) => [`${domain}/${site.slug}`, site]));
    const held = await this.#held('control.site', domain);
    const keys = new Set([...wanted.keys(), ...held.flatMap((one) => [...one.keys()])]);
    const changed = [...keys].filter((key) => {
      const site = wanted.get(key);
      const fingerprint = site && fingerprintOf(site);
      return held.some((one) => one.get(key) !== fingerprint);
    });
    return changed.flatMap((key) =>
      held.map((_, partition) => this.#record('control.site', partition, key, wanted.get(key))),
    );
  }

  async #deviceChanges({ domain, devices }: Inventory): Promise<ProducerRecord[]> {
    const wanted = new Map(devices.map((device) => [device.entity, device]));
    const held = await this.#held('inventory.device', domain);
    const written = devices
      .map((device) => ({ device, partition: this.#partitionOf(device.entity) }))
      .filter(({ device, partition }) => held[partition]?.get(device.entity) !== fingerprintOf(device))
      .map(({ device, partition }) => this.#record('inventory.device', partition, device.entity, device));
    const removed = held.flatMap((one, partition) =>
      [...one.keys()]
        .filter((entity) => !wanted.has(entity) || this.#partitionOf(entity) !== partition)
        .map((entity) => this.#record('inventory.device', partition, entity, undefined)),
    );
    return [...written, ...removed];
  }

  #partitionOf(entity: string): number {
    return partitionFor(Buffer.from(entity), this.#deps.partitions);
  }

  #record(topic: InventoryTopic, partition: number, key: string, record: object | undefined): ProducerRecord {
    const { catalogue, naming } = this.#deps;
    return {
      topic: topicName(catalogue[topic], naming),
      partition,
      key: Buffer.from(key),
      value: record === undefined ? null : this.#encoders[topic].encode(record),
    };
  }

  /** What each partition holds of the domain. A record that cannot be decoded counts as one that must be replaced. */
  async #held(name: InventoryTopic, domain: string): Promise<Held[]> {
    const { broker, codec, catalogue, naming, partitions } = this.#deps;
    const topic = topicName(catalogue[name], naming);
    const decoder = codec.recordDecoder(name);
    const held: Held[] = Array.from({ length: partitions }, () => new Map<string, string>());
    for (const { partition, earliest, lastStable } of await broker.offsets(topic)) {
      const into = held[partition];
      if (into === undefined) continue;
      for await (const { records } of broker.readRange({ topic, partition }, earliest, lastStable)) {
        await decoder.prepare(records.map(({ value }) => value));
        for (const { key, value } of records) {
          const text = key?.toString() ?? '';
          // Other domains have their own inventories.
          if (!text.startsWith(`${domain}/`)) continue;
          if (value === null) into.delete(text);
          else {
            const decoded = decoder.decode(value);
            into.set(text, decoded.kind === 'record' ? fingerprintOf(decoded.record) : decoded.reason);
          }
        }
      }
    }
    return held;
  }

  async #transaction(records: readonly ProducerRecord[]): Promise<void> {
    const transaction = await this.#producer!.begin();
    await transaction.send(records);
    await transaction.commit();
  }

  async #startProducer(domain: string): Promise<void> {
    const { broker, naming } = this.#deps;
    this.#producer = broker.transactionalProducer(`${naming.prefix}netsigma-inventory-${domain}`);
    await this.#producer.start();
  }

  async #dropProducer(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await producer?.stop();
  }
}

/** Equal for equal records, whatever made them: keys in one order. */
function fingerprintOf(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
