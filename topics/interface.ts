/** Interfaces: what is read off the agent (raw.interface) and what is made of it (metric.interface). */
import { envelopeFields } from './envelope.ts';
import type { EnumType, FieldRow, RecordRow } from './row.ts';

/** Verdict on a row's rates, best first. The code in a Reading is the index. What each means: README, Quality; when each is given: stages/rate. */
export const QUALITIES = ['good', 'gap', 'first', 'reindexed', 'width_change', 'reset', 'agent_restart', 'discontinuity', 'implausible', 'stale', 'missing', 'unknown'] as const;
export type Quality = (typeof QUALITIES)[number];

const QUALITY = { enum: 'Quality', symbols: ['unknown', ...QUALITIES.filter((quality) => quality !== 'unknown')] } as const satisfies EnumType;

const describing = [
  { name: 'if_type', type: 'int', kind: 'text', sql: false, doc: 'ifType: IANAifType number.' },
  { name: 'mtu', type: 'int', kind: 'gauge', unit: 'By', sql: false, doc: 'ifMtu.' },
  { name: 'admin_status', type: 'int', kind: 'status', transitions: {}, doc: 'ifAdminStatus: 1 up, 2 down, 3 testing.' },
  { name: 'oper_status', type: 'int', kind: 'status', transitions: {}, doc: 'ifOperStatus: 1 up, 2 down, 3 testing, 4 unknown, 5 dormant, 6 notPresent, 7 lowerLayerDown.' },
] as const satisfies readonly FieldRow[];

const rawCounters = [
  { name: 'in_octets', type: 'long', kind: 'counter', unit: 'By', width: 64, low: 'in_octets_32', doc: 'ifHCInOctets.' },
  { name: 'out_octets', type: 'long', kind: 'counter', unit: 'By', width: 64, low: 'out_octets_32', doc: 'ifHCOutOctets.' },
  { name: 'in_unicast_packets', type: 'long', kind: 'counter', unit: '{packet}', width: 64, low: 'in_unicast_packets_32', doc: 'ifHCInUcastPkts.' },
  { name: 'out_unicast_packets', type: 'long', kind: 'counter', unit: '{packet}', width: 64, low: 'out_unicast_packets_32', doc: 'ifHCOutUcastPkts.' },
  { name: 'in_multicast_packets', type: 'long', kind: 'counter', unit: '{packet}', width: 64, low: 'in_multicast_packets_32', doc: 'ifHCInMulticastPkts.' },
  { name: 'out_multicast_packets', type: 'long', kind: 'counter', unit: '{packet}', width: 64, low: 'out_multicast_packets_32', doc: 'ifHCOutMulticastPkts.' },
  { name: 'in_broadcast_packets', type: 'long', kind: 'counter', unit: '{packet}', width: 64, low: 'in_broadcast_packets_32', doc: 'ifHCInBroadcastPkts.' },
  { name: 'out_broadcast_packets', type: 'long', kind: 'counter', unit: '{packet}', width: 64, low: 'out_broadcast_packets_32', doc: 'ifHCOutBroadcastPkts.' },
  { name: 'in_octets_32', type: 'long', kind: 'counter', unit: 'By', width: 32, doc: 'ifInOctets: also read beside ifHCInOctets, whose low half it is.' },
  { name: 'out_octets_32', type: 'long', kind: 'counter', unit: 'By', width: 32, doc: 'ifOutOctets.' },
  { name: 'in_unicast_packets_32', type: 'long', kind: 'counter', unit: '{packet}', width: 32, doc: 'ifInUcastPkts, where there is no HC counter.' },
  { name: 'out_unicast_packets_32', type: 'long', kind: 'counter', unit: '{packet}', width: 32, doc: 'ifOutUcastPkts, where there is no HC counter.' },
  { name: 'in_multicast_packets_32', type: 'long', kind: 'counter', unit: '{packet}', width: 32, doc: 'ifInMulticastPkts, where there is no HC counter.' },
  { name: 'out_multicast_packets_32', type: 'long', kind: 'counter', unit: '{packet}', width: 32, doc: 'ifOutMulticastPkts, where there is no HC counter.' },
  { name: 'in_broadcast_packets_32', type: 'long', kind: 'counter', unit: '{packet}', width: 32, doc: 'ifInBroadcastPkts, where there is no HC counter.' },
  { name: 'out_broadcast_packets_32', type: 'long', kind: 'counter', unit: '{packet}', width: 32, doc: 'ifOutBroadcastPkts, where there is no HC counter.' },
  { name: 'in_errors', type: 'long', kind: 'counter', unit: '{error}', width: 32, doc: 'ifInErrors.' },
  { name: 'out_errors', type: 'long', kind: 'counter', unit: '{error}', width: 32, doc: 'ifOutErrors.' },
  { name: 'in_discards', type: 'long', kind: 'counter', unit: '{packet}', width: 32, doc: 'ifInDiscards.' },
  { name: 'out_discards', type: 'long', kind: 'counter', unit: '{packet}', width: 32, doc: 'ifOutDiscards.' },
] as const satisfies readonly FieldRow[];

