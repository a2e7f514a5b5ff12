/** Agents that answer from a cache, and devices that are really silent (step 9). */
import { describe, expect, it } from '@jest/globals';
import { port, rateDevice, type RateDevice } from '../../support/rate-device.ts';

/** 60 s at 8 Mb/s. */
const MINUTE = 60_000_000n;

describe('caches (step 9)', () => {
  /** Polls each second; the agent's table is renewed when it is `cacheS` old. */
  function pollCached(device: RateDevice, cacheS: number, seconds: number): number[] {
    const rates: number[] = [];
    for (let second = 0; second <= seconds; second += 1) {
      const octets = 5_000n + BigInt(second - (second % cacheS)) * 2_575_000n;
      device.poll(second, { eth0: port({ octets }), eth1: port({ octets: 9n }) }, { intervalMs: 1_000 });
      rates.push(device.number('rx_bps', 'eth0') / 1e6);
    }
    return rates;
  }

  it('reads a steady 20.6 Mb/s from a cache of 3 s polled each second: never 0, never 61.8', () => {
    const device = rateDevice();
    const nan = Number.NaN;
    expect(pollCached(device, 3, 9)).toEqual([nan, nan, nan, 20.6, nan, nan, 20.6, nan, nan, 20.6]);
    expect(device.number('dt_s', 'eth0')).toBe(3);
    expect(device.number('rx_bps', 'eth1')).toBe(0);
  });

  it('says stale on every row, idle ones too, and keeps the last sample', () => {
    const device = rateDevice();
    pollCached(device, 3, 5);
    expect(device.quality('eth0')).toBe('stale');
    expect(device.quality('eth1')).toBe('stale');
    expect(device.number('dt_s', 'eth0')).toBeNaN();
    expect(device.reading.exceptions).toEqual([]);
  });

  it('takes a device that goes on repeating for silent: 0 after two intervals, or 30 s', () => {
    const device = rateDevice();
    const silent = { eth0: port({ octets: MINUTE }) };
    device.poll(0, { eth0: port({ octets: 0n }) });
    device.poll(60, silent);
    const seen: [string, number][] = [];
    for (let minute = 2; minute < 6; minute += 1) {
      device.poll(minute * 60, silent);
      seen.push([device.quality('eth0'), device.number('rx_bps', 'eth0')]);
    }
    expect(seen).toEqual([
      ['stale', Number.NaN],
      ['stale', Number.NaN],
      ['good', 0],
      ['good', 0],
    ]);
  });

  it('takes a device for idle at once if it was silent before', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 0n }) });
    device.poll(60, { eth0: port({ octets: 0n }) });
    expect(device.quality('eth0')).toBe('good');
    expect(device.number('rx_bps', 'eth0')).toBe(0);
  });

  it('says 0 for an idle port while other ports move', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 0n }), eth1: port({ octets: MINUTE }) });
    device.poll(60, { eth0: port({ octets: MINUTE }), eth1: port({ octets: MINUTE }) });
    expect(device.quality('eth1')).toBe('good');
    expect(device.number('rx_bps', 'eth1')).toBe(0);
  });

  it('takes later parts of a poll for idle once an earlier part moved', () => {
    const device = rateDevice();
    for (const minute of [0, 1]) {
      const octets = BigInt(minute) * MINUTE;
      device.poll(minute * 60, { eth0: port({ octets }) }, { part: 1, parts: 2 });
      device.poll(minute * 60, { eth1: port({ octets: 9n }) }, { part: 2, parts: 2 });
    }
    expect(device.quality('eth1')).toBe('good');
    expect(device.number('rx_bps', 'eth1')).toBe(0);
  });

  it('seeds a counter that appears during a stale poll at its own time', () => {
    const device = rateDevice();
    const second = { intervalMs: 1_000 };
    const none = { in_errors: null, out_errors: null };
    device.poll(0, { eth0: port({ octets: 0n, more: none }) }, second);
    device.poll(1, { eth0: port({ octets: 1_000_000n, more: none }) }, second);
    device.poll(2, { eth0: port({ octets: 1_000_000n, errors: 4n }) }, second);
    expect(device.quality('eth0')).toBe('stale');
    device.poll(3, { eth0: port({ octets: 1_000_000n, errors: 4n }) }, second);
    device.poll(4, { eth0: port({ octets: 4_000_000n, errors: 10n }) }, second);
    expect(device.number('rx_bps', 'eth0')).toBe(8_000_000);
    expect(device.number('rx_error_rate', 'eth0')).toBe(3);
    device.poll(5, { eth0: port({ octets: 5_000_000n, errors: 10n }) }, second);
    expect(device.number('rx_error_rate', 'eth0')).toBe(0);
    device.poll(6, { eth0: port({ octets: 6_000_000n, errors: 13n }) }, second);
    expect(device.number('rx_error_rate', 'eth0')).toBe(3);
  });
});
