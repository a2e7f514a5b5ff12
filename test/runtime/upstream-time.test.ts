import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ObjectUnits } from '../../pipeline/runtime/object-units.ts';
import { UpstreamTime } from '../../pipeline/runtime/upstream-time.ts';

const newTime = () => new UpstreamTime(new ObjectUnits('objects.task.upstreams'));

/** The time after each tick of an upstream of three. */
function times(...ticks: readonly (readonly [upstream: number, tickMs: number])[]): number[] {
  const time = newTime();
  return ticks.map(([upstream, tickMs]) => time.advance(tickMs, { upstream, upstreams: 3 }));
}

const heard = [
  [0, 5_000],
  [1, 5_000],
  [2, 5_000],
] as const;

describe('the time of a sub-topology that lives by others', () => {
  it('is not known before all were heard of', () => {
    expect(newTime().advance(5_000)).toBeNaN();
    expect(times([0, 5_000], [0, 60_000], [2, 10_000])).toEqual([NaN, NaN, NaN]);
  });

  it('begins with what was sent first, whoever was heard of first', () => {
    expect(times([0, 90_000], [2, 10_000], [1, 20_000], [1, 30_000], [2, 30_000]).slice(2)).toEqual([
      10_000, 10_000, 30_000,
    ]);
    const time = newTime();
    time.advance(90_000, { upstream: 0, upstreams: 2 });
    // No tick.
    time.advance(15_000);
    expect(time.advance(30_000, { upstream: 1, upstreams: 2 })).toBe(15_000);
    expect(time.advance(25_000)).toBe(30_000);
  });

  it('is that of who is furthest behind: a partition that nobody owns holds it up', () => {
    expect(times(...heard, [0, 60_000], [2, 60_000]).slice(2)).toEqual([5_000, 5_000, 5_000]);
    expect(times(...heard, [0, 60_000], [2, 60_000], [1, 30_000]).at(-1)).toBe(30_000);
  });

  it('does not fall when an upstream begins anew behind its last tick', () => {
    const again = [
      [1, 1_000],
      [1, 3_000],
      [1, 5_000],
    ] as const;
    expect(times(...heard, ...again).slice(2)).toEqual(Array(4).fill(5_000));
  });

  it('never falls, and is the least of what everybody has told, from the second time on', () => {
    const told = fc.record({ upstream: fc.nat(2), tickMs: fc.nat(100).map((n) => 5_000 * n) });
    fc.assert(
      fc.property(fc.array(told, { minLength: 1, maxLength: 50 }), (ticks) => {
        const time = newTime();
        let before = Number.NaN;
        for (const [at, { upstream, tickMs }] of ticks.entries()) {
          const now = time.advance(tickMs, { upstream, upstreams: 3 });
          const sent = ticks.slice(0, at + 1);
          const best = [0, 1, 2].map((of) =>
            Math.max(...sent.flatMap((one) => (one.upstream === of ? one.tickMs : []))),
          );
          const least = Math.min(...best);
          if (least === -Infinity) expect(now).toBeNaN();
          else if (Number.isNaN(before)) expect(now).toBe(Math.min(...sent.map((one) => one.tickMs)));
          else expect(now).toBe(least);
          if (!Number.isNaN(before)) expect(now).toBeGreaterThanOrEqual(before);
          before = now;
        }
      }),
    );
  });
});
