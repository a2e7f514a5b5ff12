/** What the kernel counts on an interface of a network namespace, read every few milliseconds. */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readSync } from 'node:fs';
import { systemPath } from './child.ts';

const READ_EVERY_MS = 5;
/** Columns of /proc/net/dev behind the interface's name. */
const COLUMN = { rx: 0, tx: 8 } as const;

export type Direction = keyof typeof COLUMN;

export interface OctetReading {
  readonly atMs: number;
  readonly rx: number;
  readonly tx: number;
}

export interface KernelOctets {
  /** Reads it now. */
  now(): OctetReading;
  /** The last reading before `atMs`. @throws Error when there is none. */
  before(atMs: number): OctetReading;
  /** The first reading behind `atMs`. @throws Error when there is none. */
  after(atMs: number): OctetReading;
  /** When the counter was at `octets`: interpolated between the two readings around it. */
  reachedAtMs(direction: Direction, octets: number): number;
  /** Reads no more; what was read stays. Safe twice. */
  stop(): void;
}

/** From now until stopped. Some process must run in the namespace now. */
export function kernelOctets(namespace: string, name: string): KernelOctets {
  const file = openSync(`/proc/${processIn(namespace)}/net/dev`, 'r');
  const buffer = Buffer.alloc(16_384);
  const readings: OctetReading[] = [];

  const now = (): OctetReading => {
    const lines = buffer.toString('latin1', 0, readSync(file, buffer, 0, buffer.length, 0)).split('\n');
    const line = lines.find((text) => text.trim().startsWith(`${name}:`));
    if (line === undefined) throw new Error(`there is no interface ${name} in ${namespace}`);
    const columns = line.split(':')[1]!.trim().split(/\s+/).map(Number);
    const reading = { atMs: Date.now(), rx: columns[COLUMN.rx]!, tx: columns[COLUMN.tx]! };
    readings.push(reading);
    return reading;
  };
  const known = (reading: OctetReading | undefined, what: string): OctetReading => {
    if (reading === undefined) throw new Error(`${name} of ${namespace} was not read ${what}`);
    return reading;
  };

  now();
  const timer = setInterval(now, READ_EVERY_MS);
  let open = true;
  return {
    now,
    before(atMs) {
      const reading = readings.findLast((one) => one.atMs < atMs);
      return known(reading, `before ${new Date(atMs).toISOString()}`);
    },
    after(atMs) {
      const reading = readings.find((one) => one.atMs > atMs);
      return known(reading, `after ${new Date(atMs).toISOString()}`);
    },
    reachedAtMs(direction, octets) {
      const at = readings.findIndex((one) => one[direction] >= octets);
      const to = known(readings[at], `with ${octets} octets`);
      const from = readings[at - 1] ?? to;
      const growth = to[direction] - from[direction];
      const share = growth === 0 ? 1 : (octets - from[direction]) / growth;
      return from.atMs + (to.atMs - from.atMs) * share;
    },
    stop() {
      clearInterval(timer);
      if (open) closeSync(file);
      open = false;
    },
  };
}

/** /proc/PID/net is that of the process' namespace, and what is opened there outlives the process: no need to enter. */
function processIn(namespace: string): string {
  const env = { ...process.env, PATH: systemPath() };
  const pid = execFileSync('ip', ['netns', 'pids', namespace], { env }).toString().split('\n')[0];
  if (pid === undefined || pid === '') throw new Error(`no process runs in the namespace ${namespace}`);
  return pid;
}
