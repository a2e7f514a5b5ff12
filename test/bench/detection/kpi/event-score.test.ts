import { describe, expect, it } from '@jest/globals';
import { randomFrom } from '../../../support/random-from.ts';
import { bestThreshold, eventScore, type EventSeries } from './event-score.ts';
import { middleOf } from './kpi-report.ts';
import { pointAdjusted } from './point-adjusted.ts';

const labels = [0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0];

describe('F1 of events', () => {
  const at = (scores: number[], delay = 1) => eventScore([{ scores, labels }], 1, delay);

  it('finds a segment by an alarm in its first row or `delay` rows after it', () => {
    expect(at([0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0])).toMatchObject({
      f1: 1,
      found: 2,
      events: 2,
      falseAlarms: 0,
    });
    expect(at([0, 0, 0, 0, 1, 1, 1, 0, 1, 0, 0, 0])).toMatchObject({ found: 1, events: 2, falseAlarms: 0 });
    expect(at([0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0], 2)).toMatchObject({ found: 2 });
    expect(at([0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0], 0)).toMatchObject({ found: 1 });
  });

  it('counts a run of alarms outside of segments once, and not at all when it began within one', () => {
    expect(at([1, 1, 0, 1, 0, 0, 1, 0, 0, 0, 1, 1])).toMatchObject({ found: 1, events: 2, falseAlarms: 3 });
    expect(at([0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1])).toMatchObject({ found: 2, falseAlarms: 0 });
    expect(at([0, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0])).toMatchObject({ found: 2, falseAlarms: 1 });
  });

  it('is the harmonic mean of precision and recall, and 0 where nothing was found', () => {
    expect(at([1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])).toMatchObject({ precision: 0.5, recall: 0.5, f1: 0.5 });
    expect(at([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])).toMatchObject({ f1: 0, found: 0, falseAlarms: 0 });
    expect(eventScore([{ scores: [1, 0], labels: [0, 0] }], 1, 7)).toMatchObject({ f1: 0, falseAlarms: 1 });
  });

  it('is of all series together', () => {
    const quiet = { scores: [0, 1, 0], labels: [0, 0, 0] };
    const found = { scores: [0, 1, 0], labels: [0, 1, 0] };
    expect(eventScore([quiet, found], 1, 7)).toMatchObject({ precision: 0.5, recall: 1 });
  });
});

describe('the threshold', () => {
  const f1 = (corpus: readonly EventSeries[], threshold: number) => eventScore(corpus, threshold, 1);

  it('is the one that finds most', () => {
    const scores = [0.2, 0.1, 0.9, 0.3, 0.1, 0.1, 0.4, 0.1, 0.7, 0.2, 0.1, 0.3];
    expect(bestThreshold([{ scores, labels }], f1)).toBe(0.7);
  });

  it('is none where no row has a score', () => {
    expect(bestThreshold([{ scores: [0, 0], labels: [0, 1] }], f1)).toBe(Infinity);
  });

  it('is about as good as any that there is', () => {
    const seed = Number(process.env['SEED'] ?? Date.now() % 1e6);
    const random = randomFrom(seed);
    const rows = 3_000;
    const far = Uint8Array.from({ length: rows }, (_, row) => (row % 100 < 5 ? 1 : 0));
    const scores = Float64Array.from(far, (label) => random() ** 4 + 0.5 * label * random());
    const corpus = [{ scores, labels: far }];
    const best = Math.max(...Array.from(scores, (score) => f1(corpus, score).f1));
    expect({ seed, ratio: f1(corpus, bestThreshold(corpus, f1)).f1 / best > 0.98 }).toEqual({
      seed,
      ratio: true,
    });
  });
});

describe('F1 of points, adjusted', () => {
  const at = (scores: number[], delay = 1) => pointAdjusted([{ scores, labels }], 1, delay);

  it('gives a segment that was found in time all of its points, another none', () => {
    expect(at([0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0])).toEqual({ f1: 1, precision: 1, recall: 1 });
    expect(at([0, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0])).toMatchObject({ precision: 1, recall: 2 / 6 });
  });

  it('counts points outside of segments as they are', () => {
    expect(at([1, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0])).toMatchObject({ precision: 4 / 8, recall: 4 / 6 });
  });
});

describe('halves', () => {
  it('part in the middle, or where an anomaly that lies across ends', () => {
    expect(middleOf([0, 0, 1, 1])).toBe(2);
    expect(middleOf([0, 1, 1, 1, 0, 0])).toBe(4);
    expect(middleOf([0, 1, 1])).toBe(1);
    expect(middleOf([1, 1, 1])).toBe(3);
    expect(middleOf([])).toBe(0);
  });
});
