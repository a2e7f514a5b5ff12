import { describe, expect, it } from '@jest/globals';
import { randomFrom } from '../../support/random-from.ts';
import { bestThreshold, eventScore } from './event-score.ts';
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
    const half = (2 / (1 + Math.exp(-2.5)) - 1) / (2 / (1 + Math.exp(-5)) - 1);
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

describe('F1 of events', () => {
  const labels = [0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0];
  const at = (scores: number[], delay = 1) => eventScore([{ scores, labels }], 1, delay);

  it('counts a segment as found within its delay, and runs of false alarms once', () => {
    expect(at([0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0])).toMatchObject({
      f1: 1,
      found: 2,
      events: 2,
      falseAlarms: 0,
    });
    expect(at([0, 0, 0, 0, 1, 1, 1, 0, 1, 0, 0, 0])).toMatchObject({ found: 1, events: 2, falseAlarms: 0 });
    expect(at([1, 1, 0, 1, 0, 0, 1, 0, 0, 0, 1, 1])).toMatchObject({ found: 1, events: 2, falseAlarms: 3 });
    expect(at([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])).toMatchObject({ f1: 0, found: 0, falseAlarms: 0 });
  });

  it('chooses the threshold that finds most', () => {
    const scores = [0.2, 0.1, 0.9, 0.3, 0.1, 0.1, 0.4, 0.1, 0.7, 0.2, 0.1, 0.3];
    const threshold = bestThreshold([{ scores, labels }], 1);
    expect(threshold).toBeGreaterThan(0.4);
    expect(threshold).toBeLessThanOrEqual(0.7);
  });
});

describe('what anything has to beat', () => {
  it('is an alarm every 600 rows', () => {
    expect([...blindScores(1_500).entries()].filter(([, score]) => score > 0).map(([row]) => row)).toEqual([
      0, 600, 1_200,
    ]);
  });

  it('is a normal distribution of the last rows', () => {
    const random = randomFrom(5);
    const scores = windowedGaussianScores(
      Array.from({ length: 1_000 }, (_, row) => (row === 900 ? 3 : random())),
    );
    expect(scores[900]).toBeGreaterThan(0.999999);
    expect(Math.max(...scores.slice(500, 900))).toBeLessThan(0.99);
  });
});
