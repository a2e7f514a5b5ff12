import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { figure } from './figure.ts';
import { judged, recordedRatios, recordRatios } from './quick-ratios.ts';

describe('ratios of quick runs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'netsigma-ratios-'));
  const file = pathToFileURL(join(folder, 'quick.json'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const of = { date: '2026-11-21', machine: { cpu: 'c', cores: 2, memory_gib: 1, node: '24' } };
  const cost = (value: number) => figure('cost', 'ratio', [value]);
  const speed = (value: number) => figure('speed', 'ratio', [value], { better: 'higher' });

  it('are kept run by run, absolute figures left out', () => {
    expect(recordedRatios(file)).toEqual([]);
    recordRatios([cost(2), speed(4), figure('ns', 'ns', [9])], { ...of, conditions: 'idle' }, file);
    recordRatios([cost(3), speed(3)], { ...of, conditions: 'a loop on the other core' }, file);
    expect(recordedRatios(file)).toEqual([
      { ...of, conditions: 'idle', ratios: { cost: 2, speed: 4 } },
      { ...of, conditions: 'a loop on the other core', ratios: { cost: 3, speed: 3 } },
    ]);
  });

  it('pass up to a quarter beyond the worst of them', () => {
    expect(judged([cost(3.74), speed(2.41)], recordedRatios(file))).toEqual([]);
    expect(judged([cost(0.1), speed(100)], recordedRatios(file))).toEqual([]);
  });

  it('fail beyond that, with ratio, value, range, bound and what to do', () => {
    const lines = judged([cost(3.76), speed(2.39)], recordedRatios(file));
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(
      /^cost has become worse: 3.76 .* recorded are 2.00 - 3.00 in 2 runs, and 3.75 is/,
    );
    expect(lines[0]).toContain('delete test/bench/recorded/quick.json and record it anew: npm run bench --');
    expect(lines[1]).toMatch(
      /^speed has become worse: 2.39 .* recorded are 3.00 - 4.00 in 2 runs, and 2.40 is/,
    );
  });

  it('fail when nobody recorded them', () => {
    expect(judged([figure('new', 'ratio', [1])], recordedRatios(file))).toEqual([
      'new: no run is recorded: npm run bench -- quick --record --conditions "..."',
    ]);
  });
});
