import { describe, expect, it } from '@jest/globals';
import { analyzed, DAY_MS, every, START_MS, type SeriesSample } from '../support/analyzed.ts';
import { diurnalTraffic } from '../support/simulated-series.ts';

const MINUTES_5 = 300_000;
/** Octets a second. */
const traffic = diurnalTraffic({ seed: 9, mean: 4e6, swing: 0.5, weekend: 1, noise: 0.03 });
const TWO_32 = 2n ** 32n;
const TWO_62 = 2n ** 62n;

/** A counter that grows by `rate`; `shown`: what the agent says when it has counted so many. */
function counting(
  days: number,
  shown: (octets: bigint, atMs: number) => bigint,
  rate: (atMs: number) => number = traffic,
): (readonly [number, string])[] {
  let octets = 0n;
  return [...every(MINUTES_5, days, rate)].map(([atMs, perSecond]) => {
    octets += BigInt(Math.round((perSecond * MINUTES_5) / 1000));
    return [atMs, String(shown(octets, atMs))] as const;
  });
}

const of = (more: Partial<SeriesSample> & Pick<SeriesSample, 'values'>): SeriesSample => ({
  instance: 'ge-0',
  metric: 'ifInOctets',
  kind: 'counter',
  ...more,
});

/** Rates as they were drawn. */
function rates(sample: SeriesSample): number[] {
  return analyzed([sample])
    .series[0]!.envelope.buckets()
    .flatMap(({ least, largest }) => [least, largest]);
}

describe('a counter', () => {
  it('is judged by its growth a second, and the anomaly says so', () => {
    const at = START_MS + 20 * DAY_MS;
    const values = counting(
      22,
      (octets) => TWO_32 + octets,
      (atMs) => traffic(atMs) * (atMs > at && atMs <= at + 3_600_000 ? 5 : 1),
    );
    const { found, series } = analyzed([of({ values })]);
    expect(found.map(({ record }) => [record.anomaly_type, record.metric_name])).toEqual([
      ['spike', 'ifInOctets per second'],
    ]);
    expect(found[0]!.record.description).toMatch(/^ifInOctets per second of ge-0 is [\d.]+ MBy\/s/);
    expect(series[0]).toMatchObject({ judgedUnit: 'By/s', unknown: 1, values: 22 * 288 });
  });

  it('that wraps at 2^32 goes on, with or without a speed', () => {
    const wrapping = counting(20, (octets) => octets % TWO_32);
    const falls = wrapping.filter(([, text], k) => k > 0 && Number(text) < Number(wrapping[k - 1]![1]));
    expect(falls.length).toBeGreaterThan(100);
    for (const speedBps of [Number.NaN, 1e8]) {
      const { found, series } = analyzed([of({ values: wrapping, speedBps })]);
      expect(found).toEqual([]);
      expect(series[0]!.unknown).toBe(1);
    }
  });

  it('that is reset gives no rate for that interval, and no spike', () => {
    const reset = START_MS + 15 * DAY_MS;
    let before = 0n;
    const values = counting(20, (octets, atMs) => {
      if (atMs <= reset) before = octets;
      return atMs <= reset ? TWO_62 + octets : octets - before;
    });
    const { found, series } = analyzed([of({ values })]);
    expect(found).toEqual([]);
    expect(series[0]!.unknown).toBe(2);
    expect(Math.max(...rates(of({ values })))).toBeLessThan(1e7);
    // Below 2^32 a reset looks like a wrap: its own past tells them apart.
    const small = counting(20, (octets, atMs) =>
      atMs <= reset ? octets % TWO_32 : (octets - before) % TWO_32,
    );
    expect(Math.max(...rates(of({ values: small })))).toBeLessThan(1e7);
  });

  it('is exact to the last bit, however large', () => {
    const values = counting(2, (octets) => TWO_62 + octets);
    const small = counting(2, (octets) => octets + TWO_32);
    expect(rates(of({ values }))).toEqual(rates(of({ values: small })));
  });

  it('that grew faster than its line can is not believed', () => {
    const values = counting(2, (octets, atMs) => (atMs === START_MS + DAY_MS ? octets + 10n ** 15n : octets));
    expect(Math.max(...rates(of({ values, speedBps: 1e9 })))).toBeLessThan(1e7);
    expect(Math.max(...rates(of({ values })))).toBeGreaterThan(1e12);
  });

  it('with decimals keeps them', () => {
    let seconds = 0;
    const values = [...every(15_000, 1, () => (seconds += 4.125))];
    const drawn = rates(of({ metric: 'cpu_seconds_total', hasDecimals: true, values }));
    for (const rate of drawn) expect(rate).toBeCloseTo(0.275, 9);
    expect(drawn.length).toBeGreaterThan(100);
  });

  it('below zero, or beyond 63 bits, is refused by the value', () => {
    const { refused, series } = analyzed([
      of({
        values: [
          [START_MS, '-5'],
          [START_MS + 1, '18446744073709551615'],
          [START_MS + 2, '7'],
        ],
      }),
    ]);
    expect(refused).toEqual([
      '-5 is below zero: a counter counts up from it (--kind METRIC=gauge if it is none)',
      '18446744073709551615 is no count: it has more than 63 bits',
    ]);
    expect(series[0]!.values).toBe(1);
  });

  it('that stands still has the rate 0', () => {
    const drawn = rates(of({ values: every(MINUTES_5, 1, () => 5_000) }));
    expect(new Set(drawn)).toEqual(new Set([0]));
  });
});
