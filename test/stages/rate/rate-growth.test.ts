/** The decision order of `rate`: growth and whether it can be true (steps 6, 7). */
import { describe, expect, it } from '@jest/globals';
import { port, rateDevice } from '../../support/rate-device.ts';

const TWO_32 = 2n ** 32n;
/** 60 s at 8 Mb/s. */
const MINUTE = 60_000_000n;

describe('growth (step 6)', () => {
  it('says reset when a 64-bit counter falls: it cannot have wrapped', () => {
    const device = rateDevice();
    const nearTop = 2n ** 63n - 1_000n;
    device.poll(0, { eth0: port({ octets: nearTop }) });
    device.poll(60, { eth0: port({ octets: 500n }) });
    expect(device.quality('eth0')).toBe('reset');
    expect(device.number('rx_bps', 'eth0')).toBeNaN();
    device.poll(120, { eth0: port({ octets: 500n + MINUTE }) });
    expect(device.number('rx_bps', 'eth0')).toBe(8_000_000);
  });

  it('voids the whole row when its octets were reset: other counters may have been and grown again', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 900_000n, outOctets: 10n, errors: 1n }) });
    device.poll(60, { eth0: port({ octets: 500n, outOctets: 5_000n, errors: 4n }) });
    expect(device.quality('eth0')).toBe('reset');
    expect(device.number('tx_bps', 'eth0')).toBeNaN();
    expect(device.number('rx_error_rate', 'eth0')).toBeNaN();
    expect(device.reading.exceptions).toEqual([]);
  });

  it('names a counter that was reset alone in an exception and keeps the rest', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 0n, errors: 100n }) });
    device.poll(60, { eth0: port({ octets: MINUTE, more: { in_errors: 2n, out_errors: 160n } }) });
    expect(device.quality('eth0')).toBe('good');
    expect(device.number('rx_bps', 'eth0')).toBe(8_000_000);
    expect(device.number('tx_error_rate', 'eth0')).toBe(1);
    expect(device.number('rx_error_rate', 'eth0')).toBeNaN();
    expect(device.reason('eth0', 'rx_error_rate')).toBe('reset');
    expect(device.number('rx_error_ppm', 'eth0')).toBeNaN();
    expect(device.number('error_rate_ppm', 'eth0')).toBe(device.number('tx_error_ppm', 'eth0'));
  });

  it('adds 2^32 when a 32-bit counter wraps within its speed', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: TWO_32 - 1_000n, mbps: 100, widths: 'low' }) });
    device.poll(60, { eth0: port({ octets: TWO_32 - 1_000n + MINUTE, mbps: 100, widths: 'low' }) });
    expect(device.quality('eth0')).toBe('good');
    expect(device.number('rx_bps', 'eth0')).toBe(8_000_000);
    expect(device.counter('in_octets', 'eth0')).toBe(MINUTE - 1_000n);
  });

  it('says reset when the wrap of a 32-bit counter would exceed its speed', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 1_000_000_000n, mbps: 100, widths: 'low' }) });
    device.poll(60, { eth0: port({ octets: 5n, mbps: 100, widths: 'low' }) });
    expect(device.quality('eth0')).toBe('reset');
  });

  it('names a unicast counter that is missing in one poll and computes the next over both intervals', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 0n }) });
    const without = { in_unicast_packets: null, in_unicast_packets_32: null };
    device.poll(60, { eth0: port({ octets: MINUTE, more: without }) }, { status: 'partial' });
    expect(device.quality('eth0')).toBe('good');
    expect(device.reason('eth0', 'rx_unicast_pps')).toBe('missing');
    expect(device.reason('eth0', 'rx_pps')).toBe('missing');
    device.poll(120, { eth0: port({ octets: 2n * MINUTE }) });
    expect(device.number('rx_unicast_pps', 'eth0')).toBe(1_250);
    expect(device.number('dt_s', 'eth0')).toBe(60);
  });

  it('says missing when a row has no octets, and covers the silence with the next sample', () => {
    const device = rateDevice();
    const none = { in_octets: null, in_octets_32: null, out_octets: null, out_octets_32: null };
    device.poll(0, { eth0: port({ octets: 0n }) });
    device.poll(60, { eth0: port({ octets: MINUTE, more: none }) });
    expect(device.quality('eth0')).toBe('missing');
    expect(device.number('rx_bps', 'eth0')).toBeNaN();
    expect(device.number('rx_unicast_pps', 'eth0')).toBe(1_250);
    device.poll(120, { eth0: port({ octets: 2n * MINUTE }) });
    expect(device.number('rx_bps', 'eth0')).toBe(8_000_000);
    expect(device.number('dt_s', 'eth0')).toBe(120);
  });

  it('names counters that the agent never had', () => {
    const device = rateDevice();
    const more = { in_multicast_packets: null, in_multicast_packets_32: null };
    device.poll(0, { eth0: port({ octets: 0n, more }) });
    device.poll(60, { eth0: port({ octets: MINUTE, more }) });
    expect(device.quality('eth0')).toBe('good');
    expect(device.reason('eth0', 'rx_multicast_pps')).toBe('not_supported');
    expect(device.reason('eth0', 'rx_pps')).toBe('not_supported');
    expect(device.number('rx_pps', 'eth0')).toBeNaN();
  });

  it('starts the next interval of a held counter where it was seen to repeat', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 0n, errors: 6n }) });
    device.poll(60, { eth0: port({ octets: MINUTE, more: { in_errors: null } }) });
    device.poll(120, { eth0: port({ octets: 2n * MINUTE, errors: 6n }) });
    expect(device.number('rx_error_rate', 'eth0')).toBe(0);
    device.poll(180, { eth0: port({ octets: 3n * MINUTE, errors: 66n }) });
    expect(device.number('rx_error_rate', 'eth0')).toBe(1);
  });

  it('forgets a held counter when the row is disturbed before it comes back', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: MINUTE, errors: 6n }) });
    device.poll(60, { eth0: port({ octets: 9n, more: { in_errors: null } }) });
    expect(device.quality('eth0')).toBe('reset');
    device.poll(120, { eth0: port({ octets: 9n + MINUTE, errors: 8n }) });
    expect(device.reason('eth0', 'rx_error_rate')).toBe('first');
    device.poll(180, { eth0: port({ octets: 9n + 2n * MINUTE, errors: 68n }) });
    expect(device.number('rx_error_rate', 'eth0')).toBe(1);
  });

  it('rejects a 32-bit counter that holds more than 32 bits', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 0n }) });
    device.poll(60, { eth0: port({ octets: MINUTE, more: { in_errors: TWO_32 + 5n } }) });
    expect(device.number('rx_error_rate', 'eth0')).toBeNaN();
    expect(device.reason('eth0', 'rx_error_rate')).toBe('missing');
    expect(device.counter('in_errors', 'eth0')).toBeUndefined();
  });
});

