import { describe, expect, it } from '@jest/globals';
import { BENCHES, benchesNamed, listText } from './catalogue.ts';

describe('the catalogue of benches', () => {
  it('has each name once, and "quick" is none of them', () => {
    const names = BENCHES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).not.toContain('quick');
  });

  it('gives the benches asked for in that order, and all when none is named', () => {
    expect(benchesNamed(['kafka', 'stages']).map(({ name }) => name)).toEqual(['kafka', 'stages']);
    expect(benchesNamed([])).toBe(BENCHES);
  });

  it('names the nearest of an unknown one', () => {
    expect(() => benchesNamed(['kafak'])).toThrow('there is no bench "kafak": the nearest is kafka;');
  });

  it('lists every bench with what it measures and how long it takes', () => {
    for (const { name, measures, minutes } of BENCHES) {
      expect(listText()).toMatch(new RegExp(`^${name} +${minutes} min  ${escaped(measures)}`, 'm'));
    }
  });
});

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
