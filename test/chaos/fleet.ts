/** Several hundred series of misbehaving devices, by seed. Imports nothing of the pipeline. */
import type { DeviceRecord, RawRecord } from '../verify/records.ts';
import { deviceIdOf } from '../verify/entity-ids.ts';
import { chance } from './chance.ts';
import { MisbehavingDevice } from './device.ts';

export interface FleetOptions {
  /** Begins the devices' names; chaos unless told. */
  readonly name?: string;
  readonly seed: number;
  readonly devices: number;
  readonly portsPerDevice: number;
  readonly intervalMs: number;
  readonly startMs: number;
  /** Share of polls in which something happens to a device; 0.1 unless told. */
  readonly trouble?: number;
}

/** inventory.device, whole. */
export interface InventoryRecord extends DeviceRecord {
  readonly [field: string]: unknown;
}

export interface Fleet {
  readonly inventory: readonly InventoryRecord[];
  /** One poll of every device, in a mixed order. */
  poll(atMs: number): RawRecord[];
}

export function fleet({
  seed,
  devices,
  name = 'chaos',
  trouble = 0.1,
  portsPerDevice,
  ...options
}: FleetOptions): Fleet {
  const order = chance(seed);
  const made = Array.from({ length: devices }, (_, at) => {
    const entity = `default/device/${name}-${at}`;
    const ports = 1 + order.below(portsPerDevice * 2 - 1);
    return new MisbehavingDevice({
      chance: chance(seed + 7_919 * (at + 1)),
      entity,
      ports,
      trouble,
      ...options,
    });
  });
  return {
    // Every fourth is in no inventory.
    inventory: made.flatMap(({ entity }, at) =>
      at % 4 === 3 ? [] : [inventoryRecord(entity, at, options.intervalMs)],
    ),
    poll(atMs) {
      const rotated = order.below(made.length);
      return [...made.slice(rotated), ...made.slice(0, rotated)].flatMap((device) => device.poll(atMs));
    },
  };
}

function inventoryRecord(entity: string, at: number, intervalMs: number): InventoryRecord {
  return {
    domain: 'default',
    entity,
    device_id: deviceIdOf(entity),
    netbox_device_id: at % 2 === 0 ? 1_000 + at : null,
    hostname: entity.split('/')[2]!,
    // Nobody asks them.
    addresses: [],
    port: 161,
    credential: 'none',
    zone: 'chaos',
    profile: 'interface',
    interval_ms: intervalMs,
    site_id: at % 3,
    site_slug: `site-${at % 3}`,
    role: at % 5 === 0 ? null : 'switch',
    manufacturer: null,
    device_type: null,
    interfaces: at % 2 === 0 ? [{ interface_name: 'Gi1/0/1', speed_mbps: 2_500 }] : [],
    tags: [],
  };
}
