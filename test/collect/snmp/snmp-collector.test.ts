/** The collector from inventory records to readings and audits, against simulated agents and the memory broker. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { memoryBroker } from '../../../pipeline/broker/memory/memory-broker.ts';
import { partitionFor } from '../../../pipeline/broker/partitioner.ts';
import type { Broker, BrokerRecord, Producer, ProducerRecord } from '../../../pipeline/broker/port.ts';
import type { Codec } from '../../../pipeline/codec/port.ts';
import type { Misbehaviour } from '../../../pipeline/collect/snmp/agent/misbehaviour.ts';
import {
  simulatedAgents,
  type SimulatedAgents,
} from '../../../pipeline/collect/snmp/agent/simulated-agents.ts';
import { SNMP_DEFAULTS, type SnmpSettings } from '../../../pipeline/collect/snmp/poll-settings.ts';
import { phaseOf } from '../../../pipeline/collect/snmp/schedule.ts';
import { interfaceProfile } from '../../../pipeline/collect/snmp/profile.ts';
import { snmpCollector, type SnmpCollector } from '../../../pipeline/collect/snmp/snmp-collector.ts';
import { silentSnmpObserver } from '../../../pipeline/collect/snmp/observer.ts';
import { ConfigError, PermanentError, RetryableError } from '../../../pipeline/model/errors.ts';
import { deviceId } from '../../../pipeline/model/entity.ts';
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
import { recordingLog } from '../../support/log.ts';
import { until } from '../../support/until.ts';
import { COMMUNITY, interfaces, readingRows, tableMib } from './table-mib.ts';

const PARTITIONS = 3;
const INTERVAL_MS = 100;

let broker: Broker;
let codec: Codec;
let producer: Producer;
let agents: SimulatedAgents;
let collector: SnmpCollector;
let log = recordingLog();
let missed: string[] = [];
let failed: unknown[] = [];
let lost = 0;
let skewMs = 0;

beforeEach(async () => {
  log = recordingLog();
  missed = [];
  failed = [];
  lost = skewMs = 0;
  broker = memoryBroker({ clock: Date.now });
  await broker.start();
  await broker.createTopics(topicSpecs(catalogue, NAMING, PARTITIONS));
  codec = await startedCodec();
  producer = broker.producer();
  await producer.start();
  agents = simulatedAgents({
    devices: ['r1', 'r2', 'r3'].map((name) => ({
      view: tableMib(interfaces(name === 'r3' ? 1_201 : 4), name),
      address: '127.0.0.1',
      port: 0,
      maxMessageBytes: 60_000,
    })),
    community: 'public',
    clock: Date.now,
  });
  await agents.start();
});

afterEach(async () => {
  await collector.stop();
  await collector.stop();
  await agents.stop();
  await broker.stop();
});

async function startCollector(settings: Partial<SnmpSettings> = {}): Promise<void> {
  collector = snmpCollector({
    broker,
    codec,
    catalogue,
    naming: NAMING,
    partitions: PARTITIONS,
    clock: () => Date.now() + skewMs,
    log,
    zone: 'lab',
    collectorId: 'test',
    credentials: new Map([['lab', COMMUNITY]]),
    failed: (error) => void failed.push(error),
    settings: { ...SNMP_DEFAULTS, listenAddress: '127.0.0.1', timeoutMs: 60, ...settings },
    observer: {
      ...silentSnmpObserver,
      missed: (reason) => void missed.push(reason),
      publishFailed: (records) => (lost += records),
    },
  });
  await collector.start();
}

function device(name: string, changes: Partial<InventoryDeviceRecord> = {}): InventoryDeviceRecord {
  const entity = `default/device/${name}`;
  return {
    domain: 'default',
    entity,
    device_id: deviceId(entity),
    netbox_device_id: 7,
    hostname: name,
    addresses: [agents.endpoint(name).address],
    port: agents.endpoint(name).port,
    credential: 'lab',
    zone: 'lab',
    profile: 'interface',
    interval_ms: INTERVAL_MS,
    site_id: null,
    site_slug: null,
    role: null,
    manufacturer: null,
    device_type: null,
    interfaces: [],
    tags: [],
    ...changes,
  };
}

async function inventory(name: string, record: InventoryDeviceRecord | Buffer | null): Promise<void> {
  const key = Buffer.from(`default/device/${name}`);
  const encode = codec.recordEncoder('inventory.device');
  const value = record === null || Buffer.isBuffer(record) ? record : encode.encode(record);
  await producer.send([{ topic: 'inventory.device', partition: partitionFor(key, PARTITIONS), key, value }]);
}

async function records(topic: TopicName): Promise<BrokerRecord[]> {
  const all: BrokerRecord[] = [];
  for (const { partition, earliest, lastStable } of await broker.offsets(topic)) {
    for await (const batch of broker.readRange({ topic, partition }, earliest, lastStable)) {
      all.push(...batch.records);
    }
  }
  return all;
}

interface Read {
  entity: string;
  status: PollStatus;
  errors: string[];
  part: number;
  parts: number;
  pollId: string;
  observedAtMs: number;
  sysUptime: number;
  rows: Record<string, unknown>[];
}

async function readings(name?: string): Promise<Read[]> {
  const decoder = codec.readingDecoder('raw.interface');
  const reading = codec.newReading('raw.interface');
  const raw = await records('raw.interface');
  await decoder.prepare(raw.map(({ value }) => value));
  const all = raw.map(({ value, key, partition }): Read => {
    expect(decoder.decode(value!, reading)).toBeUndefined();
    expect(key!.toString()).toBe(reading.entity);
    expect(partition).toBe(partitionFor(key!, PARTITIONS));
    const { entity, status, errors, part, parts, pollId, observedAtMs, sysUptime } = reading;
    const rows = readingRows(reading, rowFields(catalogue['raw.interface']));
    return { entity, status, errors: [...errors], part, parts, pollId, observedAtMs, sysUptime, rows };
  });
  return all.filter(({ entity }) => name === undefined || entity === `default/device/${name}`);
}

async function decoded<T extends TopicName>(topic: T): Promise<TopicRecord<T>[]> {
  const decoder = codec.recordDecoder(topic);
  const raw = await records(topic);
  await decoder.prepare(raw.map(({ value }) => value));
  return raw.map(({ value }) => {
    const outcome = decoder.decode(value!);
    if (outcome.kind !== 'record') throw new TypeError(outcome.detail);
    return outcome.record;
  });
}

async function audits(name: string): Promise<CollectionRecord[]> {
  const all = await decoded('ops.collection');
  return all.filter(({ entity }) => entity === `default/device/${name}`);
}

const misbehave = (name: string, ...kinds: Misbehaviour[]): void => agents.misbehave(name, kinds);

describe('the collector', () => {
  it('publishes the readings and the audit of each poll, keyed by entity', async () => {
    await inventory('r1', device('r1'));
    await startCollector();
    await until(async () => (await readings('r1')).length >= 3, 'three readings');
    const [first] = await readings('r1');
    expect(first).toMatchObject({ status: 'complete', errors: [], part: 1, parts: 1, sysUptime: 100_000 });
    expect(first!.rows).toHaveLength(4);
    expect(first!.rows[0]).toMatchObject({ if_index: 1, if_name: 'eth1', in_octets: 2n ** 32n + 1_000n });
    const [audit] = await audits('r1');
    expect(audit).toMatchObject({
      poll_id: first!.pollId,
      device_id: deviceId('default/device/r1'),
      netbox_device_id: 7,
      job_type: 'interface',
      status: 'success',
      error_message: null,
      records_collected: 4,
      retries: 0,
    });
    expect(audit!.requests).toBeGreaterThan(0);
  });

  it('splits polls of more than 500 rows', async () => {
    await inventory('r3', device('r3', { interval_ms: 1_000 }));
    await startCollector({ timeoutMs: 1_000 });
    await until(async () => (await readings('r3')).length >= 3, 'three parts');
    const parts = (await readings('r3')).slice(0, 3);
    expect(parts.map(({ part, parts, rows }) => [part, parts, rows.length])).toEqual([
      [1, 3, 500],
      [2, 3, 500],
      [3, 3, 201],
    ]);
    expect(new Set(parts.map(({ pollId }) => pollId)).size).toBe(1);
    const indexes = parts.flatMap(({ rows }) => rows.map((row) => row['if_index']));
    expect(indexes).toEqual(Array.from({ length: 1_201 }, (_, i) => i + 1));
  });

  it('adds, changes and removes devices as the inventory says', async () => {
    await startCollector();
    await inventory('r1', device('r1'));
    await until(async () => (await readings('r1')).length > 0, 'r1');
    await inventory('r1', device('r1', { ...agents.endpoint('r2'), port: agents.endpoint('r2').port }));
    await inventory('r2', device('r2', { zone: 'another' }));
    await until(() => collector.devices.size === 1, 'one device');
    await inventory('r1', device('r1', { zone: 'another' }));
    await until(() => collector.devices.size === 0, 'none in this zone');
    await inventory('r1', device('r1'));
    await until(() => collector.devices.size === 1, 'r1 again');
    await inventory('r1', null);
    await until(() => collector.devices.size === 0 && collector.inFlight === 0, 'tombstone');
    expect(await readings('r2')).toEqual([]);
  });

  it('is not delayed by a dead device among healthy ones', async () => {
    misbehave('r1', { kind: 'silent' });
    for (const name of ['r1', 'r2']) await inventory(name, device(name));
    await startCollector({ timeoutMs: 70, breakerFailures: 1_000 });
    await until(async () => (await audits('r1')).length >= 5, 'the dead one was tried');
    const healthy = (await audits('r2')).filter(({ status }) => status === 'success');
    expect(healthy.length).toBeGreaterThanOrEqual(4);
    expect(Math.max(...healthy.map(({ late_ms: late }) => late))).toBeLessThan(60);
    expect(healthy.every(({ missed_polls: passed }) => passed === 0)).toBe(true);
  });

  it('tells a dead device by failed readings at each interval, probes it seldom, and is back at its first answer', async () => {
    misbehave('r1', { kind: 'silent' });
    await inventory('r1', device('r1'));
    await startCollector({ timeoutMs: 30, retries: 0, breakerFailures: 2, longestBackoffMs: 400 });
    await until(() => missed.filter((reason) => reason === 'breaker_open').length >= 3, 'skipped polls');
    const failed = await readings('r1');
    expect(failed.every(({ status, rows }) => status === 'failed' && rows.length === 0)).toBe(true);
    expect(failed[0]!.errors).toEqual(['timeout']);
    expect(failed.some(({ errors }) => errors.join() === 'breaker_open,timeout')).toBe(true);
    expect((await audits('r1'))[0]).toMatchObject({
      status: 'timeout',
      error_message: 'timeout',
      requests: 1,
    });

    misbehave('r1');
    await until(async () => (await readings('r1')).some(({ status }) => status === 'complete'), 'back');
    const back = (await audits('r1')).find(({ status }) => status === 'success');
    expect(back!.missed_polls).toBeGreaterThan(0);
    await until(() => collector.devices.get('default/device/r1')?.isOpen === false, 'closed');
    expect(log.entries.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });

  it('audits a device without credential at each interval and warns once', async () => {
    await inventory('r1', device('r1', { credential: 'nobody' }));
    await startCollector();
    await until(async () => (await audits('r1')).length >= 3, 'three audits');
    expect((await audits('r1'))[1]).toMatchObject({
      status: 'failed',
      error_message: 'unknown_credential:nobody',
      requests: 0,
    });
    expect((await readings('r1'))[1]).toMatchObject({
      status: 'failed',
      errors: ['unknown_credential:nobody'],
    });
    expect(log.entries.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });

  it('puts an inventory record that it cannot use into the dead letters and keeps the device', async () => {
    await inventory('r1', device('r1'));
    await startCollector();
    await until(() => collector.devices.size === 1, 'r1');
    await inventory('r1', Buffer.from('not avro'));
    await inventory('r1', device('r1', { addresses: ['router-1'] }));
    await until(async () => (await records('netsigma.dead-letter')).length === 2, 'two dead letters');
    const letters = await decoded('netsigma.dead-letter');
    expect(letters.map(({ reason, failed_in: part, topic }) => [reason, part, topic])).toEqual([
      ['not_framed', 'collect', 'inventory.device'],
      ['invalid', 'collect', 'inventory.device'],
    ]);
    expect(letters[0]!.value).toEqual(Buffer.from('not avro'));
    expect(collector.devices.size).toBe(1);
  });

  it('writes no secret into log or records', async () => {
    misbehave('r1', { kind: 'silent' });
    await inventory('r1', device('r1'));
    await startCollector({ timeoutMs: 20, retries: 0, breakerFailures: 1 });
    await until(async () => (await audits('r1')).length > 0, 'an audit');
    const all = JSON.stringify(
      [log.entries, await audits('r1'), await readings('r1')],
      (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
    );
    expect(all).not.toContain('public');
  });

  it('refuses a profile of fields that the catalogue does not have', async () => {
    const columns = [
      { field: 'in_unknown_protocols', oid: '1.3.6.1.2.1.2.2.1.15', type: 'counter32' },
    ] as const;
    await startCollector();
    expect(() =>
      snmpCollector({
        broker,
        codec,
        catalogue,
        naming: NAMING,
        partitions: PARTITIONS,
        clock: Date.now,
        log,
        zone: 'lab',
        collectorId: 'test',
        credentials: new Map(),
        settings: SNMP_DEFAULTS,
        profiles: new Map([['interface', { ...interfaceProfile, columns }]]),
      }),
    ).toThrow(ConfigError);
  });
});

/** The broker with another `send` of its producers. */
function withSend(
  plain: Broker,
  send: (inner: Producer, sent: readonly ProducerRecord[]) => Promise<void>,
): Broker {
  return {
    ...plain,
    producer: () => {
      const inner = plain.producer();
      return {
        name: inner.name,
        start: () => inner.start(),
        stop: () => inner.stop(),
        send: (sent) => send(inner, sent),
      };
    },
  };
}

