import { describe, expect, it } from '@jest/globals';
import { figure, figureLine, reached } from './figure.ts';

describe('figure', () => {
  it('gives the median and the spread of its runs', () => {
    expect(figure('a', 'ns', [3, 1, 2, 10])).toMatchObject({ runs: 4, median: 2.5, min: 1, max: 10 });
    expect(figure('a', 'ns', [3, 1, 2])).toMatchObject({ runs: 3, median: 2, kind: 'absolute' });
  });

  it('is a ratio by its unit', () => {
    expect(figure('a', 'ratio', [1]).kind).toBe('ratio');
  });

  it.each([[[]], [[1, Number.NaN]], [[Infinity]]])('refuses %p: nothing was measured', (values) => {
    expect(() => figure('a', 'ns', values)).toThrow('a was not measured');
  });

  it('says how far its target is reached, in its direction', () => {
    const higher = { better: 'higher', atLeast: 0.8, then: 1.2 } as const;
    const lower = { better: 'lower', atLeast: 0.5, then: 0.2 } as const;
    const of = (value: number, target?: typeof higher | typeof lower | { better: 'higher' }) =>
      reached(figure('a', 'ratio', [value], target));
    expect([0.7, 0.8, 1.2].map((value) => of(value, higher))).toEqual(['missed', 'at least', 'then']);
    expect([0.6, 0.5, 0.2].map((value) => of(value, lower))).toEqual(['missed', 'at least', 'then']);
    expect([of(1), of(1, { better: 'higher' })]).toEqual([undefined, undefined]);
    expect(figureLine(figure('a', 'ratio', [0.7], higher))).toContain('at least 0.800, then 1.20: missed');
    expect(figureLine(figure('a', 'ratio', [0.7], lower))).toContain('at most 0.500, then 0.200: missed');
  });
});
