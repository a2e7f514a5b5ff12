/** The inventory file (YAML) as records of inventory.device and control.site. */
import { closest } from 'fastest-levenshtein';
import { deviceId, entityKey, siteId, siteUuid } from '../model/entity.ts';
import type { InventoryDeviceRecord, SiteRecord } from '../../topics/inventory.ts';
import { checkedYaml, refused, type CheckedYaml } from './checked-yaml.ts';
import {
  inventorySchema,
  knownKeys,
  type DeviceEntry,
  type InventoryFile,
  type SiteEntry,
} from './inventory-schema.ts';

export interface Inventory {
  readonly domain: string;
  readonly sites: readonly SiteRecord[];
  readonly devices: readonly InventoryDeviceRecord[];
}

export interface InventoryOptions {
  readonly domain: string;
  /** Zone of devices that name none. */
  readonly zone: string;
  readonly defaults: {
    readonly intervalMs: number;
    /** Credential of devices that name none; without it they must name one. */
    readonly credential?: string;
  };
  /** Names of the credentials that there are; devices may name any when it is left out. */
  readonly credentials?: ReadonlySet<string>;
  /** What messages call the text, such as the file's path. */
  readonly name?: string;
}

const SNMP_PORT = 161;

type Where = CheckedYaml<unknown>['where'];
type Problems = string[];

/**
 * Reads an inventory. Ids are lower case, addresses canonical, sites and devices in the order of the file.
 * @throws ConfigError that lists every problem: line, key, what is wrong, what is near.
 */
export function parseInventory(text: string, options: InventoryOptions): Inventory {
  const { name = 'inventory' } = options;
  const { values, where } = checkedYaml(text, { name, schema: inventorySchema, knownKeys });
  const problems: Problems = [];
  // Keys are lower case, and so is the domain in them.
  const domain = options.domain.toLowerCase();
  const sites = siteRecords(values, { ...options, domain }, where, problems);
  const devices = deviceRecords(values, { ...options, domain }, sites, where, problems);
  if (problems.length > 0) throw refused(name, problems);
  return { domain, sites: [...sites.values()], devices };
}

function siteRecords(
  { sites }: InventoryFile,
  { domain }: InventoryOptions,
  where: Where,
  problems: Problems,
): Map<string, SiteRecord> {
  const records = new Map<string, SiteRecord>();
  const slugs = new Map<number, string>();
  for (const [i, site] of sites.entries()) {
    const record = siteRecord(site, domain);
    const at = where(['sites', i]);
    const holder = slugs.get(record.site_id);
    if (records.has(record.slug)) problems.push(`${at}: a second site "${record.slug}"`);
    else if (holder !== undefined) {
      const id = `site_id ${record.site_id}`;
      problems.push(
        `${at}: ${id} of "${record.slug}" is that of "${holder}": give one of them another site_id`,
      );
    }
    records.set(record.slug, record);
    slugs.set(record.site_id, record.slug);
  }
  return records;
}

function siteRecord(site: SiteEntry, domain: string): SiteRecord {
  const slug = site.slug.toLowerCase();
  return {
    domain,
    site_id: site.site_id ?? siteId(domain, slug),
    site_uuid: siteUuid(domain, slug),
    slug,
    name: site.name ?? site.slug,
    time_zone: site.time_zone,
    country: site.country ?? null,
    latitude: site.latitude ?? null,
    longitude: site.longitude ?? null,
  };
}

function deviceRecords(
  { devices }: InventoryFile,
  options: InventoryOptions,
  sites: ReadonlyMap<string, SiteRecord>,
  where: Where,
  problems: Problems,
): InventoryDeviceRecord[] {
  const entities = new Set<string>();
  return devices.flatMap((device, i) => {
    const site = device.site === undefined ? undefined : sites.get(device.site.toLowerCase());
    const found = deviceProblems(device, options, site, sites);
    const record = found.length === 0 ? deviceRecord(device, options, site) : undefined;
    if (record !== undefined && entities.has(record.entity)) {
      found.push({ key: [], message: `a second device "${device.name}" (names are compared in lower case)` });
    }
    problems.push(...found.map(({ key, message }) => `${where(['devices', i, ...key])}: ${message}`));
    if (record === undefined) return [];
    entities.add(record.entity);
    return [record];
  });
}

interface DeviceProblem {
  /** The key of the device that it is about; empty for the whole device. */
  readonly key: readonly string[];
  readonly message: string;
}

function deviceProblems(
  device: DeviceEntry,
  { domain, defaults, credentials }: InventoryOptions,
  site: SiteRecord | undefined,
  sites: ReadonlyMap<string, SiteRecord>,
): DeviceProblem[] {
  const problems: DeviceProblem[] = [];
  const add = (message: string, ...key: string[]) => problems.push({ key, message });
  if ((device.address === undefined) === (device.addresses === undefined)) {
    add(`"${device.name}" needs either address or addresses`);
  }
  const credential = device.credential ?? defaults.credential;
  if (credential === undefined) add(`"${device.name}" names no credential, and there is no default`);
  else if (credentials !== undefined && !credentials.has(credential)) {
    const near = credentials.size === 0 ? 'the configuration has none' : nearest(credential, credentials);
    add(`"${device.name}" names the unknown credential "${credential}": ${near}`, 'credential');
  }
  if (device.site !== undefined && site === undefined) {
    const near = sites.size === 0 ? 'the file has none' : nearest(device.site, sites.keys());
    add(`"${device.name}" is at the unknown site "${device.site}": ${near}`, 'site');
  }
  try {
    entityKey(domain, 'device', device.name);
  } catch (error) {
    add(error instanceof Error ? error.message : String(error), 'name');
  }
  return problems;
}

function nearest(name: string, known: Iterable<string>): string {
  return `the nearest is ${closest(name, [...known])}`;
}

function deviceRecord(
  device: DeviceEntry,
  { domain, zone, defaults }: InventoryOptions,
  site: SiteRecord | undefined,
): InventoryDeviceRecord {
  const entity = entityKey(domain, 'device', device.name);
  return {
    domain,
    entity,
    device_id: deviceId(entity),
    netbox_device_id: device.netbox_device_id ?? null,
    hostname: device.name,
    addresses: device.addresses ?? [device.address!],
    port: device.port ?? SNMP_PORT,
    credential: device.credential ?? defaults.credential!,
    zone: device.zone ?? zone,
    profile: device.profile ?? 'interface',
    interval_ms: device.interval ?? defaults.intervalMs,
    site_id: site?.site_id ?? null,
    site_slug: site?.slug ?? null,
    role: device.role ?? null,
    manufacturer: device.manufacturer ?? null,
    device_type: device.device_type ?? null,
    interfaces: (device.interfaces ?? []).map((one) => ({
      interface_name: one.name,
      speed_mbps: one.speed_mbps ?? null,
    })),
    tags: device.tags ?? [],
  };
}
