import { describe, expect, it } from '@jest/globals';
import { randomFrom } from '../../../support/random-from.ts';
import { bestScore, probationRows, PROFILES, scoreAt, type ScoredSeries } from './nab-score.ts';
import { blindScores, windowedGaussianScores } from './reference-detectors.ts';

const ROWS = 4_000;

function scored(alarms: readonly number[], windows: ScoredSeries['windows']): ScoredSeries {
  const scores = new Float64Array(ROWS);
  for (const row of alarms) scores[row] = 1;
  return { name: 'x', scores, windows };
}

const WINDOWS = [
  [1_000, 1_199],
  [3_000, 3_399],
] as const;

const S = (x: number): number => (x > 3 ? -1 : 2 / (1 + Math.exp(5 * x)) - 1);

function anySeries(random: () => number): ScoredSeries {
  const rows = 200 + Math.floor(800 * random());
  const left = Math.floor(0.3 * rows * (1 + random()));
  const right = left + Math.floor(0.1 * rows * random());
  const next = right + 2 + Math.floor(0.1 * rows * random());
  return {
    name: 'x',
    scores: Float64Array.from({ length: rows }, () => random() ** 3),
    windows: [
      [left, right],
      [next, next + 1 + Math.floor(0.1 * rows * random())],
    ],
  };
}

/** Slow and plain: the windows lie behind the probation, so that each counts. */
function scoreByTheRule(
  corpus: readonly ScoredSeries[],
  { tp, fn, fp }: { readonly tp: number; readonly fn: number; readonly fp: number },
  threshold: number,
): number {
  let [raw, nothing, perfect] = [0, 0, 0];
  for (const { scores, windows } of corpus) {
    const detections = Array.from(scores, (_, row) => row)
      .filter((row) => row >= Math.floor(Math.min(0.15 * scores.length, 750)))
      .filter((row) => scores[row]! >= threshold);
    for (const [left, right] of windows) {
      const earliest = detections.find((row) => row >= left && row <= right);
      raw += earliest === undefined ? -fn : (tp * S(-(right - earliest + 1) / (right - left + 1))) / S(-1);
      nothing -= fn;
      perfect += tp;
    }
    for (const row of detections) {
      if (windows.some(([left, right]) => row >= left && row <= right)) continue;
      const before = windows.findLast(([, right]) => right < row);
      raw +=
        before === undefined ? -fp : fp * S(Math.abs(row - before[1]) / Math.max(1, before[1] - before[0]));
    }
  }
  return (100 * (raw - nothing)) / (perfect - nothing);
}

