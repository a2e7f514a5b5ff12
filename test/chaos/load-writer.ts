/**
 * What collectors would write, by seed: a fleet whose polls lie five minutes apart and years of traffic ago (baselines
 * and anomalies come of it), and one that is polled now, twice a second. Idempotent and one request in flight, so that
 * a broker's death leaves the log in order; what is sent twice all the same is late, and dropped by the tasks.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka, Message, Producer } from 'kafkajs';
import type { RawRecord } from '../verify/records.ts';
import { deviceIdOf } from '../verify/entity-ids.ts';
import { fleet, type Fleet } from './fleet.ts';
import { WireWriter } from './wire-writer.ts';

export interface LoadOptions {
  readonly kafka: Kafka;
  readonly registry: string;
  readonly prefix: string;
  readonly partitions: number;
  readonly seed: number;
  /** Devices of each fleet, about eight ports a device. */
  readonly devices: number;
  readonly nowMs: number;
}

export interface LoadCounts {
  records: number;
  rows: number;
  /** Sends that failed and were done again. */
  retries: number;
}

const POLL_MS = 500;
/** The pace of tries while no broker takes what was polled: nothing is waited for. */
const RETRY_PAUSE_MS = 500;
/** Polls of the past for one of now. */
const PAST_POLLS = 4;
const PAST_INTERVAL_MS = 300_000;
/** Within what the tables keep. */
const PAST_MS = 25 * 86_400_000;
const PORTS = 8;

export class LoadWriter {
  readonly counts: LoadCounts = { records: 0, rows: 0, retries: 0 };
  readonly #options: LoadOptions;
  readonly #producer: Producer;
  readonly #past: Fleet;
  readonly #now: Fleet;
  #raw!: WireWriter;
  #audit!: WireWriter;
  #polls = 0;
  #stopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: LoadOptions) {
    const { kafka, seed, devices, nowMs } = options;
    this.#options = options;
    this.#producer = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      retry: { retries: 100, initialRetryTime: 50, maxRetryTime: 1_000 },
    });
    const common = { devices, portsPerDevice: PORTS };
    this.#past = fleet({
      ...common,
      name: 'past',
      seed,
      intervalMs: PAST_INTERVAL_MS,
      startMs: nowMs - PAST_MS,
    });
    this.#now = fleet({ ...common, name: 'now', seed: seed + 1, intervalMs: POLL_MS, startMs: nowMs });
  }

  /** Writes the inventory. */
  async prepare(): Promise<void> {
    const { registry, prefix } = this.#options;
    this.#raw = await WireWriter.register(registry, 'raw.interface', prefix);
    this.#audit = await WireWriter.register(registry, 'ops.collection', prefix);
    const inventory = await WireWriter.register(registry, 'inventory.device', prefix);
    const records = [...this.#past.inventory, ...this.#now.inventory];
    await this.#producer.connect();
    await this.#producer.send({
      topic: `${prefix}inventory.device`,
      messages: records.map((record) => ({ key: record.entity, value: inventory.encode(record) })),
    });
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Everything that was polled is in the log. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    await this.#producer.disconnect();
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const began = Date.now();
      const records: RawRecord[] = [];
      for (let at = 0; at < PAST_POLLS; at += 1) {
        this.#polls += 1;
        records.push(...this.#past.poll(this.#options.nowMs - PAST_MS + this.#polls * PAST_INTERVAL_MS));
      }
      await this.#send([...records, ...this.#now.poll(began)]);
      await sleep(Math.max(0, POLL_MS - (Date.now() - began)));
    }
  }

  async #send(records: readonly RawRecord[]): Promise<void> {
    const { prefix } = this.#options;
    const audits = records.filter(({ part }) => part === 1);
    const topicMessages = [
      { topic: `${prefix}raw.interface`, messages: messages(records, (raw) => this.#raw.encode(raw)) },
      {
        topic: `${prefix}ops.collection`,
        messages: messages(audits, (raw) => this.#audit.encode(audit(raw))),
      },
    ];
    for (;;) {
      try {
        await this.#producer.sendBatch({ topicMessages });
        break;
      } catch {
        // A broker that was killed; its successor may or may not have them. Only another try tells that it is back.
        this.counts.retries += 1;
        await sleep(RETRY_PAUSE_MS);
      }
    }
    this.counts.records += records.length;
    this.counts.rows += records.reduce((sum, { rows }) => sum + rows.length, 0);
  }
}

function messages(records: readonly RawRecord[], encode: (record: RawRecord) => Buffer): Message[] {
  return records.map((record) => ({ key: record.entity, value: encode(record) }));
}

/** ops.collection of a poll. */
function audit(raw: RawRecord): Record<string, unknown> {
  const { domain, entity, device_ip, collector_id, poll_id, observed_at, rows, status } = raw;
  const failed = status === 'failed';
  return {
    ...{
      domain,
      entity,
      device_ip,
      device_id: deviceIdOf(entity),
      netbox_device_id: null,
      collector_id,
      poll_id,
    },
    ...{ job_type: 'interface', started_at: observed_at, completed_at: observed_at + 20, duration_ms: 20 },
    ...{ status: failed ? 'timeout' : 'success', error_message: failed ? 'no answer' : null },
    ...{ records_collected: rows.length, requests: 3, retries: failed ? 2 : 0, late_ms: 0, missed_polls: 0 },
  };
}
