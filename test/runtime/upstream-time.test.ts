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

describe('the time of a sub-topology that lives by others', () => {
  it('is not known before anybody was heard of, nor before all were', () => {
    expect(newTime().tickMs).toBeNaN();
    expect(times([0, 5_000], [2, 10_000], [0, 15_000], [1, 20_000])).toEqual([NaN, NaN, NaN, 10_000]);
  });

  it('is that of who is furthest behind: a partition that nobody owns holds it up', () => {
    const known = [[0, 5_000], [1, 5_000], [2, 5_000]] as const;
    expect(times(...known, [0, 60_000], [2, 60_000]).slice(2)).toEqual([5_000, 5_000, 5_000]);
    expect(times(...known, [0, 60_000], [2, 60_000], [1, 30_000]).at(-1)).toBe(30_000);
  });

  it('does not fall when an upstream begins anew behind its last tick', () => {
    const known = [[0, 30_000], [1, 30_000], [2, 30_000]] as const;
    expect(times(...known, [1, 10_000], [1, 20_000], [1, 30_000]).slice(2)).toEqual(Array(4).fill(30_000));
  });

  it('never falls, and is never beyond what everybody has told', () => {
    const told = fc.record({ upstream: fc.nat(2), tickMs: fc.nat(100).map((n) => 5_000 * n) });
    fc.assert(
      fc.property(fc.array(told), (ticks) => {
        const time = newTime();
        let before = -Infinity;
        for (const [at, { upstream, tickMs }] of ticks.entries()) {
          time.heard({ upstream, upstreams: 3, tickMs });
          const best = [0, 1, 2].map((of) =>
            Math.max(...ticks.slice(0, at + 1).flatMap((one) => (one.upstream === of ? one.tickMs : []))),
          );
          const expected = Math.min(...best);
          expect(time.tickMs).toBe(expected === -Infinity ? Number.NaN : expected);
          if (Number.isNaN(time.tickMs)) continue;
          expect(time.tickMs).toBeGreaterThanOrEqual(before);
          before = time.tickMs;
        }
      }),
    );
  });
});
