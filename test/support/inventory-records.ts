/** Records of the inventory, in which a test changes what it is about. */
import { deviceId, entityKey, siteUuid } from '../../pipeline/model/entity.ts';
import type { InventoryDeviceRecord, SiteRecord } from '../../topics/inventory.ts';

/** A device of the inventory of which nothing is known but how to poll it, each minute. */
export function deviceRecord(
  name: string,
  changes: Partial<InventoryDeviceRecord> = {},
): InventoryDeviceRecord {
  const entity = entityKey('default', 'device', name);
  return {
    domain: 'default',
    entity,
    device_id: deviceId(entity),
    netbox_device_id: null,
    hostname: name,
    addresses: ['192.0.2.1'],
    port: 161,
    credential: 'lab',
    zone: 'default',
    profile: 'interface',
    interval_ms: 60_000,
    site_id: null,
    site_slug: null,
    role: null,
    manufacturer: null,
    device_type: null,
    interfaces: [],
    tags: [],
    ...changes,
  };
}

/** Site 7, Berlin, unless changed. */
export function siteRecord(changes: Partial<SiteRecord> = {}): SiteRecord {
  return {
    domain: 'default',
    site_id: 7,
    site_uuid: siteUuid('default', 'berlin'),
    slug: 'berlin',
    name: 'Berlin',
    time_zone: 'Europe/Berlin',
    country: 'DE',
    latitude: null,
    longitude: null,
    ...changes,
  };
}
