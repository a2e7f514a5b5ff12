/** Which devices are simulated: every kind of signal at both poll intervals, at sites around the world. */
import { entityKey } from '../../../../pipeline/model/entity.ts';
import type { InventoryDeviceRecord, SiteRecord } from '../../../../topics/inventory.ts';
import { deviceRecord, siteRecord } from '../../../support/inventory-records.ts';
import { SIGNAL_KINDS, type SignalKind } from './quiet-device.ts';

export interface PlannedDevice {
  readonly name: string;
  readonly entity: string;
  readonly kind: SignalKind;
  readonly intervalMs: number;
  readonly seed: number;
  readonly site: SiteRecord;
  readonly record: InventoryDeviceRecord;
}

export const INTERVALS_MS = [60_000, 300_000] as const;
export const PORTS = 24;
/** A Monday, before both Europe and North America change their clocks. */
export const START_MS = Date.UTC(2026, 2, 2);
export const WARM_UP_DAYS = 21;

const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata'] as const;

/** As many devices as there are combinations of kind and interval. */
export const ALL_DEVICES = SIGNAL_KINDS.length * INTERVALS_MS.length;

/** `devices` of them, the kinds in turn; more than there are combinations repeat them with other seeds. */
export function plannedDevices(devices: number, seed: number): PlannedDevice[] {
  return Array.from({ length: devices }, (_, number) => {
    // A stride without a common divisor: few devices are of different seasons, noises and intervals.
    const combination = (number * 33) % ALL_DEVICES;
    const kind = SIGNAL_KINDS[combination >> 1]!;
    const intervalMs = INTERVALS_MS[combination & 1]!;
    return planned(number, kind, intervalMs, seed * 1_009 + number);
  });
}

export function planned(number: number, kind: SignalKind, intervalMs: number, seed: number): PlannedDevice {
  const name = `sim-${number}`;
  const zone = number % ZONES.length;
  const slug = `site-${zone}`;
  return {
    name,
    entity: entityKey('default', 'device', name),
    kind,
    intervalMs,
    seed,
    site: siteRecord({ site_id: zone + 1, slug, name: slug, time_zone: ZONES[zone]! }),
    record: deviceRecord(name, { interval_ms: intervalMs, site_id: zone + 1, site_slug: slug }),
  };
}
