import { describe, expect, it } from '@jest/globals';
import type { Bench } from '../bench/bench.ts';
import { BENCHES } from '../bench/catalogue.ts';
import { figure, reached } from '../bench/figure.ts';
import { readRecording, type Recording } from '../bench/recorded.ts';
import { REMARKS } from '../bench/remarks.ts';
import { performancePage } from './performance-page.ts';

const bench = (name: string): Bench => ({
  name,
  measures: `what ${name} is`,
  minutes: 2,
  full: async () => [],
});

const recording: Recording = {
  bench: 'fold',
  date: '2026-11-21',
  commit: 'abc1234',
  machine: { cpu: 'EPYC', cores: 2, memory_gib: 24, node: '24.21.0' },
  conditions: 'idle',
  figures: [
    figure('fold: speed', 'samples/s', [1_000, 2_000, 3_000], { better: 'higher', atLeast: 1_500 }),
    figure('fold: cost', 'ratio', [0.9], { better: 'lower', atLeast: 0.5, then: 0.2 }),
  ],
};

describe('docs/performance.md', () => {
  const page = performancePage(
    [bench('fold'), bench('new')],
    (name) => (name === 'fold' ? recording : undefined),
    { 'fold: cost': 'the disk' },
  );

  it('says of every figure its spread, its target and whether that is reached', () => {
    expect(page).toContain(
      '| fold: speed | 2,000 | samples/s | 1,000 - 3,000 | 3 | at least 1,500 | at least |',
    );
    expect(page).toContain(
      '| fold: cost | 0.900 | ratio | 0.900 - 0.900 | 1 | at most 0.500, then 0.200 | **missed** |',
    );
  });

  it('names the machine, the conditions, how to repeat it, and what there is to say', () => {
    expect(page).toContain('Recorded on 2026-11-21 at abc1234: EPYC, 2 cores, 24 GiB, Node 24.21.0; idle.');
    expect(page).toContain('What fold is. `npm run bench -- fold`, about 2 min.');
    expect(page).toContain('- fold: cost: the disk');
  });

  it('says so when a bench was never recorded', () => {
    expect(page).toContain(
      '## new\n\nWhat new is. `npm run bench -- new`, about 2 min.\n\nNot recorded yet.',
    );
  });

  it('has a remark for each recorded figure that misses its target', () => {
    const figures = BENCHES.flatMap(({ name }) => readRecording(name)?.figures ?? []);
    const missed = figures.filter((each) => reached(each) === 'missed').map(({ name }) => name);
    expect(missed.filter((name) => REMARKS[name] === undefined)).toEqual([]);
  });
});
