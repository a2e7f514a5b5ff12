/** What a sink stores beside what is folded, by topic. The load is too quiet for anomalies: these are made by hand. */
import { partitionFor } from '../../../pipeline/broker/partitioner.ts';
import type { Codec } from '../../../pipeline/codec/port.ts';
import { deviceId, siteUuid } from '../../../pipeline/model/entity.ts';
import type { TopicName, TopicRecord } from '../../../topics/catalogue.ts';
import type { FoldedRecord } from './folded-records.ts';
import { PARTITIONS } from './sink-run.ts';

type Keyed = <T extends TopicName>(topic: T, key: string, record: TopicRecord<T>) => FoldedRecord;

const SITES = 10;

/** Devices, sites, an audit record a poll, and an anomaly a device. */
export function operationalRecords(
  codec: Codec,
  entities: readonly string[],
  polls: number,
  intervalMs: number,
): FoldedRecord[] {
  const keyed: Keyed = (topic, key, record) => {
    const bytes = Buffer.from(key);
    const value = codec.recordEncoder(topic).encode(record);
    return { topic, partition: partitionFor(bytes, PARTITIONS), key: bytes, value };
  };
  const common = { domain: 'bench', netbox_device_id: null };
  const devices = entities.map((entity, number) =>
    keyed('inventory.device', entity, {
      ...common,
      entity,
      device_id: deviceId(entity),
      hostname: `device-${number}`,
      addresses: [addressOf(number)],
      port: 161,
      credential: 'bench',
      zone: 'default',
      profile: 'interface',
      interval_ms: intervalMs,
      site_id: number % SITES,
      site_slug: `site-${number % SITES}`,
      role: 'access',
      manufacturer: null,
      device_type: null,
      interfaces: [],
      tags: [],
    }),
  );
  const sites = Array.from({ length: SITES }, (_, number): FoldedRecord => {
    const slug = `site-${number}`;
    const site = keyed('control.site', `bench/${slug}`, {
      domain: 'bench',
      site_id: number,
      site_uuid: siteUuid('bench', slug),
      slug,
      name: slug,
      time_zone: 'Europe/Berlin',
      country: null,
      latitude: null,
      longitude: null,
    });
    return { ...site, partition: 0 };
  });
  const startMs = Date.now() - (polls + 1) * intervalMs;
  const audits = entities.flatMap((entity, number) =>
    Array.from({ length: polls }, (_, poll) => {
      const startedMs = startMs + poll * intervalMs;
      return keyed('ops.collection', entity, {
        ...common,
        entity,
        device_ip: addressOf(number),
        device_id: deviceId(entity),
        collector_id: 'bench',
        poll_id: `0190b5a0-0000-7000-8000-${(number * 100_000 + poll).toString(16).padStart(12, '0')}`,
        job_type: 'interface',
        started_at: startedMs,
        completed_at: startedMs + 90,
        duration_ms: 90,
        status: 'success',
        error_message: null,
        records_collected: 48,
        requests: 3,
        retries: 0,
        late_ms: 0,
        missed_polls: 0,
      });
    }),
  );
  return [...devices, ...sites, ...audits, ...anomalies(keyed, entities, startMs)];
}

/** One a device: opened, updated, closed. */
function anomalies(keyed: Keyed, entities: readonly string[], startMs: number): FoldedRecord[] {
  return entities.flatMap((entity, number) => {
    const anomaly_id = `5d9c1f0e-6b3a-5c47-9e21-${number.toString(16).padStart(12, '0')}`;
    return (['opened', 'updated', 'closed'] as const).map((state, revision) =>
      keyed('insight.anomaly', entity, {
        anomaly_id,
        revision: revision + 1,
        state,
        domain: 'bench',
        entity,
        device_ip: addressOf(number),
        device_id: deviceId(entity),
        netbox_device_id: null,
        site_id: number % SITES,
        interface_name: 'GigabitEthernet1/0/1',
        interface_index: 1,
        metric_name: 'rx_bps',
        detector: 'deviation',
        detector_version: '1',
        anomaly_type: 'spike',
        severity: 'warning',
        metric_value: 9e9,
        baseline_mean: 1e6,
        baseline_stddev: 1e5,
        deviation_sigma: 89_990,
        deviation_pct: 899_900,
        score: 12.5,
        confidence: 0.9,
        polls: revision + 1,
        opened_at: startMs,
        updated_at: startMs + revision * 60_000,
        closed_at: state === 'closed' ? startMs + revision * 60_000 : null,
        close_reason: state === 'closed' ? 'recovered' : null,
        description: 'rx_bps of GigabitEthernet1/0/1 is far above what is usual',
        peak_at: null,
        duration_seconds: null,
        correlation_group_id: null,
      }),
    );
  });
}

function addressOf(number: number): string {
  return `127.1.${number >> 8}.${number & 255}`;
}
