/**
 * The devices of this collector: it is a member of the group of its zone on inventory.device, and its partitions are
 * its work. Partitions are read from the beginning on each assignment; nothing is ever committed.
 */
import type { Broker, BrokerRecord, Consumer, Producer, TopicPartition } from '../../broker/port.ts';
import { deadLetterRecord } from '../../codec/dead-letter.ts';
import type { Codec, RecordDecoder, RecordEncoder } from '../../codec/port.ts';
import type { Component, Log } from '../../model/component.ts';
import { topicName, type Catalogue, type Naming } from '../../../topics/catalogue.ts';
import type { InventoryDeviceRecord } from '../../../topics/inventory.ts';
import type { DeadLetterRecord } from '../../../topics/ops.ts';
import { canonicalAddress } from '../address.ts';

export interface AssignedDevicesDeps {
  readonly broker: Broker;
  readonly codec: Codec;
  readonly catalogue: Catalogue;
  readonly naming: Naming;
  readonly log: Log;
  readonly zone: string;
  /** Started; takes the dead letters. */
  readonly producer: () => Producer;
  readonly set: (device: InventoryDeviceRecord) => void;
  readonly remove: (entity: string) => void;
  readonly deadLetter: (reason: string) => void;
  readonly failed: (error: unknown) => void;
}

/** Polling more often than this is a mistake in the inventory, and would keep a core busy with one device. */
const SHORTEST_INTERVAL_MS = 100;

export class AssignedDevices implements Component {
  readonly name = 'snmp-inventory';
  readonly #deps: AssignedDevicesDeps;
  readonly #topic: string;
  readonly #decoder: RecordDecoder<InventoryDeviceRecord>;
  readonly #deadLetters: RecordEncoder<DeadLetterRecord>;
  /** Entities of this zone by partition. */
  readonly #entities = new Map<number, Set<string>>();
  #consumer: Consumer | undefined;

  constructor(deps: AssignedDevicesDeps) {
    this.#deps = deps;
    this.#topic = topicName(deps.catalogue['inventory.device'], deps.naming);
    this.#decoder = deps.codec.recordDecoder('inventory.device');
    this.#deadLetters = deps.codec.recordEncoder('netsigma.dead-letter');
  }

  /** How many partitions are this member's. */
  get partitions(): number {
    return this.#entities.size;
  }

  async start(): Promise<void> {
    const { broker, naming, zone, log, failed } = this.#deps;
    this.#consumer = broker.consumer({
      group: `${naming.prefix}netsigma-collect-${zone}`,
      topics: [this.#topic],
      handlers: {
        assigned: (partitions) => this.#assigned(partitions),
        revoked: async (partitions) => this.#revoked(partitions),
        batch: ({ partition, records }) => this.#batch(partition, records),
        failed: (error) => {
          log.error({ err: error, zone }, 'collector left its group');
          failed(error);
        },
      },
    });
    await this.#consumer.start();
  }

  async stop(): Promise<void> {
    await this.#consumer?.stop();
    this.#revoked([...this.#entities.keys()].map((partition) => ({ topic: this.#topic, partition })));
  }

  async #assigned(partitions: readonly TopicPartition[]): Promise<void> {
    const { broker, log, zone } = this.#deps;
    const offsets = await broker.offsets(this.#topic);
    for (const { partition } of partitions) {
      this.#entities.set(partition, new Set());
      const earliest = offsets.find((one) => one.partition === partition)?.earliest ?? 0;
      this.#consumer!.seek({ topic: this.#topic, partition }, earliest);
      this.#consumer!.resume({ topic: this.#topic, partition });
    }
    log.info({ zone, partitions: partitions.length }, 'inventory partitions assigned');
  }

  #revoked(partitions: readonly TopicPartition[]): void {
    for (const { partition } of partitions) {
      for (const entity of this.#entities.get(partition) ?? []) this.#deps.remove(entity);
      this.#entities.delete(partition);
    }
  }

  async #batch(partition: number, records: readonly BrokerRecord[]): Promise<void> {
    await this.#decoder.prepare(records.map(({ value }) => value));
    for (const record of records) {
      const entities = this.#entities.get(partition);
      // Revoked while the schemas were fetched.
      if (entities === undefined) return;
      const refusal = this.#apply(record, entities);
      if (refusal !== undefined) await this.#refuse(record, refusal);
    }
  }

  #apply(
    { key, value }: BrokerRecord,
    entities: Set<string>,
  ): { reason: string; detail: string } | undefined {
    const { set, remove, zone } = this.#deps;
    const entity = key?.toString() ?? '';
    const drop = (): void => {
      if (entities.delete(entity)) remove(entity);
    };
    if (value === null) {
      drop();
      return undefined;
    }
    const decoded = this.#decoder.decode(value);
    if (decoded.kind === 'deadLetter') return decoded;
    const device = decoded.record;
    const problem = deviceProblem(device, entity);
    if (problem !== undefined) return { reason: 'invalid', detail: problem };
    if (device.zone === zone) {
      entities.add(entity);
      set(device);
    } else drop();
    return undefined;
  }

  /** The device stays as it was: a record that cannot be used must not end its polls. */
  async #refuse(
    { partition, offset, key, value, appendedAtMs }: BrokerRecord,
    { reason, detail }: { reason: string; detail: string },
  ): Promise<void> {
    const { catalogue, naming, producer, deadLetter, log } = this.#deps;
    const topic = 'inventory.device';
    const letter = deadLetterRecord(
      { topic, partition, offset, key, value },
      { reason, detail, failedIn: 'collect', failedAtMs: appendedAtMs },
    );
    deadLetter(reason);
    log.warn({ partition, offset, reason, detail }, 'inventory record not usable');
    await producer().send([
      {
        topic: topicName(catalogue['netsigma.dead-letter'], naming),
        partition,
        key: Buffer.from(topic),
        value: this.#deadLetters.encode(letter),
      },
    ]);
  }
}

function deviceProblem(device: InventoryDeviceRecord, key: string): string | undefined {
  const { entity, addresses, port, interval_ms: intervalMs } = device;
  if (entity !== key) return `entity ${entity} under the key ${key}`;
  if (addresses[0] === undefined || canonicalAddress(addresses[0]) === undefined) return 'no usable address';
  if (port < 1 || port > 65_535) return `port ${port}`;
  if (intervalMs < SHORTEST_INTERVAL_MS) return `interval of ${intervalMs} ms`;
  return undefined;
}
