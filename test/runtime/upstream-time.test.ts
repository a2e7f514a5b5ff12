import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ObjectUnits } from '../../pipeline/runtime/object-units.ts';
import { UpstreamTime } from '../../pipeline/runtime/upstream-time.ts';

const newTime = () => new UpstreamTime(new ObjectUnits('objects.task.upstreams'));

/** The time after each tick of an upstream of three. */
function times(...ticks: readonly (readonly [upstream: number, tickMs: number])[]): number[] {
  const time = newTime();
  return ticks.map(([upstream, tickMs]) => {
    time.heard({ upstream, upstreams: 3, tickMs });
    return time.tickMs;
  });
}

const heard = [
  [0, 5_000],
  [1, 5_000],
  [2, 5_000],
] as const;

describe('the time of a sub-topology that lives by others', () => {
  it('begins with the first record, and stands there until all were heard of', () => {
    expect(newTime().tickMs).toBeNaN();
    expect(times([0, 5_000], [0, 60_000], [2, 10_000])).toEqual([5_000, 5_000, 5_000]);
    expect(times([0, 5_000], [0, 60_000], [2, 10_000], [1, 20_000]).at(-1)).toBe(10_000);
  });

  it('begins with what was sent first, though it is no tick', () => {
    const time = newTime();
    time.begin(15_000);
    time.heard({ upstream: 0, upstreams: 2, tickMs: 30_000 });
    expect(time.tickMs).toBe(15_000);
    time.heard({ upstream: 1, upstreams: 2, tickMs: 20_000 });
    expect(time.tickMs).toBe(20_000);
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

  it('never falls, and is the least of what everybody has told, or where it began', () => {
    const told = fc.record({ upstream: fc.nat(2), tickMs: fc.nat(100).map((n) => 5_000 * n) });
    fc.assert(
      fc.property(fc.array(told, { minLength: 1 }), (ticks) => {
        const time = newTime();
        let before = -Infinity;
        for (const [at, { upstream, tickMs }] of ticks.entries()) {
          time.heard({ upstream, upstreams: 3, tickMs });
          const best = [0, 1, 2].map((of) =>
            Math.max(...ticks.slice(0, at + 1).flatMap((one) => (one.upstream === of ? one.tickMs : []))),
          );
          expect(time.tickMs).toBe(Math.max(ticks[0]!.tickMs, Math.min(...best)));
          expect(time.tickMs).toBeGreaterThanOrEqual(before);
          before = time.tickMs;
        }
      }),
    );
  });
});
