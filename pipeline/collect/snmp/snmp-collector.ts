/** The SNMP collector: polls the devices of its zone and publishes what they say, and that they say nothing. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker, Producer } from '../../broker/port.ts';
import type { Codec } from '../../codec/port.ts';
import type { Clock, Component, Log } from '../../model/component.ts';
import { ConfigError } from '../../model/errors.ts';
import type { SnmpCredential } from '../../model/secret.ts';
import { rowFields, type Catalogue, type Naming } from '../../../topics/catalogue.ts';
import type { InventoryDeviceRecord } from '../../../topics/inventory.ts';
import { AssignedDevices } from './assigned-devices.ts';
import { Dispatcher, type PlannedPoll } from './dispatcher.ts';
import { silentSnmpObserver, type SnmpObserver } from './observer.ts';
import { PollPublisher } from './poll-publisher.ts';
import { PollRecords, type PollReport } from './poll-records.ts';
import { pollReport } from './poll-report.ts';
import { PolledDevice, type DevicePoll } from './polled-device.ts';
import { SNMP_DEFAULTS, type SnmpSettings } from './poll-settings.ts';
import { PROFILES, type Profile } from './profile.ts';
import { SharedSockets } from './shared-sockets.ts';

export interface SnmpCollectorDeps {
  readonly broker: Broker;
  readonly codec: Codec;
  readonly catalogue: Catalogue;
  readonly naming: Naming;
  /** Of every keyed topic. */
  readonly partitions: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly zone: string;
  readonly collectorId: string;
  readonly credentials: ReadonlyMap<string, SnmpCredential>;
  readonly settings?: SnmpSettings;
  readonly profiles?: ReadonlyMap<string, Profile>;
  readonly observer?: SnmpObserver;
  readonly random?: () => number;
  /** The collector cannot go on; the process should stop. */
  readonly failed?: (error: unknown) => void;
}

export interface SnmpCollector extends Component {
  /** Entities that are polled now. */
  readonly devices: ReadonlyMap<string, { readonly isOpen: boolean }>;
  readonly inFlight: number;
  /** Partitions of the inventory that are this collector's. */
  readonly partitions: number;
  /** Started and not stopped. */
  readonly running: boolean;
}

/** Share of its interval that a poll's records may wait for those of other polls. */
const PATIENCE_SHARE = 0.05;

/** How long `stop` waits for records that a full topic does not take. */
const LAST_SENDS_MS = 5_000;

/** @throws ConfigError when a profile reads a field that the catalogue does not have. */
export function snmpCollector(deps: SnmpCollectorDeps): SnmpCollector {
  checkProfiles(deps.profiles ?? PROFILES, deps.catalogue);
  return new Collector(deps);
}

class Collector implements SnmpCollector {
  readonly name = 'snmp-collector';
  readonly devices = new Map<string, PolledDevice>();
  readonly #deps: SnmpCollectorDeps;
  readonly #observer: SnmpObserver;
  readonly #settings: SnmpSettings;
  readonly #sockets: SharedSockets;
  readonly #records: PollRecords;
  readonly #publisher: PollPublisher;
  readonly #dispatcher: Dispatcher;
  readonly #inventory: AssignedDevices;
  /** Entities behind an open breaker. */
  readonly #open = new Set<string>();
  /** What was warned about, each once. */
  readonly #warned = new Set<string>();
  #producer: Producer | undefined;
  running = false;

