/** Who and where a reading is: ids, site, zone of time, role, speed overrides, from inventory.device and control.site. */
import { deviceId } from '../model/entity.ts';
import type { InventoryDeviceRecord, SiteRecord } from '../../topics/inventory.ts';
import type { Stage, StageContext, StageDefinition } from './stage.ts';

/** The column that `rate` reads: the inventory's speed of the row, NaN where it has none. */
export const SPEED_OVERRIDE_COLUMN = 'speed_override_mbps';

/** Readings of entities that no inventory knows flow on, with the id of their key and in UTC. */
export function enrich(): StageDefinition {
  return { name: 'enrich', version: 1, settings: {}, columns: [], init };
}

function init({ objects, reading }: StageContext): Stage {
  const devices = objects<InventoryDeviceRecord>('devices');
  const sites = objects<SiteRecord>('sites');
  /** Derived: entity -> device_id. */
  const ids = new Map<string, string>();
  reading.add([{ name: SPEED_OVERRIDE_COLUMN, kind: 'number' }]);
  const overrides = reading.number(SPEED_OVERRIDE_COLUMN);
  /** Derived: interface name -> Mbit/s of the devices that have overrides. A changed device is another record. */
  const speedsByDevice = new WeakMap<InventoryDeviceRecord, ReadonlyMap<string, number>>();

  const speedsOf = (device: InventoryDeviceRecord): ReadonlyMap<string, number> | undefined => {
    if (device.interfaces.length === 0) return undefined;
    let speeds = speedsByDevice.get(device);
    if (speeds === undefined) {
      speeds = new Map(
        device.interfaces.flatMap(({ interface_name: name, speed_mbps: speed }) =>
          speed === null ? [] : [[name, speed] as const],
        ),
      );
      speedsByDevice.set(device, speeds);
    }
    return speeds;
  };

  return {
    process(into, out) {
      let id = ids.get(into.entity);
      if (id === undefined) {
        id = deviceId(into.entity);
        ids.set(into.entity, id);
      }
      into.deviceId = id;
      const device = devices.get(into.entity);
      if (device === undefined) out.count('enrich', 'unknown_entity');
      const site = device?.site_id == null ? undefined : sites.get(siteKey(into.domain, device.site_id));
      if (device?.site_id != null && site === undefined) out.count('enrich', 'unknown_site');
      into.netboxDeviceId = device?.netbox_device_id ?? Number.NaN;
      into.siteId = device?.site_id ?? Number.NaN;
      into.siteName = site?.name ?? null;
      into.deviceRole = device?.role ?? null;
      into.timeZone = site?.time_zone ?? 'UTC';
      const speeds = device === undefined ? undefined : speedsOf(device);
      if (speeds === undefined) return true;
      for (let row = 0; row < into.rowCount; row += 1) {
        const speed = speeds.get(into.instances[row]!);
        if (speed !== undefined) overrides.values[row] = speed;
      }
      return true;
    },

    update(topic, key, record) {
      if (topic === 'inventory.device') {
        if (record === null) devices.delete(key);
        else devices.set(key, record as InventoryDeviceRecord);
      } else if (topic === 'control.site') {
        const site = record as SiteRecord | null;
        // Also when it comes anew: it may have another id now.
        deleteByKey(sites, key);
        if (site !== null) sites.set(siteKey(site.domain, site.site_id), site);
      }
    },
  };
}

function siteKey(domain: string, id: number): string {
  return `${domain}/${id}`;
}

/** control.site is keyed domain/slug: a tombstone names the slug, not the id. */
function deleteByKey(sites: ReturnType<StageContext['objects']>, key: string): void {
  for (const [stored, site] of sites.entries()) {
    const { domain, slug } = site as SiteRecord;
    if (`${domain}/${slug}` === key) {
      sites.delete(stored);
      return;
    }
  }
}