describe("NAB's score", () => {
  const { standard, low_fp, low_fn } = PROFILES;

  it('is 0 for silence, 100 for the first row of every window and nothing else', () => {
    expect(scoreAt([scored([], WINDOWS)], standard, 1).score).toBe(0);
    for (const profile of [standard, low_fp, low_fn]) {
      const perfect = scoreAt([scored([1_000, 3_000], WINDOWS)], profile, 1);
      expect(perfect.score).toBeCloseTo(100, 9);
      expect(perfect.detections).toBe(2);
    }
  });

  it('gives the earliest detection of a window its due, and later ones nothing', () => {
    // 200 rows before the end of 400: S(-0.5) / S(-1), of what two windows can earn.
    const half = S(-0.5) / S(-1);
    const late = scoreAt([scored([3_200], WINDOWS)], standard, 1).score;
    expect(late).toBeCloseTo((100 * (half + 1)) / 4, 9);
    expect(scoreAt([scored([3_200, 3_201, 3_300], WINDOWS)], standard, 1).score).toBeCloseTo(late, 9);
  });

  it('charges a false detection by its distance behind the last window, in full before the first', () => {
    const of = (...alarms: number[]) =>
      scoreAt([scored([1_000, 3_000, ...alarms], WINDOWS)], standard, 1).score;
    expect(100 - of(900)).toBeCloseTo((100 * 0.11) / 4, 9);
    // One row behind a window costs next to nothing, a window's width nearly all.
    expect(100 - of(1_200)).toBeLessThan(0.05);
    expect(100 - of(1_200 + 200)).toBeGreaterThan(2.6);
    expect(100 - of(2_900)).toBeCloseTo((100 * 0.11) / 4, 9);
  });

  it('gives the last row of a window little, and a missed one its cost', () => {
    const lone = [[1_000, 1_199]] as const;
    const last = S(-1 / 200) / S(-1);
    expect(scoreAt([scored([1_199], lone)], standard, 1).score).toBeCloseTo((100 * (last + 1)) / 2, 9);
    // Silence is 0 by definition; one of two windows is half of the way, whatever a missed one costs.
    expect(scoreAt([scored([1_000], WINDOWS)], standard, 1).score).toBeCloseTo(50, 9);
    expect(scoreAt([scored([1_000], WINDOWS)], low_fn, 1).score).toBeCloseTo(50, 9);
  });

  it('charges the distance in widths of the window before, all of it beyond three', () => {
    const narrow = [[1_000, 1_010]] as const;
    const cost = (profile: (typeof PROFILES)[keyof typeof PROFILES], ...alarms: number[]) => {
      const { score } = scoreAt([scored([1_000, ...alarms], narrow)], profile, 1);
      return ((100 - score) * (profile.tp + profile.fn)) / 100;
    };
    expect(cost(standard, 1_015)).toBeCloseTo(-0.11 * S(0.5), 9);
    expect(cost(standard, 1_020, 1_030)).toBeCloseTo(-0.11 * (S(1) + S(2)), 9);
    expect(cost(standard, 1_040)).toBeCloseTo(-0.11 * S(3), 12);
    expect(cost(standard, 1_041)).toBeCloseTo(0.11, 12);
    expect(cost(low_fp, 1_041)).toBeCloseTo(0.22, 12);
    expect(cost(low_fn, 1_041)).toBeCloseTo(0.11, 12);
    expect(cost(low_fp, 999)).toBeCloseTo(0.22, 12);
  });

  it('takes a score that only reaches the threshold for a detection, in all series at once', () => {
    const half = scored([1_000, 3_000], WINDOWS);
    const both = [half, { ...half, scores: Float64Array.from(half.scores, (score) => score / 2) }];
    expect(scoreAt(both, standard, 1).score).toBeCloseTo(50, 9);
    expect(scoreAt(both, standard, 0.5).score).toBeCloseTo(100, 9);
    expect(bestScore(both, standard)).toMatchObject({ threshold: 0.5, detections: 4 });
  });

  it('is what the rule says, read sentence by sentence', () => {
    const seed = Number(process.env['SEED'] ?? Date.now() % 1e6);
    const random = randomFrom(seed);
    for (let run = 0; run < 30; run += 1) {
      const corpus = Array.from({ length: 3 }, () => anySeries(random));
      for (const profile of Object.values(PROFILES)) {
        const threshold = random();
        const { score } = scoreAt(corpus, profile, threshold);
        if (Math.abs(score - scoreByTheRule(corpus, profile, threshold)) > 1e-9)
          throw new Error(`seed ${seed}`);
      }
    }
  });

  it('does not count the first 15 %, at most 750 rows', () => {
    expect(probationRows(4_000)).toBe(600);
    expect(probationRows(22_000)).toBe(750);
    expect(scoreAt([scored([1_000, 3_000, 10, 599], WINDOWS)], standard, 1).score).toBeCloseTo(100, 9);
  });

  it('at the best threshold is what scoreAt gives there, and no threshold gives more', () => {
    const seed = Number(process.env['SEED'] ?? Date.now() % 1e6);
    const random = randomFrom(seed);
    const corpus = Array.from({ length: 6 }, (_, index) => ({
      name: `${index}`,
      // Few different scores, so that many are equal.
      scores: Float64Array.from({ length: 1_500 }, () => Math.floor(random() ** 4 * 40) / 40),
      windows: [
        [400 + index, 500],
        [900, 1_000 + index],
      ] as const,
    }));
    for (const profile of Object.values(PROFILES)) {
      const best = bestScore(corpus, profile);
      const all = Array.from({ length: 41 }, (_, step) => scoreAt(corpus, profile, step / 40 + 1e-9).score);
      const found = scoreAt(corpus, profile, best.threshold);
      if (Math.abs(found.score - best.score) > 1e-9) throw new Error(`seed ${seed}`);
      expect(found.detections).toBe(best.detections);
      expect(best.score).toBeGreaterThanOrEqual(Math.max(0, ...all) - 1e-9);
    }
  });
});

describe('what anything has to beat', () => {
  it('is an alarm every 600 rows', () => {
    expect([...blindScores(1_500).entries()].filter(([, score]) => score > 0).map(([row]) => row)).toEqual([
      0, 600, 1_200,
    ]);
  });

  it('is a normal distribution of the last rows: sigmas, as far as doubles tell their tails apart', () => {
    const random = randomFrom(5);
    const values = Array.from({ length: 1_000 }, (_, row) => (row === 900 ? 2 : random()));
    const scores = windowedGaussianScores([...values, 1e9, 1e9]);
    const before = values.slice(0, 900);
    const mean = before.reduce((sum, value) => sum + value, 0) / before.length;
    const variance = before.reduce((sum, value) => sum + (value - mean) ** 2, 0) / before.length;
    expect(scores[900]).toBeCloseTo((2 - mean) / Math.sqrt(variance), 9);
    expect(Math.max(...scores.slice(500, 900))).toBeLessThan(2.5);
    expect(scores[0]).toBe(0);
    expect(scores[1_000]).toBe(8.2);
  });
});
