/** Metrics made of other metrics, speeds, exceptions, and metrics that exist by their rows alone. */
import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '../../../pipeline/model/errors.ts';
import { rate, RATE_DEFAULTS } from '../../../pipeline/stages/rate/rate.ts';
import { speedMbps } from '../../../pipeline/stages/rate/speed.ts';
import { catalogue, withFields } from '../../../topics/catalogue.ts';
import type { Derivation, FieldRow } from '../../../topics/row.ts';
import { INTERVAL_MS, port, rateDevice, START_MS } from '../../support/rate-device.ts';
import { stageHarness, type RowSample } from '../../support/stage-harness.ts';

const NONE = Number.NaN;
/** 60 s at 8 Mb/s. */
const MINUTE = 60_000_000n;

/** A device with one port, polled twice. */
function twoPolls(first: RowSample, second: RowSample) {
  const device = rateDevice();
  device.poll(0, { eth0: first });
  device.poll(60, { eth0: second });
  return device;
}

describe('speed', () => {
  it.each([
    ['the inventory knows better', 500, 1_000, 1_000_000_000, 500],
    ['ifHighSpeed', NONE, 10_000, 4_294_967_295, 10_000],
    ['ifHighSpeed 0: ifSpeed', NONE, 0, 100_000_000, 100],
    ['no ifHighSpeed: ifSpeed', NONE, NONE, 64_000, 0.064],
    ['ifHighSpeed 0, ifSpeed saturated', NONE, 0, 4_294_967_295, NONE],
    ['ifHighSpeed 0, ifSpeed 0', NONE, 0, 0, NONE],
    ['nothing', NONE, NONE, NONE, NONE],
    ['ifHighSpeed in bits: ifSpeed', NONE, 1_000_000_000, 1_000_000_000, 1_000],
    ['ifHighSpeed rounded: ifSpeed exact', NONE, 2, 1_544_000, 1.544],
    ['ifSpeed of another opinion', NONE, 100, 10_000_000, 100],
    ['an override of 0 is none', 0, 100, NONE, 100],
  ])('%s', (_what, override, high, low, mbps) => {
    expect(speedMbps(override, high, low)).toBe(mbps);
  });

  it.each([
    ['softwareLoopback', 24],
    ['propVirtual', 53],
    ['tunnel', 131],
  ])('of a %s is nominal: no limit, no utilisation, unless the inventory says so', (_name, ifType) => {
    const more = { if_type: ifType, if_high_speed: 0, if_speed: 9_000 };
    const device = twoPolls(port({ octets: 0n, more }), port({ octets: MINUTE, more }));
    expect(device.quality('eth0')).toBe('good');
    expect(device.number('rx_bps', 'eth0')).toBe(8_000_000);
    expect(device.number('rx_utilization_pct', 'eth0')).toBeNaN();
    expect(speedMbps(16, 0, 9_000, ifType)).toBe(16);
  });

  it('gives no utilisation without a speed, and says no_speed', () => {
    const more = { if_high_speed: 0, if_speed: 4_294_967_295 };
    const device = twoPolls(port({ octets: 0n, more }), port({ octets: MINUTE, more }));
    expect(device.number('rx_bps', 'eth0')).toBe(8_000_000);
    expect(device.number('speed_mbps', 'eth0')).toBeNaN();
    expect(device.number('rx_utilization_pct', 'eth0')).toBeNaN();
    expect(device.number('utilization_pct', 'eth0')).toBeNaN();
    expect(device.reason('eth0', 'rx_utilization_pct')).toBe('no_speed');
    expect(device.reason('eth0', 'tx_utilization_pct')).toBe('no_speed');
    expect(device.reason('eth0', 'utilization_pct')).toBeUndefined();
    device.poll(120, { eth0: port({ octets: 5n, more }) });
    expect(device.quality('eth0')).toBe('reset');
    expect(device.reading.exceptions).toEqual([]);
  });

  it('takes the inventory’s speed for utilisation', () => {
    const more = { speed_override_mbps: 16 };
    const device = twoPolls(port({ octets: 0n, more }), port({ octets: MINUTE, more }));
    expect(device.number('speed_mbps', 'eth0')).toBe(16);
    expect(device.number('rx_utilization_pct', 'eth0')).toBe(50);
  });
});

