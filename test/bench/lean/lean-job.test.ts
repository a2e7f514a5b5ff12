import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { leanHarness } from './lean-harness.ts';
import { hourOfWeek, PEER_QUALITIES } from './peer-topics.ts';
import type { RawPoll } from './polls.ts';
import { ReferenceJob } from './reference-job.ts';

const MONDAY_MS = Date.UTC(2026, 10, 16);

/** One row whose metric 0 (octets) and metric 4 (errors, 32 bit) are as told; a minute apart by `minute`. */
function poll(
  minute: number,
  values: { octets?: bigint; errors?: bigint },
  over: Partial<RawPoll> = {},
): RawPoll {
  const { octets = 0n, errors = 0n } = values;
  return {
    entity: '10.0.0.1',
    pollId: minute,
    observedAtMs: MONDAY_MS + minute * 60_000,
    uptime: 1_000 + minute * 6_000,
    boots: 1,
    rows: [row({ counters: [octets, 0n, 0n, 0n, errors, 0n, 0n, 0n] })],
    ...over,
  };
}

function row(over: Partial<RawPoll['rows'][number]>): RawPoll['rows'][number] {
  return {
    if_index: 1,
    if_name: 'Gi0/1',
    oper_status: 1,
    high_speed: 1_000,
    counters: [0n, 0n, 0n, 0n, 0n, 0n, 0n, 0n],
    ...over,
  };
}

const NULLS = Array.from({ length: 8 }, () => null);

