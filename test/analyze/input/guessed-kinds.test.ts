import { describe, expect, it } from '@jest/globals';
import { numberParser } from '../../../pipeline/analyze/input/cells.ts';
import { GuessedKinds } from '../../../pipeline/analyze/input/guessed-kinds.ts';

function kindOf(metric: string, ...series: readonly (readonly (number | string)[])[]): string {
  const guessed = new GuessedKinds(numberParser('point'));
  const longest = Math.max(...series.map(({ length }) => length));
  for (let row = 0; row < longest; row += 1)
    for (const [at, values] of series.entries())
      if (values[row] !== undefined) guessed.look(metric, `s${at}`, String(values[row]));
  return guessed.kindOf(metric) ?? 'gauge';
}

const counting = (count: number, from: number, step: (k: number) => number): number[] => {
  let value = from;
  return Array.from({ length: count }, (_, k) => (value += step(k)));
};

describe('a metric counts', () => {
  it('if it is called so and never falls', () => {
    expect(
      kindOf(
        'ifHCInOctets',
        counting(8, 1e9, (k) => 1000 * k),
      ),
    ).toBe('counter');
    expect(kindOf('in_errors', [0, 0, 0, 1, 1, 1, 4])).toBe('counter');
    expect(kindOf('requests_total', [5, 9])).toBe('gauge');
  });

  it('if whole numbers never fall in many rows, and reach far', () => {
    const traffic = counting(60, 4e8, (k) => 1e6 + (k % 7) * 1e5);
    expect(kindOf('x', traffic)).toBe('counter');
    // Two values of each of many series are as good.
    expect(kindOf('x', ...traffic.map((value) => [value, value + 1000]))).toBe('counter');
  });

  it('also if it was reset once', () => {
    const traffic = counting(200, 4e8, () => 1e6);
    expect(kindOf('x', [...traffic, ...counting(50, 0, () => 1e6)])).toBe('counter');
  });

  it('not if it falls as well as it rises, has decimals or signs, or moves between usual values', () => {
    expect(
      kindOf(
        'bytes',
        counting(60, 4e8, (k) => (k % 9 === 8 ? -1e6 : 1e6)),
      ),
    ).toBe('gauge');
    expect(
      kindOf(
        'octets',
        counting(60, 0.5, () => 1),
      ),
    ).toBe('gauge');
    expect(
      kindOf(
        'octets',
        counting(60, -4e8, () => 1e6),
      ),
    ).toBe('gauge');
    expect(
      kindOf(
        'temperature',
        counting(60, 20, (k) => (k % 6 === 0 ? 1 : 0)),
      ),
    ).toBe('gauge');
    expect(
      kindOf(
        'sawtooth',
        Array.from({ length: 400 }, (_, k) => (k % 20) * 1000),
      ),
    ).toBe('gauge');
  });
});

describe('a metric is a status', () => {
  const lasting = Array.from({ length: 200 }, (_, k) => (k > 90 && k < 95 ? 2 : 1));

  it('if it has words', () => {
    expect(kindOf('x', ['up', 'up', 'down'])).toBe('status');
  });

  it('if it is called so and has few small numbers', () => {
    expect(kindOf('ifOperStatus', [1, 1, 1])).toBe('status');
    expect(kindOf('health', [93.5, 95])).toBe('gauge');
    expect(kindOf('status_code_count', [200, 301, 404])).toBe('gauge');
  });

  it('if it has two or three small numbers, which last', () => {
    expect(kindOf('x', lasting)).toBe('status');
    expect(
      kindOf(
        'x',
        lasting.map((value) => value * 100),
      ),
    ).toBe('gauge');
    expect(
      kindOf(
        'x',
        Array.from({ length: 200 }, (_, k) => k % 2),
      ),
    ).toBe('gauge');
    expect(kindOf('x', new Array<number>(200).fill(0))).toBe('gauge');
  });
});
