/** The simulated company: its sites, devices and ports, and what each port usually carries. Data from a seed. */
import { uniform } from './hash.ts';
import { portProfile } from './port-profile.ts';
import type { TrafficProfile } from './traffic-profile.ts';

export interface SiteSpec {
  readonly slug: string;
  readonly name: string;
  readonly timeZone: string;
  readonly country: string;
  readonly latitude: number;
  readonly longitude: number;
}

type DeviceRole = 'core' | 'distribution' | 'access';

const SHORT_ROLES: Readonly<Record<DeviceRole, string>> = {
  core: 'core',
  distribution: 'dist',
  access: 'acc',
};

export interface PortSpec {
  /** Coordinate of the port's chance: unique in the network. */
  readonly number: number;
  readonly ifIndex: number;
  readonly ifName: string;
  readonly ifDescr: string;
  readonly ifAlias: string;
  readonly physAddress: Uint8Array;
  readonly mtu: number;
  /** IANAifType: 6 = ethernetCsmacd. */
  readonly ifType: number;
  readonly speedMbps: number;
  readonly profile: TrafficProfile;
}

export interface DeviceSpec {
  readonly index: number;
  readonly name: string;
  readonly site: SiteSpec;
  readonly role: DeviceRole;
  /** 64-bit counters; false: an old device that has the 32-bit ones only, at speeds of 100 Mb/s or less. */
  readonly wide: boolean;
  readonly model: string;
  readonly sysDescr: string;
  /** sysObjectID, below the enterprise number that RFC 5612 reserves for documentation. */
  readonly sysObjectId: string;
  /** How long before the simulation starts the device booted. */
  readonly upForMs: number;
  readonly engineBoots: number;
  readonly ports: readonly PortSpec[];
}

export interface LayoutOptions {
  readonly seed: number;
  readonly devices: number;
  readonly portsPerDevice: number;
  /** Replaces the zones of the sites in order; fewer zones, fewer sites. */
  readonly timeZones?: readonly string[];
}

const SITES: readonly SiteSpec[] = [
  { slug: 'ber', name: 'Berlin', timeZone: 'Europe/Berlin', country: 'DE', latitude: 52.52, longitude: 13.4 },
  {
    slug: 'nyc',
    name: 'New York',
    timeZone: 'America/New_York',
    country: 'US',
    latitude: 40.71,
    longitude: -74.01,
  },
  { slug: 'tyo', name: 'Tokyo', timeZone: 'Asia/Tokyo', country: 'JP', latitude: 35.68, longitude: 139.69 },
  {
    slug: 'blr',
    name: 'Bengaluru',
    timeZone: 'Asia/Kolkata',
    country: 'IN',
    latitude: 12.97,
    longitude: 77.59,
  },
];

const DAY_MS = 86_400_000;
/** sysUpTime has 32 bits of hundredths: it starts anew after this time. */
const UPTIME_WRAP_MS = 2 ** 32 * 10;
const WIDE_SHARE = 0.7;
/** This device's sysUpTime wraps nine days into the simulation. */
const LONG_RUNNING_DEVICE = 3;

/** @throws RangeError when there are fewer than 12 devices or 8 ports, or more than an address plan holds. */
export function networkLayout({
  seed,
  devices,
  portsPerDevice,
  timeZones,
}: LayoutOptions): readonly DeviceSpec[] {
  if (devices < 12 || devices > 60_000 || portsPerDevice < 8 || portsPerDevice > 512) {
    throw new RangeError(
      `a simulated network has 12 to 60000 devices of 8 to 512 ports, not ${devices} of ${portsPerDevice}`,
    );
  }
  const sites = timeZones === undefined ? SITES : sitesIn(timeZones);
  const wideDevices = Math.round(devices * WIDE_SHARE);
  return Array.from({ length: devices }, (_, index) => {
    const site = sites[index % sites.length]!;
    const wide = index < wideDevices;
    const role = roleOf(Math.floor(index / sites.length), wide);
    const model = wide ? `NS-${role === 'access' ? 3 : role === 'distribution' ? 5 : 9}000` : 'NS-1000';
    const chance = (what: number): number => uniform(seed, index, what, 7);
    const upForMs =
      index === LONG_RUNNING_DEVICE
        ? UPTIME_WRAP_MS - 9 * DAY_MS
        : Math.floor((3 + 300 * chance(1)) * DAY_MS);
    return {
      index,
      name: `${site.slug}-${SHORT_ROLES[role]}-${Math.floor(index / sites.length) + 1}`,
      site,
      role,
      wide,
      model,
      sysDescr: `Simulated ${model} switch, netsigma demo network`,
      sysObjectId: `1.3.6.1.4.1.32473.1.${model.slice(3)}`,
      upForMs,
      engineBoots: 2 + Math.floor(40 * chance(2)),
      ports: Array.from({ length: portsPerDevice }, (_port, port) =>
        portSpec(seed, index, port, role, wide, portsPerDevice),
      ),
    };
  });
}

function sitesIn(timeZones: readonly string[]): readonly SiteSpec[] {
  if (timeZones.length === 0 || timeZones.length > SITES.length) {
    throw new RangeError(`timeZones has ${timeZones.length} entries: give 1 to ${SITES.length}`);
  }
  return timeZones.map((timeZone, i) => ({ ...SITES[i]!, timeZone }));
}

function roleOf(row: number, wide: boolean): DeviceRole {
  if (!wide) return 'access';
  if (row === 0) return 'core';
  return row % 3 === 1 ? 'distribution' : 'access';
}

function portSpec(
  seed: number,
  device: number,
  port: number,
  role: DeviceRole,
  wide: boolean,
  ports: number,
): PortSpec {
  const speedMbps = speedOf(port, role, wide, ports);
  const number = device * 1024 + port;
  const profile = portProfile({ seed, number, device, port, ports, speedMbps, uplink: port < 2 });
  const [letters, words] = NAMES[speedMbps]!;
  const place = port < 2 && wide ? `1/1/${port + 1}` : wide ? `1/0/${port + 1}` : `0/${port + 1}`;
  return {
    number,
    ifIndex: wide ? 10_101 + port : port + 1,
    ifName: `${letters}${place}`,
    ifDescr: `${words}${place}`,
    ifAlias: aliasOf(profile, port, role),
    physAddress: Uint8Array.of(0x02, 0x4e, 0x53, device >>> 8, device & 0xff, port & 0xff),
    mtu: 1500,
    ifType: 6,
    speedMbps,
    profile,
  };
}

const NAMES: Readonly<Record<number, readonly [string, string]>> = {
  10: ['Et', 'Ethernet'],
  100: ['Fa', 'FastEthernet'],
  1_000: ['Gi', 'GigabitEthernet'],
  10_000: ['Te', 'TenGigabitEthernet'],
};

function speedOf(port: number, role: DeviceRole, wide: boolean, ports: number): number {
  if (!wide) return port === ports - 1 ? 10 : 100;
  if (port < 2 || (role === 'core' && port < ports - 2)) return 10_000;
  return role === 'access' && port === ports - 1 ? 100 : 1_000;
}

function aliasOf(profile: TrafficProfile, port: number, role: DeviceRole): string {
  if (port < 2) return `uplink ${port + 1}`;
  switch (profile.kind) {
    case 'backup':
      return 'backup server, nightly 01-03 local';
    case 'bursty':
      return 'build farm';
    case 'idle':
      return 'spare';
    case 'dirty':
      return 'printer hall, old cable';
    case 'steady':
      return profile.curve === 'evening' ? 'guest wifi' : `${role === 'access' ? 'floor' : 'room'} ${port}`;
  }
}
