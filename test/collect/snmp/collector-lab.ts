/** A collector of zone `lab` between simulated agents and a memory broker, and what it wrote there. */
import { afterEach, beforeEach, expect } from '@jest/globals';
import { memoryBroker } from '../../../pipeline/broker/memory/memory-broker.ts';
import { partitionFor } from '../../../pipeline/broker/partitioner.ts';
import type { Broker, BrokerRecord, Producer } from '../../../pipeline/broker/port.ts';
import type { Codec } from '../../../pipeline/codec/port.ts';
import {
  simulatedAgents,
  type SimulatedAgents,
} from '../../../pipeline/collect/snmp/agent/simulated-agents.ts';
import { silentSnmpObserver } from '../../../pipeline/collect/snmp/observer.ts';
import { SNMP_DEFAULTS, type SnmpSettings } from '../../../pipeline/collect/snmp/poll-settings.ts';
import type { Profile } from '../../../pipeline/collect/snmp/profile.ts';
import { snmpCollector, type SnmpCollector } from '../../../pipeline/collect/snmp/snmp-collector.ts';
import type { PollStatus } from '../../../pipeline/model/reading.ts';
import {
  catalogue,
  rowFields,
  topicSpecs,
  type TopicName,
  type TopicRecord,
} from '../../../topics/catalogue.ts';
import type { InventoryDeviceRecord } from '../../../topics/inventory.ts';
import type { CollectionRecord } from '../../../topics/ops.ts';
import { NAMING, startedCodec } from '../../support/codec.ts';
import { deviceRecord } from '../../support/inventory-records.ts';
import { recordingLog } from '../../support/log.ts';
import { COMMUNITY, interfaces, readingRows, tableMib } from './table-mib.ts';

const PARTITIONS = 3;
const INTERVAL_MS = 100;

export interface CollectorChanges {
  readonly settings?: Partial<SnmpSettings>;
  /** Between the collector and the lab's own broker. */
  readonly through?: (plain: Broker) => Broker;
  /** Of the collector's clock. */
  readonly skewMs?: number;
  readonly profiles?: ReadonlyMap<string, Profile>;
}

export interface Read {
  readonly entity: string;
  readonly status: PollStatus;
  readonly errors: readonly string[];
  readonly part: number;
  readonly parts: number;
  readonly pollId: string;
  readonly observedAtMs: number;
  readonly sysUptime: number;
  readonly rows: readonly Record<string, unknown>[];
}

/** For one test file: call it at its top. Agents r1, r2 (4 interfaces) and r3 (1,201). */
export function collectorLab(): CollectorLab {
  const lab = new CollectorLab();
  beforeEach(() => lab.start());
  afterEach(() => lab.stop());
  return lab;
}

class CollectorLab {
  log = recordingLog();
  /** Reasons of missed polls. */
  missed: string[] = [];
  failed: unknown[] = [];
  /** Records that no broker took. */
  lost = 0;
  agents!: SimulatedAgents;
  #broker!: Broker;
  #codec!: Codec;
  #producer!: Producer;
  #collector: SnmpCollector | undefined;

  async start(): Promise<void> {
    this.log = recordingLog();
    this.missed = [];
    this.failed = [];
    this.lost = 0;
    this.#broker = memoryBroker({ clock: Date.now });
    await this.#broker.start();
    await this.#broker.createTopics(topicSpecs(catalogue, NAMING, PARTITIONS));
    this.#codec = await startedCodec();
    this.#producer = this.#broker.producer();
    await this.#producer.start();
    this.agents = simulatedAgents({
      devices: ['r1', 'r2', 'r3'].map((name) => ({
        view: tableMib(interfaces(name === 'r3' ? 1_201 : 4), name),
        address: '127.0.0.1',
        port: 0,
        maxMessageBytes: 60_000,
      })),
      community: 'public',
      clock: Date.now,
    });
    await this.agents.start();
  }

