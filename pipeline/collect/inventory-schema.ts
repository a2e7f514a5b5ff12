/** The inventory file: sites and devices, one strict schema. Text in, plain checked values out. */
import { z } from 'zod';
import { parseDuration } from '../config/duration.ts';
import { canonicalAddress } from './address.ts';

/** Longest polls apart: a reading a day. Below 100 ms one device would keep a core busy. */
const INTERVAL_MS = { min: 100, max: 86_400_000 } as const;

/** NetBox device ids and site ids are PostgreSQL integers. */
const id = z.int().min(1).max(2_147_483_647);

/** What people type: bounded, and without control characters, which keys and tables refuse. */
const text = z
  .string()
  .min(1)
  .max(255)
  // eslint-disable-next-line no-control-regex -- control characters are exactly what is refused here
  .regex(/^[^\u0000-\u001f\u007f]*$/, 'holds a control character');

const name = text.regex(/^[^/]*$/, 'holds "/", which separates the parts of a key');

const address = z.string().transform((value, context) => {
  const canonical = canonicalAddress(value.trim());
  if (canonical === undefined) context.addIssue('expected an IPv4 or IPv6 address without a zone index');
  return canonical ?? '';
});

const INTERVAL_WORDS = 'expected a duration from 100ms to 1d, such as 30s';

const interval = z.union([z.string(), z.number()], { error: INTERVAL_WORDS }).transform((value, context) => {
  const ms = parseDuration(value);
  if (ms === undefined || ms < INTERVAL_MS.min || ms > INTERVAL_MS.max) {
    context.addIssue(INTERVAL_WORDS);
  }
  return ms ?? 0;
});

const timeZone = z.string().check((context) => {
  if (isTimeZone(context.value)) return;
  const message = 'expected an IANA time zone, such as Europe/Zurich';
  context.issues.push({ code: 'custom', message, input: context.value });
});

export const siteSchema = z.strictObject({
  slug: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,99}$/i, 'expected letters, digits, "-" and "_", at most 100'),
  name: text.optional(),
  time_zone: timeZone,
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, 'expected two capital letters (ISO 3166-1)')
    .optional(),
  latitude: z.number().min(-90).max(90).optional(),
  longitude: z.number().min(-180).max(180).optional(),
  site_id: id.optional(),
});

export const interfaceSchema = z.strictObject({
  name: text,
  speed_mbps: z.number().positive().max(10_000_000).optional(),
});

export const deviceSchema = z.strictObject({
  name,
  address: address.optional(),
  addresses: z.array(address).min(1).max(16).optional(),
  port: z.int().min(1).max(65_535).optional(),
  credential: text.optional(),
  site: z.string().optional(),
  role: text.optional(),
  profile: z.enum(['interface']).optional(),
  interval: interval.optional(),
  zone: text.optional(),
  netbox_device_id: id.optional(),
  manufacturer: text.optional(),
  device_type: text.optional(),
  tags: z.array(text).max(100).optional(),
  interfaces: z.array(interfaceSchema).max(10_000).optional(),
});

export const inventorySchema = z.strictObject({
  sites: z.array(siteSchema).max(100_000).default([]),
  devices: z.array(deviceSchema).max(100_000).default([]),
});

export type InventoryFile = z.output<typeof inventorySchema>;
export type SiteEntry = InventoryFile['sites'][number];
export type DeviceEntry = InventoryFile['devices'][number];

/** The keys that an object at `path` may have: for the nearest one to a key that is unknown there. */
export function knownKeys(path: readonly PropertyKey[]): string[] {
  const [list, , inner] = path;
  if (list === 'sites') return Object.keys(siteSchema.shape);
  if (list === 'devices') return Object.keys((inner === 'interfaces' ? interfaceSchema : deviceSchema).shape);
  return Object.keys(inventorySchema.shape);
}

function isTimeZone(value: string): boolean {
  // Intl also takes offsets such as +01:00: they have no daylight saving time, so they are no zone of a site.
  if (!/^[A-Za-z]/.test(value)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: value });
    return true;
  } catch {
    return false;
  }
}
