/** A simulated device as its SNMP agent serves it. */
import { COLUMNS, SCALARS, type ColumnName } from '../collect/snmp/agent/if-mib.ts';
import type { MibInstance, MibView } from '../collect/snmp/agent/mib-view.ts';
import { oidContent, parseOid } from '../collect/snmp/agent/oid.ts';
import type { SimulatedDevice } from './device.ts';
import type { PortSpec } from './network-layout.ts';
import { COUNTERS, type CounterName } from './port-counters.ts';

const UP = 1;
const FULL_DUPLEX = 3;

/** 32-bit columns that every device has. */
const NARROW: Readonly<Record<CounterName, ColumnName>> = {
  in_octets: 'ifInOctets',
  out_octets: 'ifOutOctets',
  in_unicast_packets: 'ifInUcastPkts',
  out_unicast_packets: 'ifOutUcastPkts',
  in_multicast_packets: 'ifInMulticastPkts',
  out_multicast_packets: 'ifOutMulticastPkts',
  in_broadcast_packets: 'ifInBroadcastPkts',
  out_broadcast_packets: 'ifOutBroadcastPkts',
  in_errors: 'ifInErrors',
  out_errors: 'ifOutErrors',
  in_discards: 'ifInDiscards',
  out_discards: 'ifOutDiscards',
};

/** 64-bit columns beside them on the newer devices; errors and discards have none (RFC 2863). */
const WIDE: Readonly<Partial<Record<CounterName, ColumnName>>> = {
  in_octets: 'ifHCInOctets',
  out_octets: 'ifHCOutOctets',
  in_unicast_packets: 'ifHCInUcastPkts',
  out_unicast_packets: 'ifHCOutUcastPkts',
  in_multicast_packets: 'ifHCInMulticastPkts',
  out_multicast_packets: 'ifHCOutMulticastPkts',
  in_broadcast_packets: 'ifHCInBroadcastPkts',
  out_broadcast_packets: 'ifHCOutBroadcastPkts',
};

/** The device's MIB at the moment of each request. A refresh brings the device, and it alone, to that moment. */
export function deviceMib(device: SimulatedDevice): MibView {
  const instances = [
    ...scalars(device),
    ...device.spec.ports.flatMap((port, at) => [
      ...described(device, port, at),
      ...counted(device, port, at),
    ]),
  ];
  return {
    name: device.spec.name,
    instances: () => instances,
    refresh(nowMs) {
      device.advance(nowMs);
      return device.answering;
    },
  };
}

function scalars(device: SimulatedDevice): MibInstance[] {
  const { spec } = device;
  return [
    text(SCALARS.sysDescr, spec.sysDescr),
    constant(SCALARS.sysObjectId, 'oid', oidContent(parseOid(spec.sysObjectId))),
    { oid: SCALARS.sysUpTime, type: 'timeticks', read: () => device.sysUptimeTicks },
    text(SCALARS.sysContact, 'noc@example.com'),
    text(SCALARS.sysName, spec.name),
    text(SCALARS.sysLocation, spec.site.name),
    integer(SCALARS.ifNumber, spec.ports.length),
    { oid: SCALARS.hrSystemUptime, type: 'timeticks', read: () => device.hostUptimeTicks },
    // RFC 3411: enterprise number with the high bit set, format 4 (text).
    constant(
      SCALARS.snmpEngineId,
      'octets',
      Buffer.from(`\x80\x00\x7e\xd9\x04${spec.name}`.slice(0, 32), 'latin1'),
    ),
    { oid: SCALARS.snmpEngineBoots, type: 'integer', read: () => device.engineBoots },
    { oid: SCALARS.snmpEngineTime, type: 'integer', read: () => device.engineTimeS },
  ];
}

function described(device: SimulatedDevice, port: PortSpec, at: number): MibInstance[] {
  const oid = (column: ColumnName): string => `${COLUMNS[column]}.${port.ifIndex}`;
  return [
    integer(oid('ifIndex'), port.ifIndex),
    text(oid('ifDescr'), port.ifDescr),
    integer(oid('ifType'), port.ifType),
    integer(oid('ifMtu'), port.mtu),
    gauge(oid('ifSpeed'), Math.min(port.speedMbps * 1e6, 0xffffffff)),
    constant(oid('ifPhysAddress'), 'octets', port.physAddress),
    integer(oid('ifAdminStatus'), UP),
    { oid: oid('ifOperStatus'), type: 'integer', read: () => device.operStatus[at]! },
    text(oid('ifName'), port.ifName),
    gauge(oid('ifHighSpeed'), port.speedMbps),
    text(oid('ifAlias'), port.ifAlias),
    { oid: oid('ifCounterDiscontinuityTime'), type: 'timeticks', read: () => device.discontinuityTicks[at]! },
    integer(oid('dot3StatsDuplexStatus'), FULL_DUPLEX),
  ];
}

function counted(device: SimulatedDevice, port: PortSpec, at: number): MibInstance[] {
  const { hi, lo } = device;
  return COUNTERS.flatMap((counter, i) => {
    const position = at * COUNTERS.length + i;
    const narrow: MibInstance = {
      oid: `${COLUMNS[NARROW[counter]]}.${port.ifIndex}`,
      type: 'counter32',
      read: () => lo[position]!,
    };
    const wide = WIDE[counter];
    if (!device.spec.wide || wide === undefined) return [narrow];
    return [
      narrow,
      {
        oid: `${COLUMNS[wide]}.${port.ifIndex}`,
        type: 'counter64',
        read(into) {
          into.hi = hi[position]!;
          into.lo = lo[position]!;
        },
      },
    ];
  });
}

function text(oid: string, value: string): MibInstance {
  return constant(oid, 'octets', Buffer.from(value));
}

function constant(oid: string, type: 'octets' | 'oid', bytes: Uint8Array): MibInstance {
  return { oid, type, read: () => bytes };
}

function integer(oid: string, value: number): MibInstance {
  return { oid, type: 'integer', read: () => value };
}

function gauge(oid: string, value: number): MibInstance {
  return { oid, type: 'gauge32', read: () => value };
}