  async stop(): Promise<void> {
    await this.#collector?.stop();
    await this.#collector?.stop();
    this.#collector = undefined;
    await this.agents.stop();
    await this.#broker.stop();
  }

  /** A collector that is not started. */
  collector({
    settings,
    through = (plain) => plain,
    skewMs = 0,
    profiles,
  }: CollectorChanges = {}): SnmpCollector {
    return snmpCollector({
      broker: through(this.#broker),
      codec: this.#codec,
      catalogue,
      naming: NAMING,
      partitions: PARTITIONS,
      clock: () => Date.now() + skewMs,
      log: this.log,
      zone: 'lab',
      collectorId: 'test',
      credentials: new Map([['lab', COMMUNITY]]),
      failed: (error) => void this.failed.push(error),
      settings: { ...SNMP_DEFAULTS, listenAddress: '127.0.0.1', timeoutMs: 60, ...settings },
      observer: {
        ...silentSnmpObserver,
        missed: (reason) => void this.missed.push(reason),
        publishFailed: (records) => (this.lost += records),
      },
      ...(profiles && { profiles }),
    });
  }

  async startCollector(changes: CollectorChanges = {}): Promise<SnmpCollector> {
    this.#collector = this.collector(changes);
    await this.#collector.start();
    return this.#collector;
  }

  /** The inventory's record of one of the agents. */
  device(name: string, changes: Partial<InventoryDeviceRecord> = {}): InventoryDeviceRecord {
    const { address, port } = this.agents.endpoint(name);
    return deviceRecord(name, {
      netbox_device_id: 7,
      addresses: [address],
      port,
      zone: 'lab',
      interval_ms: INTERVAL_MS,
      ...changes,
    });
  }

  async inventory(name: string, record: InventoryDeviceRecord | Buffer | null): Promise<void> {
    const key = Buffer.from(`default/device/${name}`);
    const encode = this.#codec.recordEncoder('inventory.device');
    const value = record === null || Buffer.isBuffer(record) ? record : encode.encode(record);
    const partition = partitionFor(key, PARTITIONS);
    await this.#producer.send([{ topic: 'inventory.device', partition, key, value }]);
  }

  async readings(name: string): Promise<Read[]> {
    const decoder = this.#codec.readingDecoder('raw.interface');
    const reading = this.#codec.newReading('raw.interface');
    const raw = await this.#records('raw.interface');
    await decoder.prepare(raw.map(({ value }) => value));
    const all = raw.map(({ value, key, partition }): Read => {
      expect(decoder.decode(value!, reading)).toBeUndefined();
      expect(key!.toString()).toBe(reading.entity);
      expect(partition).toBe(partitionFor(key!, PARTITIONS));
      const { entity, status, errors, part, parts, pollId, observedAtMs, sysUptime } = reading;
      const rows = readingRows(reading, rowFields(catalogue['raw.interface']));
      return { entity, status, errors: [...errors], part, parts, pollId, observedAtMs, sysUptime, rows };
    });
    return all.filter(({ entity }) => entity === `default/device/${name}`);
  }

  async decoded<T extends TopicName>(topic: T): Promise<TopicRecord<T>[]> {
    const decoder = this.#codec.recordDecoder(topic);
    const raw = await this.#records(topic);
    await decoder.prepare(raw.map(({ value }) => value));
    return raw.map(({ value }) => {
      const outcome = decoder.decode(value!);
      if (outcome.kind !== 'record') throw new TypeError(outcome.detail);
      return outcome.record;
    });
  }

  async audits(name: string): Promise<CollectionRecord[]> {
    const all = await this.decoded('ops.collection');
    return all.filter(({ entity }) => entity === `default/device/${name}`);
  }

  async #records(topic: TopicName): Promise<BrokerRecord[]> {
    const all: BrokerRecord[] = [];
    for (const { partition, earliest, lastStable } of await this.#broker.offsets(topic)) {
      for await (const batch of this.#broker.readRange({ topic, partition }, earliest, lastStable)) {
        all.push(...batch.records);
      }
    }
    return all;
  }
}
