/** One port as a collector published it, held to what its switch serves: every column, each counter to the last bit. */
import { assertValid } from '../bench.ts';
import { COUNTERS, described, readAt, readAt32 } from './switch-mib.ts';

export interface PublishedPort {
  readonly device: number;
  readonly port: number;
  /** By raw.interface's names of fields; other values than these are not looked at. */
  readonly values: Readonly<Record<string, string | number | bigint | boolean | null>>;
}

/** 32-bit octets are read beside the wide ones. */
const SHADOWED = ['in_octets', 'out_octets'];

/**
 * When the port was read, in milliseconds since the start of the switches: the first and the last of its counters.
 * @throws Error for a value that the port never had.
 */
export function checkPort({ device, port, values }: PublishedPort): { firstMs: number; lastMs: number } {
  for (const [field, expected] of Object.entries(described(device, port))) {
    const value = values[field];
    // Longs of both collectors come as bigint.
    const read = typeof value === 'bigint' ? Number(value) : value;
    assertValid(
      read === expected,
      `switch ${device} port ${port}: ${field} is ${String(value)}, not ${expected}`,
    );
  }
  let firstMs = Infinity;
  let lastMs = -Infinity;
  let about = Number.NaN;
  const seen = (field: string, atMs: number): void => {
    assertValid(
      !Number.isNaN(atMs),
      `switch ${device} port ${port}: ${field} never was ${String(values[field])}`,
    );
    firstMs = Math.min(firstMs, atMs);
    lastMs = Math.max(lastMs, atMs);
  };
  for (const [counter, { field, wide }] of COUNTERS.entries()) {
    const value = integer(values[field], field, device, port);
    const atMs = wide ? readAt(device, port, counter, value) : readAt32(device, port, counter, value, about);
    if (counter === 0) about = atMs;
    seen(field, atMs);
    if (!SHADOWED.includes(field)) continue;
    const low = integer(values[`${field}_32`], `${field}_32`, device, port);
    seen(`${field}_32`, readAt32(device, port, counter, low, about));
  }
  return { firstMs, lastMs };
}

function integer(value: unknown, field: string, device: number, port: number): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  throw new Error(`switch ${device} port ${port}: ${field} is ${String(value)}`);
}
