import { describe, expect, it } from '@jest/globals';
import { anomalyId, deviceId, entityKey, parseEntityKey, siteId } from '../../pipeline/model/entity.ts';

describe('entity key', () => {
  it('is lower case, and parsed back', () => {
    const key = entityKey('Default', 'device', 'Core-1');
    expect(key).toBe('default/device/core-1');
    expect(parseEntityKey(key)).toEqual({ domain: 'default', kind: 'device', id: 'core-1' });
  });

  it.each([
    ['an empty id', ''],
    ['a slash', 'a/b'],
    ['a NUL', 'a\u0000'],
    ['a line feed', 'a\nb'],
    ['300 characters', 'x'.repeat(300)],
  ])('refuses %s', (_what, id) => {
    expect(() => entityKey('default', 'device', id)).toThrow(RangeError);
  });

  it.each(['', 'a', 'a/device', 'a/thing/b', 'a/device/b/c', '/device/b', 'a/device/'])(
    'does not parse %j',
    (key) => {
      expect(() => parseEntityKey(key)).toThrow(/is no entity key/);
    },
  );
});

describe('ids that leave the pipeline', () => {
  // Pinned: a change of these values orphans every row that was ever written.
  it('never change', () => {
    expect(deviceId('default/device/core-1')).toBe(PINNED.device);
    expect(anomalyId('default/device/core-1', 'Gi1/0/1', 'rx_bps', 'deviation', 1_700_000_000_000)).toBe(
      PINNED.anomaly,
    );
    expect(siteId('default', 'berlin')).toBe(PINNED.site);
  });

  it('differ by every part of their name', () => {
    const ids = new Set([
      anomalyId('d/device/a', 'i', 'm', 'deviation', 1),
      anomalyId('d/device/b', 'i', 'm', 'deviation', 1),
      anomalyId('d/device/a', 'j', 'm', 'deviation', 1),
      anomalyId('d/device/a', 'i', 'n', 'deviation', 1),
      anomalyId('d/device/a', 'i', 'm', 'status', 1),
      anomalyId('d/device/a', 'i', 'm', 'deviation', 2),
    ]);
    expect(ids.size).toBe(6);
  });
});

const PINNED = {
  device: '7cd32cfe-9a8e-50d6-b212-6e931297fbb9',
  anomaly: '10795e8a-6140-57b7-bdc0-aba18e20331f',
  site: 1928361767,
};
