import type { Reading } from '../model/reading.ts';

/** What and where a reading is about, as records have it; null where the inventory does not know. */
export function readingIdentity(reading: Reading) {
  return {
    domain: reading.domain,
    entity: reading.entity,
    device_ip: reading.deviceIp,
    device_id: reading.deviceId,
    netbox_device_id: known(reading.netboxDeviceId),
    site_id: known(reading.siteId),
  };
}

function known(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
