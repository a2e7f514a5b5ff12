/** Names of what the simulated agents serve: SNMPv2-MIB, IF-MIB (RFC 2863), EtherLike-MIB, SNMP-FRAMEWORK-MIB. */

const IF_ENTRY = '1.3.6.1.2.1.2.2.1';
const IF_X_ENTRY = '1.3.6.1.2.1.31.1.1.1';

/** Scalars, with their instance 0. */
export const SCALARS = {
  sysDescr: '1.3.6.1.2.1.1.1.0',
  sysObjectId: '1.3.6.1.2.1.1.2.0',
  sysUpTime: '1.3.6.1.2.1.1.3.0',
  sysContact: '1.3.6.1.2.1.1.4.0',
  sysName: '1.3.6.1.2.1.1.5.0',
  sysLocation: '1.3.6.1.2.1.1.6.0',
  ifNumber: '1.3.6.1.2.1.2.1.0',
  hrSystemUptime: '1.3.6.1.2.1.25.1.1.0',
  snmpEngineId: '1.3.6.1.6.3.10.2.1.1.0',
  snmpEngineBoots: '1.3.6.1.6.3.10.2.1.2.0',
  snmpEngineTime: '1.3.6.1.6.3.10.2.1.3.0',
} as const;

/** Columns indexed by ifIndex. */
export const COLUMNS = {
  ifIndex: `${IF_ENTRY}.1`,
  ifDescr: `${IF_ENTRY}.2`,
  ifType: `${IF_ENTRY}.3`,
  ifMtu: `${IF_ENTRY}.4`,
  ifSpeed: `${IF_ENTRY}.5`,
  ifPhysAddress: `${IF_ENTRY}.6`,
  ifAdminStatus: `${IF_ENTRY}.7`,
  ifOperStatus: `${IF_ENTRY}.8`,
  ifInOctets: `${IF_ENTRY}.10`,
  ifInUcastPkts: `${IF_ENTRY}.11`,
  ifInDiscards: `${IF_ENTRY}.13`,
  ifInErrors: `${IF_ENTRY}.14`,
  ifOutOctets: `${IF_ENTRY}.16`,
  ifOutUcastPkts: `${IF_ENTRY}.17`,
  ifOutDiscards: `${IF_ENTRY}.19`,
  ifOutErrors: `${IF_ENTRY}.20`,
  ifName: `${IF_X_ENTRY}.1`,
  ifInMulticastPkts: `${IF_X_ENTRY}.2`,
  ifInBroadcastPkts: `${IF_X_ENTRY}.3`,
  ifOutMulticastPkts: `${IF_X_ENTRY}.4`,
  ifOutBroadcastPkts: `${IF_X_ENTRY}.5`,
  ifHCInOctets: `${IF_X_ENTRY}.6`,
  ifHCInUcastPkts: `${IF_X_ENTRY}.7`,
  ifHCInMulticastPkts: `${IF_X_ENTRY}.8`,
  ifHCInBroadcastPkts: `${IF_X_ENTRY}.9`,
  ifHCOutOctets: `${IF_X_ENTRY}.10`,
  ifHCOutUcastPkts: `${IF_X_ENTRY}.11`,
  ifHCOutMulticastPkts: `${IF_X_ENTRY}.12`,
  ifHCOutBroadcastPkts: `${IF_X_ENTRY}.13`,
  ifHighSpeed: `${IF_X_ENTRY}.15`,
  ifAlias: `${IF_X_ENTRY}.18`,
  ifCounterDiscontinuityTime: `${IF_X_ENTRY}.19`,
  dot3StatsDuplexStatus: '1.3.6.1.2.1.10.7.2.1.19',
} as const;

export type ColumnName = keyof typeof COLUMNS;

const COLUMN_BY_OID = new Map<string, ColumnName>(
  (Object.keys(COLUMNS) as ColumnName[]).map((column) => [COLUMNS[column], column]),
);

/** Column and ifIndex of an instance of one of COLUMNS, else null. */
export function columnOf(oid: string): { readonly column: ColumnName; readonly ifIndex: number } | null {
  const dot = oid.lastIndexOf('.');
  const column = COLUMN_BY_OID.get(oid.slice(0, dot));
  return column === undefined ? null : { column, ifIndex: Number(oid.slice(dot + 1)) };
}