  constructor(deps: SnmpCollectorDeps) {
    const { log, clock } = deps;
    this.#deps = deps;
    const observer = (this.#observer = deps.observer ?? silentSnmpObserver);
    const settings = (this.#settings = deps.settings ?? SNMP_DEFAULTS);
    this.#sockets = new SharedSockets({ ...settings, observer, log });
    this.#records = new PollRecords(deps);
    this.#publisher = new PollPublisher({
      producer: () => this.#producer!,
      log,
      lost: (records) => observer.publishFailed(records),
      failed: (error) => deps.failed?.(error),
    });
    this.#dispatcher = new Dispatcher({
      clock,
      maxInFlight: settings.maxInFlight,
      run: (planned) => this.#run(planned),
      missed: (reason, polls) => observer.missed(reason, polls),
    });
    this.#inventory = new AssignedDevices({
      ...deps,
      producer: () => this.#producer!,
      set: (device) => this.#set(device),
      remove: (entity) => this.#remove(entity),
      deadLetter: (reason) => observer.deadLetter(reason),
      failed: (error) => deps.failed?.(error),
    });
  }

  get inFlight(): number {
    return this.#dispatcher.inFlight;
  }

  get partitions(): number {
    return this.#inventory.partitions;
  }

  async start(): Promise<void> {
    const { broker, log, zone, collectorId } = this.#deps;
    this.#producer = broker.producer();
    await this.#producer.start();
    await this.#sockets.start();
    this.#dispatcher.start();
    await this.#inventory.start();
    this.running = true;
    log.info({ zone, collectorId }, 'snmp collector started');
  }

  async stop(): Promise<void> {
    this.running = false;
    await this.#inventory.stop();
    // Polls under way end as `gone`; only records that are being sent are waited for.
    const idle = this.#dispatcher.stop().then(() => this.#producer?.stop());
    const waited = new AbortController();
    await Promise.race([idle, sleep(LAST_SENDS_MS, undefined, { signal: waited.signal }).catch(() => {})]);
    waited.abort();
    // A topic without room keeps its senders waiting until the broker stops: what they hold is counted as lost then.
    this.#publisher.giveUp();
    idle.catch(() => undefined);
    await this.#sockets.stop();
  }

  #set(record: InventoryDeviceRecord): void {
    const { credentials, catalogue, clock, log } = this.#deps;
    this.devices.get(record.entity)?.close();
    const device = new PolledDevice(record, {
      sockets: this.#sockets,
      credentials,
      profiles: this.#deps.profiles ?? PROFILES,
      fields: rowFields(catalogue['raw.interface']),
      settings: this.#settings,
      clock,
      log,
      observer: this.#observer,
    });
    this.devices.set(record.entity, device);
    this.#dispatcher.set(record.entity, record.interval_ms);
    this.#countDevices(record.entity);
  }

  #remove(entity: string): void {
    this.devices.get(entity)?.close();
    this.devices.delete(entity);
    this.#dispatcher.delete(entity);
    this.#countDevices(entity);
  }

  async #run(planned: PlannedPoll): Promise<void> {
    const device = this.devices.get(planned.key);
    if (device === undefined) return;
    const startedAtMs = this.#deps.clock();
    try {
      const result = await device.poll();
      const report = pollReport(result, planned, startedAtMs);
      if (report === undefined) return;
      this.#tell(device.record, result, report);
      // A poll that the breaker held back is a failed reading, since silence would mean that the collector is gone;
      // it is no collection: the next audit counts it as missed.
      const records = this.#records.of(device.record, report, result.kind !== 'skipped');
      // Holds the poll's place until the log has it: what the broker does not take is not read either.
      await this.#publisher.publish(records, PATIENCE_SHARE * device.record.interval_ms);
    } catch (error) {
      this.#deps.log.error({ err: error, entity: planned.key }, 'poll broke down: this is a defect');
    }
  }

  #tell({ entity }: InventoryDeviceRecord, result: DevicePoll, report: PollReport): void {
    if (result.kind === 'skipped') return;
    const { collection, startedAtMs, endedAtMs, lateMs, requests, retries, errors, table } = report;
    if (result.kind === 'refused') this.#warnOnce(entity, report.errors[0] ?? '');
    this.#observer.polled({
      entity,
      status: collection === 'unknown' ? 'failed' : collection,
      durationMs: endedAtMs - startedAtMs,
      lateMs,
      rows: table?.rowCount ?? 0,
      requests,
      retries,
      errors,
    });
    this.#countDevices(entity);
  }

  #warnOnce(entity: string, error: string): void {
    if (this.#warned.has(error)) return;
    this.#warned.add(error);
    this.#deps.log.warn(
      { entity, error },
      'device cannot be polled: check its inventory and the configuration',
    );
  }

  #countDevices(changed: string): void {
    const open = this.devices.get(changed)?.isOpen ?? false;
    if (open) this.#open.add(changed);
    else this.#open.delete(changed);
    this.#observer.devices(this.devices.size, this.#open.size);
  }
}

function checkProfiles(profiles: ReadonlyMap<string, Profile>, catalogue: Catalogue): void {
  const known = new Set(rowFields(catalogue['raw.interface']).map(({ name }) => name));
  for (const { name, columns } of profiles.values()) {
    const unknown = columns.map(({ field }) => field).filter((field) => !known.has(field));
    if (unknown.length > 0) {
      throw new ConfigError(
        `collection profile ${name} reads ${unknown.join(', ')}, which raw.interface does not have: ` +
          'add a row to topics/interface.ts or take it out of the profile',
      );
    }
  }
}
