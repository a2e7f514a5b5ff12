/** Which devices are simulated: kinds of signals at both poll intervals, at sites around the world. */
import { entityKey } from '../../../../pipeline/model/entity.ts';
import type { InventoryDeviceRecord, SiteRecord } from '../../../../topics/inventory.ts';
import { deviceRecord, siteRecord } from '../../../support/inventory-records.ts';
import type { SignalKind } from './signal-kinds.ts';

export interface PlannedDevice {
  readonly name: string;
  readonly entity: string;
  readonly kind: SignalKind;
  readonly ports: number;
  readonly intervalMs: number;
  readonly seed: number;
  readonly site: SiteRecord;
  readonly record: InventoryDeviceRecord;
}

const INTERVALS_MS = [60_000, 300_000] as const;
/** Of a device, unless told. */
export const PORTS = 24;
/** A Monday, before both Europe and North America change their clocks. */
export const START_MS = Date.UTC(2026, 2, 2);
export const WARM_UP_DAYS = 21;

const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata'] as const;

/** As many devices as there are combinations of kind and interval. */
export function combinations(kinds: readonly SignalKind[]): number {
  return kinds.length * INTERVALS_MS.length;
}

/** `devices` of them, the combinations in turn; more than there are repeat them with other seeds. */
export function plannedDevices(
  devices: number,
  kinds: readonly SignalKind[],
  seed: number,
  ports = PORTS,
): PlannedDevice[] {
  const all = combinations(kinds);
  // So that few devices are already of different seasons, noises and intervals.
  const stride = strideThrough(all);
  return Array.from({ length: devices }, (_, number) => {
    const combination = (number * stride) % all;
    const kind = kinds[combination >> 1]!;
    const intervalMs = INTERVALS_MS[combination & 1]!;
    return planned(number, { kind, intervalMs, ports, seed: seed * 1_009 + number });
  });
}

/** About half of `all`, without a common divisor. */
function strideThrough(all: number): number {
  let stride = (all >> 1) - 2;
  while (stride > 1 && commonDivisor(stride, all) > 1) stride -= 1;
  return Math.max(1, stride);
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

/** The number says where it is. */
export function planned(
  number: number,
  signals: Pick<PlannedDevice, 'kind' | 'intervalMs' | 'ports' | 'seed'>,
): PlannedDevice {
  const name = `sim-${number}`;
  const zone = number % ZONES.length;
  const slug = `site-${zone}`;
  return {
    name,
    entity: entityKey('default', 'device', name),
    ...signals,
    site: siteRecord({ site_id: zone + 1, slug, name: slug, time_zone: ZONES[zone]! }),
    record: deviceRecord(name, { interval_ms: signals.intervalMs, site_id: zone + 1, site_slug: slug }),
  };
}
