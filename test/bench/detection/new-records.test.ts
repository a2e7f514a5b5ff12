import { describe, expect, it } from '@jest/globals';
import { randomFrom } from '../../support/random-from.ts';
import { newRecords } from './new-records.ts';

describe('scores that are reported', () => {
  it('beat all of the rows before them within the cooldown', () => {
    expect([...newRecords([1, 2, 2, 1, 3, 0, 1, 2, 4], 3)]).toEqual([1, 2, 0, 0, 3, 0, 0, 0, 4]);
  });

  it('may be small again once the cooldown is over', () => {
    expect([...newRecords([5, 1, 1, 1, 2], 3)]).toEqual([5, 0, 0, 0, 2]);
    expect([...newRecords([5, 0, 0, 0, 1], 3)]).toEqual([5, 0, 0, 0, 1]);
  });

  it('are 0 where nothing was judged', () => {
    expect([...newRecords([Number.NaN, 1, Number.NaN, 2], 3)]).toEqual([0, 1, 0, 2]);
  });

  it('are what looking back row by row gives', () => {
    const seed = Number(process.env['SEED'] ?? Date.now() % 1e6);
    const random = randomFrom(seed);
    const scores = Array.from({ length: 2_000 }, () =>
      random() < 0.1 ? Number.NaN : Math.floor(20 * random()),
    );
    for (const rows of [1, 7, 60]) {
      const slow = scores.map((score, row) =>
        score > 0 && scores.slice(Math.max(0, row - rows), row).every((before) => !(before >= score))
          ? score
          : 0,
      );
      expect({ seed, scores: [...newRecords(scores, rows)] }).toEqual({ seed, scores: slow });
    }
  });
});
