/** A simulated device as one poll of raw.interface would find it, without the network in between. */
import type { Reading } from '../model/reading.ts';
import type { SimulatedDevice } from './device.ts';
import { hash32 } from './hash.ts';
import { COUNTERS, type CounterName } from './port-counters.ts';

export interface PollContext {
  readonly collectorId: string;
  readonly intervalMs: number;
}

const FULL_DUPLEX = 3;
const ADMIN_UP = 1;

/** A counter of the device, the reading's column for it, and whether its upper half is served. */
type PolledColumn = readonly [counter: CounterName, column: string, wide: boolean];

/** With 64-bit counters: octets are read in both widths, packets in the larger one, the rest exists in 32 bits only. */
const WIDE_DEVICE: readonly PolledColumn[] = COUNTERS.flatMap((counter): PolledColumn[] => {
  if (isPackets(counter)) return [[counter, counter, true]];
  if (!isOctets(counter)) return [[counter, counter, false]];
  return [
    [counter, counter, true],
    [counter, `${counter}_32`, false],
  ];
});

const NARROW_DEVICE: readonly PolledColumn[] = COUNTERS.map((counter): PolledColumn => {
  return [counter, isOctets(counter) || isPackets(counter) ? `${counter}_32` : counter, false];
});

/**
 * A function that fills `reading` (columns of raw.interface, added already) with a device at its current moment:
 * envelope and rows. A device that is restarting gives a failed poll without rows.
 * @throws TypeError when the reading lacks a column.
 */
export function pollInto(reading: Reading, context: PollContext): (device: SimulatedDevice) => void {
  const numbers = {
    ifIndex: reading.number('if_index'),
    ifType: reading.number('if_type'),
    mtu: reading.number('mtu'),
    adminStatus: reading.number('admin_status'),
    operStatus: reading.number('oper_status'),
    ifSpeed: reading.number('if_speed'),
    ifHighSpeed: reading.number('if_high_speed'),
    duplex: reading.number('duplex'),
    discontinuity: reading.number('discontinuity_time'),
  };
  const texts = {
    ifName: reading.text('if_name'),
    ifAlias: reading.text('if_alias'),
    physAddress: reading.text('phys_address'),
  };
  const columnsOf = (rows: readonly PolledColumn[]) =>
    rows.map(([counter, name, upperHalf]) => ({
      at: COUNTERS.indexOf(counter),
      column: reading.counter(name),
      upperHalf,
    }));
  const wideColumns = columnsOf(WIDE_DEVICE);
  const narrowColumns = columnsOf(NARROW_DEVICE);
  const addresses = new WeakMap<SimulatedDevice, readonly string[]>();

  return (device) => {
    const { ports, wide, index } = device.spec;
    const chance = hash32(index, Math.floor(device.nowMs / 1000), device.nowMs % 1000, 17);
    fillEnvelope(reading, device, context, chance);
    reading.reset(device.answering ? ports.length : 0);
    if (!device.answering) return;
    let physAddresses = addresses.get(device);
    if (physAddresses === undefined) {
      physAddresses = ports.map(({ physAddress }) =>
        Buffer.from(physAddress)
          .toString('hex')
          .replace(/..(?=.)/g, '$&:'),
      );
      addresses.set(device, physAddresses);
    }
    for (let row = 0; row < ports.length; row += 1) {
      const port = ports[row]!;
      numbers.ifIndex.values[row] = port.ifIndex;
      numbers.ifType.values[row] = port.ifType;
      numbers.mtu.values[row] = port.mtu;
      numbers.adminStatus.values[row] = ADMIN_UP;
      numbers.operStatus.values[row] = device.operStatus[row]!;
      numbers.ifSpeed.values[row] = Math.min(port.speedMbps * 1e6, 0xffffffff);
      numbers.ifHighSpeed.values[row] = port.speedMbps;
      numbers.duplex.values[row] = FULL_DUPLEX;
      numbers.discontinuity.values[row] = device.discontinuityTicks[row]!;
      texts.ifName.set(row, port.ifName);
      texts.ifAlias.set(row, port.ifAlias);
      texts.physAddress.set(row, physAddresses[row]!);
    }
    for (const { at, column, upperHalf } of wide ? wideColumns : narrowColumns) {
      for (let row = 0; row < ports.length; row += 1) {
        const position = row * COUNTERS.length + at;
        column.hi[row] = upperHalf ? device.hi[position]! : 0;
        column.lo[row] = device.lo[position]!;
        column.known[row] = 1;
      }
    }
  };
}

function fillEnvelope(reading: Reading, device: SimulatedDevice, context: PollContext, chance: number): void {
  const { answering } = device;
  reading.domain = device.domain;
  reading.entity = device.entity;
  reading.deviceIp = device.address;
  reading.collectorId = context.collectorId;
  reading.pollId = pollId(device.nowMs, chance);
  reading.part = 1;
  reading.parts = 1;
  reading.observedAtMs = device.nowMs;
  reading.durationMs = answering ? 4 + (chance & 7) : 2_000;
  reading.intervalMs = context.intervalMs;
  reading.sysUptime = answering ? device.sysUptimeTicks : Number.NaN;
  reading.hostUptime = answering ? device.hostUptimeTicks : Number.NaN;
  reading.engineBoots = answering ? device.engineBoots : Number.NaN;
  reading.engineTime = answering ? device.engineTimeS : Number.NaN;
  reading.status = answering ? 'complete' : 'failed';
  reading.errors.length = 0;
  if (!answering) reading.errors.push('timeout');
}

/** UUIDv7 (RFC 9562 5.7) whose random bits follow from the device and the moment: the same on every run. */
function pollId(atMs: number, chance: number): string {
  const time = atMs.toString(16).padStart(12, '0');
  const a = hash32(chance, 1, 0, 0);
  const b = hash32(chance, 2, 0, 0);
  const c = hash32(chance, 3, 0, 0);
  const randomA = (a & 0xfff).toString(16).padStart(3, '0');
  const variant = (0x8000 | ((a >>> 12) & 0x3fff)).toString(16);
  const randomB = hex8(b).slice(0, 4) + hex8(c);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomA}-${variant}-${randomB}`;
}

function hex8(value: number): string {
  return value.toString(16).padStart(8, '0');
}

function isPackets(counter: CounterName): boolean {
  return counter.endsWith('_packets');
}

function isOctets(counter: CounterName): boolean {
  return counter.endsWith('_octets');
}