describe('utilisation', () => {
  const samples = (more: RowSample) =>
    [
      port({ octets: 0n, mbps: 100, more }),
      port({ octets: MINUTE, outOctets: 3n * MINUTE, mbps: 100, more }),
    ] as const;

  it('is the busier direction’s on full duplex', () => {
    const device = twoPolls(...samples({ duplex: 3 }));
    expect(device.number('rx_utilization_pct', 'eth0')).toBe(8);
    expect(device.number('tx_utilization_pct', 'eth0')).toBe(24);
    expect(device.number('utilization_pct', 'eth0')).toBe(24);
  });

  it('is the sum of both on half duplex', () => {
    expect(twoPolls(...samples({ duplex: 2 })).number('utilization_pct', 'eth0')).toBe(32);
  });

  it.each([[1], [null]])('counts as full duplex when dot3StatsDuplexStatus is %s', (duplex) => {
    expect(twoPolls(...samples({ duplex })).number('utilization_pct', 'eth0')).toBe(24);
  });

  it('is unknown when one direction is: that could be the busier one', () => {
    const device = twoPolls(
      port({ octets: 0n }),
      port({ octets: MINUTE, more: { in_octets: null, in_octets_32: null } }),
    );
    expect(device.number('tx_utilization_pct', 'eth0')).toBe(0.8);
    expect(device.number('utilization_pct', 'eth0')).toBeNaN();
    expect(device.quality('eth0')).toBe('missing');
  });
});

describe('error ppm', () => {
  it('divides by all casts, errors and discards of the direction', () => {
    const more = {
      in_unicast_packets: 5_000n,
      in_multicast_packets: 3_000n,
      in_broadcast_packets: 1_000n,
      in_errors: 500n,
      in_discards: 500n,
      out_errors: 10n,
      out_unicast_packets: 999_990n,
    };
    const device = twoPolls(
      port({ widths: 'wide' }),
      port({ octets: 9_000n * 400n, outOctets: 999_990n * 800n, widths: 'wide', more }),
    );
    expect(device.quality('eth0')).toBe('good');
    expect(device.number('rx_error_ppm', 'eth0')).toBeCloseTo(50_000, 6);
    expect(device.number('tx_error_ppm', 'eth0')).toBeCloseTo(10, 9);
    expect(device.number('error_rate_ppm', 'eth0')).toBeCloseTo(50_000, 6);
  });

  it('is unknown where nothing passed, and says no_packets', () => {
    const device = twoPolls(port({ octets: 0n, outOctets: 0n }), port({ octets: 0n, outOctets: MINUTE }));
    expect(device.number('rx_pps', 'eth0')).toBe(0);
    expect(device.number('rx_error_ppm', 'eth0')).toBeNaN();
    expect(device.reason('eth0', 'rx_error_ppm')).toBe('no_packets');
    expect(device.number('tx_error_ppm', 'eth0')).toBe(0);
    expect(device.number('error_rate_ppm', 'eth0')).toBe(0);
  });

  it('is a million where only errors passed', () => {
    const device = twoPolls(port({}), port({ errors: 7n }));
    expect(device.number('rx_error_ppm', 'eth0')).toBe(1_000_000);
  });
});

