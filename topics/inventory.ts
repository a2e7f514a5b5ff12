/** What exists and where: inventory.device, control.site, control.tick. */
import type { RecordOf, RecordRow } from './row.ts';

const inventoryInterface = {
  record: 'InventoryInterface',
  doc: 'What the inventory knows better than the agent.',
  fields: [
    { name: 'interface_name', type: 'string', required: true, doc: 'ifName.' },
    { name: 'speed_mbps', type: 'double', doc: 'Override of the speed that the agent reports.' },
  ],
} as const satisfies RecordRow;

export const inventoryDevice = {
  record: 'InventoryDevice',
  doc: 'One device, whole; a tombstone when it is gone.',
  fields: [
    { name: 'domain', type: 'string', required: true, doc: 'Tenant and routing realm.' },
    { name: 'entity', type: 'string', required: true, doc: 'Entity key.' },
    { name: 'device_id', type: 'uuid', required: true, doc: 'UUIDv5 of the entity.' },
    { name: 'netbox_device_id', type: 'int', doc: 'Where the inventory comes from NetBox.' },
    { name: 'hostname', type: 'string', doc: 'Name of the device.' },
    { name: 'addresses', type: { array: 'string' }, required: true, doc: 'The first is asked.' },
    { name: 'port', type: 'int', required: true, doc: 'UDP port of the agent.' },
    { name: 'credential', type: 'string', required: true, doc: 'Name of the credential in the configuration; never the secret.' },
    { name: 'zone', type: 'string', required: true, doc: 'Which collectors reach it.' },
    { name: 'profile', type: 'string', required: true, doc: 'Collection profile.' },
    { name: 'interval_ms', type: 'int', required: true, doc: 'Poll interval.' },
    { name: 'site_id', type: 'int', doc: 'Site.' },
    { name: 'site_slug', type: 'string', doc: "The site's slug." },
    { name: 'role', type: 'string', doc: 'router, switch, ...' },
    { name: 'manufacturer', type: 'string', doc: 'Manufacturer.' },
    { name: 'device_type', type: 'string', doc: 'Model.' },
    { name: 'interfaces', type: { array: inventoryInterface }, required: true, doc: 'Overrides.' },
    { name: 'tags', type: { array: 'string' }, required: true, doc: 'Free words.' },
  ],
} as const satisfies RecordRow;

export const controlSite = {
  record: 'Site',
  doc: 'One site; a tombstone when it is gone.',
  fields: [
    { name: 'domain', type: 'string', required: true, doc: 'Tenant and routing realm.' },
    { name: 'site_id', type: 'int', required: true, doc: 'From the inventory, else 31 bits of its UUIDv5.' },
    { name: 'site_uuid', type: 'uuid', required: true, doc: 'UUIDv5 of domain and slug.' },
    { name: 'slug', type: 'string', required: true, doc: 'Short name.' },
    { name: 'name', type: 'string', required: true, doc: 'Name for people.' },
    { name: 'time_zone', type: 'string', required: true, doc: 'IANA zone: seasonal cells follow its wall clock.' },
    { name: 'country', type: 'string', doc: 'ISO 3166-1 alpha-2.' },
    { name: 'latitude', type: 'double', doc: 'WGS 84 degrees.' },
    { name: 'longitude', type: 'double', doc: 'WGS 84 degrees.' },
  ],
} as const satisfies RecordRow;

export const controlTick = { record: 'Tick', doc: 'A record in silence, so that append time goes on. Its payload is ignored.', fields: [{ name: 'writer', type: 'string', required: true, doc: 'Who wrote it.' }] } as const satisfies RecordRow;

export type InventoryDeviceRecord = RecordOf<typeof inventoryDevice>;
export type SiteRecord = RecordOf<typeof controlSite>;
