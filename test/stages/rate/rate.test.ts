/** The decision order of `rate`: first samples, time, disturbances (steps 1, 2, 5). */
import { describe, expect, it } from '@jest/globals';
import { OCTETS_PER_PACKET, port, rateDevice, START_MS } from '../../support/rate-device.ts';

/** 60 s at 8 Mb/s. */
const MINUTE = 60_000_000n;

describe('first samples (step 1)', () => {
  it('gives no rate for the first sample of a device, and says first', () => {
    const device = rateDevice();
    expect(device.poll(0, { eth0: port({ octets: 5n }) })).toBe(true);
    expect(device.quality('eth0')).toBe('first');
    expect(device.number('rx_bps', 'eth0')).toBeNaN();
    expect(device.number('dt_s', 'eth0')).toBeNaN();
    expect(device.reading.exceptions).toEqual([]);
  });

  it('gives rates from the second sample on', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 1_000n, errors: 3n }) });
    device.poll(60, { eth0: port({ octets: 1_000n + MINUTE, errors: 63n }) });
    expect(device.quality('eth0')).toBe('good');
    expect(device.number('rx_bps', 'eth0')).toBe(8_000_000);
    expect(device.number('tx_bps', 'eth0')).toBe(8_000_000);
    expect(device.number('rx_error_rate', 'eth0')).toBe(1);
    expect(device.number('rx_unicast_pps', 'eth0')).toBe(1_250);
    expect(device.number('rx_pps', 'eth0')).toBe(1_250);
    expect(device.number('rx_discard_rate', 'eth0')).toBe(0);
    expect(device.number('dt_s', 'eth0')).toBe(60);
    expect(device.counter('in_octets', 'eth0')).toBe(1_000n + MINUTE);
    expect(device.reading.exceptions).toEqual([]);
  });

  it('gives a row that joins later its own first sample', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 1n }) });
    device.poll(60, { eth0: port({ octets: MINUTE }), eth1: port({ octets: 7n }) });
    expect(device.quality('eth0')).toBe('good');
    expect(device.quality('eth1')).toBe('first');
  });

  it('says reindexed when the name carries another ifPhysAddress', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 1n }) });
    device.poll(60, { eth0: port({ octets: MINUTE, more: { phys_address: '00:00:5e:00:53:99' } }) });
    expect(device.quality('eth0')).toBe('reindexed');
    expect(device.number('rx_bps', 'eth0')).toBeNaN();
    device.poll(120, { eth0: port({ octets: 2n * MINUTE, more: { phys_address: '00:00:5e:00:53:99' } }) });
    expect(device.number('rx_bps', 'eth0')).toBe(8_000_000);
  });

  it('takes an address that is not told for no change', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 0n }) });
    device.poll(60, { eth0: port({ octets: MINUTE, more: { phys_address: null } }) });
    expect(device.quality('eth0')).toBe('good');
    device.poll(120, { eth0: port({ octets: 2n * MINUTE }) });
    expect(device.quality('eth0')).toBe('good');
  });

  it('starts anew in a slot that was handed out again', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 1n }) });
    device.place('default/device/r1', ['eth0']);
    device.reading.fresh[0] = 1;
    device.reading.observedAtMs = START_MS + 60_000;
    device.process();
    expect(device.quality('eth0')).toBe('first');
  });
});

