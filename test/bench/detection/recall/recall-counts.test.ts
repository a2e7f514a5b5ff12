import { describe, expect, it } from '@jest/globals';
import { SIGNAL_KINDS } from '../simulated/signal-kinds.ts';
import { recallReport } from './recall-counts.ts';
import type { Injection } from './recall-worker.ts';
import { SHAPES } from './shapes.ts';

const injection = (changes: Partial<Injection>): Injection => ({
  shape: 'spike, 3 polls',
  magnitude: 6,
  delayPolls: Number.NaN,
  severeDelayPolls: Number.NaN,
  type: undefined,
  ...changes,
});

describe('recall', () => {
  const report = recallReport(
    [
      {
        kind: SIGNAL_KINDS[0]!,
        injections: [
          injection({}),
          injection({ delayPolls: 2, severeDelayPolls: 4, type: 'drop' }),
          injection({ delayPolls: 0, type: 'spike' }),
          injection({ delayPolls: 1, severeDelayPolls: 1, type: 'spike' }),
          injection({ magnitude: 3 }),
          injection({ shape: 'nothing', magnitude: Number.NaN }),
        ],
      },
      { kind: SIGNAL_KINDS.at(-1)!, injections: [injection({})] },
    ],
    { seed: 1, intervalMs: 300_000 },
  );

  it('is by shape and size, with delay and names of those found', () => {
    expect(report.cells).toEqual([
      {
        shape: 'spike, 3 polls',
        magnitude: 3,
        injected: 1,
        recall: 0,
        severe: 0,
        named: 0,
        delayMedian: null,
        delayP90: null,
        types: {},
      },
      {
        shape: 'spike, 3 polls',
        magnitude: 6,
        injected: 5,
        recall: 3 / 5,
        severe: 2 / 5,
        named: 2 / 3,
        delayMedian: 1,
        delayP90: 2,
        types: { drop: 1, spike: 2 },
      },
      expect.objectContaining({ shape: 'nothing', magnitude: null, recall: 0 }),
    ]);
  });

  it('is also by noise', () => {
    expect(report.noises.map(({ noise, cells }) => [noise, cells.length])).toEqual([
      ['gaussian', 3],
      ['autocorrelated', 1],
    ]);
  });
});

describe('shapes', () => {
  const rates = (name: string, size: number) => {
    const shape = SHAPES.find((one) => one.name === name)!;
    return Array.from({ length: shape.polls }, (_, k) => shape.rate(k, 100, size));
  };

  it('reach their size, and no more', () => {
    for (const { name, sized } of SHAPES)
      if (sized) expect(Math.max(...rates(name, 50).map((rate) => Math.abs(rate - 100)))).toBeGreaterThan(43);
    for (const { name } of SHAPES.filter((shape) => shape.sized))
      expect(Math.max(...rates(name, 50).map((rate) => Math.abs(rate - 100)))).toBeLessThanOrEqual(50);
  });

  it('are what they are called', () => {
    expect(rates('spike, 1 poll', 50)).toEqual([150]);
    expect(rates('drop, 3 polls', -50)).toEqual([50, 50, 50]);
    expect(rates('drop to zero', 0)).toEqual(new Array(12).fill(0));
    const ramp = rates('ramp over 72 polls', 72);
    expect(ramp.slice(0, 3)).toEqual([101, 102, 103]);
    expect(ramp.slice(71)).toEqual(new Array(25).fill(172));
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(rates('oscillation', 50))).toBeCloseTo(100, 9);
  });
});
