import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { randomFrom } from '../../support/random-from.ts';
import { describeIf } from '../../support/requires.ts';
import { readCorpus, type TimedSeries } from './corpus.ts';
import { NAB_FOLDER } from './nab/nab-command.ts';
import { ProductScores } from './product-scores.ts';

function cut({ name, timesMs, values }: TimedSeries, rows: number): TimedSeries {
  return { name, timesMs: timesMs.subarray(0, rows), values: values.subarray(0, rows) };
}

/** Cuts anywhere, and at the ends of what a window or an hour could hold back. */
function expectCausal(series: TimedSeries, random: () => number, seed: number): void {
  const whole = new ProductScores().of(series);
  const { length } = series.values;
  for (const rows of [1, Math.floor(random() * length), Math.floor(random() * length), length - 1]) {
    const before = new ProductScores().of(cut(series, rows));
    expect({ seed, rows, scores: [...before] }).toEqual({ seed, rows, scores: [...whole.subarray(0, rows)] });
  }
}

/** Two weeks with days, spikes, steps, repeats and holes. */
function anySeries(random: () => number): TimedSeries {
  const rows = 4_032;
  let [level, atMs] = [100 * random(), Date.UTC(2026, 2, 20)];
  const timesMs = new Float64Array(rows);
  const values = new Float64Array(rows);
  for (let row = 0; row < rows; row += 1) {
    // Now and then late, at the same time as the last, or after a gap.
    const late = random();
    atMs += late < 0.005 ? 0 : late < 0.01 ? -300_000 : late > 0.998 ? 86_400_000 : 300_000;
    if (random() < 0.001) level *= 3 * random();
    const day = 1 + 0.5 * Math.sin((2 * Math.PI * row) / 288);
    const value = level * day * (1 + 0.1 * random()) * (random() < 0.002 ? 8 : 1);
    timesMs[row] = atMs;
    values[row] = random() < 0.002 ? Number.NaN : random() < 0.1 ? Math.round(value) : value;
  }
  return { name: 'any', timesMs, values };
}

describe('scores of the product', () => {
  it('of a row know nothing of the rows after it', () => {
    const seed = Number(process.env['SEED'] ?? Date.now() % 1e6);
    const random = randomFrom(seed);
    for (let run = 0; run < 3; run += 1) expectCausal(anySeries(random), random, seed);
  });

  it('do not depend on the series before, nor on names', () => {
    const [first, second] = [anySeries(randomFrom(1)), anySeries(randomFrom(2))];
    const product = new ProductScores();
    product.of(first);
    expect(product.of({ ...second, name: 'other' })).toEqual(new ProductScores().of(second));
  });

  it('are 0 for rows that are late or have no value, which change no score behind them', () => {
    const series = anySeries(randomFrom(3));
    const without = [...series.values.keys()].filter((row) => row !== 2_000);
    const scores = new ProductScores().of({
      ...series,
      values: series.values.map((value, row) => (row === 2_000 ? Number.NaN : value)),
    });
    expect(scores[2_000]).toBe(0);
    const shorter = new ProductScores().of({
      name: series.name,
      timesMs: Float64Array.from(without, (row) => series.timesMs[row]!),
      values: Float64Array.from(without, (row) => series.values[row]!),
    });
    expect(Array.from(without.slice(2_100), (row) => scores[row])).toEqual([...shorter.slice(2_100)]);
  });
});

const folder = join(NAB_FOLDER, 'data');

describeIf(existsSync(folder), `there is no corpus at ${NAB_FOLDER}: NETSIGMA_NAB_DIR names another place`, {
  optional: true,
})('scores of NAB', () => {
  it('know nothing of the rows after them', () => {
    const seed = Number(process.env['SEED'] ?? Date.now() % 1e6);
    const random = randomFrom(seed);
    const corpus = readCorpus(folder, { warn: () => undefined });
    for (let run = 0; run < 3; run += 1)
      expectCausal(corpus[Math.floor(random() * corpus.length)]!, random, seed);
  });
});