describe('exceptions', () => {
  it('are at most 500 a reading, with room kept for what is not ordinary', () => {
    const device = rateDevice();
    const rows = (minute: bigint) =>
      Object.fromEntries(
        Array.from({ length: 400 }, (_, index) => [
          `eth${index}`,
          // Idle ports have no packets in both directions; each has an error counter that was reset.
          port({ octets: 5n, errors: minute === 0n ? 100n : 1n }),
        ]),
      );
    device.poll(0, { ...rows(0n), moving: port({ octets: 0n }) });
    device.poll(60, { ...rows(1n), moving: port({ octets: MINUTE }) });
    const { exceptions } = device.reading;
    expect(exceptions).toHaveLength(500);
    expect(new Set(exceptions.map(({ row, metric }) => `${row} ${metric}`)).size).toBe(500);
    expect(exceptions.every(({ reason }) => reason === 'reset')).toBe(true);
  });

  it('that are ordinary take 400 of them at most', () => {
    const device = rateDevice();
    const rows = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`eth${index}`, port({})]));
    device.poll(0, { ...rows, moving: port({ octets: 0n }) });
    device.poll(60, { ...rows, moving: port({ octets: MINUTE }) });
    expect(device.reading.exceptions).toHaveLength(400);
    expect(device.reading.exceptions[0]).toEqual({ row: 0, metric: 'rx_error_ppm', reason: 'no_packets' });
  });
});

describe('a metric added by its rows', () => {
  const counter: FieldRow = {
    name: 'in_unknown_protos',
    type: 'long',
    kind: 'counter',
    unit: '{packet}',
    width: 32,
    doc: 'ifInUnknownProtos.',
  };
  const metric = (derive: Derivation): FieldRow => ({
    name: 'rx_unknown_protos_rate',
    type: 'double',
    kind: 'gauge',
    unit: '{packet}/s',
    derive,
    doc: 'Packets of unknown protocols per second.',
  });
  const added = (derive: Derivation) =>
    withFields(withFields(catalogue, 'raw.interface', [counter]), 'metric.interface', [metric(derive)]);

  it('has its rate, its wrap and its reset like every other', () => {
    const harness = stageHarness(
      rate(added({ kind: 'rate', of: ['in_unknown_protos'], factor: 1 }), RATE_DEFAULTS),
    );
    const poll = (minute: number, count: bigint) => {
      const eth0 = port({ octets: BigInt(minute) * MINUTE, more: { in_unknown_protos: count } });
      harness.feed({ observedAtMs: START_MS + minute * INTERVAL_MS, rows: { eth0 } });
      return harness.number('rx_unknown_protos_rate', 'eth0');
    };
    expect(poll(0, 2n ** 32n - 60n)).toBeNaN();
    expect(poll(1, 60n)).toBe(2);
    expect(poll(2, 0n)).toBeNaN();
    expect(harness.reason('eth0', 'rx_unknown_protos_rate')).toBe('reset');
    expect(harness.quality('eth0')).toBe('good');
  });

  it('carries its counter under another name', () => {
    const carried: FieldRow = { ...counter, name: 'unknown_protos_total', from: 'in_unknown_protos' };
    const both = withFields(withFields(catalogue, 'raw.interface', [counter]), 'metric.interface', [carried]);
    const harness = stageHarness(rate(both, RATE_DEFAULTS));
    harness.feed({ observedAtMs: START_MS, rows: { eth0: port({ more: { in_unknown_protos: 77n } }) } });
    expect(harness.counter('unknown_protos_total', 'eth0')).toBe(77n);
  });

  it('has state columns by the counter’s name', () => {
    const { columns } = rate(added({ kind: 'rate', of: ['in_unknown_protos'], factor: 1 }), RATE_DEFAULTS);
    expect(columns.filter((column) => column.metric === 'in_unknown_protos').map(({ name }) => name)).toEqual(
      ['hi', 'lo', 'low', 'form', 'held_at'],
    );
  });

  it.each<[string, Derivation]>([
    ['a counter that is not there', { kind: 'rate', of: ['in_unknown_proto'], factor: 1 }],
    ['a gauge', { kind: 'rate', of: ['mtu'], factor: 1 }],
    ['a metric that is not there', { kind: 'larger', of: ['rx_bpss'] }],
    ['itself', { kind: 'larger', of: ['rx_unknown_protos_rate'] }],
  ])('is a configuration error when it is made of %s', (_what, derive) => {
    expect(() => rate(added(derive), RATE_DEFAULTS)).toThrow(ConfigError);
    expect(() => rate(added(derive), RATE_DEFAULTS)).toThrow(/rx_unknown_protos_rate/);
  });
});
