/** Fields that every reading carries, raw or computed. */
import type { EnumType, FieldRow } from './row.ts';

export const POLL_STATUS = { enum: 'PollStatus', symbols: ['unknown', 'complete', 'partial', 'failed'] } as const satisfies EnumType;

export const identityFields = [
  { name: 'domain', type: 'string', required: true, kind: 'key', doc: 'Tenant and routing realm.' },
  { name: 'entity', type: 'string', required: true, kind: 'key', sql: false, doc: 'Entity key: <domain>/<kind>/<id>.' },
  { name: 'device_ip', type: 'string', kind: 'key', sqlType: 'inet', doc: 'Address that was asked, canonical.' },
] as const satisfies readonly FieldRow[];

export const envelopeFields = [
  ...identityFields,
  { name: 'collector_id', type: 'string', required: true, kind: 'text', sql: false, doc: 'Who polled.' },
  { name: 'poll_id', type: 'uuid', required: true, kind: 'key', sql: false, doc: 'UUIDv7 of the poll; shared by its parts.' },
  { name: 'part', type: 'int', required: true, kind: 'key', sql: false, doc: 'Number of this part, from 1.' },
  { name: 'parts', type: 'int', required: true, kind: 'key', sql: false, doc: 'Parts of the poll (a record carries at most 500 rows).' },
  { name: 'observed_at', type: 'timestamp', required: true, kind: 'time', sql: 'recorded_at', doc: "Middle of request and response by the collector's clock." },
  { name: 'duration_ms', type: 'int', kind: 'time', unit: 'ms', sql: false, doc: 'First request to last answer.' },
  { name: 'interval_ms', type: 'int', kind: 'time', unit: 'ms', sql: false, doc: 'Poll interval that the collector aims at.' },
  { name: 'sys_uptime', type: 'long', kind: 'time', unit: 'cs', sql: false, doc: "sysUpTime of the poll's first PDU, hundredths of a second in 32 bits." },
  { name: 'host_uptime', type: 'long', kind: 'time', unit: 'cs', sql: false, doc: 'hrSystemUptime, hundredths of a second.' },
  { name: 'engine_boots', type: 'long', kind: 'counter', sql: false, doc: 'snmpEngineBoots.' },
  { name: 'engine_time', type: 'long', kind: 'time', unit: 's', sql: false, doc: 'snmpEngineTime.' },
  { name: 'status', type: POLL_STATUS, required: true, kind: 'status', sql: false, doc: 'complete: every row is here; partial: some are missing; failed: no answer.' },
  { name: 'errors', type: { array: 'string' }, required: true, kind: 'text', sql: false, doc: 'What went wrong, named: reason or reason:detail.' },
] as const satisfies readonly FieldRow[];