export const rawInterfaceRow = {
  record: 'RawInterfaceRow',
  doc: 'One interface as the agent reports it.',
  fields: [
    { name: 'if_index', type: 'int', required: true, kind: 'key', doc: 'ifIndex; 0 and values above 2^24 do occur.' },
    { name: 'if_name', type: 'string', kind: 'key', doc: 'ifName, else ifDescr.' },
    { name: 'if_alias', type: 'string', kind: 'text', doc: 'ifAlias: what people wrote on the port.' },
    { name: 'phys_address', type: 'string', kind: 'text', doc: 'ifPhysAddress as lower-case hex with colons.' },
    ...describing,
    { name: 'if_speed', type: 'long', kind: 'gauge', unit: 'bit/s', doc: 'ifSpeed; saturates at 4294967295.' },
    { name: 'if_high_speed', type: 'long', kind: 'gauge', unit: 'Mbit/s', doc: 'ifHighSpeed; 0 is common and means unknown.' },
    { name: 'duplex', type: 'int', kind: 'status', doc: 'dot3StatsDuplexStatus: 1 unknown, 2 half, 3 full.' },
    { name: 'discontinuity_time', type: 'long', kind: 'time', unit: 'cs', doc: 'ifCounterDiscontinuityTime: compare for change only.' },
    ...rawCounters,
  ],
} as const satisfies RecordRow;

const rate = (of: readonly string[], factor = 1) => ({ kind: 'rate', of, factor }) as const;