describe('the lean job', () => {
  it('knows no rate at the first poll of a row', async () => {
    const job = await leanHarness();
    const [first] = job.fold(poll(0, { octets: 5n })).rows;
    expect(first).toMatchObject({ if_index: 1, if_name: 'Gi0/1', quality: 'first', metrics: NULLS });
  });

  it('expects the first rate itself, then what the EWMA learned, and scales by its variance', async () => {
    const job = await leanHarness();
    job.fold(poll(0, { octets: 0n }));
    // 6,000 octets in 60 s = 100/s; scale is at least a thousandth of what is expected.
    expect(job.fold(poll(1, { octets: 6_000n })).rows[0]!.metrics[0]).toEqual({
      value: 100,
      expected: 100,
      scale: Math.fround(0.1),
      sigma: 0,
    });
    // 110/s against a mean of 100 and a variance of 0
    expect(job.fold(poll(2, { octets: 12_600n })).rows[0]!.metrics[0]).toEqual({
      value: 110,
      expected: 100,
      scale: Math.fround(0.1),
      sigma: 100,
    });
    // mean 100 + 0.05 * 10, variance 0.95 * (0 + 0.05 * 10^2) = 4.75
    expect(job.fold(poll(3, { octets: 18_600n })).rows[0]!.metrics[0]).toEqual({
      value: 100,
      expected: 100.5,
      scale: Math.fround(Math.sqrt(4.75)),
      sigma: Math.fround(-0.5 / Math.sqrt(4.75)),
    });
  });

  it("expects its hour's mean from the fourth rate of the hour on", async () => {
    const job = await leanHarness();
    let octets = 0n;
    const rates = [100n, 110n, 90n, 140n];
    const scored = [0n, ...rates].map((rate, minute) => {
      octets += rate * 60n;
      return job.fold(poll(minute, { octets }));
    });
    // At the fourth rate the cell holds 100, 110, 90: mean 100, sum of squares 200, divided by 4 - 2.
    // EWMA by then: variance 4.75, then 0.95 * (4.75 + 0.05 * (90 - 100.5)^2) = 9.749375
    const fourth = scored[4]!.rows[0]!.metrics[0]!;
    expect(fourth.expected).toBe(100);
    expect(fourth.scale).toBe(Math.fround(10));
    expect(fourth.sigma).toBe(4);
    // Another hour of the week begins with the EWMA: 100, 100.5, 99.975, 101.97625.
    const later = job.fold(poll(60, { octets: octets + 100n * 56n * 60n })).rows[0]!.metrics[0]!;
    expect(later.value).toBeCloseTo(100, 9);
    expect(later.expected).toBeCloseTo(101.97625, 9);
  });

  it('says stale, and keeps what it has, when time does not go on', async () => {
    const job = await leanHarness();
    job.fold(poll(1, { octets: 0n }));
    expect(job.fold(poll(1, { octets: 900n })).rows[0]).toMatchObject({ quality: 'stale', metrics: NULLS });
    expect(job.fold(poll(2, { octets: 6_000n })).rows[0]!.metrics[0]!.value).toBe(100);
  });

  it('says reindexed when the index has another name, once', async () => {
    const job = await leanHarness();
    job.fold(poll(0, {}));
    const renamed = (minute: number) => poll(minute, {}, { rows: [row({ if_name: 'Gi0/2' })] });
    expect(job.fold(renamed(1)).rows[0]).toMatchObject({ quality: 'reindexed', metrics: NULLS });
    expect(job.fold(renamed(2)).rows[0]).toMatchObject({ quality: 'ok' });
  });

  it.each([
    ['the agent booted', poll(1, { octets: 600n }, { boots: 2 })],
    ['the uptime fell', poll(1, { octets: 600n }, { uptime: 5 })],
    ['a 64-bit counter fell', poll(1, { octets: 99n })],
    ['a 32-bit counter fell by less than half its range', poll(1, { octets: 600n, errors: 999n })],
  ])('says reset when %s', async (_why, second) => {
    const job = await leanHarness();
    job.fold(poll(0, { octets: 100n, errors: 1_000n }));
    expect(job.fold(second).rows[0]).toMatchObject({ quality: 'reset', metrics: NULLS });
    const third = job.fold(poll(2, { octets: 6_000n, errors: 1_000n }, { boots: second.boots }));
    expect(third.rows[0]).toMatchObject({ quality: 'ok' });
  });

  it('adds 2^32 when a 32-bit counter wraps', async () => {
    const job = await leanHarness();
    job.fold(poll(0, { errors: 2n ** 32n - 60n }));
    expect(job.fold(poll(1, { errors: 60n })).rows[0]!.metrics[4]!.value).toBe(2);
  });

  it('carries the high half of a counter', async () => {
    const job = await leanHarness();
    job.fold(poll(0, { octets: 2n ** 33n - 60n }));
    expect(job.fold(poll(1, { octets: 2n ** 33n + 60n })).rows[0]!.metrics[0]!.value).toBe(2);
  });

  it('says implausible above 1.2 times the speed of the port', async () => {
    const job = await leanHarness();
    const limit = (1_000n * 1_000_000n * 12n * 60n) / 80n;
    job.fold(poll(0, { octets: 0n }));
    expect(job.fold(poll(1, { octets: limit })).rows[0]).toMatchObject({ quality: 'ok' });
    const above = job.fold(poll(2, { octets: 2n * limit + 60n }));
    expect(above.rows[0]).toMatchObject({ quality: 'implausible', metrics: NULLS });
  });

  it('sends an anomaly beyond six sigma, not before the sixteenth rate', async () => {
    const anomaliesAt = async (spikeAt: number) => {
      const job = await leanHarness();
      let octets = 0n;
      let scored = job.fold(poll(0, { octets }));
      for (let sample = 1; sample <= spikeAt; sample += 1) {
        octets += sample === spikeAt ? 600_000n : 6_000n;
        scored = job.fold(poll(sample, { octets }));
      }
      return scored.anomalies;
    };
    expect(await anomaliesAt(15)).toEqual([]);
    expect(await anomaliesAt(16)).toMatchObject([{ if_index: 1, metric: 0, value: 10_000, expected: 100 }]);
  });

  it.each([
    ['Monday 00:00 UTC', Date.UTC(2026, 10, 16), 0],
    ['Monday 00:59', Date.UTC(2026, 10, 16, 0, 59, 59, 999), 0],
    ['Wednesday 05:00', Date.UTC(2026, 10, 18, 5), 53],
    ['Sunday 23:00', Date.UTC(2026, 10, 22, 23), 167],
    ['the epoch, a Thursday', 0, 72],
  ])('knows the hour of the week of %s', (_name, epochMs, hour) => {
    expect(hourOfWeek(epochMs)).toBe(hour);
  });

  it('goes on from the state of a checkpoint as if nothing had happened', async () => {
    const before = await leanHarness();
    before.fold(poll(0, { octets: 0n }));
    before.fold(poll(1, { octets: 6_000n }));
    const after = await before.successor();
    const next = poll(2, { octets: 13_000n });
    expect(after.fold(next)).toEqual(before.fold(next));
  });

  it('computes what the reference computes, over any polls', async () => {
    const counters = (max: bigint) =>
      fc.array(fc.oneof({ weight: 4, arbitrary: fc.bigInt(0n, 2n ** 20n) }, fc.bigInt(0n, max)), {
        minLength: 8,
        maxLength: 8,
      });
    const rawRow = fc.record({
      if_index: fc.integer({ min: 1, max: 90 }),
      if_name: fc.constantFrom('a', 'a', 'a', 'Ünïcode/1', ''),
      high_speed: fc.constantFrom(0, 1, 100_000),
      growth: counters(2n ** 32n),
    });
    const step = fc.record({
      entity: fc.constantFrom('10.0.0.1', 'ö'),
      stepMs: fc.constantFrom(60_000, 60_000, 60_000, 1, 0, -5, 1_800_000),
      boots: fc.constantFrom(1, 1, 1, 1, 2),
      // Now and then a counter is anywhere.
      begin: fc.option(counters(2n ** 63n - 1n), { freq: 5 }),
      rows: fc.uniqueArray(rawRow, { minLength: 1, maxLength: 80, selector: (one) => one.if_index }),
      repeat: fc.integer({ min: 1, max: 25 }),
    });
    const verdicts = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const job = await leanHarness();
        const reference = new ReferenceJob();
        const now = new Map<string, bigint[]>();
        let observedAtMs = MONDAY_MS;
        let pollId = 0;
        for (const { stepMs, entity, boots, begin, rows, repeat } of steps) {
          for (let nth = 0; nth < repeat; nth += 1) {
            observedAtMs += stepMs;
            pollId += 1;
            const raw: RawPoll = {
              entity,
              pollId,
              observedAtMs,
              uptime: pollId,
              boots,
              rows: rows.map(({ growth, ...rest }) => {
                const key = `${entity} ${rest.if_index}`;
                const from = (nth === 0 ? begin : null) ?? now.get(key) ?? growth;
                // 63 bits, and 32 for the last four
                const grown = from.map((value, metric) =>
                  BigInt.asUintN(metric < 4 ? 63 : 32, value + growth[(metric + nth) % 8]!),
                );
                now.set(key, grown);
                return { ...rest, oper_status: 1, counters: grown };
              }),
            };
            const scored = job.fold(raw);
            const wanted = reference.fold(raw);
            for (const { quality } of wanted) verdicts.set(quality, (verdicts.get(quality) ?? 0) + 1);
            expect(scored.rows.map(({ quality }) => quality)).toEqual(wanted.map(({ quality }) => quality));
            expect(scored.rows.map(({ metrics }) => metrics)).toEqual(
              wanted.map(({ scores }) => scores.map((score) => score && asFloats(score))),
            );
            const anomalous = wanted.flatMap(({ scores }, index) =>
              scores.flatMap((score, metric) =>
                score?.isAnomaly === true ? [{ if_index: raw.rows[index]!.if_index, metric }] : [],
              ),
            );
            if (anomalous.length > 0) verdicts.set('anomaly', (verdicts.get('anomaly') ?? 0) + 1);
            expect(scored.anomalies).toMatchObject(anomalous);
            expect(scored.anomalies).toHaveLength(anomalous.length);
          }
        }
      }),
      { numRuns: 40 },
    );
    // Every rule was at work.
    expect([...verdicts.keys()].sort()).toEqual(['anomaly', ...PEER_QUALITIES].sort());
  });

  function asFloats({
    value,
    expected,
    scale,
    sigma,
  }: {
    value: number;
    expected: number;
    scale: number;
    sigma: number;
  }) {
    return { value, expected, scale: Math.fround(scale), sigma: Math.fround(sigma) };
  }

  it('makes a dead letter of every cut of a poll, and of what is none', async () => {
    const job = await leanHarness();
    const whole = job.encode(poll(0, { octets: 2n ** 40n, errors: 7n }));
    expect(job.foldBytes(whole)).toEqual([]);
    for (let length = 0; length < whole.length; length += 1) {
      expect(job.foldBytes(whole.subarray(0, length))).toHaveLength(1);
    }
    expect(job.foldBytes(Buffer.concat([whole, Buffer.from([0])]))).toEqual(['trailing_bytes']);
    expect(job.foldBytes(Buffer.concat([Buffer.from([0, 0, 0, 0, 9]), whole.subarray(5)]))).toEqual([
      'unknown_schema',
    ]);
    expect(job.foldBytes(null)).toEqual(['tombstone']);
  });

  it('numbers qualities as the schema does', () => {
    expect(PEER_QUALITIES).toEqual(['ok', 'first', 'reindexed', 'reset', 'implausible', 'stale']);
  });
});
