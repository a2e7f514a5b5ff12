/** One poll as records: its readings for raw.interface, in parts of at most 500 rows, and its audit. */
import { v7 as uuidv7 } from 'uuid';
import { partitionFor } from '../../broker/partitioner.ts';
import type { ProducerRecord } from '../../broker/port.ts';
import type { Codec, ReadingEncoder, RecordEncoder } from '../../codec/port.ts';
import type { Reading } from '../../model/reading.ts';
import { topicName, type Catalogue, type Naming } from '../../../topics/catalogue.ts';
import type { InventoryDeviceRecord } from '../../../topics/inventory.ts';
import type { CollectionRecord } from '../../../topics/ops.ts';
import type { AgentState } from './poll-scalars.ts';
import type { PolledTable } from './polled-table.ts';

/** Rows of one record (design: readings are packed, a longer poll is split). */
const MAX_ROWS_PER_RECORD = 500;
const MAX_MESSAGE_LENGTH = 1_000;

/** What is told of one planned poll, whatever became of it. */
export interface PollReport {
  readonly status: 'complete' | 'partial' | 'failed';
  readonly collection: CollectionRecord['status'];
  readonly errors: readonly string[];
  /** undefined: nothing was read. */
  readonly table: PolledTable | undefined;
  readonly agent: AgentState | undefined;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly requests: number;
  readonly retries: number;
  readonly lateMs: number;
  readonly missedPolls: number;
}

export interface PollRecordsDeps {
  readonly codec: Codec;
  readonly catalogue: Catalogue;
  readonly naming: Naming;
  readonly partitions: number;
  readonly collectorId: string;
  /** 0 to 1; the ids of polls come from the system's randomness without it. */
  readonly random?: () => number;
}

export class PollRecords {
  readonly #deps: PollRecordsDeps;
  readonly #readingTopic: string;
  readonly #auditTopic: string;
  readonly #maxBytes: number;
  readonly #encoder: ReadingEncoder;
  readonly #audits: RecordEncoder<CollectionRecord>;
  readonly #reading: Reading;

  constructor(deps: PollRecordsDeps) {
    const { codec, catalogue, naming } = deps;
    this.#deps = deps;
    this.#readingTopic = topicName(catalogue['raw.interface'], naming);
    this.#auditTopic = topicName(catalogue['ops.collection'], naming);
    this.#maxBytes = catalogue['raw.interface'].maxRecordBytes;
    this.#encoder = codec.readingEncoder('raw.interface');
    this.#audits = codec.recordEncoder('ops.collection');
    this.#reading = codec.newReading('raw.interface');
  }

  /** The poll's readings, then its audit where one took place. */
  of(device: InventoryDeviceRecord, report: PollReport, audited: boolean): ProducerRecord[] {
    const key = Buffer.from(device.entity);
    const partition = partitionFor(key, this.#deps.partitions);
    const pollId = this.#pollId(report.startedAtMs);
    const readings = this.#readings(device, report, pollId).map((value) => ({
      topic: this.#readingTopic,
      partition,
      key,
      value,
    }));
    if (!audited) return readings;
    const value = this.#audits.encode(this.#audit(device, report, pollId));
    return [...readings, { topic: this.#auditTopic, partition, key, value }];
  }

  #readings(device: InventoryDeviceRecord, report: PollReport, pollId: string): Buffer[] {
    const indexes = report.table?.indexes() ?? [];
    for (let rows = MAX_ROWS_PER_RECORD; ; rows = Math.ceil(rows / 2)) {
      const parts = Math.max(1, Math.ceil(indexes.length / rows));
      const values = Array.from({ length: parts }, (_, i) => {
        this.#fill(device, report, indexes.slice(i * rows, (i + 1) * rows));
        return this.#encoder.encode(Object.assign(this.#reading, { pollId, part: i + 1, parts }));
      });
      // Rows of long texts in scripts of three octets a letter can exceed what the broker takes: smaller parts then.
      if (rows === 1 || values.every(({ length }) => length <= this.#maxBytes)) return values;
    }
  }

  #fill(device: InventoryDeviceRecord, report: PollReport, indexes: readonly number[]): void {
    const reading = this.#reading;
    if (report.table === undefined) reading.reset(0);
    else report.table.fill(reading, indexes);
    const { agent, startedAtMs, endedAtMs } = report;
    reading.domain = device.domain;
    reading.entity = device.entity;
    reading.deviceIp = device.addresses[0] ?? null;
    reading.collectorId = this.#deps.collectorId;
    reading.observedAtMs = Math.round((startedAtMs + endedAtMs) / 2);
    reading.durationMs = endedAtMs - startedAtMs;
    reading.intervalMs = device.interval_ms;
    reading.sysUptime = agent?.sysUptime ?? Number.NaN;
    reading.hostUptime = agent?.hostUptime ?? Number.NaN;
    reading.engineBoots = agent?.engineBoots ?? Number.NaN;
    reading.engineTime = agent?.engineTime ?? Number.NaN;
    reading.status = report.status;
    reading.errors = [...report.errors];
  }

  #audit(device: InventoryDeviceRecord, report: PollReport, pollId: string): CollectionRecord {
    const { startedAtMs, endedAtMs, errors } = report;
    return {
      domain: device.domain,
      entity: device.entity,
      device_ip: device.addresses[0] ?? null,
      device_id: device.device_id,
      netbox_device_id: device.netbox_device_id,
      collector_id: this.#deps.collectorId,
      poll_id: pollId,
      job_type: device.profile,
      started_at: startedAtMs,
      completed_at: endedAtMs,
      duration_ms: endedAtMs - startedAtMs,
      status: report.collection,
      error_message: errors.length === 0 ? null : errors.join(', ').slice(0, MAX_MESSAGE_LENGTH),
      records_collected: report.table?.rowCount ?? 0,
      requests: report.requests,
      retries: report.retries,
      late_ms: report.lateMs,
      missed_polls: report.missedPolls,
    };
  }

  #pollId(atMs: number): string {
    const { random } = this.#deps;
    if (random === undefined) return uuidv7({ msecs: atMs });
    return uuidv7({ msecs: atMs, random: Uint8Array.from({ length: 16 }, () => Math.floor(random() * 256)) });
  }
}