const metrics = [
  { name: 'rx_bps', type: 'double', kind: 'gauge', unit: 'bit/s', derive: rate(['in_octets'], 8), baseline: true, quantum: 12_000, aggregate: 'sum', doc: 'Bits received per second.' },
  { name: 'tx_bps', type: 'double', kind: 'gauge', unit: 'bit/s', derive: rate(['out_octets'], 8), baseline: true, quantum: 12_000, aggregate: 'sum', doc: 'Bits sent per second.' },
  { name: 'rx_unicast_pps', type: 'double', kind: 'gauge', unit: '{packet}/s', derive: rate(['in_unicast_packets']), doc: 'Unicast packets received per second.' },
  { name: 'tx_unicast_pps', type: 'double', kind: 'gauge', unit: '{packet}/s', derive: rate(['out_unicast_packets']), doc: 'Unicast packets sent per second.' },
  { name: 'rx_multicast_pps', type: 'double', kind: 'gauge', unit: '{packet}/s', derive: rate(['in_multicast_packets']), doc: 'Multicast packets received per second.' },
  { name: 'tx_multicast_pps', type: 'double', kind: 'gauge', unit: '{packet}/s', derive: rate(['out_multicast_packets']), doc: 'Multicast packets sent per second.' },
  { name: 'rx_broadcast_pps', type: 'double', kind: 'gauge', unit: '{packet}/s', derive: rate(['in_broadcast_packets']), baseline: true, quantum: 1, aggregate: 'sum', doc: 'Broadcast packets received per second.' },
  { name: 'tx_broadcast_pps', type: 'double', kind: 'gauge', unit: '{packet}/s', derive: rate(['out_broadcast_packets']), baseline: true, quantum: 1, aggregate: 'sum', doc: 'Broadcast packets sent per second.' },
  { name: 'rx_pps', type: 'double', kind: 'gauge', unit: '{packet}/s', derive: rate(['in_unicast_packets', 'in_multicast_packets', 'in_broadcast_packets']), baseline: true, quantum: 1, aggregate: 'sum', doc: 'Packets received per second, all casts.' },
  { name: 'tx_pps', type: 'double', kind: 'gauge', unit: '{packet}/s', derive: rate(['out_unicast_packets', 'out_multicast_packets', 'out_broadcast_packets']), baseline: true, quantum: 1, aggregate: 'sum', doc: 'Packets sent per second, all casts.' },
  { name: 'rx_error_rate', type: 'double', kind: 'gauge', unit: '{error}/s', derive: rate(['in_errors']), baseline: true, quantum: 1, aggregate: 'sum', doc: 'Receive errors per second.' },
  { name: 'tx_error_rate', type: 'double', kind: 'gauge', unit: '{error}/s', derive: rate(['out_errors']), baseline: true, quantum: 1, aggregate: 'sum', doc: 'Transmit errors per second.' },
  { name: 'rx_discard_rate', type: 'double', kind: 'gauge', unit: '{packet}/s', derive: rate(['in_discards']), baseline: true, quantum: 1, aggregate: 'sum', doc: 'Received packets discarded per second.' },
  { name: 'tx_discard_rate', type: 'double', kind: 'gauge', unit: '{packet}/s', derive: rate(['out_discards']), baseline: true, quantum: 1, aggregate: 'sum', doc: 'Packets to be sent discarded per second.' },
  { name: 'rx_utilization_pct', type: 'double', kind: 'gauge', unit: '%', derive: { kind: 'utilization', of: 'rx_bps' }, doc: 'rx_bps / speed, percent.' },
  { name: 'tx_utilization_pct', type: 'double', kind: 'gauge', unit: '%', derive: { kind: 'utilization', of: 'tx_bps' }, doc: 'tx_bps / speed, percent.' },
  { name: 'utilization_pct', type: 'double', kind: 'gauge', unit: '%', derive: { kind: 'busiest', of: ['rx_utilization_pct', 'tx_utilization_pct'] }, doc: 'Full duplex: the busier direction; half duplex: the sum.' },
  { name: 'rx_error_ppm', type: 'double', kind: 'gauge', unit: '[ppm]', derive: { kind: 'ppm', errors: 'rx_error_rate', all: ['rx_pps', 'rx_error_rate', 'rx_discard_rate'] }, doc: 'Receive errors per million packets seen (all casts, errors, discards).' },
  { name: 'tx_error_ppm', type: 'double', kind: 'gauge', unit: '[ppm]', derive: { kind: 'ppm', errors: 'tx_error_rate', all: ['tx_pps', 'tx_error_rate', 'tx_discard_rate'] }, doc: 'Transmit errors per million packets.' },
  { name: 'error_rate_ppm', type: 'double', kind: 'gauge', unit: '[ppm]', derive: { kind: 'larger', of: ['rx_error_ppm', 'tx_error_ppm'] }, doc: "The larger direction's error ppm." },
] as const satisfies readonly FieldRow[];

/** A number that `rate` could not give, and why. At most 500 a record. */
export const metricException = {
  record: 'MetricException',
  doc: 'One metric of one row without a value, and why.',
  fields: [
    { name: 'row', type: 'int', required: true, doc: 'Position in rows, from 0.' },
    { name: 'metric', type: 'string', required: true, doc: 'Field name.' },
    { name: 'reason', type: 'string', required: true, doc: 'A quality, or the name of what was wrong.' },
  ],
} as const satisfies RecordRow;

