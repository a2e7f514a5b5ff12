/**
 * Telegraf's configuration for the same switches and the same columns: one metric a port, as its users have it. Shaped
 * for its least CPU time: a column in one request, no tags but agent and index, large batches, influx line protocol.
 */
import { COLUMNS, SCALARS, type ColumnName } from '../../../../pipeline/collect/snmp/agent/if-mib.ts';
import { switchAddress } from '../../snmp/switch-mib.ts';
import type { Trial } from '../../snmp/trial.ts';

export const TOPIC = 'telegraf';
export const TABLE = 'interface';
export const DEVICE = 'device';

/** Fields of raw.interface by the column that our profile reads them from. */
const FIELDS: Readonly<Record<string, ColumnName>> = {
  in_octets: 'ifHCInOctets',
  out_octets: 'ifHCOutOctets',
  in_unicast_packets: 'ifHCInUcastPkts',
  out_unicast_packets: 'ifHCOutUcastPkts',
  in_multicast_packets: 'ifHCInMulticastPkts',
  out_multicast_packets: 'ifHCOutMulticastPkts',
  in_broadcast_packets: 'ifHCInBroadcastPkts',
  out_broadcast_packets: 'ifHCOutBroadcastPkts',
  discontinuity_time: 'ifCounterDiscontinuityTime',
  in_octets_32: 'ifInOctets',
  out_octets_32: 'ifOutOctets',
  in_errors: 'ifInErrors',
  out_errors: 'ifOutErrors',
  in_discards: 'ifInDiscards',
  out_discards: 'ifOutDiscards',
  oper_status: 'ifOperStatus',
  admin_status: 'ifAdminStatus',
  if_speed: 'ifSpeed',
  if_type: 'ifType',
  mtu: 'ifMtu',
  phys_address: 'ifPhysAddress',
  if_name: 'ifName',
  if_high_speed: 'ifHighSpeed',
  if_alias: 'ifAlias',
  duplex: 'dot3StatsDuplexStatus',
};

const DEVICE_FIELDS = {
  sys_uptime: SCALARS.sysUpTime,
  host_uptime: SCALARS.hrSystemUptime,
  engine_boots: SCALARS.snmpEngineBoots,
  engine_time: SCALARS.snmpEngineTime,
} as const;

/** Rows of a column in one answer: one more than there are ports. */
const MAX_REPETITIONS = 50;

export function telegrafConfig(trial: Trial): string {
  const { devices, agentsPort, intervalMs, kafka, prefix } = trial;
  const agents = Array.from({ length: devices }, (_, device) =>
    text(`udp://${switchAddress(device)}:${agentsPort}`),
  );
  return `
[agent]
  interval = "${intervalMs}ms"
  round_interval = true
  metric_batch_size = 10000
  metric_buffer_limit = ${100 * devices}
  flush_interval = "5s"
  precision = "1ms"
  omit_hostname = true
  quiet = true

[[outputs.kafka]]
  brokers = [${text(kafka)}]
  topic = ${text(prefix + TOPIC)}
  routing_tag = "agent_host"
  compression_codec = 4
  required_acks = -1
  data_format = "influx"

[[inputs.snmp]]
  agents = [${agents.join(', ')}]
  timeout = "2s"
  retries = 1
  max_repetitions = ${MAX_REPETITIONS}
  name = ${text(DEVICE)}
${security(trial)}
${Object.entries(DEVICE_FIELDS)
  .map(([field, oid]) => `  [[inputs.snmp.field]]\n    name = ${text(field)}\n    oid = ${text(`.${oid}`)}`)
  .join('\n')}
  [[inputs.snmp.table]]
    name = ${text(TABLE)}
    index_as_tag = true
${Object.entries(FIELDS).map(column).join('\n')}
`;
}

function column([field, name]: [string, ColumnName]): string {
  const conversion = name === 'ifPhysAddress' ? '\n      conversion = "hwaddr"' : '';
  return `    [[inputs.snmp.table.field]]\n      name = ${text(field)}\n      oid = ${text(`.${COLUMNS[name]}`)}${conversion}`;
}

function security({ credential }: Trial): string {
  if (credential.version === 'v2c') {
    return `  version = 2\n  community = ${text(credential.community.reveal())}`;
  }
  const { user, level, authProtocol, authKey, privProtocol, privKey } = credential;
  return [
    '  version = 3',
    `  sec_name = ${text(user)}`,
    `  sec_level = ${text(level)}`,
    `  auth_protocol = ${text(authProtocol.toUpperCase())}`,
    `  auth_password = ${text(authKey?.reveal() ?? '')}`,
    `  priv_protocol = ${text(privProtocol.toUpperCase())}`,
    `  priv_password = ${text(privKey?.reveal() ?? '')}`,
  ].join('\n');
}

/** TOML's basic strings are JSON's. */
function text(value: string): string {
  return JSON.stringify(value);
}