describe('time (step 2)', () => {
  it('drops a reading that is not newer than the last, and counts it as late', () => {
    const device = rateDevice();
    device.poll(60, { eth0: port({ octets: 0n }) });
    expect(device.poll(60, { eth0: port({ octets: 5n }) })).toBe(false);
    expect(device.poll(0, { eth0: port({ octets: 5n }) })).toBe(false);
    expect(device.outcomes.get('late')).toBe(2);
    device.poll(120, { eth0: port({ octets: MINUTE }) });
    expect(device.number('rx_bps', 'eth0')).toBe(8_000_000);
  });

  it('divides by the agent’s own time, not by the collector’s jitter', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 0n }) });
    device.poll(60.18, { eth0: port({ octets: MINUTE }) }, { sysUptime: 8_640_000 + 6_000 });
    expect(device.number('dt_s', 'eth0')).toBe(60);
  });

  it('divides by the collector’s clock where the agent’s is coarse, absent, negative or broken', () => {
    for (const sysUptime of [8_640_000 + 6_200, Number.NaN, -5, 8_640_000 + 60_000]) {
      const device = rateDevice();
      device.poll(0, { eth0: port({ octets: 0n }) });
      device.poll(60, { eth0: port({ octets: MINUTE }) }, { sysUptime });
      expect(device.number('dt_s', 'eth0')).toBe(60);
      expect(device.quality('eth0')).toBe('good');
    }
  });

  it('takes a difference of a second or two for the agent’s coarse clock, not for a jump', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 0n }) });
    device.poll(61.5, { eth0: port({ octets: MINUTE }) }, { sysUptime: 8_646_000 });
    expect(device.number('dt_s', 'eth0')).toBe(61.5);
    expect(device.outcomes.get('clock_jump')).toBeUndefined();
  });

  it('takes no time of the agent across a poll that did not read sysUpTime', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 0n }) });
    device.poll(60, { eth0: port({ octets: MINUTE }) }, { sysUptime: Number.NaN });
    device.poll(120, { eth0: port({ octets: 2n * MINUTE }) });
    expect(device.number('dt_s', 'eth0')).toBe(60);
  });

  it('allows sysUpTime to be read seconds away from the middle of a slow poll', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 0n }) }, { durationMs: 40 });
    device.poll(63, { eth0: port({ octets: MINUTE }) }, { sysUptime: 8_646_000, durationMs: 6_000 });
    expect(device.number('dt_s', 'eth0')).toBe(60);
  });

  it('believes sysUpTime and engineTime together against a collector’s clock that was set', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 0n }) }, { engineBoots: 4, engineTime: 86_400 });
    device.poll(
      240,
      { eth0: port({ octets: MINUTE }) },
      { engineBoots: 4, engineTime: 86_460, sysUptime: 8_646_000 },
    );
    expect(device.number('dt_s', 'eth0')).toBe(60);
    expect(device.quality('eth0')).toBe('good');
    expect(device.outcomes.get('clock_jump')).toBe(1);
    // Set back again: 360 s by the agent, 120 s by the collector.
    device.poll(
      360,
      { eth0: port({ octets: 7n * MINUTE }) },
      { engineBoots: 4, engineTime: 86_820, sysUptime: 8_682_000 },
    );
    expect(device.number('rx_bps', 'eth0')).toBe(8_000_000);
  });

  it('believes sysUpTime and the poll interval together where there is no engineTime', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 0n }) });
    device.poll(3_660, { eth0: port({ octets: MINUTE }) }, { sysUptime: 8_646_000 });
    expect(device.number('dt_s', 'eth0')).toBe(60);
  });

  it('leaves a failed poll out: silence is no reset', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 0n }) });
    expect(device.poll(60, {}, { status: 'failed', sysUptime: Number.NaN })).toBe(true);
    device.poll(120, { eth0: port({ octets: 2n * MINUTE }) });
    expect(device.number('rx_bps', 'eth0')).toBe(8_000_000);
    expect(device.number('dt_s', 'eth0')).toBe(120);
    expect(device.quality('eth0')).toBe('good');
  });

  it('says unknown of rows that a failed poll carries nevertheless', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 0n }) });
    device.poll(60, { eth0: port({ octets: MINUTE }) }, { status: 'failed' });
    expect(device.quality('eth0')).toBe('unknown');
    expect(device.number('rx_bps', 'eth0')).toBeNaN();
  });

  it('carries no counter of 2^63 and more out of a failed poll', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 0n }) });
    const more = { in_octets: 2n ** 64n - 1n, out_octets: 2n ** 63n, in_errors: 2n ** 32n };
    device.poll(60, { eth0: port({ octets: MINUTE, more }) }, { status: 'failed' });
    for (const name of Object.keys(more)) expect(device.counter(name, 'eth0')).toBeUndefined();
    expect(device.counter('in_unicast_packets', 'eth0')).toBe(MINUTE / OCTETS_PER_PACKET);
  });

  it('carries none out of a row that comes twice in a poll either', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 0n }) }, { part: 1, parts: 2 });
    const more = { in_octets: 2n ** 64n - 1n };
    device.poll(0, { eth0: port({ octets: 0n, more }) }, { part: 2, parts: 2 });
    expect(device.quality('eth0')).toBe('unknown');
    expect(device.counter('in_octets', 'eth0')).toBeUndefined();
  });

  it('computes a row that was missing from a partial poll over its own longer interval', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 0n }), eth1: port({ octets: 0n }) });
    device.poll(60, { eth0: port({ octets: MINUTE }) }, { status: 'partial' });
    expect(device.number('rx_bps', 'eth0')).toBe(8_000_000);
    device.poll(120, { eth0: port({ octets: 2n * MINUTE }), eth1: port({ octets: 2n * MINUTE }) });
    expect(device.number('dt_s', 'eth0')).toBe(60);
    expect(device.number('dt_s', 'eth1')).toBe(120);
    expect(device.number('rx_bps', 'eth1')).toBe(8_000_000);
  });

  it('folds the parts of one poll, and each of them once', () => {
    const device = rateDevice();
    const parts = (atS: number, octets: bigint): boolean[] => [
      device.poll(atS, { eth0: port({ octets }) }, { part: 1, parts: 2 }),
      device.poll(atS, { eth1: port({ octets }) }, { part: 2, parts: 2 }),
      device.poll(atS, { eth1: port({ octets: octets + 9n }) }, { part: 2, parts: 2 }),
      device.poll(atS, { eth0: port({ octets: octets + 9n }) }, { part: 1, parts: 2 }),
    ];
    expect(parts(0, 0n)).toEqual([true, true, false, false]);
    expect(parts(60, MINUTE)).toEqual([true, true, false, false]);
    device.poll(120, { eth0: port({ octets: 2n * MINUTE }) }, { part: 1, parts: 2 });
    expect(device.number('rx_bps', 'eth0')).toBe(8_000_000);
    device.poll(120, { eth1: port({ octets: 2n * MINUTE }) }, { part: 2, parts: 2 });
    expect(device.number('rx_bps', 'eth1')).toBe(8_000_000);
  });

  it('gives no value to a row that stands in two parts of one poll', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 0n }) });
    device.poll(60, { eth0: port({ octets: MINUTE }) }, { part: 1, parts: 2 });
    device.poll(60, { eth0: port({ octets: MINUTE + 5n }) }, { part: 2, parts: 2 });
    expect(device.quality('eth0')).toBe('unknown');
    expect(device.number('rx_bps', 'eth0')).toBeNaN();
  });
});