describe('plausibility (step 7)', () => {
  it('refuses bits above 1.2 times the speed and goes on from there', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 0n, mbps: 6 }) });
    device.poll(60, { eth0: port({ octets: MINUTE, mbps: 6 }) });
    expect(device.quality('eth0')).toBe('implausible');
    expect(device.number('rx_bps', 'eth0')).toBeNaN();
    device.poll(120, { eth0: port({ octets: MINUTE + MINUTE / 2n, mbps: 6 }) });
    expect(device.number('rx_bps', 'eth0')).toBe(4_000_000);
  });

  it('accepts bits up to 1.2 times the speed', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 0n, mbps: 7 }) });
    device.poll(60, { eth0: port({ octets: MINUTE, mbps: 7 }) });
    expect(device.number('rx_utilization_pct', 'eth0')).toBeCloseTo(114.2857, 3);
  });

  it.each([
    ['59 octets a packet', 59_000n, 1_000n, 'implausible'],
    ['60 octets a packet', 60_000n, 1_000n, 'good'],
    ['1,540 octets a packet with an MTU of 1,500', 1_540_000n, 1_000n, 'good'],
    ['1,541 octets a packet', 1_541_000n, 1_000n, 'implausible'],
    ['1,541 octets a packet, but too few packets to judge', 1_541n * 99n, 99n, 'good'],
    ['no octets in 1,000 packets', 0n, 1_000n, 'implausible'],
  ])('judges %s', (_what, octets, packets, quality) => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 0n, packets: 0n, outOctets: 0n }) });
    const more = { out_octets: 800n * packets, out_octets_32: 800n * packets };
    device.poll(60, { eth0: port({ octets, packets, more }) });
    expect(device.quality('eth0')).toBe(quality);
    if (quality !== 'good') expect(device.number('rx_pps', 'eth0')).toBeNaN();
  });

  it('refuses the phantom of a recreated port: 2^32 + 516 octets', () => {
    const device = rateDevice();
    const before = { octets: 2_000_000n, packets: 2_500n, mbps: 10_000 };
    device.poll(0, { eth0: port(before) });
    device.poll(60, { eth0: port({ octets: TWO_32 + 516n, packets: 2_506n, mbps: 10_000 }) });
    expect(device.quality('eth0')).toBe('implausible');
    const packets = TWO_32 + 6n;
    device.poll(120, { eth0: port({ ...before, octets: 2n * TWO_32 + 1_032n, packets }) });
    expect(device.quality('eth0')).toBe('implausible');
    expect(device.number('rx_pps', 'eth0')).toBeNaN();
  });

  it('gives the average over more than three intervals with the quality gap', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 0n }) });
    device.poll(180.05, { eth0: port({ octets: 3n * MINUTE }) });
    expect(device.quality('eth0')).toBe('good');
    device.poll(420, { eth0: port({ octets: 7n * MINUTE }) });
    expect(device.quality('eth0')).toBe('gap');
    expect(device.number('rx_bps', 'eth0')).toBeCloseTo(8_000_000, -4);
    expect(device.number('dt_s', 'eth0')).toBe(239.95);
    expect(device.reading.exceptions).toEqual([]);
  });

  it('says gap when the octets were held for more than three intervals', () => {
    const device = rateDevice();
    const none = { in_octets: null, in_octets_32: null, out_octets: null, out_octets_32: null };
    device.poll(0, { eth0: port({ octets: 0n }) });
    for (const minute of [1n, 2n, 3n])
      device.poll(Number(minute) * 60, { eth0: port({ octets: minute * MINUTE, more: none }) });
    device.poll(240, { eth0: port({ octets: 4n * MINUTE }) });
    expect(device.quality('eth0')).toBe('gap');
    expect(device.number('rx_bps', 'eth0')).toBe(8_000_000);
    expect(device.number('dt_s', 'eth0')).toBe(240);
  });

  it('gives the average of errors over a gap: they do not go round in it', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 0n, mbps: 10_000 }) });
    device.poll(3_600, { eth0: port({ octets: MINUTE, errors: 3_600n, mbps: 10_000 }) });
    expect(device.number('rx_error_rate', 'eth0')).toBe(1);
    const none = { in_errors: null };
    device.poll(3_660, { eth0: port({ octets: 2n * MINUTE, mbps: 10_000, more: none }) });
    device.poll(7_200, { eth0: port({ octets: 3n * MINUTE, errors: 7_200n, mbps: 10_000 }) });
    expect(device.number('rx_error_rate', 'eth0')).toBe(1);
  });

  it('gives no rate of a 32-bit counter over a gap in which it may have gone round', () => {
    const device = rateDevice();
    const sample = { mbps: 100, widths: 'low' } as const;
    device.poll(0, { eth0: port({ octets: 0n, ...sample }) });
    device.poll(3_600, { eth0: port({ octets: TWO_32 + MINUTE, ...sample }) });
    expect(device.quality('eth0')).toBe('gap');
    expect(device.number('rx_bps', 'eth0')).toBeNaN();
    expect(device.reason('eth0', 'rx_bps')).toBe('ambiguous_wrap');
    device.poll(3_660, { eth0: port({ octets: TWO_32 + 2n * MINUTE, ...sample }) });
    expect(device.number('rx_bps', 'eth0')).toBe(8_000_000);
  });
});
