/**
 * Thousands of switches with 48 ports each as their agents serve them, and what a poll of them must therefore read.
 * A counter is a straight line of its own: the value alone says of which port it is and when it was read.
 */
import { COLUMNS, SCALARS, type ColumnName } from '../../../pipeline/collect/snmp/agent/if-mib.ts';
import type { MibInstance, MibView } from '../../../pipeline/collect/snmp/agent/mib-view.ts';
import { oidContent, parseOid } from '../../../pipeline/collect/snmp/agent/oid.ts';

export const PORTS = 48;

interface CounterRow {
  /** As raw.interface names it. */
  readonly field: string;
  readonly narrow: ColumnName;
  readonly wide?: ColumnName;
}

export const COUNTERS: readonly CounterRow[] = [
  { field: 'in_octets', narrow: 'ifInOctets', wide: 'ifHCInOctets' },
  { field: 'out_octets', narrow: 'ifOutOctets', wide: 'ifHCOutOctets' },
  { field: 'in_unicast_packets', narrow: 'ifInUcastPkts', wide: 'ifHCInUcastPkts' },
  { field: 'out_unicast_packets', narrow: 'ifOutUcastPkts', wide: 'ifHCOutUcastPkts' },
  { field: 'in_multicast_packets', narrow: 'ifInMulticastPkts', wide: 'ifHCInMulticastPkts' },
  { field: 'out_multicast_packets', narrow: 'ifOutMulticastPkts', wide: 'ifHCOutMulticastPkts' },
  { field: 'in_broadcast_packets', narrow: 'ifInBroadcastPkts', wide: 'ifHCInBroadcastPkts' },
  { field: 'out_broadcast_packets', narrow: 'ifOutBroadcastPkts', wide: 'ifHCOutBroadcastPkts' },
  { field: 'in_errors', narrow: 'ifInErrors' },
  { field: 'out_errors', narrow: 'ifOutErrors' },
  { field: 'in_discards', narrow: 'ifInDiscards' },
  { field: 'out_discards', narrow: 'ifOutDiscards' },
];

const TWO_32 = 2 ** 32;
const FIRST_TICKS = 1_000_000;
const ENGINE_BOOTS = 7;

export function switchName(device: number): string {
  return `switch-${String(device).padStart(5, '0')}`;
}

/** Its address on the loopback network, a /16 for 65,536 of them. */
export function switchAddress(device: number): string {
  return `127.1.${device >> 8}.${device & 255}`;
}

function firstValue(device: number, port: number, counter: number): number {
  return ((device * PORTS + port) * COUNTERS.length + counter) * 1_000_003;
}

/** Growth in a millisecond. */
function rate(device: number, port: number, counter: number): number {
  return 1 + ((device * 31 + port * 7 + counter * 13) % 1_000);
}

function valueAt(device: number, port: number, counter: number, sinceStartMs: number): number {
  return firstValue(device, port, counter) + rate(device, port, counter) * sinceStartMs;
}

/**
 * When a counter had this value, in milliseconds since the start.
 * @returns NaN when it never had: it is another counter's, or damaged.
 */
export function readAt(device: number, port: number, counter: number, value: bigint): number {
  const grown = value - BigInt(firstValue(device, port, counter));
  const each = BigInt(rate(device, port, counter));
  return grown >= 0n && grown % each === 0n ? Number(grown / each) : Number.NaN;
}

/** The same for the low 32 bits, which repeat: the time nearest to `about`. */
export function readAt32(
  device: number,
  port: number,
  counter: number,
  value: bigint,
  about: number,
): number {
  const modulus = BigInt(TWO_32);
  const behind = BigInt.asIntN(32, value - (BigInt(valueAt(device, port, counter, about)) % modulus));
  const each = BigInt(rate(device, port, counter));
  return value < modulus && behind % each === 0n ? about + Number(behind / each) : Number.NaN;
}

/** Columns that describe a port, as raw.interface spells them. */
export function described(device: number, port: number): Readonly<Record<string, string | number>> {
  return {
    if_name: `Gi1/0/${port}`,
    if_alias: alias(device, port),
    phys_address: [...physAddress(device, port)]
      .map((octet) => octet.toString(16).padStart(2, '0'))
      .join(':'),
    if_type: 6,
    mtu: 9_000,
    admin_status: 1,
    oper_status: 1,
    if_speed: 1_000_000_000,
    if_high_speed: 1_000,
    duplex: 3,
    discontinuity_time: 0,
  };
}