describe('disturbances (step 5)', () => {
  it('drops the interval in which ifCounterDiscontinuityTime changed, up or down', () => {
    const device = rateDevice();
    const at = (discontinuity_time: number) => ({ discontinuity_time });
    device.poll(0, { eth0: port({ octets: 0n, more: at(99_999_999_999) }) });
    device.poll(60, { eth0: port({ octets: MINUTE, more: at(100_000_000_000) }) });
    expect(device.quality('eth0')).toBe('discontinuity');
    expect(device.number('rx_error_rate', 'eth0')).toBeNaN();
    device.poll(120, { eth0: port({ octets: 2n * MINUTE, more: at(5) }) });
    expect(device.quality('eth0')).toBe('discontinuity');
    device.poll(180, { eth0: port({ octets: 3n * MINUTE, more: at(5) }) });
    expect(device.number('rx_bps', 'eth0')).toBe(8_000_000);
  });

  it('takes a discontinuity time that is told now and then for a change only when it differs', () => {
    const device = rateDevice();
    device.poll(0, { eth0: port({ octets: 0n, more: { discontinuity_time: null } }) });
    device.poll(60, { eth0: port({ octets: MINUTE, more: { discontinuity_time: 7 } }) });
    expect(device.quality('eth0')).toBe('good');
    device.poll(120, { eth0: port({ octets: 2n * MINUTE, more: { discontinuity_time: null } }) });
    device.poll(180, { eth0: port({ octets: 3n * MINUTE, more: { discontinuity_time: 8 } }) });
    expect(device.quality('eth0')).toBe('discontinuity');
  });
});
