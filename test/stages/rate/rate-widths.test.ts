/** Counters of 64 and 32 bits that contradict each other or come and go (step 3). */
import { describe, expect, it } from '@jest/globals';
import { port, rateDevice } from '../../support/rate-device.ts';

const TWO_32 = 2n ** 32n;
/** 60 s at 8 Mb/s. */
const MINUTE = 60_000_000n;

describe('counters of two widths (step 3)', () => {
  const lying = (low: bigint, hc: bigint) => port({ octets: low, more: { in_octets: hc, out_octets: hc } });

  it.each([
    ['0', 0n],
    ['all ones', 2n ** 64n - 1n],
    ['2^63', 2n ** 63n],
  ])('gives a rate of the 32-bit counter where HC is %s while it moves', (_what, hc) => {
    const device = rateDevice();
    device.poll(0, { eth0: lying(1_000n, hc) });
    device.poll(60, { eth0: lying(1_000n + MINUTE, hc) });
    // All ones are not supported from the start; a 0 must be caught standing still.
    expect(device.quality('eth0')).toBe(hc === 0n ? 'width_change' : 'good');
    device.poll(120, { eth0: lying(1_000n + 2n * MINUTE, hc) });
    expect(device.quality('eth0')).toBe('good');
    expect(device.number('rx_bps', 'eth0')).toBe(8_000_000);
    expect(device.counter('in_octets', 'eth0')).toBe(1_000n + 2n * MINUTE);
  });

  it('does not change over to an HC of 0 beside a low half that is not', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 1_000n, widths: 'low' }) });
    device.poll(60, { eth0: lying(1_000n + MINUTE, 0n) });
    expect(device.quality('eth0')).toBe('good');
    expect(device.number('rx_bps', 'eth0')).toBe(8_000_000);
  });

  it('keeps to the 32-bit counter through a disturbance', () => {
    const device = rateDevice();
    for (const minute of [0n, 1n, 2n, 3n]) {
      const octets = 1_000n + minute * MINUTE;
      const more = { in_octets: 0n, out_octets: 0n, discontinuity_time: minute < 2n ? 0 : 5 };
      device.poll(Number(minute) * 60, { eth0: port({ octets, more }) });
    }
    expect(device.quality('eth0')).toBe('good');
    expect(device.number('rx_bps', 'eth0')).toBe(8_000_000);
  });

  it('takes no low half of 2^32 and more for what is left of it', () => {
    const device = rateDevice();
    const low = (octets: bigint) => ({ eth0: port({ widths: 'low', more: { in_octets_32: octets } }) });
    device.poll(0, low(1_000n));
    device.poll(60, low(TWO_32 + 1_000n + MINUTE));
    expect(device.quality('eth0')).toBe('missing');
    expect(device.number('rx_bps', 'eth0')).toBeNaN();
    expect(device.counter('in_octets', 'eth0')).toBeUndefined();
    device.poll(120, low(1_000n + 2n * MINUTE));
    expect(device.number('rx_bps', 'eth0')).toBe(8_000_000);
  });

  it('says width_change when HC turns to all ones', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 1_000n }) });
    device.poll(60, { eth0: lying(1_000n + MINUTE, 2n ** 64n - 1n) });
    expect(device.quality('eth0')).toBe('width_change');
    expect(device.number('rx_bps', 'eth0')).toBeNaN();
    expect(device.counter('in_octets', 'eth0')).toBe(1_000n + MINUTE);
  });

  it('says width_change when HC goes away, and again when it comes back', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: TWO_32 }) });
    device.poll(60, { eth0: port({ octets: TWO_32 + MINUTE, widths: 'low' }) });
    expect(device.quality('eth0')).toBe('width_change');
    device.poll(120, { eth0: port({ octets: TWO_32 + 2n * MINUTE, widths: 'low' }) });
    expect(device.number('rx_bps', 'eth0')).toBe(8_000_000);
    device.poll(180, { eth0: port({ octets: TWO_32 + 3n * MINUTE }) });
    expect(device.quality('eth0')).toBe('width_change');
    device.poll(240, { eth0: port({ octets: TWO_32 + 4n * MINUTE }) });
    expect(device.number('rx_bps', 'eth0')).toBe(8_000_000);
  });

  it('pins the width when HC comes and goes, and lets go when the agent restarts', () => {
    const device = rateDevice();
    const qualities: string[] = [];
    for (let minute = 0; minute < 10; minute += 1) {
      const widths = minute % 2 === 1 ? 'low' : 'hc';
      device.poll(minute * 60, { eth0: port({ octets: BigInt(minute) * MINUTE, widths }) });
      qualities.push(device.quality('eth0'));
    }
    const change = 'width_change';
    expect(qualities).toEqual([
      'first',
      change,
      change,
      change,
      'good',
      'good',
      'good',
      'good',
      'good',
      'good',
    ]);
    device.poll(600, { eth0: port({ octets: 10n * MINUTE }) }, { sysUptime: 100 });
    device.poll(660, { eth0: port({ octets: TWO_32 + 10n * MINUTE, mbps: 1_000 }) }, { sysUptime: 6_100 });
    expect(device.counter('in_octets', 'eth0')).toBe(TWO_32 + 10n * MINUTE);
  });

  it('waits for HC when a partial poll did not reach it', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: TWO_32 }) });
    device.poll(60, { eth0: port({ octets: TWO_32 + MINUTE, widths: 'low' }) }, { status: 'partial' });
    expect(device.quality('eth0')).toBe('missing');
    device.poll(120, { eth0: port({ octets: TWO_32 + 2n * MINUTE }) });
    expect(device.quality('eth0')).toBe('good');
    expect(device.number('rx_bps', 'eth0')).toBe(8_000_000);
    expect(device.number('dt_s', 'eth0')).toBe(120);
  });

  it('gives no 0 while HC stands still and its low half moves, then uses the low half', () => {
    const device = rateDevice();
    const qualities: string[] = [];
    for (let minute = 0; minute < 7; minute += 1) {
      const octets = TWO_32 + BigInt(minute) * MINUTE;
      const hc = minute === 0 ? octets : TWO_32 + MINUTE;
      device.poll(minute * 60, { eth0: port({ octets, more: { in_octets: hc, out_octets: hc } }) });
      qualities.push(device.quality('eth0'));
      expect(device.number('rx_bps', 'eth0')).not.toBe(0);
    }
    expect(qualities).toEqual(['first', 'good', 'stale', 'stale', 'stale', 'width_change', 'good']);
  });

  it('computes over both intervals when HC only lagged behind its low half', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: MINUTE }) });
    const lag = { in_octets: MINUTE, in_octets_32: MINUTE + 60n };
    device.poll(60, { eth0: port({ octets: 2n * MINUTE, more: lag }) });
    expect(device.quality('eth0')).toBe('stale');
    device.poll(120, { eth0: port({ octets: 3n * MINUTE }) });
    expect(device.number('rx_bps', 'eth0')).toBe(8_000_000);
  });

  it('works with HC counters alone, and with 32-bit counters alone', () => {
    for (const widths of ['wide', 'low'] as const) {
      const device = rateDevice();
      device.poll(0, { eth0: port({ octets: 7n, widths }) });
      device.poll(60, { eth0: port({ octets: 7n + MINUTE, widths }) });
      expect(device.quality('eth0')).toBe('good');
      expect(device.number('rx_bps', 'eth0')).toBe(8_000_000);
      expect(device.number('rx_pps', 'eth0')).toBe(1_250);
      expect(device.counter('in_octets', 'eth0')).toBe(7n + MINUTE);
    }
  });

  it('keeps 64-bit counters exact to the last bit', () => {
    const device = rateDevice();
    const big = 2n ** 62n + 1n;
    device.poll(0, { eth0: port({ octets: big, packets: 0n }) });
    device.poll(60, { eth0: port({ octets: big + 1n, packets: 0n }) });
    expect(device.number('rx_bps', 'eth0')).toBe(8 / 60);
  });
});
