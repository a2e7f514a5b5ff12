/**
 * Puts an inventory on its topics: devices to the partition of their entity, sites to every partition. Only what
 * differs from what the topics hold is written, so a restart writes nothing and a change is one record.
 */
import { partitionFor } from '../broker/partitioner.ts';
import type { ProducerRecord } from '../broker/port.ts';
import type { Component } from '../model/component.ts';
import type { Inventory } from './inventory.ts';
import { changedKeys, fingerprintOf, TopicSync, type TopicSyncDeps } from './topic-sync.ts';

export interface InventoryPublisherDeps extends TopicSyncDeps {
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

export function inventoryPublisher(deps: InventoryPublisherDeps): InventoryPublisher {
  return new Publisher(deps);
}

class Publisher implements InventoryPublisher {
  readonly name = 'inventory-publisher';
  readonly #deps: InventoryPublisherDeps;
  readonly #sync: TopicSync;

  constructor(deps: InventoryPublisherDeps) {
    this.#deps = deps;
    this.#sync = new TopicSync(deps, 'inventory');
  }

  async start(): Promise<void> {
    await this.publish(this.#deps.inventory);
  }

  async stop(): Promise<void> {
    // Nothing runs after a call.
  }

  async publish(inventory: Inventory): Promise<InventoryChanges> {
    const { domain, sites, devices } = inventory;
    const records = await this.#sync.sync(domain, () => this.#changes(inventory));
    const values = new Map(records.map(({ topic, key, value }) => [`${topic} ${String(key)}`, value]));
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
    const prints = new Map([...wanted].map(([key, site]) => [key, fingerprintOf(site)]));
    const held = await this.#sync.held('control.site', domain);
    return changedKeys(held, prints).flatMap((key) =>
      this.#sync.broadcast('control.site', key, wanted.get(key)),
    );
  }

  async #deviceChanges({ domain, devices }: Inventory): Promise<ProducerRecord[]> {
    const topic = 'inventory.device';
    const wanted = new Set(devices.map(({ entity }) => entity));
    const held = await this.#sync.held(topic, domain);
    const written = devices
      .map((device) => ({ device, partition: this.#partitionOf(device.entity) }))
      .filter(
        ({ device, partition }) => held[partition]?.get(device.entity)?.fingerprint !== fingerprintOf(device),
      )
      .map(({ device, partition }) => this.#sync.record(topic, partition, device.entity, device));
    const removed = held.flatMap((one, partition) =>
      [...one.keys()]
        .filter((entity) => !wanted.has(entity) || this.#partitionOf(entity) !== partition)
        .map((entity) => this.#sync.record(topic, partition, entity, undefined)),
    );
    return [...written, ...removed];
  }

  #partitionOf(entity: string): number {
    return partitionFor(Buffer.from(entity), this.#deps.partitions);
  }
}
