import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SEGMENT_SLOTS, StateColumn } from '../../pipeline/model/state.ts';

describe('state column', () => {
  it('starts small and doubles, so that a small task stays small', () => {
    const column = new StateColumn({ name: 'c', type: 'f32', scope: 'row', group: 'cell', width: 192 });
    column.ensure(1);
    expect(column.bytes).toBe(16 * 192 * 4);
    column.ensure(17);
    expect(column.capacities).toEqual([32]);
  });

  it('never moves a full segment', () => {
    const column = new StateColumn({ name: 'c', type: 'f64', scope: 'row', group: 'hot' });
    column.ensure(SEGMENT_SLOTS);
    const [first] = column.segments;
    column.ensure(3 * SEGMENT_SLOTS + 1);
    expect(column.segments[0]).toBe(first);
    expect(column.capacities).toEqual([SEGMENT_SLOTS, SEGMENT_SLOTS, SEGMENT_SLOTS, 16]);
  });

  it('takes whole segments of cells that begin at 0 from the second on, which are never copied', () => {
    const cells = new StateColumn({ name: 'c', type: 'f64', scope: 'row', group: 'cell', width: 2 });
    cells.ensure(SEGMENT_SLOTS + 1);
    expect(cells.capacities).toEqual([SEGMENT_SLOTS, SEGMENT_SLOTS]);
    const [, second] = cells.segments;
    cells.ensure(2 * SEGMENT_SLOTS);
    expect(cells.segments[1]).toBe(second);
  });

  it('gives new slots the initial value', () => {
    const column = new StateColumn({
      name: 'c',
      type: 'f64',
      scope: 'row',
      group: 'hot',
      initial: Number.NaN,
    });
    column.ensure(40);
    expect(column.get(39)).toBeNaN();
  });

  it.each(['hot', 'cell'] as const)('keeps every value of the %s layout through growth', (group) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.nat(9000), { minLength: 1, maxLength: 20 }),
        (width, slots) => {
          const column = new StateColumn({ name: 'c', type: 'f64', scope: 'row', group, width });
          const model = new Map<string, number>();
          let size = 0;
          for (const [step, slot] of slots.entries()) {
            size = Math.max(size, slot + 1);
            column.ensure(size);
            for (let k = 0; k < width; k += 1) {
              column.set(slot, step * 10 + k, k);
              model.set(`${slot}/${k}`, step * 10 + k);
            }
          }
          for (const [place, value] of model) {
            const [slot, k] = place.split('/').map(Number) as [number, number];
            expect(column.get(slot, k)).toBe(value);
          }
        },
      ),
    );
  });
});
