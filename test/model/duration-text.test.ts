import { describe, expect, it } from '@jest/globals';
import { durationText } from '../../pipeline/model/duration-text.ts';

describe('lengths of time', () => {
  it.each([
    [0, '0 s'],
    [0.5, '0.5 ms'],
    [250, '250 ms'],
    [1_500, '1.5 s'],
    [90_000, '90 s'],
    [1_500_000, '25 min'],
    [12_600_000, '3.5 h'],
    [172_800_000, '2 d'],
    [31_536_000_000, '365 d'],
    [315_576_000_000, '10 y'],
    [2 ** 60, 'more than 1000 y'],
  ])('%s ms', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});