export const metricInterfaceRow = {
  record: 'MetricInterfaceRow',
  doc: 'One interface with its rates.',
  fields: [
    { name: 'interface_name', type: 'string', required: true, kind: 'key', doc: 'ifName if unique on the device, else ifName#ifIndex.' },
    { name: 'if_index', type: 'int', required: true, kind: 'key', sql: 'interface_index', doc: 'ifIndex of this poll.' },
    { name: 'if_alias', type: 'string', kind: 'text', doc: 'ifAlias.' },
    ...describing,
    { name: 'duplex', type: 'int', kind: 'status', transitions: { unknown: 1, whileUp: true, states: { 2: 'half', 3: 'full' } }, sqlType: 'integer', doc: 'dot3StatsDuplexStatus: 1 unknown, 2 half, 3 full.' },
    { name: 'speed_mbps', type: 'double', kind: 'gauge', unit: 'Mbit/s', doc: 'Inventory override, else ifHighSpeed if sane, else ifSpeed unless 0 or saturated.' },
    { name: 'quality', type: QUALITY, required: true, kind: 'status', sqlType: 'text', doc: 'Verdict on the rates of this row; null rates carry their reason in exceptions.' },
    { name: 'in_octets', type: 'long', kind: 'counter', unit: 'By', sql: 'rx_bytes', from: 'in_octets', doc: 'Counter in use (64 or 32 bits).' },
    { name: 'out_octets', type: 'long', kind: 'counter', unit: 'By', sql: 'tx_bytes', from: 'out_octets', doc: 'Counter in use (64 or 32 bits).' },
    { name: 'in_unicast_packets', type: 'long', kind: 'counter', unit: '{packet}', sql: 'rx_packets', from: 'in_unicast_packets', doc: 'Counter in use (64 or 32 bits).' },
    { name: 'out_unicast_packets', type: 'long', kind: 'counter', unit: '{packet}', sql: 'tx_packets', from: 'out_unicast_packets', doc: 'Counter in use (64 or 32 bits).' },
    { name: 'in_errors', type: 'long', kind: 'counter', unit: '{error}', sql: 'rx_errors', from: 'in_errors', doc: 'ifInErrors.' },
    { name: 'out_errors', type: 'long', kind: 'counter', unit: '{error}', sql: 'tx_errors', from: 'out_errors', doc: 'ifOutErrors.' },
    { name: 'in_discards', type: 'long', kind: 'counter', unit: '{packet}', sql: 'rx_discards', from: 'in_discards', doc: 'ifInDiscards.' },
    { name: 'out_discards', type: 'long', kind: 'counter', unit: '{packet}', sql: 'tx_discards', from: 'out_discards', doc: 'ifOutDiscards.' },
    ...metrics,
  ],
} as const satisfies RecordRow;

export const rawInterface = { record: 'RawInterface', doc: "One poll of a device's interface tables, as read.", fields: [...envelopeFields, { name: 'rows', type: { array: rawInterfaceRow }, required: true, doc: 'Interfaces.' }] } as const satisfies RecordRow;

export const metricInterface = {
  record: 'MetricInterface',
  doc: "One poll of a device's interfaces with rates, utilisation and quality.",
  fields: [
    ...envelopeFields,
    { name: 'device_id', type: 'uuid', required: true, kind: 'key', doc: 'UUIDv5 of the entity.' },
    { name: 'netbox_device_id', type: 'int', kind: 'key', doc: 'From the inventory.' },
    { name: 'site_id', type: 'int', kind: 'key', doc: 'From the inventory.' },
    { name: 'device_role', type: 'string', kind: 'text', sql: false, doc: 'From the inventory.' },
    { name: 'rows', type: { array: metricInterfaceRow }, required: true, doc: 'Interfaces.' },
    { name: 'exceptions', type: { array: metricException }, required: true, doc: 'Numbers without a value, and why.' },
  ],
} as const satisfies RecordRow;
