import { describe, expect, it } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { progress } from '../../pipeline/analyze/progress.ts';

function shown(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 80 }) as unknown as NodeJS.WriteStream;
  let nowMs = 0;
  const bar = progress({ stream, clock: () => nowMs });
  return {
    bar,
    wait: (ms: number) => void (nowMs += ms),
    text: () => String((stream as unknown as PassThrough).read() ?? ''),
  };
}

describe('progress', () => {
  it('is a bar with the rows of a second, on a terminal, once it takes a while', () => {
    const { bar, wait, text } = shown(true);
    bar.at(10, 100, 1_000);
    expect(text()).toBe('');
    wait(2_000);
    bar.at(50, 100, 5_000);
    expect(text()).toContain('[==========----------] 50% 5,000 rows, 2,500 rows/s, ');
    bar.say('a word');
    expect(text()).toMatch(/a word\n$/);
    bar.at(60, undefined, 6_000);
    expect(text()).toContain('6,000 rows, 3,000 rows/s');
    bar.end();
  });

  it('is nothing but what is said elsewhere', () => {
    const { bar, wait, text } = shown(false);
    wait(2_000);
    bar.at(50, 100, 5_000);
    bar.say('a word');
    bar.end();
    expect(text()).toBe('a word\n');
  });
});
