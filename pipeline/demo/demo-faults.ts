/** Which faults and quiet controls the demo shows, and where: chosen by seed, each on a device of its own. */
import type { SimulatedDevice } from './device.ts';
import { schedule, type Fault, type QuietControl, type WrapMoment } from './faults.ts';
import { hash32 } from './hash.ts';
import type { SimulatedNetwork } from './network.ts';

export interface DemoFaultsOptions {
  readonly network: SimulatedNetwork;
  readonly seed: number;
  /** When polling is expected to begin: decides which ports are busy by then. */
  readonly liveStartMs: number;
  /** From the beginning of live polling to the first fault. */
  readonly firstAfterMs?: number;
  readonly spacingMs?: number;
  readonly durationMs?: number;
}

export interface DemoFaults {
  readonly faults: readonly Fault[];
  readonly controls: readonly QuietControl[];
}

export interface DemoPlan {
  /** Schedules everything but the wraps relative to when polling did begin. @throws RangeError when that is past. */
  begin(liveStartMs: number): DemoFaults;
}

const KNOT_LOOKAHEAD_MS = 600_000;
const REBOOT_MS = 8_000;
const WRAP_SPACING_MS = 15_000;
/** A port's own noise and daily curve reach about this multiple of what it carries at the height of its day. */
const PEAK = 1.4;

interface Candidate {
  readonly device: SimulatedDevice;
  readonly port: number;
  /** Busier direction now, share of the line rate. */
  readonly load: number;
  /** The same at the height of the day. */
  readonly peak: number;
  readonly packetsIn: number;
}

/**
 * Chooses the ports; call it before the history. The 32-bit control's counters get starts from which they wrap, one
 * after another, from `liveStartMs` on: it is the only one that has to be known so early.
 * @throws RangeError when the history has begun, or when no port suits a fault (give the network more ports).
 */
export function demoFaults(options: DemoFaultsOptions): DemoPlan {
  const { network, seed, liveStartMs } = options;
  const { firstAfterMs = 10_000, spacingMs = 5_000, durationMs = 180_000 } = options;
  const free = new Set(network.devices);
  const shuffled = network.devices
    .flatMap((device) => candidates(device, liveStartMs))
    .sort((a, b) => rank(seed, a) - rank(seed, b));
  const take = (
    what: string,
    suits: (candidate: Candidate) => boolean,
    better: (candidate: Candidate) => number = () => 0,
  ): Candidate => {
    const found = shuffled
      .filter((one) => free.has(one.device) && suits(one))
      .sort((a, b) => better(b) - better(a))[0];
    if (found === undefined)
      throw new RangeError(`no port of the simulated network suits ${what}: give it more devices`);
    free.delete(found.device);
    return found;
  };

  const wrap = take(
    'wrap_32',
    ({ device }) => !device.spec.wide,
    ({ load }) => load,
  );
  const spike = take(
    'utilization_spike',
    ({ load, peak }) => load > 0.004 && peak < 0.3 && load * spikeFactor(load, peak) <= 0.9,
  );
  const collapse = take(
    'traffic_collapse',
    ({ load, peak }) => load > 0.5 * peak,
    ({ load }) => load,
  );
  const link = take(
    'link_down',
    ({ load, peak }) => load > 0.3 * peak,
    ({ load, peak }) => Math.min(load / peak, 0.6),
  );
  const errors = take('error_burst', ({ packetsIn }) => packetsIn > 300);
  const discontinuity = take('discontinuity', ({ device }) => device.spec.wide);
  const reboot = take('reboot', () => true);
  const untouched = [take('untouched', () => true), take('untouched', () => true)];

  const wraps = wrapMoments(wrap.device, liveStartMs + firstAfterMs);
  const wrapControl: QuietControl = {
    kind: 'wrap_32',
    device: wrap.device.spec.name,
    startMs: wraps[0]!.atMs,
    endMs: wraps.at(-1)!.atMs,
    wraps,
  };
  schedule(network, wrapControl);

  return {
    begin(beganMs) {
      const span = (nth: number) => {
        const startMs = beganMs + firstAfterMs + nth * spacingMs;
        return { startMs, endMs: startMs + durationMs };
      };
      const faults: Fault[] = [
        {
          kind: 'utilization_spike',
          ...portOf(spike),
          ...span(0),
          factor: spikeFactor(spike.load, spike.peak),
        },
        { kind: 'link_down', ...portOf(link), ...span(1) },
        { kind: 'error_burst', ...portOf(errors), ...span(2), errorsPerPacket: 0.015 },
        { kind: 'traffic_collapse', ...portOf(collapse), ...span(3), factor: 0.05 },
      ];
      const { startMs } = span(1);
      const rest = { startMs: beganMs, endMs: beganMs + durationMs };
      const controls: QuietControl[] = [
        { kind: 'reboot', device: reboot.device.spec.name, startMs, endMs: startMs + REBOOT_MS },
        { kind: 'discontinuity', ...portOf(discontinuity), startMs, endMs: startMs },
        ...untouched.map(({ device }) => ({ kind: 'untouched' as const, device: device.spec.name, ...rest })),
      ];
      for (const event of [...faults, ...controls]) schedule(network, event);
      return { faults, controls: [...controls, wrapControl] };
    },
  };
}

/** Ports that behave: steady ones, whose usual traffic says something about what is unusual. */
function candidates(device: SimulatedDevice, atMs: number): Candidate[] {
  return device.spec.ports.flatMap(({ profile, speedMbps }, port) => {
    if (profile.kind !== 'steady') return [];
    const line = (speedMbps * 1e6) / 8;
    const now = device.usualRates(port, atMs);
    const soon = device.usualRates(port, atMs + KNOT_LOOKAHEAD_MS);
    const load = Math.max(now[0]! + soon[0]!, now[1]! + soon[1]!) / 2 / line;
    const peak = Math.max(profile.inOctets, profile.outOctets) / line;
    return [{ device, port, load, peak, packetsIn: (now[2]! + soon[2]!) / 2 }];
  });
}

function rank(seed: number, { device, port }: Candidate): number {
  return hash32(seed, device.spec.index, port, 19);
}

/** At least four times what is usual now and clearly above the port's own busiest hour. */
function spikeFactor(load: number, peak: number): number {
  return Math.max(4, (2 * PEAK * peak) / load);
}

function portOf({ device, port }: Candidate): { device: string; interface: string } {
  return { device: device.spec.name, interface: device.spec.ports[port]!.ifName };
}

function wrapMoments(device: SimulatedDevice, fromMs: number): WrapMoment[] {
  return device.spec.ports
    .filter(({ profile }) => profile.kind !== 'idle')
    .flatMap(({ ifName }) => [
      { interface: ifName, counter: 'in_octets' as const },
      { interface: ifName, counter: 'out_octets' as const },
    ])
    .map((wrap, nth) => ({ ...wrap, atMs: fromMs + nth * WRAP_SPACING_MS }));
}
