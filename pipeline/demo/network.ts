/**
 * A small company network that does not exist: devices at several sites whose counters move as people, servers and
 * nightly jobs move them. The same options give the same counters at the same moments, however time is advanced.
 * Ports are independent of each other: the two ends of a link are not modelled.
 */
import { deviceId, siteId, siteUuid } from '../model/entity.ts';
import type { InventoryDeviceRecord, SiteRecord } from '../../topics/inventory.ts';
import { SimulatedDevice } from './device.ts';
import { localClock } from './local-clock.ts';
import { networkLayout, type SiteSpec } from './network-layout.ts';

export interface SimulatedNetworkOptions {
  readonly seed: number;
  /** At least 12. */
  readonly devices: number;
  /** At least 8. */
  readonly portsPerDevice: number;
  /** Where the simulation starts; nothing can be asked about earlier moments. */
  readonly startMs: number;
  /** IANA zones of the sites, one to four; Berlin, New York, Tokyo and Kolkata unless told. */
  readonly timeZones?: readonly string[];
  readonly domain?: string;
  /** Where device `index` is to answer; 127.1.x.y, port 16161 unless told. */
  readonly endpoint?: (index: number) => { readonly address: string; readonly port: number };
}

interface InventoryOptions {
  /** Name of the credential in the configuration. */
  readonly credential: string;
  readonly zone: string;
  readonly profile: string;
  readonly intervalMs: number;
  /** Where a device does answer, if that differs from where it was to. */
  readonly endpoint?: (name: string) => { readonly address: string; readonly port: number };
}

export interface SimulatedNetwork {
  readonly startMs: number;
  readonly devices: readonly SimulatedDevice[];
  /** @throws RangeError when no device has that name. */
  device(name: string): SimulatedDevice;
  /** Brings every device to `toMs`. */
  advance(toMs: number): void;
  sites(): SiteRecord[];
  inventory(options: InventoryOptions): InventoryDeviceRecord[];
}

const DEFAULT_PORT = 16_161;

/** @throws RangeError when a size, a zone or the seed is out of range. */
export function simulatedNetwork(options: SimulatedNetworkOptions): SimulatedNetwork {
  const { seed, startMs, domain = 'default', endpoint = loopbackEndpoint } = options;
  if (!Number.isInteger(seed) || !Number.isInteger(startMs)) {
    throw new RangeError(`seed ${seed} and startMs ${startMs} of a simulated network must be whole numbers`);
  }
  const layout = networkLayout(options);
  const sites = [...new Set(layout.map(({ site }) => site))];
  const clocks = new Map(sites.map((site) => [site, localClock(site.timeZone)]));
  const devices = layout.map(
    (spec) =>
      new SimulatedDevice({
        spec,
        seed,
        domain,
        startMs,
        ...endpoint(spec.index),
        local: clocks.get(spec.site)!,
      }),
  );
  const byName = new Map(devices.map((device) => [device.spec.name, device]));
  return {
    startMs,
    devices,
    device(name) {
      const device = byName.get(name);
      if (device === undefined) throw new RangeError(`no simulated device is named "${name}"`);
      return device;
    },
    advance(toMs) {
      for (const device of devices) device.advance(toMs);
    },
    sites: () => sites.map((site) => siteRecord(site, domain)),
    inventory: (inventory) => devices.map((device) => inventoryRecord(device, inventory)),
  };
}

/** 127.1.x.y with y from 1 to 250: on Linux and Windows every address of 127.0.0.0/8 is the host's own. */
function loopbackEndpoint(index: number): { address: string; port: number } {
  return { address: `127.1.${Math.floor(index / 250)}.${(index % 250) + 1}`, port: DEFAULT_PORT };
}

function siteRecord(site: SiteSpec, domain: string): SiteRecord {
  return {
    domain,
    site_id: siteId(domain, site.slug),
    site_uuid: siteUuid(domain, site.slug),
    slug: site.slug,
    name: site.name,
    time_zone: site.timeZone,
    country: site.country,
    latitude: site.latitude,
    longitude: site.longitude,
  };
}

function inventoryRecord(device: SimulatedDevice, options: InventoryOptions): InventoryDeviceRecord {
  const { spec, domain, entity } = device;
  const { address, port } = options.endpoint?.(spec.name) ?? device;
  return {
    domain,
    entity,
    device_id: deviceId(entity),
    netbox_device_id: null,
    hostname: spec.name,
    addresses: [address],
    port,
    credential: options.credential,
    zone: options.zone,
    profile: options.profile,
    interval_ms: options.intervalMs,
    site_id: siteId(domain, spec.site.slug),
    site_slug: spec.site.slug,
    role: spec.role,
    manufacturer: 'Simulated',
    device_type: spec.model,
    interfaces: [],
    tags: [spec.wide ? 'counters-64' : 'counters-32'],
  };
}