describe('a broker', () => {
  it('that takes no more slows the polls instead of growing a queue', async () => {
    let waiting = 0;
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => (open = resolve));
    broker = withSend(broker, async (inner, sent) => {
      waiting += 1;
      await gate;
      waiting -= 1;
      await inner.send(sent);
    });
    await inventory('r1', device('r1'));
    await inventory('r2', device('r2'));
    await startCollector({ maxInFlight: 1 });
    await until(() => missed.filter((reason) => reason === 'overload').length >= 3, 'missed polls');
    expect(missed).toContain('still_running');
    expect(waiting).toBe(1);
    open();
    await until(async () => (await audits('r2')).length > 0 && (await audits('r1')).length > 0, 'both');
    const first = [...(await audits('r1')), ...(await audits('r2'))].map(
      ({ missed_polls: passed }) => passed,
    );
    expect(Math.max(...first)).toBeGreaterThan(0);
  });

  it('that is away for a moment loses no reading', async () => {
    let failures = 3;
    broker = withSend(broker, async (inner, sent) => {
      failures -= 1;
      if (failures >= 0) throw new RetryableError('broker away', { retryAfterMs: 5 });
      await inner.send(sent);
    });
    await inventory('r1', device('r1', { interval_ms: 60_000 }));
    skewMs = msToPhase('r1', 60_000);
    await startCollector();
    await until(async () => (await audits('r1')).length === 1, 'the reading');
    expect(failures).toBeLessThan(0);
    expect(await readings('r1')).toHaveLength(1);
  });

  it('that refuses a record ends the process, and the loss is counted', async () => {
    broker = withSend(broker, async () => {
      throw new PermanentError('record too large');
    });
    await inventory('r1', device('r1'));
    await startCollector();
    await until(() => failed.length > 0, 'the failure');
    expect(failed[0]).toBeInstanceOf(PermanentError);
    expect(lost).toBeGreaterThan(0);
  });
});

/** How far the clock must be set so that the device's next planned poll is 50 ms away. */
function msToPhase(name: string, intervalMs: number): number {
  const now = Date.now();
  const phase = phaseOf(`default/device/${name}`, intervalMs);
  return ((((phase - now) % intervalMs) + intervalMs) % intervalMs) - 50;
}
