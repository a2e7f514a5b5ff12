/** Who gets which partition of a group: examples, and what holds for any group. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { assignPartitions, type Member } from '../../pipeline/broker/kafka/assignor.ts';

const member = (id: string, owned: readonly number[] = [], generation = 1): Member => ({
  id,
  owned,
  generation,
});

const assigned = (members: readonly Member[], partitions: number) =>
  Object.fromEntries(assignPartitions(members, partitions));

describe('the assignor', () => {
  it('shares out among new members, as many for each but for one', () => {
    expect(assigned([member('a'), member('b'), member('c')], 7)).toEqual({
      a: [0, 3, 6],
      b: [1, 4],
      c: [2, 5],
    });
  });

  it('lets a newcomer have its share and nobody lose more than that', () => {
    expect(assigned([member('a', [0, 1, 2, 3]), member('b')], 4)).toEqual({ a: [0, 1], b: [2, 3] });
  });

  it('gives what a lost member had to the others, who keep theirs', () => {
    expect(assigned([member('a', [0, 3]), member('c', [2, 5])], 6)).toEqual({ a: [0, 1, 3], c: [2, 4, 5] });
  });

  it('believes the later generation when two claim a partition', () => {
    const zombie = member('a', [0, 1], 4);
    expect(assigned([zombie, member('b', [0, 1], 5)], 2)).toEqual({ a: [1], b: [0] });
  });

  it('leaves members over that there are no partitions for', () => {
    expect(assigned([member('a'), member('b', [0])], 1)).toEqual({ a: [], b: [0] });
  });

  it('is complete, balanced, sticky and the same whoever computes it, for any group', () => {
    const partitions = fc.integer({ min: 0, max: 40 });
    const member = fc.record({
      owned: fc.uniqueArray(fc.nat(45), { maxLength: 20 }),
      generation: fc.integer({ min: -1, max: 3 }),
    });
    const group = fc.array(member, { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(partitions, group, (count, anonymous) => {
        const members = anonymous.map((each, i): Member => ({ id: `m${i}`, ...each }));
        const result = assignPartitions(members, count);
        const all = [...result.values()].flat().toSorted((a, b) => a - b);
        expect(all).toEqual(Array.from({ length: count }, (_, i) => i));
        const sizes = [...result.values()].map(({ length }) => length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        expect([...assignPartitions(members.toReversed(), count)].toSorted()).toEqual([...result].toSorted());
        // Assigned again, with what each has now, nothing moves.
        const settled = members.map(({ id }): Member => ({ id, owned: result.get(id)!, generation: 9 }));
        expect(assignPartitions(settled, count)).toEqual(result);
      }),
    );
  });

  it('moves no more than balance asks for when a member joins or leaves, for any group', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 2, max: 8 }), (count, size) => {
        const ids = Array.from({ length: size }, (_, i) => `m${i}`);
        const before = assignPartitions(
          ids.map((id) => member(id)),
          count,
        );
        const rest = ids.slice(1).map((id) => member(id, before.get(id)));
        for (const [id, numbers] of assignPartitions(rest, count)) {
          expect(numbers).toEqual(expect.arrayContaining(before.get(id)!));
        }
        const joined = assignPartitions(
          [...ids.map((id) => member(id, before.get(id))), member('new')],
          count,
        );
        for (const id of ids) expect(before.get(id)).toEqual(expect.arrayContaining(joined.get(id)!));
      }),
    );
  });
});
