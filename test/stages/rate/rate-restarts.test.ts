/** Agents and devices that start anew, and uptimes that only wrap (step 4). */
import { describe, expect, it } from '@jest/globals';
import { port, rateDevice } from '../../support/rate-device.ts';

/** 60 s at 8 Mb/s. */
const MINUTE = 60_000_000n;

describe('agents that start anew (step 4)', () => {
  it('gives no value for the interval of a restart whose counters keep growing, and says agent_restart', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: MINUTE }) }, { engineBoots: 3, engineTime: 900 });
    const restarted = { sysUptime: 1_500, engineBoots: 4, engineTime: 15 };
    device.poll(60, { eth0: port({ octets: 2n * MINUTE }) }, restarted);
    expect(device.quality('eth0')).toBe('agent_restart');
    expect(device.number('rx_bps', 'eth0')).toBeNaN();
    expect(device.outcomes.get('agent_restart')).toBe(1);
    expect(device.outcomes.get('device_reboot')).toBeUndefined();
    device.poll(
      120,
      { eth0: port({ octets: 3n * MINUTE }) },
      { ...restarted, sysUptime: 7_500, engineTime: 75 },
    );
    expect(device.number('rx_bps', 'eth0')).toBe(8_000_000);
  });

  it('notices a restart by engineBoots alone', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: MINUTE }) }, { engineBoots: 3 });
    device.poll(60, { eth0: port({ octets: 2n * MINUTE }) }, { engineBoots: 4 });
    expect(device.quality('eth0')).toBe('agent_restart');
  });

  it('notices a restart by engineTime where there is no sysUpTime', () => {
    const device = rateDevice();
    const envelope = (engineTime: number) => ({ sysUptime: Number.NaN, engineTime });
    device.poll(0, { eth0: port({ octets: MINUTE }) }, envelope(500));
    device.poll(60, { eth0: port({ octets: 2n * MINUTE }) }, envelope(20));
    expect(device.quality('eth0')).toBe('agent_restart');
  });

  it('notices a restart during a silence so long that the new uptime is above the old one', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: MINUTE }) }, { sysUptime: 10_000 });
    device.poll(600, { eth0: port({ octets: 2n * MINUTE }) }, { sysUptime: 30_000 });
    expect(device.quality('eth0')).toBe('agent_restart');
  });

  it('says reset on every row of a device that rebooted, also where a counter is higher than before', () => {
    const device = rateDevice();
    const rows = (eth0: bigint, eth1: bigint) => ({
      eth0: port({ octets: eth0 }),
      eth1: port({ octets: eth1 }),
    });
    device.poll(0, rows(900_000_000n, 10n));
    device.poll(60, rows(5_000n, 80_000n), { sysUptime: 2_000 });
    expect(device.quality('eth0')).toBe('reset');
    expect(device.quality('eth1')).toBe('reset');
    expect(device.number('rx_bps', 'eth1')).toBeNaN();
    expect(device.outcomes.get('device_reboot')).toBe(1);
    device.poll(120, rows(5_000n + MINUTE, 80_000n), { sysUptime: 8_000 });
    expect(device.number('rx_bps', 'eth0')).toBe(8_000_000);
    expect(device.number('rx_bps', 'eth1')).toBe(0);
  });

  it('knows a reboot by hrSystemUptime, though every counter is higher', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 5n }) }, { hostUptime: 50_000 });
    device.poll(60, { eth0: port({ octets: MINUTE }) }, { hostUptime: 3_000, sysUptime: 2_000 });
    expect(device.quality('eth0')).toBe('reset');
    expect(device.outcomes.get('device_reboot')).toBe(1);
  });

  it('takes a host clock that stepped back a little for no reboot', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 5n }) }, { hostUptime: 5_000_000 });
    device.poll(60, { eth0: port({ octets: 5n + MINUTE }) }, { hostUptime: 4_999_000 });
    expect(device.quality('eth0')).toBe('good');
  });

  it('takes the wrap of hrSystemUptime for no reboot', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 5n }) }, { hostUptime: 2 ** 32 - 3_000 });
    device.poll(60, { eth0: port({ octets: 5n + MINUTE }) }, { hostUptime: 3_000 });
    expect(device.quality('eth0')).toBe('good');
  });

  it('tells rows that were absent when the agent restarted as well', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 5n }), eth1: port({ octets: 5n }) });
    device.poll(60, { eth0: port({ octets: MINUTE }) }, { sysUptime: 3_000, status: 'partial' });
    device.poll(
      120,
      { eth0: port({ octets: 2n * MINUTE }), eth1: port({ octets: 2n * MINUTE }) },
      { sysUptime: 9_000 },
    );
    expect(device.quality('eth0')).toBe('good');
    expect(device.quality('eth1')).toBe('agent_restart');
  });

  it('notices a restart across polls that did not read sysUpTime', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 0n }) });
    device.poll(60, { eth0: port({ octets: MINUTE }) }, { sysUptime: Number.NaN });
    expect(device.quality('eth0')).toBe('good');
    device.poll(120, { eth0: port({ octets: 2n * MINUTE }) }, { sysUptime: 4_000 });
    expect(device.quality('eth0')).toBe('agent_restart');
  });

  describe('sysUpTime wraps at 2^32, 497 days', () => {
    const beforeWrap = 2 ** 32 - 2_000;
    const afterWrap = 4_000;

    it.each([
      [
        'engineTime agrees',
        { engineBoots: 2, engineTime: 1_000 },
        { engineBoots: 2, engineTime: 1_060 },
        'good',
      ],
      ['the agent tells no engineTime', {}, {}, 'good'],
      ['engineTime is negative', { engineTime: -7 }, { engineTime: -8 }, 'good'],
      ['engineBoots rose', { engineBoots: 2 }, { engineBoots: 3 }, 'agent_restart'],
      ['engineTime fell', { engineTime: 42_949_653 }, { engineTime: 40 }, 'agent_restart'],
    ])('and when %s', (_what, before, after, quality) => {
      const device = rateDevice();
      device.poll(0, { eth0: port({ octets: 0n }) }, { sysUptime: beforeWrap, ...before });
      device.poll(60, { eth0: port({ octets: MINUTE }) }, { sysUptime: afterWrap, ...after });
      expect(device.quality('eth0')).toBe(quality);
      if (quality === 'good') {
        expect(device.number('rx_bps', 'eth0')).toBe(8_000_000);
        expect(device.outcomes.get('uptime_wrap')).toBe(1);
      }
    });

    it('and when the collector’s clock differs, but engineTime fits it', () => {
      const device = rateDevice();
      device.poll(0, { eth0: port({ octets: 0n }) }, { sysUptime: beforeWrap, engineTime: 1_000 });
      device.poll(61.5, { eth0: port({ octets: MINUTE }) }, { sysUptime: afterWrap, engineTime: 1_060 });
      expect(device.quality('eth0')).toBe('good');
      expect(device.number('dt_s', 'eth0')).toBe(61.5);
    });

    it('is no wrap when sysUpTime fell from far below', () => {
      const device = rateDevice();
      device.poll(0, { eth0: port({ octets: 0n }) }, { sysUptime: 2 ** 31 });
      device.poll(60, { eth0: port({ octets: MINUTE }) }, { sysUptime: 4_000 });
      expect(device.quality('eth0')).toBe('agent_restart');
    });

    it('is no wrap when the new uptime does not fit the time that passed', () => {
      const device = rateDevice();
      device.poll(0, { eth0: port({ octets: 0n }) }, { sysUptime: beforeWrap });
      device.poll(60, { eth0: port({ octets: MINUTE }) }, { sysUptime: 1_000 });
      expect(device.quality('eth0')).toBe('agent_restart');
    });
  });
});
