/** A device for tests of `rate`: ports whose counters go up as told, polled whenever the test says so. */
import { rate, RATE_DEFAULTS, type RateSettings } from '../../pipeline/stages/rate/rate.ts';
import { catalogue } from '../../topics/catalogue.ts';
import { stageHarness, type ReadingSample, type RowSample, type StageHarness } from './stage-harness.ts';

export const START_MS = Date.UTC(2026, 0, 5, 12);
export const INTERVAL_MS = 60_000;

export interface PortSample {
  /** Octets in; as many go out unless told. */
  readonly octets?: bigint;
  readonly outOctets?: bigint;
  /** Unicast packets in and out; one per 800 octets unless told. */
  readonly packets?: bigint;
  readonly errors?: bigint;
  readonly mbps?: number;
  /** hc = 64-bit counters with their low halves; wide = those alone; low = 32-bit counters alone. */
  readonly widths?: 'hc' | 'wide' | 'low';
  /** Put over everything else. */
  readonly more?: RowSample;
}

/** Octets of each packet where a test does not count packets. */
export const OCTETS_PER_PACKET = 800n;

/** The columns of a row as an agent would fill them. */
export function port({
  octets = 0n,
  outOctets = octets,
  packets,
  errors = 0n,
  mbps = 1_000,
  widths = 'hc',
  more = {},
}: PortSample): RowSample {
  const counters = {
    in_octets: octets,
    out_octets: outOctets,
    in_unicast_packets: packets ?? octets / OCTETS_PER_PACKET,
    out_unicast_packets: packets ?? outOctets / OCTETS_PER_PACKET,
    in_multicast_packets: 0n,
    out_multicast_packets: 0n,
    in_broadcast_packets: 0n,
    out_broadcast_packets: 0n,
  };
  const low: RowSample = Object.fromEntries(
    Object.entries(counters).map(([name, value]) => [`${name}_32`, value & 0xffff_ffffn]),
  );
  return {
    ...(widths === 'low' ? {} : counters),
    ...(widths === 'wide' ? {} : low),
    in_errors: errors,
    out_errors: errors,
    in_discards: 0n,
    out_discards: 0n,
    if_high_speed: mbps,
    mtu: 1500,
    duplex: 3,
    discontinuity_time: 0,
    phys_address: '00:00:5e:00:53:01',
    ...more,
  };
}

export interface RateDevice extends StageHarness {
  /** Folds a poll `atS` seconds after START_MS; sysUpTime runs along from 1 day on, unless told. */
  poll(atS: number, rows: Readonly<Record<string, RowSample>>, more?: Partial<ReadingSample>): boolean;
}

export function rateDevice(settings: Partial<RateSettings> = {}): RateDevice {
  const harness = stageHarness(rate(catalogue, { ...RATE_DEFAULTS, ...settings }));
  return {
    ...harness,
    poll: (atS, rows, more = {}) =>
      harness.feed({
        observedAtMs: START_MS + Math.round(atS * 1000),
        intervalMs: INTERVAL_MS,
        durationMs: 40,
        sysUptime: 8_640_000 + Math.round(atS * 100),
        rows,
        ...more,
      }),
  };
}
