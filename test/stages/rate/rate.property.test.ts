/** What holds of `rate` for any device, however odd. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { PollStatus } from '../../../pipeline/model/reading.ts';
import { rate, RATE_DEFAULTS } from '../../../pipeline/stages/rate/rate.ts';
import { ratePlan } from '../../../pipeline/stages/rate/rate-plan.ts';
import { catalogue } from '../../../topics/catalogue.ts';
import { START_MS } from '../../support/rate-device.ts';
import {
  stageHarness,
  type ReadingSample,
  type RowSample,
  type StageHarness,
} from '../../support/stage-harness.ts';

const TWO_32 = 2n ** 32n;
const ALL_ONES = 2n ** 64n - 1n;
const METRICS = ratePlan(catalogue).metrics.map(({ name }) => name);
const RATES = ratePlan(catalogue).metrics.flatMap(({ name, derive }) =>
  derive.kind === 'rate' ? [name] : [],
);

const newHarness = () => stageHarness(rate(catalogue, RATE_DEFAULTS));

/** Octets that the emitted rates add up to, and the last sample that one was emitted for. */
function addUp(
  samples: readonly { readonly dtMs: number; readonly sample: ReadingSample; readonly total: bigint }[],
) {
  const harness = newHarness();
  let octets = 0n;
  let covered = samples[0]!.total;
  for (const { sample, total } of samples) {
    harness.feed(sample);
    const bps = harness.number('rx_bps', 'eth0');
    if (Number.isNaN(bps)) continue;
    octets += BigInt(Math.round((bps * harness.number('dt_s', 'eth0')) / 8));
    covered = total;
  }
  return { octets, grown: covered - samples[0]!.total, harness };
}

describe('rates', () => {
  it('times seconds add up exactly to the growth of a 64-bit counter, sampled at any times', () => {
    const step = fc.record({
      dtMs: fc.integer({ min: 200, max: 4_000_000 }),
      growth: fc.bigInt({ min: 0n, max: 2n ** 44n }),
      tellsUptime: fc.boolean(),
      jitterMs: fc.integer({ min: -60, max: 60 }),
    });
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 2n ** 62n }),
        fc.array(step, { minLength: 1, maxLength: 30 }),
        (start, steps) => {
          let atMs = START_MS;
          let total = start;
          const samples = [{ dtMs: 0, growth: 0n, tellsUptime: true, jitterMs: 0 }, ...steps].map((next) => {
            atMs += next.dtMs;
            total += next.growth;
            const uptime = 60_000_000 + Math.floor((atMs - START_MS + next.jitterMs) / 10);
            const sysUptime = next.tellsUptime ? uptime : Number.NaN;
            const rows = { eth0: { in_octets: total, out_octets: total } };
            return { dtMs: next.dtMs, total, sample: { observedAtMs: atMs, sysUptime, rows } };
          });
          const { octets, grown } = addUp(samples);
          expect(octets).toBe(grown);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('times seconds add up exactly to the growth of a 32-bit counter through its wraps', () => {
    const step = fc.record({
      turn: fc.double({ min: 0.0001, max: 0.9999, noNaN: true }),
      load: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: TWO_32 - 1n }),
        fc.constantFrom(1, 10, 100, 1_000, 10_000),
        fc.array(step, { minLength: 1, maxLength: 30 }),
        (start, mbps, steps) => {
          const turnMs = Number(TWO_32) / (mbps * 125);
          let atMs = START_MS;
          let total = start;
          const samples = [{ turn: 0, load: 0 }, ...steps].map(({ turn, load }) => {
            const dtMs = Math.max(1, Math.floor(turn * turnMs));
            atMs += dtMs;
            // At least one octet: a device that repeats itself is another matter.
            total += 1n + BigInt(Math.floor(load * (mbps * 125 * dtMs - 1)));
            const rows = { eth0: { in_octets_32: total % TWO_32, if_high_speed: mbps } };
            return { dtMs, total, sample: { observedAtMs: atMs, rows } };
          });
          const { octets, grown } = addUp(samples);
          expect(octets).toBe(grown);
          expect(grown).toBe(samples.at(-1)!.total - samples[0]!.total);
        },
      ),
      { numRuns: 200 },
    );
  });
});

const counter = fc.oneof(
  { weight: 6, arbitrary: fc.bigInt({ min: 0n, max: 100_000_000n }) },
  { weight: 2, arbitrary: fc.bigInt({ min: TWO_32 - 1_000n, max: TWO_32 + 1_000n }) },
  { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: ALL_ONES }) },
  { weight: 1, arbitrary: fc.constantFrom(0n, ALL_ONES, 2n ** 63n - 1n, 2n ** 63n) },
  { weight: 2, arbitrary: fc.constant(null) },
);
const low = counter.map((value) => (value === null ? null : value % TWO_32));
const choice = <T>(...values: T[]) => fc.constantFrom(...values);

const oddRow: fc.Arbitrary<RowSample> = fc.record({
  in_octets: counter,
  in_octets_32: low,
  out_octets: counter,
  out_octets_32: low,
  in_unicast_packets: counter,
  in_unicast_packets_32: low,
  in_multicast_packets: counter,
  in_broadcast_packets: counter,
  in_errors: low,
  in_discards: counter,
  if_high_speed: choice<number | null>(0, 1, 100, 10_000, 1e9, null),
  if_speed: choice<number | null>(0, 10_000_000, 4_294_967_295, null),
  mtu: choice<number | null>(0, 1_500, 9_000, null),
  duplex: choice<number | null>(1, 2, 3, null),
  discontinuity_time: choice<number | null>(0, 0, 0, 0, 7, null),
  phys_address: choice<string | null>('aa', 'aa', 'aa', 'aa', 'bb', '', null),
});