function alias(device: number, port: number): string {
  return `${switchName(device)} port ${String(port).padStart(2, '0')}`;
}

function physAddress(device: number, port: number): Uint8Array {
  return Uint8Array.of(2, device >> 16, (device >> 8) & 255, device & 255, 0, port);
}

/** Views of `count` switches from `first` on, whose clocks start at `startMs`. They share one list of instances. */
export function switches(first: number, count: number, startMs: number): MibView[] {
  const now = { device: first, ms: 0 };
  const shared = instances(now);
  return Array.from({ length: count }, (_, i) => ({
    name: switchName(first + i),
    instances: () => shared,
    refresh(nowMs) {
      now.device = first + i;
      now.ms = Math.max(0, Math.floor(nowMs - startMs));
      return true;
    },
  }));
}

interface Moment {
  device: number;
  ms: number;
}

function instances(now: Moment): readonly MibInstance[] {
  const ports = Array.from({ length: PORTS }, (_, i) => i + 1);
  return [...scalars(now), ...ports.flatMap((port) => [...describedPort(now, port), ...counted(now, port)])];
}

function scalars(now: Moment): MibInstance[] {
  const ticks = () => FIRST_TICKS + Math.floor(now.ms / 10);
  return [
    { oid: SCALARS.sysDescr, type: 'octets', read: () => Buffer.from('Simulated switch, 48 ports') },
    { oid: SCALARS.sysObjectId, type: 'oid', read: () => oidContent(parseOid('1.3.6.1.4.1.8072.3.2.10')) },
    { oid: SCALARS.sysUpTime, type: 'timeticks', read: ticks },
    { oid: SCALARS.sysName, type: 'octets', read: () => Buffer.from(switchName(now.device)) },
    { oid: SCALARS.ifNumber, type: 'integer', read: () => PORTS },
    { oid: SCALARS.hrSystemUptime, type: 'timeticks', read: ticks },
    { oid: SCALARS.snmpEngineBoots, type: 'integer', read: () => ENGINE_BOOTS },
    { oid: SCALARS.snmpEngineTime, type: 'integer', read: () => Math.floor(ticks() / 100) },
  ];
}

function describedPort(now: Moment, port: number): MibInstance[] {
  const oid = (column: ColumnName): string => `${COLUMNS[column]}.${port}`;
  const integer = (column: ColumnName, value: number): MibInstance => ({
    oid: oid(column),
    type: 'integer',
    read: () => value,
  });
  const name = Buffer.from(`Gi1/0/${port}`);
  return [
    integer('ifIndex', port),
    { oid: oid('ifDescr'), type: 'octets', read: () => name },
    integer('ifType', 6),
    integer('ifMtu', 9_000),
    { oid: oid('ifSpeed'), type: 'gauge32', read: () => 1_000_000_000 },
    { oid: oid('ifPhysAddress'), type: 'octets', read: () => physAddress(now.device, port) },
    integer('ifAdminStatus', 1),
    integer('ifOperStatus', 1),
    { oid: oid('ifName'), type: 'octets', read: () => name },
    { oid: oid('ifHighSpeed'), type: 'gauge32', read: () => 1_000 },
    { oid: oid('ifAlias'), type: 'octets', read: () => Buffer.from(alias(now.device, port)) },
    { oid: oid('ifCounterDiscontinuityTime'), type: 'timeticks', read: () => 0 },
    integer('dot3StatsDuplexStatus', 3),
  ];
}

function counted(now: Moment, port: number): MibInstance[] {
  return COUNTERS.flatMap(({ narrow, wide }, counter) => {
    const value = () => valueAt(now.device, port, counter, now.ms);
    const low: MibInstance = {
      oid: `${COLUMNS[narrow]}.${port}`,
      type: 'counter32',
      read: () => value() % TWO_32,
    };
    if (wide === undefined) return [low];
    return [
      low,
      {
        oid: `${COLUMNS[wide]}.${port}`,
        type: 'counter64',
        read(into) {
          const whole = value();
          into.hi = Math.floor(whole / TWO_32);
          into.lo = whole % TWO_32;
        },
      },
    ];
  });
}
