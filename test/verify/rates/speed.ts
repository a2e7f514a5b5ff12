/** What an interface can carry (notes, Derived values; schemas: speed_mbps). */
import type { Row } from '../records.ts';

const SATURATED = 4_294_967_295;
const SANE_HIGH_SPEED = 10_000_000;
/** softwareLoopback, propVirtual, tunnel: their speed is a figure for routing protocols, their packets have no frame. */
const WITHOUT_LINE: ReadonlySet<unknown> = new Set([24, 53, 131]);

/** Mb/s: the inventory's, else ifHighSpeed if sane, else ifSpeed unless 0 or saturated, else null. */
export function speedMbps(row: Row, override: number | null): number | null {
  if (override !== null && override > 0) return override;
  if (WITHOUT_LINE.has(row['if_type'])) return null;
  const high = number(row['if_high_speed']);
  const low = number(row['if_speed']);
  const exact = low > 0 && low < SATURATED ? low / 1e6 : null;
  if (!(high > 0 && high <= SANE_HIGH_SPEED)) return exact;
  // ifHighSpeed is rounded to whole Mb/s.
  return exact !== null && Math.abs(exact - high) <= 0.5 ? exact : high;
}

/** The fewest octets of a packet: an Ethernet frame without checksum, or a bare IPv4 header. */
export function minPacketOctets(row: Row): number {
  return WITHOUT_LINE.has(row['if_type']) ? 20 : 60;
}

function number(value: unknown): number {
  return value === null || value === undefined ? 0 : Number(value);
}