const oddReading: fc.Arbitrary<ReadingSample> = fc
  .record({
    entity: choice('default/device/r1', 'default/device/r1', 'default/device/r2'),
    stepMs: fc.integer({ min: -1_000, max: 200_000 }),
    sysUptime: fc.oneof(fc.integer({ min: -10, max: 2 ** 32 }), fc.constant(Number.NaN)),
    hostUptime: choice(Number.NaN, -1, 100, 5_000_000),
    engineBoots: choice(Number.NaN, -1, 1, 1, 1, 2),
    engineTime: choice(Number.NaN, -4, 10, 100_000),
    intervalMs: choice(Number.NaN, 5_000, 60_000),
    durationMs: choice(Number.NaN, 40, 9_000),
    status: choice<PollStatus>('complete', 'complete', 'partial', 'failed', 'unknown'),
    part: choice(1, 1, 2),
    rows: fc.dictionary(choice('eth0', 'eth1', 'eth2'), oddRow, { minKeys: 0 }),
  })
  .map(({ stepMs, ...reading }) => ({ ...reading, observedAtMs: stepMs }));

/** Readings in the order that they arrive; some repeat the one before, as a stale cache does. */
const oddReadings = fc
  .array(fc.tuple(oddReading, fc.boolean()), { minLength: 1, maxLength: 25 })
  .map((readings) => {
    let atMs = START_MS;
    let rows: ReadingSample['rows'] = {};
    return readings.map(([reading, repeats]): ReadingSample => {
      atMs += reading.observedAtMs;
      rows = repeats ? rows : reading.rows;
      return { ...reading, rows, observedAtMs: atMs };
    });
  });

/** Every bit of the stage's state. */
function stateOf(harness: StageHarness): string {
  return [...harness.state.columns()]
    .map(([name, { column }]) => `${name}=${column.segments.map(bytesOf).join()}`)
    .join('\n');
}

function bytesOf({ buffer }: ArrayBufferView): string {
  return Buffer.from(buffer).toString('base64');
}

/** Everything that the stage added to the reading. */
function outputOf({ reading }: StageHarness, kept: boolean): unknown {
  if (!kept || reading.status === 'failed') return { kept };
  const { rowCount } = reading;
  return {
    kept,
    quality: [...reading.quality.subarray(0, rowCount)],
    exceptions: structuredClone(reading.exceptions),
    metrics: [...METRICS, 'dt_s', 'speed_mbps'].map((name) =>
      bytesOf(reading.number(name).values.slice(0, rowCount)),
    ),
  };
}

describe('whatever a device says', () => {
  it('is never a negative or infinite number, nor more than the speed allows', () => {
    fc.assert(
      fc.property(oddReadings, (readings) => {
        const harness = newHarness();
        for (const reading of readings) {
          if (!harness.feed(reading) || reading.status === 'failed') continue;
          for (const instance of Object.keys(reading.rows)) {
            for (const metric of METRICS) {
              const value = harness.number(metric, instance);
              expect(Number.isNaN(value) || (value >= 0 && Number.isFinite(value))).toBe(true);
            }
            for (const metric of ['rx_bps', 'tx_bps']) {
              const bound = harness.number('speed_mbps', instance) * 1e6 * RATE_DEFAULTS.utilizationSlack;
              expect(harness.number(metric, instance) > bound * (1 + 1e-12)).toBe(false);
            }
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('has a reason wherever there is no rate, and no quality but good and gap where there is no reason', () => {
    fc.assert(
      fc.property(oddReadings, (readings) => {
        const harness = newHarness();
        for (const reading of readings) {
          if (!harness.feed(reading) || reading.status === 'failed') continue;
          for (const instance of Object.keys(reading.rows)) {
            const quality = harness.quality(instance);
            for (const metric of RATES) {
              const isKnown = !Number.isNaN(harness.number(metric, instance));
              const reason = harness.reason(instance, metric);
              if (isKnown) expect(reason).toBeUndefined();
              else expect(reason ?? quality).not.toMatch(/^(good|gap)$/);
            }
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is 0 only where the counter in use had the same value before', () => {
    fc.assert(
      fc.property(oddReadings, (readings) => {
        const harness = newHarness();
        const seen = new Map<string, Set<bigint>>();
        for (const reading of readings) {
          if (!harness.feed(reading) || reading.status === 'failed') continue;
          for (const instance of Object.keys(reading.rows)) {
            const key = `${reading.entity} ${instance}`;
            const values = seen.get(key) ?? new Set();
            seen.set(key, values);
            const inUse = harness.counter('in_octets', instance);
            if (harness.number('rx_bps', instance) === 0) expect(values.has(inUse! % TWO_32)).toBe(true);
            if (inUse !== undefined) values.add(inUse % TWO_32);
            const beside = reading.rows[instance]!['in_octets_32'];
            if (typeof beside === 'bigint') values.add(beside);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('changes nothing when it is folded twice', () => {
    fc.assert(
      fc.property(oddReadings, (readings) => {
        const harness = newHarness();
        for (const reading of readings) {
          harness.feed(reading);
          const before = stateOf(harness);
          const again = harness.feed(reading);
          expect(again && reading.status !== 'failed').toBe(false);
          expect(stateOf(harness)).toBe(before);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('gives the same output to the last bit when it is replayed', () => {
    fc.assert(
      fc.property(oddReadings, (readings) => {
        const [first, second] = [newHarness(), newHarness()].map((harness) => ({
          outputs: readings.map((reading) => outputOf(harness, harness.feed(reading))),
          state: stateOf(harness),
          outcomes: [...harness.outcomes],
        }));
        expect(second).toEqual(first);
      }),
      { numRuns: 60 },
    );
  });
});
